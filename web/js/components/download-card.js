/** One download: name, crossing, one sentence, stop. Where the bytes go is saving.js. */

import { h, setData, setShown, setText } from '../dom.js';
import { bytes, percent, percentAttribute } from '../format.js';
import { downloadSentence, downloadState, uploadNumbers } from '../sentences.js';
import { announce } from './announcer.js';
import { fileName } from './file-name.js';
import { progressTrack } from './progress-track.js';

/** Returns `{element, update, end}`. */
export function downloadCard(item, { transfers }) {
  const parts = cardParts(item, transfers);
  let spoken = null;
  const update = () => {
    const state = downloadState(item);
    show(item, state, parts);
    if (state !== spoken && state !== 'starting') announce(item, `Download of ${item.name}: ${downloadSentence(item)}`);
    spoken = state;
  };
  item.addEventListener('change', update);
  update();
  return { element: parts.card, update, end: () => item.removeEventListener('change', update) };
}

function cardParts(item, transfers) {
  const status = h('p', { class: 'card-status', testid: 'download-status' });
  const numbers = h('p', { class: 'card-numbers' });
  const share = h('p', { class: 'card-percent', 'aria-hidden': 'true' });
  const track = progressTrack(`Download of ${item.name}`);
  const button = (testid, text, action, kind = '') => h('button', { type: 'button', class: `${kind} small`, testid, 'aria-label': `${text}: ${item.name}`, on: { click: action } }, text);
  const stop = button('download-stop', 'Stop', () => item.stop());
  const dismiss = button('download-dismiss', 'Close', () => transfers.dismiss(item), 'quiet');
  const card = h('li', { class: 'card card-download', testid: 'download-card', data: { fileId: item.fileId, name: item.name } },
    h('div', { class: 'card-head' }, h('span', { class: 'card-kind' }, 'Download'), fileName(item.name), share),
    track.element, status,
    h('div', { class: 'card-foot' }, numbers, h('div', { class: 'card-buttons' }, stop, dismiss)));
  return { card, status, numbers, share, track, stop, dismiss };
}

function show(item, state, parts) {
  const done = item.result ? 100 : item.progress?.percent ?? 0;
  setData(parts.card, { state, percent: percentAttribute(done), code: item.error?.code ?? item.progress?.waiting?.reason });
  setText(parts.status, downloadSentence(item));
  setText(parts.share, percent(done));
  setText(parts.numbers, numbers(item, state));
  parts.track.update({ ...(item.progress ?? EMPTY), sizeBytes: item.sizeBytes, percent: done, storedBeforeBytes: 0, comparedBytes: 0 }, percent(done, 0));
  setShown(parts.stop, item.isLive);
  setShown(parts.dismiss, !item.isLive);
}

const EMPTY = { doneBytes: 0 };

function numbers(item, state) {
  if (!item.progress || !item.isLive || state === 'queued' || state === 'starting') return bytes(item.sizeBytes);
  return uploadNumbers({ ...item.progress, phase: state === 'receiving' ? 'sending' : 'finishing' }).join(' · ');
}
