/** The only question before something is deleted. Resolves to true or false; Escape is no. */

import { h } from '../dom.js';

/** `title` asks, `text` says what will be gone, `yes` names the action. */
export function confirm({ title, text, yes, danger = true }) {
  return new Promise((resolve) => {
    const dialog = h('dialog', { class: 'confirm', testid: 'confirm-dialog', 'aria-labelledby': 'confirm-title', 'aria-describedby': 'confirm-text' },
      h('h2', { id: 'confirm-title' }, title),
      h('p', { id: 'confirm-text' }, text),
      h('div', { class: 'actions' },
        h('button', { type: 'button', testid: 'confirm-no', autofocus: true, on: { click: () => dialog.close('no') } }, 'Cancel'),
        h('button', { type: 'button', class: danger ? 'danger' : 'primary', testid: 'confirm-yes', on: { click: () => dialog.close('yes') } }, yes)));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
