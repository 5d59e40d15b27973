/** Sentences: what happened, what to do. */
import assert from 'node:assert/strict';
import test from 'node:test';
import * as messages from '../js/sentences.js';

const plain = (text) => text.replaceAll('\u202f', ' ');
const progress = (values) => ({
  phase: 'sending', percent: 0, sizeBytes: 1e9, doneBytes: 0, storedBytes: 0, storedBeforeBytes: 0, comparedBytes: 0, rateBytesPerSec: null, etaSecs: null, silentSecs: null,
  parts: { total: 167, stored: 0, storedBefore: 0 }, resumed: null, waiting: null, setBackBytes: 0, error: null, ...values,
});
const sentence = (values, outcome, now) => plain(messages.uploadSentence(progress(values), outcome, now));

test('every phase of the client has its own sentence', () => {
  const said = {
    queued: 'Waits for its turn.',
    checking: 'Checking for an earlier upload.',
    comparing: 'Comparing the file with what is stored: 0 % compared.',
    resuming: 'Resuming.',
    sending: 'Encrypting and sending.',
    asking: 'The file changed since its earlier upload. What should happen?',
    finishing: 'Everything is stored. Sealing and closing the file.',
  };
  for (const [phase, wanted] of Object.entries(said)) assert.equal(sentence({ phase }), wanted, phase);
  const others = ['waiting', 'done', 'stopped', 'failed'];
  const all = [...Object.keys(said), ...others].map((phase) => sentence({ phase }));
  for (const one of all) assert.match(one, /^[A-Z].*[.?]$/);
  assert.equal(new Set(all).size, all.length, 'two phases say the same');
});

test('a resumed upload says where it goes on', () => {
  const resumed = { firstPart: 76, totalParts: 167, storedPercent: 45.9 };
  assert.equal(sentence({ phase: 'resuming', resumed }), 'Resuming at part 76 of 167, 45 % was already stored.');
});

test('a long silence is said, and what is done about it', () => {
  for (const phase of ['sending', 'resuming']) {
    assert.match(sentence({ phase, silentSecs: 16 }), /confirmed nothing for 16 s/);
    assert.doesNotMatch(sentence({ phase, silentSecs: 16 }), /made anew/);
    assert.match(sentence({ phase, silentSecs: 46 }), /made anew, and goes on where/);
  }
});

test('waiting says why and until when', () => {
  const waiting = (reason, untilMs = null, message = 'Something odd.') => ({ phase: 'waiting', waiting: { reason, message, untilMs } });
  assert.equal(sentence(waiting('busy', 12_000), {}, 0), 'Waiting: server busy, goes on in 12 s.');
  assert.equal(sentence(waiting('busy', 12_000), {}, 12_500), 'Waiting: server busy, trying again.');
  assert.match(sentence(waiting('turn'), {}, 0), /^Waiting: other files of this tab go first/);
  assert.equal(sentence(waiting('another_tab'), {}, 0), 'Another tab is uploading this file. This one goes on when that tab ends.');
  assert.equal(sentence(waiting('new_code', 5000), {}, 0), 'Waiting: something odd, goes on in 5 s.');
});

test('an earlier upload that is passed by is said in every phase', () => {
  const earlierRefused = { message: 'It fails its check.', hint: 'Ask the administrator.' };
  const said = 'An earlier upload of this file was not gone on with. It fails its check. Ask the administrator.';
  for (const phase of ['sending', 'done']) assert.match(sentence({ phase, earlierRefused }), new RegExp(`${said}$`));
});

test('an error says what happened, what to do, and its id, once each', () => {
  const error = { message: 'Something went wrong on the server', hint: 'Try again', detail: 'Try again', errorId: 'e-1' };
  assert.equal(messages.errorSentence(error), 'Something went wrong on the server. Try again. Error id: e-1.');
  const wrong = { message: 'The user name or the password is wrong.', detail: 'wrong user name or password', hint: 'Check both.' };
  assert.equal(messages.errorSentence(wrong), 'The user name or the password is wrong. Check both.');
  assert.equal(messages.errorSentence({ ...wrong, detail: 'the part is 5 bytes' }), 'The user name or the password is wrong. The part is 5 bytes. Check both.');
  assert.match(messages.errorSentence(undefined), /Reload/);
  assert.equal(messages.errorSentence({ message: 'Choose a name.', hint: '' }), 'Choose a name.');
});

test('a stop keeps what is stored, and a reason is not hidden', () => {
  const parts = { total: 167, stored: 75, storedBefore: 12 };
  const stopped = { phase: 'stopped', parts, storedBytes: 449e6 };
  assert.equal(sentence(stopped, { error: { code: 'stopped' } }), 'Stopped. 75 of 167 parts, 44 % of the file, are stored and kept. It can go on now, later, or on another device.');
  const error = { code: 'quota_exceeded', message: 'Your quota is used up.', hint: 'Delete files.' };
  assert.equal(sentence(stopped, { error }), 'Your quota is used up. Delete files. 75 of 167 parts, 44 % of the file, are stored and kept.');
});

