/** Name and password of an account that exists. */

import { checkbox, complaint, field, form } from '../components/form.js';
import { h, setShown } from '../dom.js';

/** `signUp` is the server's policy; a server without any account says how the first one is made. */
export function signInView({ session, signUp, onDone }) {
  const username = field({ label: 'User name', name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: 'false', required: true, 'data-first': true, testid: 'username' });
  const password = field({ label: 'Password', type: 'password', name: 'password', autocomplete: 'current-password', required: true, testid: 'password' });
  const keep = keepField();
  const changed = checkbox({ label: 'The password was changed on another device', testid: 'accept-new-kdf', hint: 'Only if you know that. The server tells something else of this account than this browser knew.' });
  setShown(changed.element, false);
  const card = form({
    testid: 'sign-in-form', fields: [username.element, password.element, keep.element, changed.element], submit: 'Sign in', busy: 'Deriving keys',
    send: async () => {
      if (username.input.value.trim() === '') throw complaint('Type your user name.', username.input);
      if (password.input.value === '') throw complaint('Type your password.', password.input);
      try {
        await session.signIn(username.input.value.trim(), password.input.value, { keep: keep.input.checked, acceptNewKdf: changed.input.checked });
      } catch (error) {
        if (error.code === 'kdf_changed') setShown(changed.element, true);
        throw error;
      }
      onDone();
    },
  });
  return h('section', { class: 'gate' },
    h('h1', { tabindex: '-1' }, 'Sign in'),
    signUp === 'setup' && h('p', { class: 'lead', testid: 'no-account-yet' }, 'Nobody has an account here yet. Open the set-up link that the server printed when it started.'),
    card,
    h('p', { class: 'fine' }, 'Files are encrypted and opened on this device. The server never sees your password or what is in them.'));
}

/** The checkbox, also for the unlock view. */
export function keepField() {
  return checkbox({ label: 'Keep this browser unlocked', testid: 'keep-unlocked', hint: 'Only on a device of your own. Until you sign out, anyone who uses this browser can open your files.' });
}
