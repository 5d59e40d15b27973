// The wire between page and coordinator worker: calls with one answer each, and events by topic. It knows no call by name.

import { FerryError } from "./error.js";

const WORKER_FAILED = {
  code: "unsupported_browser",
  message: "Ferry's worker could not be started.",
  hint: "Reload the page with a current browser.",
  retryable: false,
};

const WORKER_DIED = {
  code: "client_fault",
  message: "Ferry's worker stopped working.",
  hint: "Reload the page; uploads go on where they were.",
  retryable: false,
};

export class CoordinatorLink {
  #worker;
  #ready;
  /** Why no call can be answered any more. */
  #dead = null;
  #nextId = 1;
  #calls = new Map();
  #listeners = new Map();

  constructor(server, onSession) {
    this.#worker = new Worker(new URL("worker.js", import.meta.url), { type: "module", name: "ferry-coordinator" });
    this.#ready = new Promise((resolve, reject) => this.#listen(resolve, reject, onSession));
    this.#ready.catch(() => {});
    this.#worker.postMessage({ role: "coordinator", server });
  }

  /** One call, one answer; `attached` holds what cannot be plain data (a File, a handle). */
  async call(name, args = {}, attached = {}) {
    await this.#ready;
    if (this.#dead) throw this.#dead;
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#worker.postMessage({ id, call: { name, args }, ...attached });
    });
  }

  /** Events of one upload or download; returns its topic number. */
  subscribe(listener) {
    const topic = this.#nextId++;
    this.#listeners.set(topic, listener);
    return topic;
  }

  unsubscribe(topic) { this.#listeners.delete(topic); }

  /** An error that arises in the page, with the worker's words for it. */
  async localError(code, detail = null) {
    return this.call("explain", { code, detail }).then((view) => new FerryError(view));
  }

  close() {
    this.#worker.terminate();
    this.#fail(new FerryError(WORKER_FAILED));
  }

  #listen(resolve, reject, onSession) {
    const failed = (detail, view = WORKER_FAILED) => {
      const error = new FerryError({ detail, ...view });
      reject(error);
      this.#fail(error);
    };
    let isReady = false;
    this.#worker.onerror = (event) => {
      this.#worker.terminate();
      failed(event.message, isReady ? WORKER_DIED : WORKER_FAILED);
    };
    this.#worker.onmessage = ({ data }) => {
      if (data.ready === true) resolve(isReady = true);
      else if (data.ready === false) failed(data.reason, data.error ?? undefined);
      else if (data.session) onSession();
      else if (data.topic) this.#listeners.get(data.topic)?.(data);
      else this.#answer(data);
    };
  }

  #answer({ id, ok, error }) {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error) call?.reject(new FerryError(error));
    else call?.resolve(ok);
  }

  #fail(error) {
    this.#dead = error;
    for (const call of this.#calls.values()) call.reject(error);
    this.#calls.clear();
  }
}