test('a stop says what was on its way, and claims nothing that was not looked for', () => {
  const outcome = { error: { code: 'stopped' } };
  const parts = { total: 2, stored: 1, storedBefore: 0 };
  assert.match(sentence({ phase: 'stopped', parts, storedBytes: 5e8, lostBytes: 24e6 }, outcome), /^Stopped\. 1 of 2 parts, 50 % of the file, is stored and kept\. 24\.0 MB were on their way and will be sent again\./);
  assert.match(sentence({ phase: 'stopped' }, outcome), /^Stopped\. Nothing was stored yet\./);
  assert.match(sentence({ phase: 'stopped', parts: { total: 0, stored: 0, storedBefore: 0 } }, outcome), /^Stopped\. Nothing was sent yet\./);
});

test('a discard says what it did and no more', () => {
  assert.equal(messages.discardedSentence('a', { deleted: true }), 'Discarded a. Nothing of it is stored.');
  assert.match(messages.discardedSentence('a', { deleted: false }), /an earlier upload of it, if there is one, is kept/);
});

test('the question about a changed file is exact', () => {
  const changed = { differingParts: 1, totalParts: 167, storedSizeBytes: 1000, sizeBytes: 1000, complete: false };
  assert.equal(messages.changedSentence(changed), '1 part differs of 167 from what is stored.');
  assert.equal(messages.changedLabel('replace', changed), 'Send only that part');
  assert.equal(messages.changedLabel('replace', { ...changed, differingParts: 1200 }), 'Send only those 1,200 parts');
  assert.match(plain(messages.changedSentence({ ...changed, sizeBytes: 3000 })), /2\.00 kB larger/);
  assert.match(messages.changedSentence({ ...changed, complete: true }), /stays as it is/);
});

test('numbers are left out where they mean nothing', () => {
  const numbers = (values) => messages.uploadNumbers(progress(values)).map(plain);
  assert.deepEqual(numbers({ phase: 'checking' }), ['1.00 GB']);
  assert.deepEqual(numbers({ doneBytes: 482e6, rateBytesPerSec: 23e6, etaSecs: 25 }), ['482 MB of 1.00 GB', '23.0 MB/s', 'about 25 s left']);
  assert.deepEqual(numbers({ phase: 'waiting', doneBytes: 482e6, rateBytesPerSec: 23e6, etaSecs: 25 }), ['482 MB of 1.00 GB']);
});

test('the line over many cards counts files and bytes', () => {
  const items = [{ phase: 'done', sizeBytes: 10, doneBytes: 10 }, { phase: 'sending', sizeBytes: 30, doneBytes: 10 }, { phase: 'failed', sizeBytes: 10, doneBytes: 0 }];
  assert.equal(plain(messages.summarySentence(items)), '1 of 3 files stored, 1 stopped, 50 % of the bytes');
});

test('a download says what it waits for', () => {
  const sentence = (values) => messages.downloadSentence({ progress: values && progress(values) });
  assert.equal(sentence({ phase: 'queued' }), 'Waits for its turn.');
  assert.equal(sentence(null), 'Fetching the list of parts.');
  assert.equal(sentence({ phase: 'checking' }), 'Fetching the list of parts.');
  assert.equal(sentence({ phase: 'sending' }), 'Fetching, decrypting and verifying.');
});

test('a download has one state', () => {
  assert.equal(messages.downloadState({}), 'starting');
  assert.equal(messages.downloadState({ progress: progress({ phase: 'queued' }) }), 'queued');
  assert.equal(messages.downloadState({ progress: progress({ phase: 'checking' }) }), 'starting');
  assert.equal(messages.downloadState({ progress: progress({}) }), 'receiving');
  assert.equal(messages.downloadState({ progress: progress({ phase: 'finishing' }) }), 'checking');
  assert.equal(messages.downloadState({ progress: progress({}), error: { code: 'tampered' } }), 'failed');
  assert.equal(messages.downloadState({ progress: progress({}), error: { code: 'stopped' } }), 'stopped');
  assert.equal(messages.downloadState({ progress: progress({}), result: {} }), 'done');
});

test('a sentence is not said twice, a wait has a number, and no exception text is shown', () => {
  const taken = messages.errorSentence({ code: 'username_taken', message: 'This user name is taken.', detail: 'the user name is taken', hint: 'Choose another one.' });
  assert.equal(taken, 'This user name is taken. Choose another one.');
  const limited = messages.errorSentence({ code: 'rate_limited', message: 'Too many attempts.', hint: 'Wait as long as Retry-After says.', retryAfterSecs: 90 });
  assert.doesNotMatch(limited, /Retry-After/);
  assert.match(limited, /Try again in 90/);
  const unreadable = messages.errorSentence({ code: 'file_not_readable', message: 'The file cannot be read.', detail: 'NotReadableError: The requested file could not be read', hint: 'Pick it again.' });
  assert.equal(unreadable, 'The file cannot be read. Pick it again.');
});

test('an upload that another tab discarded says so', () => {
  const failed = { phase: 'failed', error: { code: 'not_found', message: 'There is nothing here.', hint: 'Check the address; it may have been deleted.' } };
  const said = messages.uploadSentence(failed, null);
  assert.match(said, /discarded in another tab/);
  assert.doesNotMatch(said, /address/);
});
