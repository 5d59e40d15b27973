/** One line over the content: an error of the page as a whole, or a notice. Errors of one file stand on its card, of one form in the form. */

import { h } from '../dom.js';
import { errorCode, errorSentence } from '../sentences.js';
import { icon } from './icon.js';

/** Shows an error until it is dismissed, replaced or cleared. */
export function showError(error) {
  put('error', errorSentence(error), errorCode(error));
}

/** Shows a notice. `code` names it for tests. */
export function showNotice(text, code = 'notice') {
  put('notice', text, code);
}

export function clearBanner() {
  document.getElementById('banner').replaceChildren();
}

function put(kind, text, code) {
  const banner = h('div', {
    class: `banner banner-${kind}`, role: kind === 'error' ? 'alert' : 'status',
    testid: kind === 'error' ? 'error-banner' : 'notice-banner', data: { code },
  },
  icon('warning'),
  h('p', {}, text),
  h('button', { type: 'button', class: 'quiet', testid: kind === 'error' ? 'error-dismiss' : 'notice-dismiss', on: { click: clearBanner } }, 'Close'));
  document.getElementById('banner').replaceChildren(banner);
}
