/** Uploads that the server holds and this tab does not send: pick the file and it goes on. Names come from the client, opened here. */

import { arrange, h, setShown, setText } from '../dom.js';
import { ago, bytes, count, percent, percentAttribute, share, until, whole } from '../format.js';
import { errorSentence } from '../sentences.js';
import { confirm } from './confirm.js';
import { fileName } from './file-name.js';

/** `actions` = `{pick(unfinished, file), carryOn(unfinished), discard(unfinished)}`. Returns `{element, show}`. */
export function unfinishedList(actions) {
  const list = h('ul', { class: 'rows', testid: 'unfinished-list' });
  const note = h('p', { class: 'section-note' });
  const element = h('section', { class: 'section', 'aria-labelledby': 'unfinished-title', hidden: true },
    h('div', { class: 'section-head' }, h('h2', { id: 'unfinished-title' }, 'Unfinished uploads'), note), list);
  const rows = new Map();
  const show = (unfinished) => {
    arrange(list, unfinished.map((entry) => rowFor(rows, entry, actions)));
    setText(note, 'Pick the same file, from any place or device, and only what is missing is sent.');
    setShown(element, unfinished.length > 0);
  };
  return { element, show };
}

/** Rows that did not change keep their element, and with it the focus. */
function rowFor(rows, entry, actions) {
  const key = entry.fileId;
  const version = `${entry.name} ${entry.storedParts} ${entry.lastActivityAt} ${entry.handle !== null}`;
  const known = rows.get(key);
  if (known?.version === version) return known.element;
  const element = unfinishedRow(entry, actions);
  rows.set(key, { version, element });
  return element;
}

function unfinishedRow(entry, actions) {
  const stored = share(entry.storedParts, entry.totalParts);
  const name = entry.name ?? 'Name cannot be opened';
  return h('li', { class: 'row', testid: 'unfinished-row', data: { fileId: entry.fileId, name: entry.name ?? '', percent: percentAttribute(stored) } },
    h('div', { class: 'row-main' }, fileName(name, 'unfinished-name'), h('p', { class: 'row-note' }, noteOf(entry, stored))),
    h('div', { class: 'row-buttons' }, rowButtons(entry, name, actions)));
}

function noteOf(entry, stored) {
  if (entry.problem) return errorSentence(entry.problem);
  const pieces = [
    entry.wasComplete && 'Stored parts were found damaged; pick the file, and only those are sent again',
    bytes(entry.sizeBytes),
    `${whole(entry.storedParts)} of ${count(entry.totalParts, 'part')} stored (about ${percent(stored, 0)})`,
    `last active ${ago(entry.lastActivityAt)}${entry.client ? ` from ${entry.client}` : ''}`,
  ];
  if (entry.expiresAt) pieces.push(`cleaned up ${until(entry.expiresAt)}`);
  return pieces.filter(Boolean).join(' · ');
}

function rowButtons(entry, name, actions) {
  const input = h('input', { type: 'file', class: 'visually-hidden', tabindex: '-1', 'aria-label': `The file for ${name}`, testid: 'unfinished-input' });
  input.addEventListener('change', () => {
    const file = input.files[0];
    input.value = '';
    if (file) actions.pick(entry, file);
  });
  const button = (testid, kind, text, action) => h('button', { type: 'button', class: `${kind} small`, testid, 'aria-label': `${text}: ${name}`, on: { click: action } }, text);
  return [
    entry.handle && button('unfinished-continue', 'primary', 'Go on', () => actions.carryOn(entry)),
    button('unfinished-pick', entry.handle ? '' : 'primary', 'Pick the file', () => input.click()),
    button('unfinished-discard', 'quiet danger-text', entry.wasComplete ? 'Delete' : 'Discard', () => discard(entry, name, actions)),
    input,
  ];
}

async function discard(entry, name, actions) {
  const [title, word] = entry.wasComplete ? ['Delete this file?', 'Delete'] : ['Discard this upload?', 'Discard'];
  const yes = await confirm({ title, text: `What is stored of “${name}” will be deleted from the server, for all your devices.`, yes: word });
  if (yes) await actions.discard(entry);
}
