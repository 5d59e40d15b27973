/** Composition root: makes client, session, transfers and router, and decides which view is shown. No view logic. */

import { clearBanner, showError, showNotice } from './components/banner.js';
import { confirm } from './components/confirm.js';
import { siteHeader } from './components/header.js';
import { percent } from './format.js';
import { currentRoute, goTo, watchRoute } from './router.js';
import { SessionStore } from './session.js';
import { Transfers } from './transfers.js';
import { adminView } from './views/admin.js';
import { brokenView, INSECURE, isAtRoot, NOT_AT_ROOT, NOT_LOADED } from './views/broken.js';
import { filesView } from './views/files.js';
import { settingsView } from './views/settings.js';
import { setupView } from './views/setup.js';
import { signInView } from './views/sign-in.js';
import { unlockView } from './views/unlock.js';

const main = document.getElementById('main');
const RETRY_MS = 3000;

async function start() {
  refuseStrayDrops();
  document.getElementById('skip-link').addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
  });
  if (!isAtRoot(window.location.pathname)) return showBroken(NOT_AT_ROOT);
  if (!window.isSecureContext || !globalThis.crypto?.subtle) return showBroken(INSECURE);
  let client;
  try {
    const { FerryClient } = await import('../pkg/ferry.js');
    client = new FerryClient();
  } catch {
    return showBroken(NOT_LOADED);
  }
  return run(client);
}

/** Files dropped beside the drop zone would replace the page, and end every upload in it. */
function refuseStrayDrops() {
  for (const type of ['dragover', 'drop']) window.addEventListener(type, (event) => event.preventDefault());
}

function showBroken(reason) {
  document.body.dataset.view = 'broken';
  main.replaceChildren(brokenView(reason));
}

async function run(client) {
  const session = new SessionStore(client);
  const transfers = new Transfers(client);
  const app = { client, session, transfers, shown: null, leaving: false, owner: null, signUp: 'invitation' };
  app.header = siteHeader({ onSignOut: () => signOut(app) });
  document.getElementById('header').replaceChildren(app.header.element);
  const config = await firstAnswer(() => Promise.all([client.config(), session.refresh()]));
  if (!config) return showBroken(NOT_LOADED);
  app.signUp = config[0].signUp;
  app.owner = session.current.userId ?? null;

  session.addEventListener('change', ({ detail }) => onSession(app, detail));
  watchRoute(() => show(app));
  watchTransfers(transfers, app.header);
  if (currentRoute().token && session.current.state !== 'signed-out') {
    showNotice(`You are signed in as ${session.current.username}. To use this link for another account, sign out and open it again.`, 'already_signed_in');
  }
  show(app);
}

/** The server may be restarting: it is asked again until it answers. Null when the page itself cannot work. */
async function firstAnswer(ask) {
  for (;;) {
    try {
      const answer = await ask();
      clearBanner();
      return answer;
    } catch (error) {
      if (!error.retryable) {
        showError(error);
        return null;
      }
      showNotice('The server does not answer. It is tried again by itself.', error.code);
    }
    await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
  }
}

function onSession(app, { before, now }) {
  if (before.state !== 'signed-out' && now.state === 'signed-out' && !app.leaving) {
    showNotice('Your session ended. Sign in again; what is stored is kept.', 'session_ended');
  }
  if (now.state !== 'signed-out' && app.owner && app.owner !== now.userId) app.transfers.clear();
  if (now.state !== 'signed-out') app.owner = now.userId;
  if (now.warnings?.includes('kdf_changed')) {
    showNotice('Your password was changed on another device, or the server gave another key than before. If you did not change it, ask the administrator before you go on.', 'kdf_changed');
  }
  show(app);
}

async function signOut(app) {
  const running = app.transfers.liveCount;
  if (running > 0 && !(await confirm({ title: 'Sign out?', text: 'Uploads of this tab stop. What is stored is kept, and the same files go on later.', yes: 'Sign out', danger: false }))) return;
  app.leaving = true;
  try {
    await app.session.signOut();
    clearBanner();
  } catch (error) {
    showNotice('You are signed out here, and the keys are gone from this browser. The server could not be told: it still has the session until that expires. To end it now, sign in and out again when the server answers.', error.code);
  } finally {
    app.transfers.clear();
    app.leaving = false;
  }
}

/** Which view: what was asked for, as far as the session allows it. */
function viewFor({ state, role }, route) {
  if (state === 'signed-out') return route.token ? route.name : 'sign-in';
  if (state === 'locked') return 'unlock';
  if (route.token || (route.name === 'admin' && role !== 'admin')) return 'files';
  return route.name;
}

const VIEWS = {
  setup: (app, route) => ({ element: setupView({ session: app.session, route, onDone: () => { app.signUp = 'invitation'; arrive(app); } }) }),
  'sign-in': (app) => ({ element: signInView({ session: app.session, signUp: app.signUp, onDone: () => arrive(app) }) }),
  unlock: (app) => ({ element: unlockView({ session: app.session, onDone: () => arrive(app) }) }),
  files: filesView,
  settings: settingsView,
  admin: adminView,
};
VIEWS.invite = VIEWS.setup;

function arrive(app) {
  if (!app.session.current.warnings?.length) clearBanner();
  if (currentRoute().token) goTo('files');
}

function show(app) {
  const route = currentRoute();
  const name = viewFor(app.session.current, route);
  // A view is of one person: when another user signed in in another tab, it is made anew.
  const key = `${name} ${route.token ?? ''} ${app.session.current.userId ?? ''}`;
  app.header.show(app.session.current, name);
  if (app.shown?.key === key) return;
  app.shown?.view.end?.();
  const view = VIEWS[name](app, route);
  const first = app.shown === null;
  app.shown = { key, view };
  document.body.dataset.view = name;
  main.replaceChildren(view.element);
  (main.querySelector('[data-first]') ?? (first ? null : main.querySelector('h1')))?.focus();
}

/** The tab's title and the header say how far everything is, from any view; leaving while bytes are on the wire is asked about. */
function watchTransfers(transfers, header) {
  const update = () => {
    const done = transfers.batchPercent;
    const share = done === null ? '' : percent(done, 0);
    document.title = share ? `${share} · Ferry` : 'Ferry';
    header.showBusy(share);
  };
  transfers.addEventListener('progress', update);
  transfers.addEventListener('list', update);
  window.addEventListener('beforeunload', (event) => { if (transfers.liveCount > 0) event.preventDefault(); });
}

start();
