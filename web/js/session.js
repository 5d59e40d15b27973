/** Who is signed in, locked or not, as the client last said. Holds no keys and no password; asks the client for every change. */

export class SessionStore extends EventTarget {
  #client;
  #current = { state: 'signed-out' };

  constructor(client) {
    super();
    this.#client = client;
    client.addEventListener('session', () => this.refresh().catch(() => {}));
  }

  /** `signed-out`, `locked` or `unlocked`, with the account where there is one. */
  get current() {
    return this.#current;
  }

  async refresh() {
    return this.#became(await this.#client.session());
  }

  async register(invitation, username, password) {
    return this.#became(await this.#client.register(invitation, username, password));
  }

  /** `options` are those of the client's `login`. */
  async signIn(username, password, options) {
    return this.#became(await this.#client.login(username, password, options));
  }

  async unlock(password, keep) {
    return this.#became(await this.#client.unlock(password, { keep }));
  }

  async changePassword(oldPassword, newPassword) {
    return this.#became(await this.#client.changePassword(oldPassword, newPassword));
  }

  async signOut() {
    try {
      await this.#client.logout();
    } finally {
      // The keys are gone from here, whatever the server says.
      this.#became({ state: 'signed-out' });
    }
  }

  #became(session) {
    const before = this.#current;
    this.#current = session;
    this.dispatchEvent(new CustomEvent('change', { detail: { before, now: session } }));
    return session;
  }
}
