// One download as the page holds it: writes the chunks that the worker has checked into the page's sink, in order.

import { FerryError } from "./error.js";
import { awake } from "./wakelock.js";

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
    await writer.close().catch(async (cause) => { throw await link.localError("sink_failed", String(cause)); });
    return downloaded;
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    link.unsubscribe(topic);
  }
}
