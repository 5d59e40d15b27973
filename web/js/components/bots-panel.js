/** The bots of a Telegram store as a live picture: states, rates, cool-downs, queue, parts; add, test, disable, remove. */

import { botLook, botNumbers, botSentence, chatIds, chatName, testLines, pairSentence, poolSentence, removeQuestion } from '../bots.js';
import { arrange, h, setData, setShown, setText } from '../dom.js';
import { errorCode, errorSentence } from '../sentences.js';
import { confirm } from './confirm.js';
import { checkbox, complaint, field, form } from './form.js';

const REFRESH_MS = 2000;

/** Returns `{content, end}`; it asks again every two seconds as long as it can be seen. */
export function botsPanel({ client }) {
  const pool = h('p', { class: 'section-note', testid: 'bots-pool' });
  const problem = h('p', { class: 'form-error', role: 'alert', testid: 'bots-error', hidden: true });
  const list = h('ul', { class: 'rows' });
  const rows = new Map();
  const refresh = async () => {
    try {
      const seen = await client.bots.list();
      setShown(problem, false);
      show(seen);
    } catch (error) {
      problem.dataset.code = errorCode(error);
      setText(problem, errorSentence(error));
      setShown(problem, true);
    }
  };
  const show = (seen) => {
    // the server's "now": what is cooling is told by its clock
    const now = Date.parse(seen.at);
    setText(pool, poolSentence(seen, now));
    setData(pool, { bots: seen.bots.length, inFlight: seen.queue.inFlight, waiting: seen.queue.waiting, sends: seen.queue.sendsLastMinute });
    const chats = new Map(seen.chats.map((chat) => [chat.chatId, chat]));
    arrange(list, seen.bots.map((bot) => {
      if (!rows.has(bot.botId)) rows.set(bot.botId, botRow(client, refresh));
      rows.get(bot.botId).update(bot, chats, seen.pairSendsPerMinute, now);
      return rows.get(bot.botId).element;
    }));
  };
  const live = keepFresh(refresh);
  return { content: [pool, problem, list, addForm(client, refresh)], end: live };
}

/** Calls `refresh` now and again and again while the page is visible; the next call waits for the last. Returns what ends it. */
function keepFresh(refresh) {
  let ended = false;
  let timer = null;
  const refreshRepeatedly = async () => {
    clearTimeout(timer);
    if (ended || document.visibilityState === 'hidden') return;
    await refresh();
    if (!ended) timer = setTimeout(refreshRepeatedly, REFRESH_MS);
  };
  document.addEventListener('visibilitychange', refreshRepeatedly);
  refreshRepeatedly();
  return () => {
    ended = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', refreshRepeatedly);
  };
}

function addForm(client, refresh) {
  const token = field({ label: 'Token', hint: 'From @BotFather. It is sealed on the server and never shown again.', type: 'password', autocomplete: 'off', spellcheck: 'false', testid: 'bot-token' });
  const chats = field({ label: 'Chats', hint: 'Ids of channels in which the bot is an administrator, such as -1001234567890; several with commas.', autocomplete: 'off', testid: 'bot-chats' });
  const shared = checkbox({ label: 'Others write to these chats too', hint: 'Then nothing is cleaned up there but what Ferry knows to be its own.', testid: 'bot-shared' });
  const result = h('div', {});
  const element = form({
    testid: 'bot-form', compact: true, fields: [token.element, chats.element, shared.element], submit: 'Test and add', busy: 'Testing',
    send: async () => {
      result.replaceChildren();
      if (token.input.value.trim() === '') throw complaint('Paste the token that @BotFather gave you.', token.input);
      const ids = chatIds(chats.input.value);
      if (!ids) throw complaint('Write chat ids as numbers, such as -1001234567890; channels begin with -100.', chats.input);
      const added = await client.bots.add({ token: token.input.value.trim(), chats: ids, sharedChats: shared.input.checked || undefined });
      element.reset();
      result.replaceChildren(testResult(added));
      refresh();
    },
  });
  return [element, result];
}

/** What a test found, for a row or the form. */
function testResult(checked) {
  return h('ul', { class: 'bot-test-result', testid: 'bot-test-result', data: { ok: checked.ok, botId: checked.botId } },
    testLines(checked).map(({ ok, text }) => h('li', { class: ok ? 'row-result' : 'row-result row-result-bad' }, text)));
}

