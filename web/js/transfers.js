/** The uploads and downloads of this tab. They outlive the views; they are not the server's list of unfinished uploads. */

import { share } from './format.js';
import { totalPercent } from './sentences.js';
import { sameName } from './names.js';

/** One picked file and what became of it. Dispatches `change`. */
export class UploadItem extends EventTarget {
  #upload = null;
  #progress;
  #answer = null;
  #outcome = {};
  #asked = null;

  /** `progress`: the one of an upload that has not begun. */
  constructor(file, name, progress) {
    super();
    this.file = file;
    this.name = name;
    this.#progress = progress;
  }

  /** Takes over a client's upload, which has begun. */
  attach(upload) {
    this.#upload = upload;
    this.#follow(upload.promise);
  }

  /** The client's last progress; of a run that broke off only what is stored counts. */
  get progress() {
    if (this.question) return { ...this.#progress, phase: 'asking' };
    return this.phase === 'stopped' || this.phase === 'failed' ? storedOnly(this.#progress) : this.#progress;
  }

  get phase() {
    if (this.question) return 'asking';
    if (this.#outcome.result) return 'done';
    if (this.#outcome.error) return this.#outcome.error.code === 'stopped' ? 'stopped' : 'failed';
    return this.#progress.phase;
  }

  /** What this run asked about a complete file: then there is nothing unfinished that could be discarded. */
  get concernsComplete() {
    return this.#asked?.complete ?? false;
  }

  /** `{result}` or `{error}` once the run ended, else empty. */
  get outcome() {
    return this.#outcome;
  }

  get fileId() {
    return this.#outcome.result?.fileId ?? this.#upload?.fileId ?? null;
  }

  /** It may still move by itself. */
  get isLive() {
    return !['done', 'stopped', 'failed'].includes(this.phase);
  }

  /** The open question about a changed file, or null. */
  question = null;

  showProgress(progress) {
    this.#progress = progress;
    this.#changed();
  }

  /** Called by the client; answered by `answer`. */
  ask(changed) {
    this.question = changed;
    this.#asked = changed;
    this.#changed();
    return new Promise((resolve) => { this.#answer = resolve; });
  }

  answer(choice) {
    this.#answer?.(choice);
    this.#closeQuestion();
    this.#changed();
  }

  async stop() {
    if (this.question) this.answer('stop');
    await this.#upload?.stop();
  }

  /** Begins a new run; with `file` where the old one cannot be read any more. */
  resume(file) {
    if (file) this.file = file;
    this.#outcome = {};
    this.#progress = { ...this.#progress, phase: 'queued', error: null, waiting: null };
    this.#follow(this.#upload.resume(file));
    this.#changed();
  }

  /** `{deleted}`, as the client says. */
  async discard() {
    if (this.question) this.answer('stop');
    return this.#upload?.discard();
  }

  #follow(run) {
    this.#outcome = {};
    this.#asked = null;
    run.then((result) => { this.#outcome = { result }; }, (error) => { this.#outcome = { error, leftComplete: this.concernsComplete }; }).then(() => {
      this.#closeQuestion();
      this.#changed();
      this.dispatchEvent(new Event('settled'));
    });
  }

  #closeQuestion() {
    this.question = null;
    this.#answer = null;
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/** Beginnings of parts end with their run: it falls back by `lostBytes`, and the card says so. */
function storedOnly(progress) {
  const { sizeBytes, doneBytes, storedBytes } = progress;
  const percent = Math.min(progress.percent, share(storedBytes, sizeBytes));
  return { ...progress, percent, doneBytes: storedBytes, lostBytes: Math.max(0, doneBytes - storedBytes) };
}

/** One download. Dispatches `change`. */
export class DownloadItem extends EventTarget {
  progress = null;
  error = null;
  result = null;
  #abort = new AbortController();

  constructor(fileId, name, sizeBytes) {
    super();
    this.fileId = fileId;
    this.name = name;
    this.sizeBytes = sizeBytes;
  }

  get isLive() {
    return !this.error && !this.result;
  }

  stop() {
    this.#abort.abort();
  }

  async run(client, sink) {
    const onProgress = (progress) => this.#set({ progress });
    try {
      this.#set({ result: await client.download(this.fileId, { sink, signal: this.#abort.signal, onProgress }) });
    } catch (error) {
      this.#set({ error });
    }
  }

  #set(values) {
    Object.assign(this, values);
    this.dispatchEvent(new Event('change'));
  }
}

/**
 * All of this tab. Dispatches `list` when a card comes or goes, `progress` when any moves,
 * `stored` when a file became complete, `settled` when any run ended.
 */
export class Transfers extends EventTarget {
  uploads = [];
  downloads = [];
  #client;
  /** Uploads since none was live, also those that are done or closed. */
  #batch = new Set();

  constructor(client) {
    super();
    this.#client = client;
  }

  /** Starts the uploads of picked files, `[{file, handle}]`; a handle lets this browser go on later with one click. */
  uploadAll(picked) {
    const items = picked.map(({ file }) => this.#newUpload(file));
    this.#show(items);
    items.forEach((item, index) => item.attach(this.#client.upload(item.file, { ...callbacks(item), handle: picked[index].handle })));
  }

  /** Whether this tab already works on an unfinished upload; until the client knows its id, name and size stand for it. */
  holds(unfinished) {
    return this.uploads.some((item) => item.phase !== 'done'
      && (item.fileId ? item.fileId === unfinished.fileId : sameName(item.name, unfinished.name) && item.file.size === unfinished.sizeBytes));
  }

  /** Goes on with a kept handle; call it from a click. */
  async continueUnfinished(unfinished) {
    let item = null;
    const waiting = [];
    const early = { showProgress: (progress) => (item ? item.showProgress(progress) : waiting.push(progress)), ask: (changed) => item.ask(changed) };
    const upload = await this.#client.resume(unfinished, callbacks(early));
    item = this.#newUpload(upload.file, unfinished.name ?? upload.file.name);
    this.#show([item]);
    item.attach(upload);
    if (waiting.length > 0) item.showProgress(waiting.at(-1));
  }

  download(fileId, name, sizeBytes, sink) {
    const item = new DownloadItem(fileId, name, sizeBytes);
    item.addEventListener('change', () => this.#tell('progress'));
    this.downloads = [item, ...this.downloads];
    this.#tell('list');
    item.run(this.#client, sink).then(() => this.#tell('settled'));
    return item;
  }

  /** Takes a card away; deletes nothing on the server. */
  dismiss(item) {
    this.uploads = this.uploads.filter((other) => other !== item);
    this.downloads = this.downloads.filter((other) => other !== item);
    this.#tell('list');
    this.#tell('settled');
  }

  /** Takes every completed card away. */
  dismissDone() {
    this.uploads = this.uploads.filter((item) => item.phase !== 'done');
    this.downloads = this.downloads.filter((item) => !item.result);
    this.#tell('list');
  }

  /** Forgets all, at sign-out or when another person signs in. */
  clear() {
    this.#batch.clear();
    this.uploads = [];
    this.downloads = [];
    this.#tell('list');
  }

  /** Percent of all bytes that this tab was asked for since nothing was under way; null while nothing is. */
  get batchPercent() {
    if (!this.uploads.some((item) => item.isLive)) return null;
    return totalPercent([...this.#batch].map(({ phase, progress: { sizeBytes, doneBytes } }) => ({ sizeBytes, doneBytes: phase === 'done' ? sizeBytes : doneBytes })));
  }

  get liveCount() {
    return [...this.uploads, ...this.downloads].filter((item) => item.isLive).length;
  }

  #newUpload(file, name = file.name) {
    const item = new UploadItem(file, name, this.#client.queuedProgress(file));
    item.addEventListener('change', () => this.#changed(item));
    item.addEventListener('settled', () => this.#settled(item));
    return item;
  }

  #changed(item) {
    if (item.isLive) this.#join([item]);
    this.#tell('progress');
  }

  /** A batch ends when nothing of it is live; the next upload begins another one. */
  #join(items) {
    if (![...this.#batch].some((item) => item.isLive)) this.#batch.clear();
    items.forEach((item) => this.#batch.add(item));
  }

  /** The newest come first; an ended run of the same file makes room for the new one. */
  #show(items) {
    const again = (old) => (old.phase === 'stopped' || old.phase === 'failed') && items.some((item) => sameName(item.name, old.name) && item.file.size === old.file.size);
    this.uploads.filter(again).forEach((old) => this.#batch.delete(old));
    this.#join(items);
    this.uploads = [...items, ...this.uploads.filter((old) => !again(old))];
    this.#tell('list');
  }

  #settled(item) {
    if (item.outcome.error?.code === 'discarded') {
      this.#batch.delete(item);
      this.dismiss(item);
    }
    if (item.outcome.result) this.#tell('stored');
    this.#tell('settled');
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

function callbacks(item) {
  return { onProgress: (progress) => item.showProgress(progress), onChanged: (changed) => item.ask(changed) };
}
