/** Where files come in: by drop, by picker, by keyboard. Knows nothing of uploads. */

import { h } from '../dom.js';
import { droppedFiles, pickWithHandles } from './file-picker.js';

/** `onFiles` gets `[{file, handle}]`, `onFolders` how many folders were dropped. Returns `{element, end}`. */
export function dropZone({ onFiles, onFolders }) {
  const input = h('input', { type: 'file', multiple: true, class: 'visually-hidden', tabindex: '-1', 'aria-label': 'Files to upload', testid: 'file-input' });
  input.addEventListener('change', () => {
    const picked = [...input.files].map((file) => ({ file }));
    input.value = '';
    onFiles(picked);
  });
  const choose = h('button', { type: 'button', class: 'primary', testid: 'choose-files', on: { click: () => chooseFiles(input, onFiles) } }, 'Choose files');
  const element = h('section', { class: 'drop-zone', testid: 'drop-zone', 'aria-label': 'New uploads' },
    h('p', { class: 'drop-title' }, 'Drop files here'),
    h('p', { class: 'hint' }, 'Encrypted on this device. Stop at any time: on any device, the same file goes on where it was.'),
    choose, input);
  return { element, end: listen(element, onFiles, onFolders) };
}

async function chooseFiles(input, onFiles) {
  const picked = await pickWithHandles(true);
  if (picked === null) input.click();
  else if (picked.length > 0) onFiles(picked);
}

/** The whole window takes the drop, since it is hard to aim with a file in hand. */
function listen(element, onFiles, onFolders) {
  let depth = 0;
  const highlight = () => element.classList.toggle('drop-zone-over', depth > 0);
  const listeners = {
    dragenter: (event) => { if (hasFiles(event)) { depth += 1; highlight(); } },
    dragleave: (event) => { if (hasFiles(event)) { depth = Math.max(0, depth - 1); highlight(); } },
    drop: async (event) => {
      depth = 0;
      highlight();
      if (!hasFiles(event)) return;
      const { picked, folders } = await droppedFiles(event.dataTransfer);
      if (picked.length > 0) onFiles(picked);
      if (folders > 0) onFolders(folders);
    },
  };
  for (const [type, listener] of Object.entries(listeners)) window.addEventListener(type, listener);
  return () => { for (const [type, listener] of Object.entries(listeners)) window.removeEventListener(type, listener); };
}

function hasFiles(event) {
  return [...(event.dataTransfer?.types ?? [])].includes('Files');
}
