// One download as the page holds it: writes the chunks that the worker has checked into the page's sink, in order.

import { FerryError } from "./error.js";
import { awake } from "./wakelock.js";

/** How long a sink may take to throw away what it got. It is the page's own: the download's error does not wait for it longer. */
const ABORT_TIMEOUT_MS = 3_000;

export async function runDownload(link, fileId, { sink, signal, onProgress }) {
  const writer = sink.getWriter();
  const write = async (topic, chunk) => {
    const failed = await writer.write(new Uint8Array(chunk)).then(() => null, String);
    await link.call("downloadWritten", { topic, failed }).catch(() => {});
  };
  const topic = link.subscribe(({ progress, chunk }) => {
    if (progress) onProgress?.({ ...progress, error: progress.error && new FerryError(progress.error) });
    if (chunk) write(topic, chunk);
  });
  const stop = () => link.call("stopDownload", { topic }).catch(() => {});
  signal?.addEventListener("abort", stop, { once: true });
  try {
    if (signal?.aborted) throw await link.localError("stopped");
    const downloaded = await awake(link.call("download", { topic, fileId }));
    await close(writer, signal, link);
    return downloaded;
  } catch (error) {
    await atMost(ABORT_TIMEOUT_MS, writer.abort(error).catch(() => {}));
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    link.unsubscribe(topic);
  }
}

/** The worker has done its share; a sink that waits for a person (a download that they paused in the browser) can still be stopped. */
async function close(writer, signal, link) {
  const closing = writer.close().then(() => null, (cause) => link.localError("sink_failed", String(cause)));
  const stopping = aborted(signal).then(() => link.localError("stopped"));
  const error = await Promise.race([closing, stopping]);
  if (error) throw error;
}

function aborted(signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    signal?.addEventListener("abort", resolve, { once: true });
  });
}

async function atMost(ms, promise) {
  let timer = null;
  await Promise.race([promise, new Promise((resolve) => { timer = setTimeout(resolve, ms); })]);
  clearTimeout(timer);
}
