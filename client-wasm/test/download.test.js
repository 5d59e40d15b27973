/** A download as the page holds it: it ends when it is stopped, whatever the page's sink does. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { settle, soon } from './page.js';

const { runDownload } = await import('../js/download.js');

/** A coordinator whose download ends when it is told to stop, or by `finish`. */
function coordinator() {
  const run = Promise.withResolvers();
  const calls = [];
  const link = {
    subscribe: (listener) => { link.tell = listener; return 7; },
    unsubscribe: () => {},
    localError: async (code, detail) => Object.assign(new Error(code), { code, detail }),
    call: async (name, args) => {
      calls.push([name, args]);
      if (name === 'stopDownload') run.reject(await link.localError('stopped'));
      return name === 'download' ? run.promise : undefined;
    },
  };
  return { link, calls, finish: () => run.resolve({ fileId: 'f' }) };
}

const never = () => new Promise(() => {});

test('a sink that was closed has the whole file', async () => {
  const { link, calls, finish } = coordinator();
  const written = [];
  const sink = new WritableStream({ write: (chunk) => { written.push(...chunk); } });
  const downloading = runDownload(link, 'f', { sink });
  link.tell({ chunk: new Uint8Array([1, 2]).buffer });
  await settle();
  assert.deepEqual(calls.at(-1), ['downloadWritten', { topic: 7, failed: null }]);
  finish();
  assert.deepEqual(await soon(downloading), { fileId: 'f' });
  assert.deepEqual(written, [1, 2]);
});

test('a stop ends though the sink never takes what it got, nor throws it away', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { link } = coordinator();
  const stop = new AbortController();
  const ended = assert.rejects(runDownload(link, 'f', { sink: new WritableStream({ write: never, abort: never }), signal: stop.signal }), { code: 'stopped' });
  link.tell({ chunk: new Uint8Array([1]).buffer });
  await settle();
  stop.abort();
  await settle();
  t.mock.timers.tick(3_000);
  await soon(ended);
});

test('a stop ends also while the sink is being closed', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { link, finish } = coordinator();
  const stop = new AbortController();
  let told = null;
  const sink = new WritableStream({
    start: ({ signal }) => signal.addEventListener('abort', () => { told = signal.reason.code; }),
    close: never,
  });
  const ended = assert.rejects(runDownload(link, 'f', { sink, signal: stop.signal }), { code: 'stopped' });
  finish();
  await settle();
  stop.abort();
  await settle();
  assert.equal(told, 'stopped');
  t.mock.timers.tick(3_000);
  await soon(ended);
});

test('a sink that cannot be closed fails the download', async () => {
  const { link, finish } = coordinator();
  const sink = new WritableStream({ close: () => { throw new Error('disk full'); } });
  const ended = assert.rejects(runDownload(link, 'f', { sink, signal: new AbortController().signal }), { code: 'sink_failed', detail: 'Error: disk full' });
  finish();
  await soon(ended);
});
