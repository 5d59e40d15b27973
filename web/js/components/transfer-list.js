/** The cards of this tab, uploads and downloads, with one line over them. Keeps each card's element, so focus and selection survive. */

import { arrange, h, setShown, setText } from '../dom.js';
import { summarySentence } from '../sentences.js';
import { announce } from './announcer.js';
import { downloadCard } from './download-card.js';
import { uploadCard } from './upload-card.js';

const TICK_MS = 1000;

/** Returns `{element, end}`. */
export function transferList(transfers, onError) {
  const cards = new Map();
  const downloads = h('ul', { class: 'cards', testid: 'download-list' });
  const uploads = h('ul', { class: 'cards', testid: 'upload-list' });
  const summary = h('p', { class: 'section-note', testid: 'upload-summary' });
  const closeDone = h('button', { type: 'button', class: 'quiet small', testid: 'close-done', on: { click: () => transfers.dismissDone() } }, 'Close finished');
  const title = h('h2', { id: 'transfers-title', tabindex: '-1' }, 'In this tab');
  const element = h('section', { class: 'section', 'aria-labelledby': 'transfers-title' },
    h('div', { class: 'section-head' }, title, summary, closeDone), downloads, uploads);

  const cardOf = (item, make) => {
    if (!cards.has(item)) cards.set(item, make(item, { transfers, onError }));
    return cards.get(item).element;
  };
  const showList = () => {
    const held = document.activeElement;
    const inside = element.contains(held);
    arrange(uploads, transfers.uploads.map((item) => cardOf(item, uploadCard)));
    arrange(downloads, transfers.downloads.map((item) => cardOf(item, downloadCard)));
    forget(cards, new Set([...transfers.uploads, ...transfers.downloads]));
    setShown(element, transfers.uploads.length + transfers.downloads.length > 0);
    showSummary();
    if (inside && !held.isConnected) title.focus();
  };
  const showSummary = () => {
    setText(summary, transfers.uploads.length > 1 ? summarySentence(transfers.uploads.map(rowOf)) : '');
    setShown(closeDone, [...transfers.uploads, ...transfers.downloads].some((item) => item.phase === 'done' || item.result));
  };
  const tick = () => { for (const card of cards.values()) if (card.element.dataset.state === 'waiting') card.update(); };

  const speakSummary = () => { if (transfers.uploads.length > 1) announce('summary', summary.textContent); };

  transfers.addEventListener('list', showList);
  transfers.addEventListener('stored', speakSummary);
  transfers.addEventListener('progress', showSummary);
  const ticking = setInterval(tick, TICK_MS);
  showList();
  return {
    element,
    end: () => {
      clearInterval(ticking);
      transfers.removeEventListener('list', showList);
      transfers.removeEventListener('stored', speakSummary);
      transfers.removeEventListener('progress', showSummary);
      for (const card of cards.values()) card.end();
    },
  };
}

function forget(cards, kept) {
  for (const [item, card] of cards) {
    if (kept.has(item)) continue;
    card.end();
    cards.delete(item);
  }
}

function rowOf(item) {
  return { phase: item.phase, sizeBytes: item.progress.sizeBytes, doneBytes: item.progress.doneBytes };
}
