/** An account by a link: the first administrator (`#setup=`), or an invited person (`#invite=`). */

import { complaint, field, form } from '../components/form.js';
import { h } from '../dom.js';

const MIN_PASSWORD_LENGTH = 8;

/** Returns the view's element; `onDone` is called when the account is there. */
export function setupView({ session, route, onDone }) {
  const first = route.name === 'setup';
  const fields = accountFields();
  const card = form({
    testid: 'setup-form', data: { kind: route.name },
    fields: [fields.username.element, fields.password.element, fields.repeat.element],
    submit: 'Create account', busy: 'Creating keys',
    send: async () => {
      check(fields);
      await session.register(route.token, fields.username.input.value.trim(), fields.password.input.value);
      onDone();
    },
  });
  return h('section', { class: 'gate' },
    h('h1', { tabindex: '-1' }, first ? 'Set up Ferry' : 'You are invited'),
    h('p', { class: 'lead' }, first
      ? 'This account will be the administrator. It invites everybody else.'
      : 'Choose a name and a password; then your uploads are yours alone.'),
    card,
    h('p', { class: 'fine' }, 'Your password makes the key that your files are encrypted with. It never leaves this device, so nobody can reset it: write it down or keep it in a password manager.'));
}

function accountFields() {
  return {
    username: field({ label: 'User name', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, 'data-first': true, testid: 'username' }),
    password: field({ label: 'Password', type: 'password', name: 'password', autocomplete: 'new-password', required: true, testid: 'password', hint: `At least ${MIN_PASSWORD_LENGTH} characters; four random words are better than one odd one.` }),
    repeat: field({ label: 'Password again', type: 'password', name: 'password-repeat', autocomplete: 'new-password', required: true, testid: 'password-repeat' }),
  };
}

function check({ username, password, repeat }) {
  if (username.input.value.trim() === '') throw complaint('Choose a user name.', username.input);
  checkNewPassword(password.input, repeat.input);
}

/** Also used where a password is changed. */
export function checkNewPassword(password, repeat) {
  if ([...password.value].length < MIN_PASSWORD_LENGTH) throw complaint(`The password is too short. Use at least ${MIN_PASSWORD_LENGTH} characters.`, password);
  if (password.value !== repeat.value) throw complaint('The two passwords differ. Type the second one again.', repeat);
}