/** One bot; its elements stay, so that focus and selections survive a refresh. */
function botRow(client, refresh) {
  let bot = null;
  const dot = h('span', { class: 'dot', 'aria-hidden': 'true' });
  const name = h('bdi', {});
  const source = h('span', { class: 'tag' }, 'in the settings');
  const state = h('p', { class: 'row-note', testid: 'bot-state' });
  const numbers = h('p', { class: 'row-note' });
  const pairs = h('ul', { class: 'bot-chats' });
  const result = h('div', {});
  const known = new Map();
  const act = (work) => async ({ currentTarget: button }) => {
    button.setAttribute('aria-busy', 'true');
    try {
      await work();
    } catch (error) {
      result.replaceChildren(h('p', { class: 'form-error', role: 'alert', testid: 'bot-error', data: { code: errorCode(error) } }, errorSentence(error)));
    } finally {
      button.removeAttribute('aria-busy');
      refresh();
    }
  };
  const test = async () => result.replaceChildren(testResult(await client.bots.test(bot.botId)));
  const setEnabled = async () => client.bots.change(bot.botId, { enabled: bot.state === 'disabled' });
  const toggle = h('button', { type: 'button', class: 'quiet small', testid: 'bot-toggle', on: { click: act(setEnabled) } });
  const element = h('li', { class: 'row', testid: 'bot-row' },
    h('div', { class: 'row-main' }, h('p', { class: 'row-title' }, dot, name, source), state, numbers, pairs, result),
    h('div', { class: 'row-buttons' },
      h('button', { type: 'button', class: 'small', testid: 'bot-check', on: { click: act(test) } }, 'Test'), toggle,
      h('button', { type: 'button', class: 'quiet danger-text small', testid: 'bot-remove', on: { click: act(() => remove(client, bot)) } }, 'Remove')));

  const update = (next, chats, limit, now) => {
    bot = next;
    const look = botLook(bot, now);
    setData(element, { botId: bot.botId, state: look, inFlight: bot.inFlight, sends: bot.sendsLastMinute, parts: bot.parts });
    dot.className = `dot ${look === 'active' ? 'dot-good' : look === 'cooling' || look === 'disabled' ? 'dot-wait' : 'dot-bad'}`;
    setText(name, bot.username ? `@${bot.username}` : `bot ${bot.botId}`);
    setShown(source, bot.source === 'config');
    setText(state, botSentence(bot, now));
    setText(numbers, botNumbers(bot));
    setText(toggle, bot.state === 'disabled' ? 'Enable' : 'Disable');
    arrange(pairs, bot.chats.map((pair) => {
      if (!known.has(pair.chatId)) known.set(pair.chatId, pairLine());
      known.get(pair.chatId).update(pair, chats.get(pair.chatId), limit, now);
      return known.get(pair.chatId).element;
    }));
  };
  return { element, update };
}

/** A bot in a chat: how much of its minute is used. */
function pairLine() {
  const meter = h('meter', { min: '0', 'aria-hidden': 'true' });
  const name = h('bdi', {});
  const sentence = h('span', {});
  const element = h('li', { class: 'bot-chat', testid: 'bot-chat' }, meter, name, sentence);
  const update = (pair, chat, limit, now) => {
    setData(element, { chatId: pair.chatId, state: pair.state, sends: pair.sendsLastMinute });
    setShown(meter, limit !== null);
    meter.max = limit ?? pair.sendsLastMinute;
    meter.value = pair.state === 'active' ? pair.sendsLastMinute : 0;
    setText(name, chatName(chat, pair.chatId));
    setText(sentence, pairSentence(pair, limit, now));
  };
  return { element, update };
}

/** Asks, and asks again where parts would be lost. */
async function remove(client, bot) {
  const title = `Remove ${bot.username ? `@${bot.username}` : `bot ${bot.botId}`}?`;
  if (!(await confirm({ title, text: removeQuestion(bot), yes: 'Remove' }))) return;
  try {
    await client.bots.remove(bot.botId);
  } catch (error) {
    if (errorCode(error) !== 'bot_holds_parts') throw error;
    const yes = await confirm({ title: 'Give these parts up?', text: errorSentence(error), yes: 'Remove and lose them' });
    if (yes) await client.bots.remove(bot.botId, { force: true });
  }
}
