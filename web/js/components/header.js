/** The head of the page: name, places, who is signed in. Decides nothing; sign-out is asked of the caller. */

import { arrange, h, setShown, setText } from '../dom.js';
import { icon } from './icon.js';

const PLACES = [['files', 'Files'], ['settings', 'Settings'], ['admin', 'Admin']];

/** Returns `{element, show(session, place), showBusy(text)}`. */
export function siteHeader({ onSignOut }) {
  const links = PLACES.map(([place, text]) => h('a', { href: `#/${place}`, testid: `nav-${place}`, data: { place } }, text));
  const busy = h('span', { class: 'nav-busy', hidden: true });
  links[0].append(busy);
  const user = h('span', { class: 'current-user', testid: 'current-user' });
  const nav = h('nav', { class: 'site-nav', 'aria-label': 'Places' }, links);
  const account = h('div', { class: 'site-account' }, user, h('button', { type: 'button', class: 'quiet small', testid: 'sign-out', on: { click: onSignOut } }, 'Sign out'));
  const brand = h('a', { class: 'brand', href: '#/files' }, icon('ferry'), 'Ferry');
  const element = h('div', { class: 'site-head' }, brand);

  function show(session, place) {
    const signedIn = session.state !== 'signed-out';
    arrange(element, [brand, session.state === 'unlocked' && nav, signedIn && account].filter(Boolean));
    setText(user, signedIn ? session.username : '');
    user.title = user.textContent;
    setShown(links[2], session.role === 'admin');
    for (const link of links) {
      if (link.dataset.place === place) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }
  return { element, show, showBusy: (text) => { setText(busy, text); setShown(busy, text !== ''); } };
}
