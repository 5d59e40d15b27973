/** A sink whose bytes the browser saves as an ordinary download, through the service worker `download-sw.js`. Bounded: one chunk waits at most. */

import { contentDisposition } from './names.js';

const SCOPE = '/saving/';
const WORKER = '/download-sw.js';
const PING_MS = 10_000;
/** How long each step may take until the browser asked the service worker for the download. */
const START_TIMEOUT_MS = 15_000;

/**
 * A `WritableStream`. The last chunk is handed over only at `close`, which the client does after the whole file was checked:
 * whatever fails before leaves no complete file behind. Aborting it never waits for the browser, which may have paused.
 */
export async function streamSink(name, sizeBytes) {
  const worker = await inTime(activeWorker());
  const id = crypto.randomUUID();
  const { port1: port, port2: remote } = new MessageChannel();
  const demand = demandOf(port);
  worker.postMessage({ id, headers: headersOf(name, sizeBytes) }, [remote]);
  const frame = await taken(demand, id, port);
  const ping = setInterval(() => worker.postMessage({ ping: true }), PING_MS);
  let isOpen = true;
  const end = (message) => {
    if (!isOpen) return;
    isOpen = false;
    clearInterval(ping);
    port.postMessage(message);
    setTimeout(() => frame.remove(), PING_MS);
  };
  return new WritableStream(heldBack(demand, port, end));
}

/** The frame in which the browser took the download. A download that comes too late must not hang in the browser's list. */
async function taken(demand, id, port) {
  let frame = null;
  try {
    await inTime(demand.ready);
    frame = openFrame(id);
    await inTime(demand.taken);
    return frame;
  } catch (error) {
    port.postMessage({ failed: error.message });
    frame?.remove();
    throw error;
  }
}

/** The methods of the sink: each chunk waits until the browser wants more, or the stream is aborted. */
function heldBack(demand, port, end) {
  let held = null;
  let aborted = null;
  const fail = (reason) => {
    held = null;
    end({ failed: String(reason?.message ?? reason ?? 'stopped') });
  };
  const send = async () => {
    if (!held) return;
    // A stream whose write or close fails is not aborted any more: what fails here is told here.
    await Promise.race([demand.next(), aborted]).catch((reason) => { fail(reason); throw reason; });
    port.postMessage({ chunk: held }, [held]);
    held = null;
  };
  return {
    start({ signal }) {
      aborted = new Promise((resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason)); });
      aborted.catch(() => {});
    },
    async write(chunk) {
      await send();
      held = bufferOf(chunk);
    },
    async close() {
      await send();
      end({ end: true });
    },
    abort: fail,
  };
}

/** A buffer of its own, which may be given away. */
function bufferOf(chunk) {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk.buffer : chunk.slice().buffer;
}

/** What the other end asked for: `ready` and `taken` once, then a credit for each chunk. Rejects when the person cancels the download. */
function demandOf(port) {
  let credits = 0;
  let cancelled = false;
  let wake = () => {};
  const ready = Promise.withResolvers();
  const taken = Promise.withResolvers();
  port.onmessage = ({ data }) => {
    if (data.ready) ready.resolve();
    if (data.taken) taken.resolve();
    if (data.pull) credits += 1;
    if (data.cancelled) cancelled = true;
    wake();
  };
  const next = async () => {
    while (credits === 0 && !cancelled) await new Promise((resolve) => { wake = resolve; });
    if (cancelled) throw new Error('The download was cancelled in the browser.');
    credits -= 1;
  };
  return { ready: ready.promise, taken: taken.promise, next };
}

async function inTime(promise) {
  let timer = null;
  const late = new Promise((resolve, reject) => { timer = setTimeout(() => reject(new Error('the browser did not start the download')), START_TIMEOUT_MS); });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

function headersOf(name, sizeBytes) {
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': contentDisposition(name),
    'Content-Length': String(sizeBytes),
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'",
    'Cache-Control': 'no-store',
  };
}

function openFrame(id) {
  const frame = document.createElement('iframe');
  frame.hidden = true;
  frame.title = 'Download';
  frame.src = `${SCOPE}${id}`;
  document.body.append(frame);
  return frame;
}

async function activeWorker() {
  const registration = await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  if (worker.state === 'activated') return worker;
  return new Promise((resolve, reject) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve(worker);
      if (worker.state === 'redundant') reject(new Error('the service worker could not be started'));
    });
  });
}
