/** Sentences and numbers about the bots of a Telegram store. Pure; elements are made in components/bots-panel.js. */

import * as format from './format.js';

const BOT_STATES = {
  unauthorized: 'Telegram refuses its token',
  logged_out: 'logged out of this Bot API server',
  disabled: 'disabled',
};

const CHAT_STATES = {
  kicked: 'the bot was put out',
  not_member: 'the bot is not in it',
  no_rights: 'the bot may not post',
  not_found: 'there is no such chat',
  migrated: 'it has another id now',
};

/** The state for the eye and for tests: `active`, `cooling`, or what keeps it out. */
export function botLook(bot, now = Date.now()) {
  if (bot.state !== 'active') return bot.state;
  if (cooling(bot.cooledUntil, now)) return 'cooling';
  if (bot.chats.length > 0 && bot.chats.every((chat) => chat.state !== 'active')) return 'no_chat';
  return 'active';
}

/** One sentence about a bot: how it stands, and why. */
export function botSentence(bot, now = Date.now()) {
  const look = botLook(bot, now);
  if (look === 'active') return bot.inFlight > 0 ? `sending ${format.count(bot.inFlight, 'part')}` : 'ready';
  if (look === 'cooling') return `cools down, goes on ${inTime(bot.cooledUntil, now)}`;
  if (look === 'no_chat') return 'can use none of its chats';
  return because(BOT_STATES[look] ?? look, bot.reason);
}

/** One sentence about a bot in a chat; `limit` is the pool's `pairSendsPerMinute`. */
export function pairSentence(pair, limit, now = Date.now()) {
  if (pair.state !== 'active') return because(CHAT_STATES[pair.state] ?? pair.state, pair.reason);
  const sent = limit === null ? `${format.whole(pair.sendsLastMinute)} this minute` : `${format.whole(pair.sendsLastMinute)} of ${format.whole(limit)} this minute`;
  return cooling(pair.cooledUntil, now) ? `${sent}, cools down, goes on ${inTime(pair.cooledUntil, now)}` : sent;
}

/** What a bot stored and when it was tested. */
export function botNumbers(bot) {
  const parts = bot.parts > 0 ? `${format.count(bot.parts, 'part')}, ${format.bytes(bot.storedBytes)}` : 'no parts yet';
  const rate = `${format.whole(bot.sendsLastMinute)} sent this minute`;
  const weight = bot.weight === 1 ? [] : [`weight ${bot.weight}`];
  return [rate, parts, ...weight, bot.testedAt ? `tested ${format.ago(bot.testedAt)}` : 'not tested yet'].join(' · ');
}

/** A chat in words: its title where it has one. */
export function chatName(chat, chatId) {
  const title = chat?.title ? `${chat.title} ` : '';
  const full = chat?.state === 'full' ? ', full' : '';
  const shared = chat && !chat.dedicated ? ', shared with others' : '';
  return `${title}(${chatId}${full}${shared})`;
}

/** `3 bots, 2 in use · 4 on their way, 5 wait for a turn · 37 sent this minute, 620 MB`: the pool as a whole. */
export function poolSentence({ bots, queue }, now = Date.now()) {
  if (bots.length === 0) return 'No bots yet.';
  const used = bots.filter((bot) => botLook(bot, now) === 'active').length;
  const pieces = [
    `${format.count(bots.length, 'bot')}, ${format.whole(used)} in use`,
    `${format.whole(queue.inFlight)} on their way, ${format.whole(queue.waiting)} wait for a turn`,
    `${format.whole(queue.sendsLastMinute)} sent this minute, ${format.bytes(queue.bytesLastMinute)}`,
  ];
  if (queue.unanswered > 0) pieces.push(`${format.whole(queue.unanswered)} without an answer, being looked for`);
  if (queue.pendingDeletions > 0) pieces.push(`${format.count(queue.pendingDeletions, 'deletion')} wait`);
  return pieces.join(' · ');
}

/** What a test found, a line each: `{ok, text}`. */
export function testLines(checked) {
  if (checked.problem) return [{ ok: false, text: checked.problem }];
  return checked.chats.flatMap((chat) => {
    const name = chat.title ? `${chat.title} (${chat.chatId})` : `(${chat.chatId})`;
    const outcome = chat.ok ? `${name}: sent, read back and deleted a document.` : chat.problem;
    return [{ ok: chat.ok, text: outcome }, ...chat.warnings.map((text) => ({ ok: true, text }))];
  });
}

/** Chat ids out of what was typed: separated by anything that is neither digit nor sign. Null where something else is in it. */
export function chatIds(text) {
  const words = text.split(/[\s,;]+/).filter(Boolean);
  const ids = words.map((word) => (/^-?\d{1,15}$/.test(word) ? Number(word) : NaN));
  return ids.length > 0 && ids.every((id) => Number.isSafeInteger(id) && id !== 0) ? [...new Set(ids)] : null;
}

/** What is asked before a bot is removed. */
export function removeQuestion(bot) {
  const kept = bot.parts > 0 ? `Its ${format.count(bot.parts, 'part')} stay in the chats and are read through another bot there. ` : '';
  const back = bot.source === 'config' ? ' It stands in the settings too: take it out there, or it is back after the next start.' : '';
  return `${kept}Its token is forgotten here.${back}`;
}

function cooling(until, now) {
  return until !== null && Date.parse(until) > now;
}

/** Whole seconds: a cool-down is rarely longer than a minute. */
function inTime(iso, now) {
  return `in ${format.duration((Date.parse(iso) - now) / 1000)}`;
}

/** The server's reason says what is wrong too; without one the state has to. */
function because(what, why) {
  return why || what;
}
