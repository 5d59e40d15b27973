/** What an administrator sees: invitations, storage, bots, everybody's unfinished uploads (without names), cleanup. */

import { botsPanel } from '../components/bots-panel.js';
import { cleanupPanel } from '../components/cleanup-panel.js';
import { invitationPanel } from '../components/invitation-panel.js';
import { showError } from '../components/banner.js';
import { arrange, h, setText } from '../dom.js';
import { ago, bytes, count, percent, share, until, whole } from '../format.js';
import { section } from './settings.js';

/** Returns `{element, end}`. */
export function adminView({ client }) {
  const storage = h('ul', { class: 'rows' });
  const sessions = h('ul', { class: 'rows' });
  const none = h('p', { class: 'empty' });
  const audit = h('ul', { class: 'rows rows-dense' });
  const refresh = async () => {
    try {
      const [stores, open, events] = await Promise.all([client.admin.storage(), client.admin.sessions(), client.admin.audit()]);
      const unfinished = open.filter((entry) => entry.status !== 'completed');
      arrange(storage, stores.map(storageRow));
      arrange(sessions, unfinished.map(sessionRow));
      setText(none, unfinished.length === 0 ? 'Nobody has an unfinished upload.' : '');
      arrange(audit, events.slice(0, 50).map(auditRow));
    } catch (error) {
      showError(error);
    }
  };
  refresh();
  const bots = botsPanel({ client });
  return {
    end: bots.end,
    element: h('div', { class: 'columns' },
      h('h1', { tabindex: '-1' }, 'Admin'),
      section('Invitations', invitationPanel({ client })),
      section('Storage', storage),
      section('Bots', h('p', { class: 'hint' }, 'A Telegram store sends parts through these bots into their chats, at the pace that Telegram allows.'), bots.content),
      section('Unfinished uploads of everybody', none, sessions),
      section('Cleanup', cleanupPanel({ client, onDone: refresh })),
      section('Latest events', audit)),
  };
}

function storageRow(store) {
  const state = store.healthy ? 'answers' : `does not answer: ${store.problem ?? 'no reason given'}`;
  const queued = store.pendingDeletions > 0 ? ` · ${count(store.pendingDeletions, 'deletion')} wait` : '';
  return h('li', { class: 'row', testid: 'storage-row', data: { provider: store.provider, healthy: store.healthy } },
    h('div', { class: 'row-main' },
      h('p', { class: 'row-title' }, h('span', { class: store.healthy ? 'dot dot-good' : 'dot dot-bad', 'aria-hidden': 'true' }), store.provider, store.isDefault && h('span', { class: 'tag' }, 'new parts go here')),
      h('p', { class: 'row-note' }, `${state} · ${bytes(store.storedBytes)} in ${count(store.parts, 'part')}${queued}`)));
}

function sessionRow(entry) {
  const stored = percent(share(entry.uploadedParts, entry.totalParts), 0);
  const ends = entry.expiresAt ? ` · cleaned up ${until(entry.expiresAt)}` : '';
  return h('li', { class: 'row', testid: 'session-row', data: { fileId: entry.fileId, username: entry.username } },
    h('div', { class: 'row-main' },
      h('p', { class: 'row-title' }, h('bdi', {}, entry.username), entry.status === 'abandoned' && h('span', { class: 'tag' }, 'abandoned')),
      h('p', { class: 'row-note' }, `${bytes(entry.sizeBytes)} · ${stored} stored (${whole(entry.uploadedParts)} of ${count(entry.totalParts, 'part')}) · last active ${ago(entry.lastActivityAt)}${ends}`)));
}

function auditRow(event) {
  return h('li', { class: 'row', testid: 'audit-row', data: { action: event.action } },
    h('div', { class: 'row-main' }, h('p', { class: 'row-title mono' }, event.action), h('p', { class: 'row-note' }, `${ago(event.at)}${event.reason ? ` · ${event.reason}` : ''}`)));
}
