/** Complete files: search by name, download, rename, verify, delete. Names and search stay in this browser. */

import { arrange, h, setShown, setText } from '../dom.js';
import { ago, bytes, count, exactBytes, moment, whole } from '../format.js';
import { errorSentence } from '../sentences.js';
import { confirm } from './confirm.js';
import { fileName } from './file-name.js';
import { renameForm } from './rename-form.js';

const PAGE_ROWS = 500;

/** `actions` = `{download(file), rename(file, name), verify(file), remove(file)}`. Returns `{element, show}`. */
export function fileList(actions) {
  const parts = listParts();
  const rows = new Map();
  let files = [];
  let limit = PAGE_ROWS;
  const render = () => {
    const wanted = parts.filter.value.trim().toLocaleLowerCase();
    const found = files.filter((file) => (file.name ?? '').toLocaleLowerCase().includes(wanted));
    arrange(parts.list, found.slice(0, limit).map((file) => rowFor(rows, file, actions)));
    setShown(parts.more, found.length > limit);
    setShown(parts.list, found.length > 0);
    setShown(parts.empty, found.length === 0);
    setText(parts.empty, files.length === 0 ? 'No files yet. What you upload stands here when it is complete.' : 'No file has this in its name.');
    setText(parts.note, files.length === 0 ? '' : `${count(files.length, 'file')}, ${bytes(files.reduce((sum, file) => sum + (file.sizeBytes ?? 0), 0))}`);
    setShown(parts.filterField, files.length > 5);
  };
  parts.filter.addEventListener('input', render);
  parts.more.addEventListener('click', () => {
    limit += PAGE_ROWS;
    render();
  });
  return {
    element: parts.element,
    show: (shown) => {
      files = shown;
      render();
    },
  };
}

function listParts() {
  const list = h('ul', { class: 'rows', testid: 'file-list' });
  const empty = h('p', { class: 'empty', testid: 'files-empty', hidden: true });
  const note = h('p', { class: 'section-note' });
  const more = h('button', { type: 'button', testid: 'files-more', hidden: true }, 'Show more');
  const filter = h('input', { type: 'search', placeholder: 'Search by name', 'aria-label': 'Search files by name', testid: 'files-filter', spellcheck: 'false' });
  const filterField = h('div', { class: 'filter', hidden: true }, filter);
  const element = h('section', { class: 'section', 'aria-labelledby': 'files-title' },
    h('div', { class: 'section-head' }, h('h2', { id: 'files-title' }, 'Files'), note, filterField), list, empty, more);
  return { element, list, empty, note, more, filter, filterField };
}

function rowFor(rows, file, actions) {
  const known = rows.get(file.fileId);
  const version = `${file.name} ${file.sizeBytes} ${file.completedAt} ${file.problem?.code}`;
  if (known?.version === version) return known.element;
  const element = fileRow(file, actions);
  rows.set(file.fileId, { version, element });
  return element;
}

function fileRow(file, actions) {
  const name = file.name ?? 'Name cannot be opened';
  const main = h('div', { class: 'row-main' });
  const result = h('p', { class: 'row-result', role: 'status', testid: 'file-result', hidden: true });
  const say = (text, bad = false) => {
    setText(result, text);
    result.classList.toggle('row-result-bad', bad);
    setShown(result, text !== '');
  };
  const showName = () => main.replaceChildren(fileName(name, 'file-name'), h('p', { class: 'row-note' }, ...noteOf(file)), result);
  const rename = () => main.replaceChildren(renameForm(name, { save: (wanted) => actions.rename(file, wanted), done: showName }));
  showName();
  return h('li', { class: 'row', testid: 'file-row', data: { fileId: file.fileId, name: file.name ?? '', size: file.sizeBytes ?? '', problem: file.problem?.code } },
    main, h('div', { class: 'row-buttons' }, rowButtons(file, name, { ...actions, rename, say })));
}

function noteOf(file) {
  if (file.problem) return [errorSentence(file.problem)];
  const when = file.completedAt ?? file.createdAt;
  return [
    h('span', { title: exactBytes(file.sizeBytes) }, bytes(file.sizeBytes)),
    ' · ',
    h('time', { datetime: when, title: moment(when) }, ago(when)),
  ];
}

function rowButtons(file, name, { download, rename, verify, remove, say }) {
  const button = (testid, kind, text, action) => h('button', { type: 'button', class: `${kind} small`, testid, 'aria-label': `${text}: ${name}`, on: { click: tried(action, say) } }, text);
  const sound = file.problem === null;
  return [
    sound && button('file-download', '', 'Download', () => download(file)),
    sound && button('file-rename', 'quiet', 'Rename', rename),
    button('file-verify', 'quiet', 'Verify', () => showVerified(file, verify, say)),
    button('file-delete', 'quiet danger-text', 'Delete', () => removeAsked(file, name, remove)),
  ];
}

function tried(action, say) {
  return async () => {
    say('');
    try {
      await action();
    } catch (error) {
      say(errorSentence(error), true);
    }
  };
}

async function showVerified(file, verify, say) {
  say('The server reads the stored parts back.');
  const { needsReUpload, corruptedParts, validParts } = await verify(file, ({ verifiedParts, totalParts }) => say(`The server reads the stored parts back: ${whole(verifiedParts)} of ${count(totalParts, 'part')}.`));
  if (needsReUpload) say(`${count(corruptedParts.length, 'part')} of the stored copy ${corruptedParts.length === 1 ? 'is' : 'are'} damaged. Upload the file again: only damaged parts are sent.`, true);
  else say(`The stored copy is sound: ${count(validParts, 'part')} read back.`);
}

async function removeAsked(file, name, remove) {
  const yes = await confirm({ title: 'Delete this file?', text: `“${name}”${file.sizeBytes === null ? '' : ` (${bytes(file.sizeBytes)})`} will be deleted from the server, for all your devices. This cannot be undone.`, yes: 'Delete' });
  if (yes) await remove(file);
}
