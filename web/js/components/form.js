/** Fields, and a form that sends once, says what is wrong inside itself, and gives the keyboard back. Knows nothing of accounts. */

import { freshId, h, setShown, setText } from '../dom.js';
import { errorCode, errorSentence } from '../sentences.js';

/** A labelled input. `hint` stands below and is read with it. */
export function field({ label, hint, ...props }) {
  const id = freshId('field');
  const hintId = hint ? `${id}-hint` : null;
  const input = h('input', { id, 'aria-describedby': hintId, ...props });
  const element = h('div', { class: 'field' },
    h('label', { for: id }, label), input, hint && h('p', { id: hintId, class: 'hint' }, hint));
  return { element, input };
}

/** A labelled select; `options` are `[value, text]`. */
export function selectField({ label, hint, options, value, ...props }) {
  const id = freshId('field');
  const hintId = hint ? `${id}-hint` : null;
  const input = h('select', { id, 'aria-describedby': hintId, ...props }, options.map(([key, text]) => h('option', { value: key }, text)));
  if (value !== undefined) input.value = value;
  const element = h('div', { class: 'field' }, h('label', { for: id }, label), input, hint && h('p', { id: hintId, class: 'hint' }, hint));
  return { element, input };
}

/** A labelled checkbox. */
export function checkbox({ label, hint, ...props }) {
  const id = freshId('field');
  const hintId = hint ? `${id}-hint` : null;
  const input = h('input', { id, type: 'checkbox', 'aria-describedby': hintId, ...props });
  const element = h('div', { class: 'check-field' }, input, h('label', { for: id }, label), hint && h('p', { id: hintId, class: 'hint' }, hint));
  return { element, input };
}

/**
 * A form around fields. `send` returns a promise; while it runs the button is busy and a second submit is ignored.
 * An error of it, or a sentence thrown with `complaint`, is shown in the form.
 */
export function form({ testid, data, fields, submit, busy, send, compact = false }) {
  const button = h('button', { type: 'submit', class: 'primary', testid: 'submit' }, submit);
  const error = h('p', { class: 'form-error', role: 'alert', testid: 'form-error', hidden: true });
  const element = h('form', { class: compact ? 'form form-compact' : 'form', testid, data, novalidate: true }, fields, error, h('div', { class: 'actions' }, button));
  let running = false;
  const setBusy = (value) => {
    running = value;
    button.setAttribute('aria-busy', String(value));
    setText(button, value ? busy : submit);
  };
  element.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (running) return;
    setShown(error, false);
    setBusy(true);
    try {
      await send();
    } catch (problem) {
      showProblem(element, error, problem);
    } finally {
      setBusy(false);
    }
  });
  return element;
}

/** An error of a form that is the person's to mend; `input` gets the keyboard. */
export function complaint(message, input) {
  return Object.assign(new Error(message), { code: 'invalid_form', hint: '', input });
}

function showProblem(element, place, problem) {
  place.dataset.code = errorCode(problem);
  setText(place, errorSentence(problem));
  setShown(place, true);
  const input = problem.input ?? element.querySelector('input[type=password]');
  input?.focus();
  input?.select?.();
}
