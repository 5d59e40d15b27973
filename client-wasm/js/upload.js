// One upload as the page holds it: its runs, its progress, its buttons. What happens in a run is the worker's business.

import { FerryError } from "./error.js";
import { queuedProgress } from "./progress.js";
import { awake } from "./wakelock.js";

export class Upload {
  #link;
  #topic;
  #options;

  constructor(link, file, options) {
    this.#link = link;
    this.#options = options;
    this.file = file;
    this.progress = queuedProgress(file);
    this.#topic = link.subscribe((event) => this.#hear(event));
    if (options.signal?.aborted) {
      this.promise = this.#refuseAborted();
      return;
    }
    options.signal?.addEventListener("abort", () => this.stop(), { once: true });
    this.promise = this.#run("upload");
  }

  get fileId() { return this.progress.fileId; }

  async stop() {
    await this.#link.call("stopUpload", { topic: this.#topic });
  }

  resume(file) {
    if (file) this.file = file;
    this.promise = this.#run("resumeUpload");
    return this.promise;
  }

  async discard() {
    const discarded = await this.#link.call("discardUpload", { topic: this.#topic });
    this.#link.unsubscribe(this.#topic);
    return discarded;
  }

  #run(name) {
    const { file } = this;
    const { path = null, compress = false, clearLabel = false, handle } = this.#options;
    const picked = { name: file.name, type: file.type, modifiedMs: file.lastModified, sizeBytes: file.size, path, compress, clearLabel, client: browserName() };
    const call = this.#link.call(name, { topic: this.#topic, picked }, { file, handle });
    const run = awake(call).then((uploaded) => ({
      ...uploaded,
      notRenamed: uploaded.notRenamed && new FerryError(uploaded.notRenamed),
    }));
    // Pages that only watch the progress need not catch.
    run.catch(() => {});
    return run;
  }

  #refuseAborted() {
    const refused = this.#link.localError("stopped").then((error) => { throw error; });
    refused.catch(() => {});
    return refused;
  }

  #hear({ progress, changed }) {
    if (progress) {
      const thrown = (error) => error && new FerryError(error);
      this.progress = { ...progress, earlierRefused: thrown(progress.earlierRefused), error: thrown(progress.error) };
      this.#options.onProgress?.(this.progress);
    } else if (changed) {
      this.#ask(changed);
    }
  }

  async #ask(changed) {
    const answer = await Promise.resolve(changed).then(this.#options.onChanged ?? (() => "stop")).catch(() => "stop");
    await this.#link.call("answerChanged", { topic: this.#topic, answer }).catch(() => {});
  }
}

/** "Chrome on Linux", for the list of unfinished uploads on other devices. */
function browserName() {
  const agent = navigator.userAgent;
  const first = (names) => names.find((name) => agent.includes(name));
  const browser = { Edg: "Edge", OPR: "Opera", Firefox: "Firefox", Chrome: "Chrome", Safari: "Safari" };
  const system = { Android: "Android", iPhone: "iOS", iPad: "iOS", Windows: "Windows", "Mac OS": "macOS", Linux: "Linux" };
  const [which, where] = [browser[first(Object.keys(browser))], system[first(Object.keys(system))]];
  return which && where ? `${which} on ${where}` : null;
}
