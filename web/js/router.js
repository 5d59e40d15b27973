/** The address: everything after `#`. It says what was asked for; what may be shown is decided in main.js. */

const PLACES = ['files', 'settings', 'admin'];

/** `#setup=T` and `#invite=T` carry a token; `#/files` and the like are places; anything else is `files`. Pure. */
export function parseRoute(hash) {
  const text = hash.replace(/^#/, '');
  const invited = /^(setup|invite)=([A-Za-z0-9_-]{1,512})$/.exec(text);
  if (invited) return { name: invited[1], token: invited[2] };
  const place = text.replace(/^\//, '');
  return { name: PLACES.includes(place) ? place : 'files' };
}

/** Calls `onRoute` at every change of the address. */
export function watchRoute(onRoute) {
  window.addEventListener('hashchange', () => onRoute(currentRoute()));
}

export function currentRoute() {
  return parseRoute(window.location.hash);
}

/** Goes to a place; a token in the address is not kept in the history. */
export function goTo(name) {
  const used = currentRoute().token !== undefined;
  if (used) {
    window.history.replaceState(null, '', `/#/${name}`);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  } else {
    window.location.hash = `/${name}`;
  }
}
