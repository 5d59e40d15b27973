/** The main view: bring files in, watch them cross, go on with unfinished ones, and what has arrived. */

import { showError, showNotice } from '../components/banner.js';
import { confirm } from '../components/confirm.js';
import { dropZone } from '../components/drop-zone.js';
import { fileList } from '../components/file-list.js';
import { transferList } from '../components/transfer-list.js';
import { unfinishedList } from '../components/unfinished-list.js';
import { h } from '../dom.js';
import { bytes } from '../format.js';
import { sameName } from '../names.js';
import { openSink } from '../saving.js';

const REFRESH_PAUSE_MS = 400;
/** Lists take at most this share of the time, however many uploads end. */
const REFRESH_SHARE = 1 / 6;

/** Returns `{element, end}`. */
export function filesView({ client, transfers }) {
  const files = fileList(fileActions(client, transfers, () => refresh()));
  const unfinished = unfinishedList(unfinishedActions(client, transfers, () => refresh()));
  const cards = transferList(transfers, showError);
  const zone = dropZone({
    onFiles: (picked) => transfers.uploadAll(picked),
    onFolders: (count) => showNotice(`${count === 1 ? 'A folder was' : 'Folders were'} left out: open it and drop the files in it.`, 'folders_left_out'),
  });
  const load = async () => {
    const [complete, open] = await Promise.all([client.files(), client.uploads()]);
    files.show(complete);
    unfinished.show(open.filter((entry) => !transfers.holds(entry)));
  };
  const refresh = quietly(load);
  const stopWatching = watch(transfers, refresh);
  refresh();
  return {
    element: h('div', { class: 'columns' }, h('h1', { class: 'visually-hidden', tabindex: '-1' }, 'Files'), zone.element, cards.element, unfinished.element, files.element),
    end: () => {
      stopWatching();
      cards.end();
      zone.end();
    },
  };
}

function fileActions(client, transfers, refresh) {
  return {
    download: async (file) => {
      const sink = await openSink(file.name, file.sizeBytes);
      if (sink) transfers.download(file.fileId, file.name, file.sizeBytes, sink);
    },
    rename: async (file, name) => {
      await client.rename(file.fileId, name, file.path ?? undefined);
      refresh();
    },
    verify: async (file, onProgress) => {
      const verified = await client.verify(file.fileId, { onProgress });
      if (verified.needsReUpload) refresh();
      return verified;
    },
    remove: async (file) => {
      await client.remove(file.fileId);
      refresh();
    },
  };
}

function unfinishedActions(client, transfers, refresh) {
  return {
    pick: async (entry, file) => {
      if (await isMeant(entry, file)) transfers.uploadAll([{ file }]);
      refresh();
    },
    carryOn: async (entry) => {
      try {
        await transfers.continueUnfinished(entry);
      } catch (error) {
        showError(error);
      }
      refresh();
    },
    discard: async (entry) => {
      try {
        // What was complete once is a file, not an upload that could be discarded.
        await (entry.wasComplete ? client.remove(entry.fileId) : client.discard(entry.fileId));
      } catch (error) {
        showError(error);
      }
      refresh();
    },
  };
}

/** Another name or another size may be the same file, changed; both at once hardly. */
async function isMeant(entry, file) {
  if (entry.name === null || sameName(file.name, entry.name) || file.size === entry.sizeBytes) return true;
  return confirm({
    title: 'Is this the right file?',
    text: `You picked “${file.name}” (${bytes(file.size)}). The unfinished upload is “${entry.name}” (${bytes(entry.sizeBytes)}). It looks like another file and would be uploaded as a new one.`,
    yes: 'Upload as a new file',
    danger: false,
  });
}

/** Lists are asked for again after any run ended, and when the person comes back to the page. */
function watch(transfers, refresh) {
  const whenSeen = () => { if (document.visibilityState === 'visible') refresh(); };
  transfers.addEventListener('list', refresh);
  transfers.addEventListener('settled', refresh);
  document.addEventListener('visibilitychange', whenSeen);
  return () => {
    transfers.removeEventListener('list', refresh);
    transfers.removeEventListener('settled', refresh);
    document.removeEventListener('visibilitychange', whenSeen);
  };
}

/** One load at a time, another one after it when it was asked for meanwhile; failures are shown once they are not about the session. */
function quietly(load) {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    const began = performance.now();
    try {
      await load();
    } catch (error) {
      if (!['unauthenticated', 'locked'].includes(error.code)) showError(error);
    }
    await new Promise((resolve) => { setTimeout(resolve, Math.max(REFRESH_PAUSE_MS, (performance.now() - began) * (1 / REFRESH_SHARE - 1))); });
    running = false;
    if (again) {
      again = false;
      run();
    }
  };
  return run;
}
