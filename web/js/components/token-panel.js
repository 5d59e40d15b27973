/** Tokens for programs: make one (shown once), see them, revoke them. */

import { arrange, h } from '../dom.js';
import { ago, until } from '../format.js';
import { showError } from './banner.js';
import { confirm } from './confirm.js';
import { copyField } from './copy-field.js';
import { checkbox, complaint, field, form, selectField } from './form.js';

const DAY_SECS = 86_400;
const LIVES = [[30 * DAY_SECS, '30 days'], [90 * DAY_SECS, '90 days'], [365 * DAY_SECS, '1 year']];
const SCOPES = [
  ['read', 'Read', 'See files and uploads, fetch sealed parts.'],
  ['upload', 'Upload', 'Send, change and delete them.'],
  ['admin', 'Admin', 'Invitations, storage, cleanup.'],
];

export function tokenPanel({ client, isAdmin }) {
  const list = h('ul', { class: 'rows' });
  const secret = h('div', {});
  const refresh = async () => {
    try {
      arrange(list, (await client.tokens.list()).map((token) => tokenRow(token, client, refresh)));
    } catch (error) {
      showError(error);
    }
  };
  refresh();
  return [
    h('p', { class: 'hint' }, 'For programs such as curl and scripts. A token reaches sealed bytes and the state of uploads; it cannot open a file.'),
    newTokenForm({ client, isAdmin, secret, refresh }), secret, list,
  ];
}

function newTokenForm({ client, isAdmin, secret, refresh }) {
  const label = field({ label: 'What it is for', testid: 'token-label', maxlength: '100', autocomplete: 'off' });
  const life = selectField({ label: 'How long it lives', options: LIVES, value: 365 * DAY_SECS, testid: 'token-ttl' });
  const boxes = SCOPES.filter(([scope]) => scope !== 'admin' || isAdmin)
    .map(([scope, text, hint]) => ({ scope, box: checkbox({ label: text, hint, testid: `token-scope-${scope}`, checked: scope === 'read' }) }));
  const scopes = h('fieldset', { class: 'scopes' }, h('legend', {}, 'What it may do'), boxes.map(({ box }) => box.element));
  return form({
    testid: 'token-form', compact: true, fields: [label.element, life.element, scopes], submit: 'Create token', busy: 'Creating',
    send: async () => {
      const chosen = boxes.filter(({ box }) => box.input.checked).map(({ scope }) => scope);
      if (label.input.value.trim() === '') throw complaint('Say what the token is for, so that you know later which one to revoke.', label.input);
      if (chosen.length === 0) throw complaint('Choose what the token may do.', boxes[0].box.input);
      const { token } = await client.tokens.create(label.input.value.trim(), chosen, { ttlSecs: Number(life.input.value) });
      label.input.value = '';
      secret.replaceChildren(copyField({ label: 'The new token', hint: 'It is shown this once. Keep it like a password.', value: token, testid: 'token-secret', copyTestid: 'token-copy' }));
      refresh();
    },
  });
}

function tokenRow(token, client, refresh) {
  const used = token.lastUsedAt ? `used ${ago(token.lastUsedAt)}` : 'never used';
  return h('li', { class: 'row', testid: 'token-row', data: { tokenId: token.tokenId, label: token.label } },
    h('div', { class: 'row-main' }, h('bdi', { class: 'row-title' }, token.label), h('p', { class: 'row-note' }, `${token.scopes.join(', ')} · ${used} · ends ${until(token.expiresAt)}`)),
    h('div', { class: 'row-buttons' }, h('button', {
      type: 'button', class: 'quiet danger-text small', testid: 'token-revoke', 'aria-label': `Revoke: ${token.label}`, on: { click: () => revoke(token, client, refresh) },
    }, 'Revoke')));
}

async function revoke(token, client, refresh) {
  const yes = await confirm({ title: 'Revoke this token?', text: `Programs that use “${token.label}” are refused from now on.`, yes: 'Revoke' });
  if (!yes) return;
  try {
    await client.tokens.revoke(token.tokenId);
  } catch (error) {
    showError(error);
  }
  refresh();
}
