/**
 * Service worker of downloads: answers `/saving/<id>` with the stream that a page feeds through a port, as an attachment.
 * It serves nothing else, caches nothing, and sees plaintext only on its way to the disk. The page's end is js/save-stream.js.
 */

const waiting = new Map();

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

self.addEventListener('message', (event) => {
  // A page in the middle of a download pings, so that the browser does not end this worker.
  if (event.data?.ping) return;
  const { id, headers } = event.data;
  const [port] = event.ports;
  waiting.set(id, { stream: streamFrom(port), headers, port });
  port.postMessage({ ready: true });
});

self.addEventListener('fetch', (event) => {
  const { pathname } = new URL(event.request.url);
  if (!pathname.startsWith('/saving/')) return;
  event.respondWith(answer(pathname.split('/')[2]));
});

function answer(id) {
  const download = waiting.get(id);
  waiting.delete(id);
  if (!download) return new Response('This download is not here any more. Start it again from the page.', { status: 404 });
  download.port.postMessage({ taken: true });
  return new Response(download.stream, { headers: download.headers });
}

/** The page sends a chunk only when it was asked for one: nothing piles up. */
function streamFrom(port) {
  return new ReadableStream({
    start(controller) {
      port.onmessage = ({ data }) => hear(data, controller, port);
    },
    pull() {
      port.postMessage({ pull: true });
    },
    cancel() {
      port.postMessage({ cancelled: true });
      port.close();
    },
  }, { highWaterMark: 1 });
}

function hear(data, controller, port) {
  if (data.chunk) {
    controller.enqueue(new Uint8Array(data.chunk));
    return;
  }
  if (data.end) controller.close();
  if (data.failed) controller.error(new Error(data.failed));
  port.close();
}
