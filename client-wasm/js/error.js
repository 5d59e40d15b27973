// FerryError, the one error class of the public API. Codes and sentences come from the worker, never from here.

export class FerryError extends Error {
  constructor({ code, message, hint, detail, retryable, retryAfterSecs, errorId, limitBytes }) {
    super(message);
    this.name = "FerryError";
    Object.assign(this, { code, hint, detail, retryable, retryAfterSecs, errorId, limitBytes });
  }
}
