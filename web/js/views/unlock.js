/** The password again, after a reload: the session is there, the keys are not. */

import { complaint, field, form } from '../components/form.js';
import { h } from '../dom.js';
import { visibleName } from '../names.js';
import { keepField } from './sign-in.js';

export function unlockView({ session, onDone }) {
  const { username } = session.current;
  const password = field({ label: 'Password', type: 'password', name: 'password', autocomplete: 'current-password', required: true, 'data-first': true, testid: 'password' });
  const keep = keepField();
  const card = form({
    testid: 'unlock-form', fields: [namedFor(username), password.element, keep.element], submit: 'Unlock', busy: 'Deriving keys',
    send: async () => {
      if (password.input.value === '') throw complaint('Type your password.', password.input);
      await session.unlock(password.input.value, keep.input.checked);
      onDone();
    },
  });
  return h('section', { class: 'gate' },
    h('h1', { tabindex: '-1' }, 'Unlock your files'),
    h('p', { class: 'lead' }, 'You are signed in as ', h('bdi', {}, h('strong', {}, visibleName(username))), '. After a reload the keys must be made again from your password.'),
    card);
}

/** Password managers look for the name beside the password. */
function namedFor(username) {
  return h('input', { type: 'text', name: 'username', autocomplete: 'username', value: username, hidden: true, readonly: true });
}
