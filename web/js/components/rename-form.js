/** The name of a file, being changed in its row. Saves once; Escape gives up. */

import { h, setShown, setText } from '../dom.js';
import { errorSentence } from '../sentences.js';

/** `save(name)` returns a promise; `done` puts the row back. */
export function renameForm(name, { save, done }) {
  const input = h('input', { value: name, 'aria-label': 'New name', testid: 'rename-input', spellcheck: 'false', required: true });
  const error = h('p', { class: 'form-error', role: 'alert', testid: 'form-error', hidden: true });
  const form = h('form', { class: 'rename-form' }, input,
    h('button', { type: 'submit', class: 'primary small', testid: 'rename-save' }, 'Save'),
    h('button', { type: 'button', class: 'small', testid: 'rename-cancel', on: { click: done } }, 'Cancel'), error);
  form.addEventListener('keydown', (event) => { if (event.key === 'Escape') done(); });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    try {
      if (input.value.trim() !== '' && input.value !== name) await save(input.value);
      done();
    } catch (problem) {
      setText(error, errorSentence(problem));
      error.dataset.code = problem.code;
      setShown(error, true);
      input.focus();
    }
  });
  requestAnimationFrame(() => {
    input.focus();
    input.setSelectionRange(0, name.lastIndexOf('.') > 0 ? name.lastIndexOf('.') : name.length);
  });
  return form;
}
