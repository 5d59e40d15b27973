// Ferry's public API for pages: passes calls to the coordinator worker and its events back. No crypto, no transfer logic here.
// The types and what each call means are in ferry.d.ts.

import { CoordinatorLink } from "./link.js";
import { queuedProgress } from "./progress.js";
import { Upload } from "./upload.js";
import { runDownload } from "./download.js";

export { FerryError } from "./error.js";

export class FerryClient extends EventTarget {
  #link;

  constructor(url = location.origin) {
    super();
    const server = new URL(url, location.href).href;
    this.#link = new CoordinatorLink(server, () => this.dispatchEvent(new Event("session")));
  }

  config() { return this.#link.call("config"); }

  register(invitation, username, password) { return this.#link.call("register", { invitation, username, password }); }
  login(username, password, { keep = false, acceptNewKdf = false } = {}) { return this.#link.call("login", { username, password, keep, acceptNewKdf }); }
  session() { return this.#link.call("session"); }
  unlock(password, { keep = false } = {}) { return this.#link.call("unlock", { password, keep }); }
  logout() { return this.#link.call("logout"); }
  changePassword(oldPassword, newPassword) { return this.#link.call("changePassword", { oldPassword, newPassword }); }

  queuedProgress(file) { return queuedProgress(file); }
  upload(file, options = {}) { return new Upload(this.#link, file, options); }

  async resume(unfinished, options = {}) {
    const { handle, path } = unfinished;
    if (await handle.queryPermission({ mode: "read" }) !== "granted" && await handle.requestPermission({ mode: "read" }) !== "granted") {
      throw await this.#link.localError("file_not_readable");
    }
    const file = await handle.getFile().catch(() => null);
    if (!file) throw await this.#link.localError("file_not_readable");
    return this.upload(file, { ...options, handle, path: path ?? undefined });
  }

  uploads() { return this.#link.call("uploads"); }
  discard(fileId) { return this.#link.call("discard", { fileId }); }

  files() { return this.#link.call("files"); }
  download(fileId, options) { return runDownload(this.#link, fileId, options); }
  rename(fileId, name, path, { clearLabel = false } = {}) { return this.#link.call("rename", { fileId, name, path: path ?? null, clearLabel }); }
  remove(fileId) { return this.#link.call("remove", { fileId }); }
  async verify(fileId, { onProgress } = {}) {
    const topic = this.#link.subscribe(({ progress }) => onProgress?.(progress));
    try {
      return await this.#link.call("verify", { topic, fileId });
    } finally {
      this.#link.unsubscribe(topic);
    }
  }

  tokens = {
    create: (label, scopes, { ttlSecs = null } = {}) => this.#link.call("createToken", { label, scopes, ttlSecs }),
    list: () => this.#link.call("tokens"),
    revoke: (tokenId) => this.#link.call("revokeToken", { tokenId }),
  };

  invitations = {
    create: ({ role = "user", ttlSecs = null } = {}) => this.#link.call("createInvitation", { role, ttlSecs }),
    list: () => this.#link.call("invitations"),
    revoke: (invitationId) => this.#link.call("revokeInvitation", { invitationId }),
  };

  admin = {
    sessions: () => this.#link.call("adminSessions"),
    storage: () => this.#link.call("storage"),
    audit: () => this.#link.call("audit"),
    cleanup: ({ olderThanSecs = null, dryRun, asOf = null }) => this.#link.call("cleanup", { olderThanSecs, dryRun, asOf }),
  };

  bots = {
    list: () => this.#link.call("bots"),
    add: ({ token, chats, weight = null, sharedChats = null }) => this.#link.call("addBot", { token, chats, weight, sharedChats }),
    test: (botId) => this.#link.call("testBot", { botId }),
    change: (botId, { enabled = null, weight = null }) => this.#link.call("changeBot", { botId, enabled, weight }),
    remove: (botId, { force = false } = {}) => this.#link.call("removeBot", { botId, force }),
  };

  close() { this.#link.close(); }
}
