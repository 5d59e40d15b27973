/** The screen lock: one for all transfers, given back when the last one ends. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { settle } from './page.js';

const requests = [];
const held = new Set();

class Lock extends EventTarget {
  async release() {
    held.delete(this);
    this.dispatchEvent(new Event('release'));
  }
}

document.visibilityState = 'visible';
navigator.wakeLock = {
  request: () => {
    const asked = Promise.withResolvers();
    requests.push(() => {
      const lock = new Lock();
      held.add(lock);
      asked.resolve(lock);
    });
    return asked.promise;
  },
};

const { awake } = await import('../js/wakelock.js');

test('transfers that begin together share one lock, and none is left after the last', async () => {
  const transfers = [1, 2, 3].map(() => Promise.withResolvers());
  const all = transfers.map(({ promise }) => awake(promise));
  assert.equal(requests.length, 1);
  requests[0]();
  await settle();
  assert.equal(held.size, 1);
  transfers.forEach(({ resolve }) => resolve());
  await Promise.all(all);
  await settle();
  assert.equal(held.size, 0);
});

test('a lock that comes after the last transfer ended is given back, and the next transfer asks again', async () => {
  requests.length = 0;
  await awake(Promise.resolve());
  requests[0]();
  await settle();
  assert.equal(held.size, 0);
  const next = Promise.withResolvers();
  const run = awake(next.promise);
  assert.equal(requests.length, 2);
  requests[1]();
  await settle();
  assert.equal(held.size, 1);
  next.resolve();
  await run;
  assert.equal(held.size, 0);
});
