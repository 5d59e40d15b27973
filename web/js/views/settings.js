/** What a person sets for themselves: where downloads go, the password, tokens for programs. */

import { showNotice } from '../components/banner.js';
import { complaint, field, form, selectField } from '../components/form.js';
import { tokenPanel } from '../components/token-panel.js';
import { h } from '../dom.js';
import { bytes } from '../format.js';
import { chooseMode, chosenMode, possibleModes } from '../saving.js';
import { checkNewPassword } from './setup.js';

/** Returns `{element}`. */
export function settingsView({ client, session, transfers }) {
  const element = h('div', { class: 'columns' },
    h('div', {}, h('h1', { tabindex: '-1' }, 'Settings'), h('p', { class: 'section-note' }, accountLine(session.current))),
    section('Downloads', downloadField()),
    section('API tokens', tokenPanel({ client, isAdmin: session.current.role === 'admin' })),
    section('Password', passwordForm(session, transfers)));
  return { element };
}

export function section(title, ...content) {
  return h('section', { class: 'section panel' }, h('h2', {}, title), content);
}

function accountLine({ usedBytes, quotaBytes }) {
  return quotaBytes === null ? `${bytes(usedBytes)} stored.` : `${bytes(usedBytes)} of ${bytes(quotaBytes)} stored.`;
}

function downloadField() {
  const { element, input } = selectField({ label: 'Where downloads go', options: possibleModes(), value: chosenMode(), testid: 'download-mode' });
  input.addEventListener('change', () => chooseMode(input.value));
  return element;
}

function passwordForm(session, transfers) {
  const old = field({ label: 'Password now', type: 'password', autocomplete: 'current-password', testid: 'old-password' });
  const next = field({ label: 'New password', type: 'password', autocomplete: 'new-password', testid: 'new-password' });
  const repeat = field({ label: 'New password again', type: 'password', autocomplete: 'new-password', testid: 'new-password-repeat' });
  const element = form({
    testid: 'password-form', fields: [namedFor(session.current.username), old.element, next.element, repeat.element],
    submit: 'Change password', busy: 'Changing',
    send: async () => {
      if (transfers.liveCount > 0) throw complaint('Uploads or downloads are running. Stop them or let them end first.', old.input);
      if (old.input.value === '') throw complaint('Type the password you have now.', old.input);
      checkNewPassword(next.input, repeat.input);
      const { state } = await session.changePassword(old.input.value, next.input.value);
      element.reset();
      if (state === 'signed-out') showNotice('The password is changed, but this browser could not be signed in again. Sign in with the new password.', 'password_changed');
      else showNotice('The password is changed. All other devices and all API tokens were signed out.', 'password_changed');
    },
  });
  return [h('p', { class: 'hint' }, 'All your other devices and all API tokens are signed out by this. Files stay readable: only the key that opens their keys is sealed again.'), element];
}

function namedFor(username) {
  return h('input', { type: 'text', autocomplete: 'username', value: username, hidden: true, readonly: true });
}
