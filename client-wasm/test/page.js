/** What a page offers to `ferry.js` as far as it needs it, for tests without a browser. Import it first. */

globalThis.document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
globalThis.location = { href: 'http://ferry.test/' };
Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'none' }, configurable: true });

Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

/** Until everything that was promised so far has happened. */
export async function settle() {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
}

const { setTimeout: realTimeout } = globalThis;

/** Also where a test turns the timers by hand: what should have happened at once is given up by the clock. */
export const soon = (promise) => Promise.race([promise, new Promise((resolve, reject) => { realTimeout(() => reject(new Error('it waits')), 5_000).unref(); })]);
