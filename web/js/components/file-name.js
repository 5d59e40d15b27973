/** A file name on the page: isolated from the text around it, cut in the middle, the exact name in the title. */

import { h } from '../dom.js';
import { splitName, visibleName } from '../names.js';

export function fileName(name, testid) {
  const [head, tail] = splitName(name);
  return h('bdi', { class: 'file-name', testid, title: visibleName(name) },
    h('span', { class: 'file-name-head' }, head),
    tail && h('span', { class: 'file-name-tail' }, tail));
}
