/** Why the page cannot work here, and what to do. */

import { h } from '../dom.js';

/** `reason` = `{title, text, steps}`. */
export function brokenView({ title, text, steps }) {
  return h('section', { class: 'gate' },
    h('h1', { tabindex: '-1' }, title), h('p', { class: 'lead' }, text),
    h('ul', { class: 'steps' }, steps.map((step) => h('li', {}, step))));
}

/** Where the page is served; a path before it belongs to a proxy. Pure. */
export function isAtRoot(pathname) {
  return pathname === '/' || pathname === '/index.html';
}

export const NOT_AT_ROOT = {
  title: 'Ferry must be at the top of its address',
  text: 'This page was opened below a path, such as ferry.example/ferry/. The API and the cookie of Ferry are at the top of an address, so it cannot work here.',
  steps: [
    'Give Ferry a host name of its own, such as ferry.example, and let the proxy pass all of it on.',
    'Or give it a port of its own on the same host.',
  ],
};

export const INSECURE = {
  title: 'This address is not safe for a password',
  text: 'Ferry encrypts in the browser, and browsers allow that only over https or on the machine itself. So no password is asked for here.',
  steps: [
    'On the machine that runs Ferry: open it as http://localhost with its port.',
    'From elsewhere: give the server a certificate (settings tls.cert and tls.key), or put it behind a proxy that speaks https.',
  ],
};

export const NOT_LOADED = {
  title: 'Ferry could not start here',
  text: "The part of the page that encrypts and sends could not be loaded.",
  steps: [
    'Reload the page. If the server was just restarted, wait a moment first.',
    'Use a current Chrome, Edge, Firefox or Safari.',
    'If it stays like this, the server was built without its browser part: run “cargo xtask web” and start it again.',
  ],
};
