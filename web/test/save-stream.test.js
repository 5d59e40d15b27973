/** The sink whose bytes the browser saves: bounded, and never waiting for a browser that does not want more. */
import assert from 'node:assert/strict';
import test from 'node:test';

Promise.withResolvers ??= function withResolvers() {
  const made = {};
  made.promise = new this((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

/** The sink's own timers are turned by hand; what should have happened at once is given up by the clock. */
const { setTimeout: realTimeout } = globalThis;
const soon = (promise) => Promise.race([promise, new Promise((resolve, reject) => { realTimeout(() => reject(new Error('it waits')), 5_000).unref(); })]);

/** A browser in which a service worker answers as told: `ready`, `taken`, and as many pulls as wanted. */
function browser(t, { isReady = true, isTaken = true } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval'] });
  t.after(() => port?.close());
  const heard = [];
  const frames = [];
  let port = null;
  let pings = 0;
  const worker = {
    state: 'activated',
    postMessage({ ping }, transfer) {
      if (ping) {
        pings += 1;
        return;
      }
      [port] = transfer;
      port.onmessage = ({ data }) => heard.push(data);
      if (isReady) port.postMessage({ ready: true });
    },
  };
  const serviceWorker = { register: async () => ({ active: worker }) };
  Object.defineProperty(globalThis, 'navigator', { value: { serviceWorker }, configurable: true });
  globalThis.document = {
    createElement: () => {
      const frame = { remove: () => frames.splice(frames.indexOf(frame), 1) };
      return frame;
    },
    body: {
      append: (frame) => {
        frames.push(frame);
        if (isTaken) port.postMessage({ taken: true });
      },
    },
  };
  return { heard, frames, pings: () => pings, pull: () => port.postMessage({ pull: true }), cancel: () => port.postMessage({ cancelled: true }) };
}

const { streamSink } = await import('../js/save-stream.js');

/** Until what was posted so far has arrived. */
const settle = async () => {
  for (let round = 0; round < 20; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
};

const chunk = (byte) => new Uint8Array([byte]);

test('the last chunk goes out only when the sink is closed', async (t) => {
  const { heard, pull } = browser(t);
  const writer = (await streamSink('a', 2)).getWriter();
  pull();
  await writer.write(chunk(1));
  await writer.write(chunk(2));
  await settle();
  assert.deepEqual(heard.map(({ chunk: bytes }) => new Uint8Array(bytes)[0]), [1]);
  pull();
  await writer.close();
  await settle();
  assert.equal(new Uint8Array(heard[1].chunk)[0], 2);
  assert.deepEqual(heard[2], { end: true });
});

test('a stop does not wait for a browser that paused the download', async (t) => {
  const { heard } = browser(t);
  const writer = (await streamSink('a', 3)).getWriter();
  await writer.write(chunk(1));
  const waiting = assert.rejects(writer.write(chunk(2)));
  await settle();
  await soon(writer.abort(new Error('Stopped.')));
  await soon(waiting);
  await settle();
  assert.deepEqual(heard, [{ failed: 'Stopped.' }]);
});

test('a stop while the last chunk waits leaves no complete file', async (t) => {
  const { heard, pull } = browser(t);
  const writer = (await streamSink('a', 1)).getWriter();
  await writer.write(chunk(1));
  const closing = assert.rejects(writer.close());
  await settle();
  await soon(writer.abort(new Error('Stopped.')).catch(() => {}));
  await soon(closing);
  pull();
  await settle();
  assert.deepEqual(heard, [{ failed: 'Stopped.' }]);
});

test('a download that was cancelled in the browser fails the sink, and nothing goes on in the background', async (t) => {
  const { cancel, pings } = browser(t);
  const writer = (await streamSink('a', 2)).getWriter();
  await writer.write(chunk(1));
  const waiting = assert.rejects(writer.write(chunk(2)), /cancelled/);
  cancel();
  await soon(waiting);
  t.mock.timers.tick(60_000);
  assert.equal(pings(), 0);
});

test('a service worker that never answers is given up', async (t) => {
  const { frames } = browser(t, { isReady: false });
  const given = assert.rejects(streamSink('a', 1), /did not start/);
  await settle();
  t.mock.timers.tick(15_000);
  await soon(given);
  assert.equal(frames.length, 0);
});

test('a download that the browser never takes leaves nothing behind', async (t) => {
  const { heard, frames } = browser(t, { isTaken: false });
  const given = assert.rejects(streamSink('a', 1), /did not start/);
  await settle();
  assert.equal(frames.length, 1);
  t.mock.timers.tick(15_000);
  await soon(given);
  await settle();
  assert.equal(frames.length, 0);
  assert.equal(heard.length, 1);
  assert.match(heard[0].failed, /did not start/);
});
