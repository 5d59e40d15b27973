/** Where a download goes: the save dialog, the browser's download folder, or memory for small files. Gives the client a sink; writes no byte itself. */

import { bytes } from './format.js';
import { safeFileName } from './names.js';
import { streamSink } from './save-stream.js';

const KEY = 'ferry.save';
/** Most that is collected in memory where a browser has nothing better. */
const MEMORY_LIMIT_BYTES = 256 * 1024 * 1024;

export const SAVE_MODES = [
  ['picker', 'Ask where to save, each time'],
  ['stream', "Into the browser's download folder"],
  ['blob', `Through memory (small files, up to ${bytes(MEMORY_LIMIT_BYTES)})`],
];

const POSSIBLE = {
  picker: () => 'showSaveFilePicker' in window,
  stream: () => 'serviceWorker' in navigator,
  blob: () => true,
};

/** The modes this browser can do, the best first. */
export function possibleModes() {
  return SAVE_MODES.filter(([mode]) => POSSIBLE[mode]());
}

/** What the person chose, else the best. */
export function chosenMode() {
  const kept = stored();
  return POSSIBLE[kept]?.() ? kept : possibleModes()[0][0];
}

export function chooseMode(mode) {
  window.localStorage.setItem(KEY, mode);
}

function stored() {
  try {
    return window.localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** A sink for one file, or null when the person closed the save dialog. Call it from a click. */
export async function openSink(name, sizeBytes) {
  const mode = chosenMode();
  if (mode === 'picker') return pickerSink(name);
  if (mode === 'stream') return streamSink(name, sizeBytes).catch(() => memorySink(name, sizeBytes));
  return memorySink(name, sizeBytes);
}

async function pickerSink(name) {
  try {
    const handle = await window.showSaveFilePicker({ suggestedName: safeFileName(name) });
    return await handle.createWritable();
  } catch (error) {
    if (error.name === 'AbortError') return null;
    throw cannotSave('The place you chose cannot be written to.', 'Choose another folder, or change in Settings where downloads go.');
  }
}

function memorySink(name, sizeBytes) {
  if (sizeBytes > MEMORY_LIMIT_BYTES) {
    throw cannotSave(`This browser can only save files up to ${bytes(MEMORY_LIMIT_BYTES)} here.`, 'Use a current Chrome, Edge or Firefox, and no private window.');
  }
  const chunks = [];
  return new WritableStream({
    write: (chunk) => { chunks.push(chunk.slice()); },
    close: () => saveBlob(new Blob(chunks, { type: 'application/octet-stream' }), name),
    abort: () => { chunks.length = 0; },
  });
}

function saveBlob(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = safeFileName(name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function cannotSave(message, hint) {
  return Object.assign(new Error(message), { code: 'sink_failed', hint });
}
