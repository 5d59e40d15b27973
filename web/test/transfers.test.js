/** The model behind the cards: what is shown follows what the client reports, and nothing else. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { queuedProgress } from '../../client-wasm/js/progress.js';
import { Transfers } from '../js/transfers.js';

class FakeClient {
  runs = [];
  queuedProgress(file) { return queuedProgress(file); }
  upload(file, options) {
    const run = { file, options, ...Promise.withResolvers?.() ?? resolvers() };
    run.resume = () => Object.assign(run, resolvers()).promise;
    run.stop = async () => run.reject({ code: 'stopped' });
    run.discard = async () => {
      run.reject({ code: 'discarded' });
      return { deleted: true };
    };
    this.runs.push(run);
    return run;
  }
}

function resolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

const settle = () => new Promise((resolve) => { setImmediate(resolve); });
const picked = (name, size) => ({ file: { name, size } });

function started(...files) {
  const client = new FakeClient();
  const transfers = new Transfers(client);
  transfers.uploadAll(files);
  return { client, transfers };
}

test('a run that ended says how, and a new run forgets it', async () => {
  const { client, transfers } = started(picked('a', 10));
  const [item] = transfers.uploads;
  assert.equal(item.phase, 'queued');
  client.runs[0].options.onProgress({ phase: 'sending', percent: 40, doneBytes: 4 });
  assert.equal(item.phase, 'sending');
  await item.stop();
  await settle();
  assert.equal(item.phase, 'stopped');
  assert.equal(transfers.liveCount, 0);
  item.resume();
  assert.equal(item.phase, 'queued');
  client.runs[0].resolve({ fileId: 'f1' });
  await settle();
  assert.equal(item.phase, 'done');
  assert.equal(item.fileId, 'f1');
});

test('once a run broke off only what is stored counts', async () => {
  const { client, transfers } = started(picked('a', 10), picked('b', 0));
  const [item, empty] = transfers.uploads;
  client.runs[0].options.onProgress({ phase: 'sending', percent: 70, sizeBytes: 10, doneBytes: 7, storedBytes: 4 });
  assert.deepEqual([item.progress.percent, item.progress.doneBytes], [70, 7]);
  await item.stop();
  await settle();
  assert.deepEqual([item.progress.percent, item.progress.doneBytes, item.progress.lostBytes], [40, 4, 3]);
  client.runs[1].options.onProgress({ phase: 'finishing', percent: 0, sizeBytes: 0, doneBytes: 0, storedBytes: 0 });
  await empty.stop();
  await settle();
  assert.equal(empty.progress.percent, 0, 'an empty file is not whole before it is');
});

test('a question is open until it is answered, and stopping answers it', async () => {
  const { client, transfers } = started(picked('a', 10));
  const [item] = transfers.uploads;
  const answer = client.runs[0].options.onChanged({ differingParts: 1 });
  assert.equal(item.phase, 'asking');
  await item.stop();
  assert.equal(await answer, 'stop');
  assert.equal(item.question, null);
});

test('a discarded upload leaves no card', async () => {
  const { transfers } = started(picked('a', 10));
  assert.deepEqual(await transfers.uploads[0].discard(), { deleted: true });
  await settle();
  assert.equal(transfers.uploads.length, 0);
});

test('the newest stand first, and picking a stopped file again replaces its card', async () => {
  const { transfers } = started(picked('a', 10), picked('b', 20));
  await transfers.uploads[0].stop();
  await settle();
  transfers.uploadAll([picked('c', 30), picked('a', 10)]);
  assert.deepEqual(transfers.uploads.map((item) => item.name), ['c', 'a', 'b']);
});

test('an unfinished upload that this tab works on is not offered a second time', async () => {
  const { client, transfers } = started(picked('a', 10));
  assert.ok(transfers.holds({ fileId: 'x', name: 'a', sizeBytes: 10 }));
  assert.ok(!transfers.holds({ fileId: 'x', name: 'a', sizeBytes: 11 }));
  client.runs[0].fileId = 'x';
  assert.ok(transfers.holds({ fileId: 'x', name: 'old name', sizeBytes: 10 }));
  assert.ok(!transfers.holds({ fileId: 'y', name: 'a', sizeBytes: 10 }));
  client.runs[0].resolve({ fileId: 'x' });
  await settle();
  assert.ok(!transfers.holds({ fileId: 'x', name: 'a', sizeBytes: 10 }));
});

test('the percent of all counts finished files too and does not fall when one ends', async () => {
  const { client, transfers } = started(picked('a', 10), picked('b', 30));
  const moved = (run, doneBytes) => client.runs[run].options.onProgress({ phase: 'sending', percent: 0, sizeBytes: client.runs[run].file.size, doneBytes });
  assert.equal(transfers.batchPercent, 0);
  moved(0, 10);
  moved(1, 6);
  assert.equal(transfers.batchPercent, 40);
  client.runs[0].resolve({ fileId: 'f1' });
  await settle();
  assert.equal(transfers.batchPercent, 40);
  transfers.dismissDone();
  assert.equal(transfers.batchPercent, 40, 'closing a card took it back');
  client.runs[1].resolve({ fileId: 'f2' });
  await settle();
  assert.equal(transfers.batchPercent, null);
  transfers.uploadAll([picked('c', 5)]);
  assert.equal(transfers.batchPercent, 0, 'what is over counts no more');
});
