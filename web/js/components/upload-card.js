/** One upload: name, crossing, one sentence, numbers, buttons. Follows its item; starts nothing by itself. */

import { h, setData, setShown, setText } from '../dom.js';
import { percent, percentAttribute } from '../format.js';
import { discardedSentence, partsLine, uploadNumbers, uploadSentence } from '../sentences.js';
import { announce } from './announcer.js';
import { changedQuestion } from './changed-question.js';
import { confirm } from './confirm.js';
import { fileName } from './file-name.js';
import { pickFile } from './file-picker.js';
import { progressTrack } from './progress-track.js';

const QUARTER = 25;
/** With more cards than this only what needs the person is spoken; the list speaks for all. */
const SPOKEN_CARDS = 3;
/** Failures after which the picked file itself is of no use any more. */
const NEEDS_NEW_PICK = ['file_not_readable', 'file_changed'];

/** `transfers` takes the card away; `onError` gets what a button could not do. Returns `{element, update, end}`. */
export function uploadCard(item, { transfers, onError }) {
  const parts = cardParts(item, { transfers, onError });
  const spoken = { phase: null, quarter: 0 };
  const update = () => {
    show(item, parts);
    speak(item, spoken, transfers.uploads.length);
  };
  item.addEventListener('change', update);
  update();
  return { element: parts.card, update, end: () => item.removeEventListener('change', update) };
}

function cardParts(item, { transfers, onError }) {
  const status = h('p', { class: 'card-status', testid: 'upload-status' });
  const numbers = h('p', { class: 'card-numbers' });
  const share = h('p', { class: 'card-percent', 'aria-hidden': 'true' });
  const track = progressTrack(`Upload of ${item.name}`);
  const question = h('div', { class: 'card-question' });
  const buttons = cardButtons(item, { transfers, onError });
  const card = h('li', { class: 'card', testid: 'upload-card', data: { name: item.name, size: item.file.size } },
    h('div', { class: 'card-head' }, fileName(item.name, 'upload-name'), share),
    track.element, status, question,
    h('div', { class: 'card-foot' }, numbers, h('div', { class: 'card-buttons' }, Object.values(buttons))));
  return { card, status, numbers, share, track, question, buttons };
}

function cardButtons(item, { transfers, onError }) {
  const tried = (action) => async () => {
    try {
      await action();
    } catch (error) {
      onError(error);
    }
  };
  const button = (testid, text, action, kind = '') => h('button', { type: 'button', class: `${kind} small`, testid, 'aria-label': `${text}: ${item.name}`, on: { click: tried(action) } }, text);
  return {
    stop: button('upload-stop', 'Stop', () => item.stop()),
    resume: button('upload-resume', 'Go on', () => resume(item)),
    discard: button('upload-discard', 'Discard', () => discard(item, transfers), 'quiet danger-text'),
    dismiss: button('upload-dismiss', 'Close', () => transfers.dismiss(item), 'quiet'),
  };
}

async function resume(item) {
  if (!NEEDS_NEW_PICK.includes(item.outcome.error?.code)) return item.resume();
  const file = await pickFile();
  if (file) item.resume(file);
}

async function discard(item, transfers) {
  const yes = await confirm({
    title: 'Discard this upload?',
    text: `What is stored of “${item.name}” will be deleted from the server. The file on this device stays. To keep what is stored, choose Stop instead.`,
    yes: 'Discard',
  });
  if (!yes) return;
  announce(item, discardedSentence(item.name, await item.discard()));
  transfers.dismiss(item);
}

function show(item, parts) {
  const { phase, outcome } = item;
  const progress = { ...item.progress, phase };
  const sentence = uploadSentence(progress, outcome);
  setData(parts.card, cardData(item, progress));
  setText(parts.status, sentence);
  setText(parts.numbers, uploadNumbers(progress).join(' · '));
  parts.numbers.title = partsLine(progress);
  setText(parts.share, phase === 'queued' || phase === 'checking' ? '' : percent(progress.percent));
  parts.track.update(progress, `${percent(progress.percent, 0)}. ${sentence}`);
  const held = document.activeElement;
  showQuestion(item, parts.question);
  showButtons(item, parts.buttons);
  keepFocus(held, parts.buttons);
}

/** A button that was pressed and went away gives the keyboard to its neighbour. */
function keepFocus(held, buttons) {
  const gone = held?.hidden || !held?.isConnected;
  if (gone) Object.values(buttons).find((button) => !button.hidden)?.focus();
}

function cardData(item, progress) {
  return {
    state: item.phase === 'resuming' ? 'sending' : item.phase,
    percent: percentAttribute(progress.percent),
    silent: progress.silentSecs ?? undefined,
    fileId: item.fileId,
    alreadyStored: progress.storedBeforeBytes,
    sent: Math.max(0, progress.doneBytes - progress.storedBeforeBytes),
    firstPart: progress.resumed?.firstPart,
    totalParts: progress.parts.total || undefined,
    resumed: progress.resumed ? 'true' : undefined,
    earlierRefused: progress.earlierRefused?.code,
    code: item.outcome.error?.code ?? progress.waiting?.reason,
  };
}

function showQuestion(item, place) {
  const shown = place.firstElementChild !== null;
  if (item.question && !shown) place.append(changedQuestion(item.question, (choice) => item.answer(choice)));
  if (!item.question && shown) place.replaceChildren();
}

function showButtons(item, buttons) {
  const ended = !item.isLive;
  setShown(buttons.stop, !ended && !item.question);
  setShown(buttons.resume, ended && item.phase !== 'done');
  setText(buttons.resume, NEEDS_NEW_PICK.includes(item.outcome.error?.code) ? 'Pick the file again' : item.phase === 'failed' ? 'Try again' : 'Go on');
  setShown(buttons.discard, item.phase !== 'done' && item.phase !== 'finishing' && !item.concernsComplete);
  setShown(buttons.dismiss, ended);
}

/** Each change of what it does, and each quarter of the way: nothing in between. */
function speak(item, spoken, cards) {
  const { phase, progress } = item;
  if (cards > SPOKEN_CARDS && phase !== 'asking' && phase !== 'failed') return;
  const quarter = Math.floor(progress.percent / QUARTER);
  if (phase === spoken.phase && quarter <= spoken.quarter) return;
  if (phase !== 'queued') announce(item, `${item.name}: ${percent(progress.percent, 0)}. ${uploadSentence({ ...progress, phase }, item.outcome)}`);
  Object.assign(spoken, { phase, quarter });
}
