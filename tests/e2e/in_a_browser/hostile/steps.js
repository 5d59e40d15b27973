// What a person does, as calls of the page's own client, one at a time; each says how it ended. Served from the same
// address as the page, so that the client, its workers, its storage and its cookie are the page's.

import { FerryClient } from "/pkg/ferry.js";

const TIMEOUT_MS = 15_000;
/** A wait that says why is enough: what is waited for never comes. */
const POLL_MS = 50;

const main = new FerryClient();

/** The content of a file that anybody would recognise. */
function content(seed, sizeBytes) {
  const marker = `PLAIN-${seed}-`;
  return marker.repeat(Math.ceil(sizeBytes / marker.length)).slice(0, sizeBytes);
}

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Somebody who has nothing open. */
async function apart(act) {
  const client = new FerryClient();
  try {
    return await act(client);
  } finally {
    client.close();
  }
}

/** Ends well, with an error, or waiting for a reason that it says. */
async function transfer(begin) {
  const stop = new AbortController();
  let waiting = null;
  const onProgress = (progress) => { waiting = progress.phase === "waiting" ? progress.waiting?.reason ?? null : null; };
  const run = begin({ signal: stop.signal, onProgress });
  const waited = (async () => {
    for (;;) {
      await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
      if (waiting) return { waiting };
    }
  })();
  const ended = await Promise.race([run.then((ok) => ({ ok }), (error) => ({ error })), waited]);
  if (ended.waiting) {
    stop.abort();
    await run.catch(() => {});
    throw Object.assign(new Error("it waits"), { code: `waiting: ${ended.waiting}` });
  }
  if (ended.error) throw ended.error;
  return ended.ok;
}

function upload({ name, seed, sizeBytes }) {
  const file = new File([content(seed, sizeBytes)], name, { type: "text/x-ferry", lastModified: 1_700_000_000_000 });
  return transfer((options) => main.upload(file, { ...options, onChanged: () => "replace" }).promise);
}

async function download({ fileId }) {
  const pieces = [];
  let closed = false;
  const sink = () => new WritableStream({ write: (bytes) => { pieces.push(bytes.slice()); }, close: () => { closed = true; } });
  const said = await transfer((options) => main.download(fileId, { ...options, sink: sink() }));
  const sha256 = hex(await crypto.subtle.digest("SHA-256", await new Blob(pieces).arrayBuffer()));
  return { name: said.name, sha256, closed };
}

const STEPS = {
  enter: ({ username, password }) => main.login(username, password),
  config: () => apart((client) => client.config()),
  login: ({ username, password }) => apart((client) => client.login(username, password)),
  session: () => apart((client) => client.session()),
  unlock: ({ password }) => apart((client) => client.unlock(password)),
  register: ({ invitation, username, password }) => apart((client) => client.register(invitation, username, password)),
  logout: () => apart((client) => client.logout()),
  changePassword: ({ password, next }) => apart((client) => client.changePassword(password, next)),
  files: () => main.files(),
  uploads: () => main.uploads(),
  upload,
  resume: upload,
  grow: upload,
  download,
  rename: ({ fileId, name }) => main.rename(fileId, name),
  remove: ({ fileId }) => main.remove(fileId),
  discard: ({ fileId }) => main.discard(fileId),
  verify: ({ fileId }) => main.verify(fileId),
  newToken: () => main.tokens.create("a label", ["read"]),
  tokens: () => main.tokens.list(),
  revokeToken: ({ id }) => main.tokens.revoke(id),
  newInvitation: () => main.invitations.create(),
  invitations: () => main.invitations.list(),
  revokeInvitation: ({ id }) => main.invitations.revoke(id),
  sessions: () => main.admin.sessions(),
  storage: () => main.admin.storage(),
  audit: () => main.admin.audit(),
  cleanup: () => main.admin.cleanup({ dryRun: true }),
  bots: () => main.bots.list(),
};

/** `{ok}` with what it gave, `{told}` with the code of what was said, or `{silent}`. */
globalThis.ferryStep = async (name, args) => {
  const silent = new Promise((resolve) => { setTimeout(() => resolve({ silent: true }), TIMEOUT_MS); });
  const acted = Promise.resolve().then(() => STEPS[name](args)).then(
    (ok) => ({ ok: ok ?? null }),
    (error) => (typeof error?.code === "string" && error.message ? { told: error.code } : { crashed: String(error?.stack ?? error) }),
  );
  return Promise.race([acted, silent]);
};
document.documentElement.dataset.ready = "true";
