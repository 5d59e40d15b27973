/** Invitations: make a link (shown once), see which are open, take one back. */

import { arrange, h } from '../dom.js';
import { until } from '../format.js';
import { showError } from './banner.js';
import { copyField } from './copy-field.js';
import { form, selectField } from './form.js';

const DAY_SECS = 86_400;
const LIVES = [[DAY_SECS, '1 day'], [7 * DAY_SECS, '7 days'], [30 * DAY_SECS, '30 days']];

export function invitationPanel({ client }) {
  const list = h('ul', { class: 'rows' });
  const link = h('div', {});
  const refresh = async () => {
    try {
      const open = (await client.invitations.list()).filter((entry) => entry.usedAt === null && Date.parse(entry.expiresAt) > Date.now());
      arrange(list, open.map((entry) => invitationRow(entry, client, refresh)));
    } catch (error) {
      showError(error);
    }
  };
  refresh();
  return [newInvitationForm(client, link, refresh), link, list];
}

function newInvitationForm(client, link, refresh) {
  const role = selectField({ label: 'Who comes', options: [['user', 'User: own files only'], ['admin', 'Administrator']], testid: 'invitation-role' });
  const life = selectField({ label: 'How long it is open', options: LIVES, value: 7 * DAY_SECS, testid: 'invitation-ttl' });
  return form({
    testid: 'invitation-form', compact: true, fields: [role.element, life.element], submit: 'Create invitation', busy: 'Creating',
    send: async () => {
      const made = await client.invitations.create({ role: role.input.value, ttlSecs: Number(life.input.value) });
      link.replaceChildren(copyField({ label: 'The invitation', hint: 'It is shown this once and works once. The person who opens it makes an account.', value: made.link, testid: 'invitation-link', copyTestid: 'invitation-copy' }));
      refresh();
    },
  });
}

function invitationRow(entry, client, refresh) {
  const takeBack = async () => {
    try {
      await client.invitations.revoke(entry.invitationId);
    } catch (error) {
      showError(error);
    }
    refresh();
  };
  return h('li', { class: 'row', testid: 'invitation-row', data: { invitationId: entry.invitationId } },
    h('div', { class: 'row-main' }, h('p', { class: 'row-title' }, entry.role === 'admin' ? 'Administrator' : 'User'), h('p', { class: 'row-note' }, `open, ends ${until(entry.expiresAt)}`)),
    h('div', { class: 'row-buttons' }, h('button', { type: 'button', class: 'quiet danger-text small', testid: 'invitation-revoke', on: { click: takeBack } }, 'Take back')));
}
