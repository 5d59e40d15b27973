/** The crossing: what was there before, what this run sent, and below it how far the file was compared. Shows numbers; makes none. */

import { h } from '../dom.js';
import { percentAttribute, share } from '../format.js';
import { icon } from './icon.js';

export function progressTrack(label) {
  const before = h('span', { class: 'track-before' });
  const sent = h('span', { class: 'track-sent' });
  const compared = h('span', { class: 'track-compared' });
  const boat = h('span', { class: 'track-boat' }, icon('boat'));
  const element = h('div', { class: 'track', role: 'progressbar', 'aria-label': label, 'aria-valuemin': '0', 'aria-valuemax': '100' },
    h('span', { class: 'track-water' }, before, sent), boat, compared);

  /** `progress` as the client gives it; `text` is read instead of the number. */
  function update(progress, text) {
    const { sizeBytes } = progress;
    const empty = sizeBytes === 0;
    const done = progress.percent;
    const old = empty ? 0 : Math.min(done, share(progress.storedBeforeBytes, sizeBytes));
    style(element, '--track-done', done);
    style(element, '--track-before', old);
    style(element, '--track-compared', empty ? 0 : share(progress.comparedBytes, sizeBytes));
    element.setAttribute('aria-valuenow', String(Math.floor(done)));
    element.setAttribute('aria-valuetext', text);
  }
  return { element, update };
}

function style(element, name, percent) {
  element.style.setProperty(name, `${percentAttribute(percent)}%`);
}
