/** A secret or a link that is shown once, with a copy button. */

import { freshId, h, setText } from '../dom.js';

export function copyField({ label, hint, value, testid, copyTestid }) {
  const id = freshId('copy');
  const input = h('input', { id, class: 'mono', readonly: true, value, testid, spellcheck: 'false', on: { focus: () => input.select() } });
  const button = h('button', { type: 'button', testid: copyTestid, on: { click: copy } }, 'Copy');
  async function copy() {
    setText(button, (await copied(input)) ? 'Copied' : 'Press Ctrl+C');
    setTimeout(() => setText(button, 'Copy'), 2500);
  }
  return h('div', { class: 'copy-field', role: 'status' },
    h('label', { for: id }, label), h('div', { class: 'copy-row' }, input, button), h('p', { class: 'hint' }, hint));
}

async function copied(input) {
  try {
    await navigator.clipboard.writeText(input.value);
    return true;
  } catch {
    input.focus();
    input.select();
    return false;
  }
}
