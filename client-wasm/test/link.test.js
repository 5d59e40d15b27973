/** The wire to the coordinator worker: after the worker's end every call says why, at once. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { settle, soon } from './page.js';

/** A worker that answers nothing by itself. */
globalThis.Worker = class {
  posted = [];
  terminated = false;
  constructor() { globalThis.Worker.last = this; }
  postMessage(message) { this.posted.push(message); }
  terminate() { this.terminated = true; }
  say(data) { this.onmessage({ data }); }
};

const { CoordinatorLink } = await import('../js/link.js');

function linked() {
  const link = new CoordinatorLink('http://ferry.test/', () => {});
  return { link, worker: globalThis.Worker.last };
}

test('a call waits until the worker is ready and gets its own answer', async () => {
  const { link, worker } = linked();
  const [first, second] = [link.call('config'), link.call('files')];
  await settle();
  assert.equal(worker.posted.length, 1, 'nothing but the first message');
  worker.say({ ready: true });
  await settle();
  const [, one, two] = worker.posted;
  worker.say({ id: two.id, ok: 'files' });
  worker.say({ id: one.id, error: { code: 'network', message: 'No.' } });
  assert.equal(await soon(second), 'files');
  await assert.rejects(soon(first), { code: 'network' });
});

test('a worker that cannot start fails every call', async () => {
  const { link, worker } = linked();
  const early = link.call('config');
  worker.onerror({ message: 'not found' });
  await assert.rejects(soon(early), { code: 'unsupported_browser', detail: 'not found' });
  await assert.rejects(soon(link.call('config')), { code: 'unsupported_browser' });
});

test('a worker that refuses to start says why in its own words', async () => {
  const { link, worker } = linked();
  worker.say({ ready: false, reason: 'x', error: { code: 'insecure_context', message: 'Not secure.' } });
  await assert.rejects(soon(link.call('config')), { code: 'insecure_context', message: 'Not secure.' });
});

test('after a fault of the worker the calls under way and all later ones fail at once', async () => {
  const { link, worker } = linked();
  worker.say({ ready: true });
  const underWay = link.call('upload');
  await settle();
  worker.onerror({ message: 'unreachable' });
  await assert.rejects(soon(underWay), { code: 'client_fault', detail: 'unreachable' });
  await assert.rejects(soon(link.call('config')), { code: 'client_fault' });
  assert.ok(worker.terminated, 'a worker with a fault does nothing more');
});
