/** Cleanup of abandoned uploads: what would go is shown first, and only that is deleted, after a question. */

import { h } from '../dom.js';
import { ago, bytes, count } from '../format.js';
import { errorSentence } from '../sentences.js';
import { confirm } from './confirm.js';
import { form, selectField } from './form.js';

const DAY_SECS = 86_400;
const AGES = [['', 'Only what has expired'], [30 * DAY_SECS, '30 days'], [7 * DAY_SECS, '7 days'], [DAY_SECS, '1 day'], [3600, '1 hour']];

export function cleanupPanel({ client, onDone }) {
  const age = selectField({ label: 'Without activity for', options: AGES, testid: 'cleanup-age' });
  const place = h('div', {});
  const asked = (dryRun, asOf) => ({ dryRun, asOf, ...(age.input.value === '' ? {} : { olderThanSecs: Number(age.input.value) }) });
  const look = form({
    testid: 'cleanup-form', compact: true, fields: [age.element], submit: 'Show what would go', busy: 'Looking',
    send: async () => place.replaceChildren(plan(await client.admin.cleanup(asked(true)), remove)),
  });
  look.querySelector('button').dataset.testid = 'cleanup-dry-run';
  age.input.addEventListener('change', () => place.replaceChildren());

  async function remove(planned) {
    const yes = await confirm({ title: 'Delete these uploads?', text: `${count(planned.deletedCount, 'unfinished upload')} of all users, ${bytes(planned.freedBytes + planned.keptBytes)} stored, will be deleted.${kept(planned)} Their owners would have to send them again from the start.`, yes: 'Delete' });
    if (!yes) return;
    try {
      place.replaceChildren(result(await client.admin.cleanup(asked(false, planned.asOf))));
      onDone();
    } catch (error) {
      place.replaceChildren(h('p', { class: 'form-error', role: 'alert' }, errorSentence(error)));
    }
  }
  return [look, place];
}

function plan(planned, remove) {
  if (planned.deletedCount === 0) return result(planned);
  return h('div', { class: 'stack' }, result(planned),
    h('ul', { class: 'rows' }, planned.sessions.slice(0, 100).map(planRow)),
    h('button', { type: 'button', class: 'danger', testid: 'cleanup-run', on: { click: () => remove(planned) } }, `Delete ${count(planned.deletedCount, 'upload')}`));
}

function result(cleanup) {
  const { deletedCount, freedBytes, keptBytes, dryRun } = cleanup;
  const text = deletedCount === 0 ? 'There is nothing to clean up.'
    : `${count(deletedCount, 'upload')}, ${bytes(freedBytes)}: ${dryRun ? 'would be deleted.' : 'deleted.'}${kept(cleanup)}${dryRun ? ' Nothing was touched yet.' : ''}`;
  return h('p', { role: 'status', testid: 'cleanup-result', data: { count: deletedCount, bytes: freedBytes, keptBytes, dryRun } }, text);
}

/** Bytes that a provider does not delete any more are not called deleted. */
function kept({ keptBytes, cryptoErasedParts }) {
  if (cryptoErasedParts === 0) return '';
  return ` ${bytes(keptBytes)} (${count(cryptoErasedParts, 'part')}) stay at the provider, which no longer deletes them: without their keys nobody can read them.`;
}

function planRow(session) {
  return h('li', { class: 'row' }, h('p', { class: 'row-note' }, `${bytes(session.storedBytes)} stored of ${bytes(session.sizeBytes)} · last active ${ago(session.lastActivityAt)}`));
}
