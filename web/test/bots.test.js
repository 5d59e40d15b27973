/** Sentences about bots: how each stands, why, and until when. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import * as bots from '../js/bots.js';

const NOW = Date.parse('2026-11-21T03:00:00Z');
const plain = (text) => text.replaceAll('\u202f', ' ');
const pair = (values) => ({ chatId: -1001, state: 'active', reason: null, cooledUntil: null, sendsLastMinute: 0, ...values });
const bot = (values) => ({
  botId: 7, username: 'ferry_1_bot', state: 'active', reason: null, cooledUntil: null, weight: 1, source: 'admin', createdAt: '', testedAt: null,
  inFlight: 0, sendsLastMinute: 0, parts: 0, storedBytes: 0, chats: [pair()], ...values,
});
const later = '2026-11-21T03:00:31Z';

test('a bot that can send is ready, and says how many parts are on their way', () => {
  assert.equal(bots.botSentence(bot(), NOW), 'ready');
  assert.equal(bots.botSentence(bot({ inFlight: 1 }), NOW), 'sending 1 part');
});

test('a cool-down counts down and ends', () => {
  assert.equal(plain(bots.botSentence(bot({ cooledUntil: later }), NOW)), 'cools down, goes on in 31 s');
  assert.equal(bots.botLook(bot({ cooledUntil: later }), NOW), 'cooling');
  assert.equal(bots.botLook(bot({ cooledUntil: later }), NOW + 31_000), 'active');
  assert.equal(plain(bots.pairSentence(pair({ cooledUntil: later, sendsLastMinute: 20 }), 20, NOW)), '20 of 20 this minute, cools down, goes on in 31 s');
  assert.equal(plain(bots.pairSentence(pair({ sendsLastMinute: 4 }), 8, NOW)), '4 of 8 this minute', 'the limit is the pool\'s');
  assert.equal(plain(bots.pairSentence(pair({ sendsLastMinute: 900 }), null, NOW)), '900 this minute', 'a pool without limits');
});

test('whatever keeps a bot out says why', () => {
  assert.equal(bots.botSentence(bot({ state: 'unauthorized', reason: 'Telegram refuses the token.' }), NOW), 'Telegram refuses the token.');
  assert.equal(bots.botSentence(bot({ state: 'unauthorized' }), NOW), 'Telegram refuses its token');
  assert.equal(bots.botSentence(bot({ state: 'disabled' }), NOW), 'disabled');
  assert.equal(bots.botSentence(bot({ chats: [pair({ state: 'kicked' })] }), NOW), 'can use none of its chats');
  for (const state of ['kicked', 'not_member', 'no_rights', 'not_found', 'migrated']) {
    assert.equal(bots.pairSentence(pair({ state, reason: 'the reason' }), 20, NOW), 'the reason');
    const sentence = bots.pairSentence(pair({ state }), 20, NOW);
    assert.ok(sentence.length > 10 && !sentence.includes('_'), state);
  }
});

test('the pool in one line', () => {
  const queue = { waiting: 5, inFlight: 4, unanswered: 0, pendingDeletions: 0, sendsLastMinute: 37, bytesLastMinute: 620e6 };
  const pool = { bots: [bot(), bot({ state: 'disabled' })], queue };
  assert.equal(plain(bots.poolSentence(pool, NOW)), '2 bots, 1 in use · 4 on their way, 5 wait for a turn · 37 sent this minute, 620 MB');
  assert.match(bots.poolSentence({ ...pool, queue: { ...queue, unanswered: 2, pendingDeletions: 1 } }, NOW), /2 without an answer, being looked for · 1 deletion wait/);
  assert.equal(bots.poolSentence({ bots: [], queue }, NOW), 'No bots yet.');
});

test('chat ids come in any list, and nothing else passes', () => {
  assert.deepEqual(bots.chatIds(' -1001234567890, -1002\n-1002;5 '), [-1001234567890, -1002, 5]);
  for (const wrong of ['', ' , ', '@channel', '-100x', '0', '12345678901234567890', '--5']) assert.equal(bots.chatIds(wrong), null, wrong);
});

test('a test shows each chat, what is wrong, and what could be better', () => {
  const chat = (values) => ({ chatId: -1001, movedFrom: null, title: 'Parts', ok: true, problem: null, warnings: [], ...values });
  const checked = { botId: 7, username: 'x', ok: false, problem: null, chats: [chat({ warnings: ['A hint.'] }), chat({ ok: false, problem: 'Not in it.' })] };
  assert.deepEqual(bots.testLines(checked), [
    { ok: true, text: 'Parts (-1001): sent, read back and deleted a document.' },
    { ok: true, text: 'A hint.' },
    { ok: false, text: 'Not in it.' },
  ]);
  assert.deepEqual(bots.testLines({ ...checked, problem: 'Refused.' }), [{ ok: false, text: 'Refused.' }]);
});

test('a chat says its title and what is special about it', () => {
  assert.equal(bots.chatName({ title: 'Parts', state: 'full', dedicated: false }, -1001), 'Parts (-1001, full, shared with others)');
  assert.equal(bots.chatName(undefined, -1001), '(-1001)');
});

test('a removal says what happens to the parts and whether the bot comes back', () => {
  assert.match(bots.removeQuestion(bot({ parts: 3 })), /Its 3 parts stay/);
  assert.match(bots.removeQuestion(bot({ source: 'config' })), /back after the next start/);
});

test('every state of a bot, a pair and a chat has its words', () => {
  const types = readFileSync(new URL('../../client-wasm/js/ferry.d.ts', import.meta.url), 'utf8');
  const unions = [...types.matchAll(/readonly state: ((?:"\w+"(?: \| )?)+);/g)].map(([, union]) => union.split(' | ').map((name) => JSON.parse(name)));
  const union = (name) => unions.find((names) => names.includes(name));
  const of = (state) => bots.botSentence(bot({ state }), NOW);
  // 'disabled' is a word for people as it is
  for (const state of union('logged_out')) assert.ok(state === 'disabled' || of(state) !== state, state);
  for (const state of union('not_member')) assert.notEqual(bots.pairSentence(pair({ state }), 20, NOW), state, state);
  const names = union('open').map((state) => bots.chatName({ title: '', state, dedicated: true }, -1));
  assert.equal(names.filter((name) => name.includes('full')).length, 1, names.join());
});
