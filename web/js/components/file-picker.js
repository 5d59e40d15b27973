/** Asks the person for files. Where the browser can, with handles, so that an upload can go on later with one click. */

import { h } from '../dom.js';

/** One file, or null; by a plain input, since a handle is of no use for it. */
export function pickFile() {
  return new Promise((resolve) => {
    const input = h('input', { type: 'file' });
    input.addEventListener('change', () => resolve(input.files[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

/** Picked files as `{file, handle}`; null where the browser has no such picker or refuses it, then use an input. */
export async function pickWithHandles(multiple) {
  if (!('showOpenFilePicker' in window)) return null;
  try {
    const handles = await window.showOpenFilePicker({ multiple });
    return await Promise.all(handles.map(async (handle) => ({ file: await handle.getFile(), handle })));
  } catch (error) {
    return error.name === 'AbortError' ? [] : null;
  }
}

/** Dropped files as `{file, handle}`, and how many folders were among them. Call it inside the drop event. */
export async function droppedFiles(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === 'file');
  const found = await Promise.all(items.map(droppedEntry));
  return { picked: found.filter(Boolean), folders: found.filter((entry) => entry === null).length };
}

async function droppedEntry(item) {
  const isFolder = item.webkitGetAsEntry?.()?.isDirectory ?? false;
  const file = item.getAsFile();
  const asked = isFolder ? null : item.getAsFileSystemHandle?.();
  if (isFolder || !file) return null;
  try {
    return { file, handle: (await asked) ?? undefined };
  } catch {
    return { file };
  }
}
