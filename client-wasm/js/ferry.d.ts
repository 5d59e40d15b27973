/**
 * Ferry in the browser: the public API of `/pkg/ferry.js` (an ES module).
 * Everything runs in workers; the page sees no keys and, on upload, no bytes. Not the HTTP API: that is `/docs`.
 *
 * Sizes are bytes, times ISO 8601 in UTC (`*At`) or milliseconds since 1970 (`*Ms`), part numbers start at 1.
 */

/** Codes that the server sends; the list is `core/src/wire/error_texts.rs`. */
export type ServerErrorCode =
  | "invalid_request" | "unauthenticated" | "wrong_credentials" | "forbidden" | "origin_refused" | "rate_limited"
  | "not_found" | "method_not_allowed" | "invitation_invalid" | "username_taken" | "file_id_taken"
  | "part_number_invalid" | "part_length_wrong" | "digest_missing" | "digest_mismatch" | "body_too_large"
  | "body_incomplete" | "upload_offset_mismatch" | "part_differs" | "generation_mismatch" | "file_complete" | "parts_missing"
  | "parts_changed" | "manifest_differs" | "upload_expired" | "quota_exceeded" | "storage_full"
  | "storage_unavailable" | "part_corrupt" | "bot_token_refused" | "chat_not_usable" | "bot_api_unavailable"
  | "bot_holds_parts" | "database_unavailable" | "busy" | "shutting_down" | "internal";

/** Codes that arise on this side. */
export type ClientErrorCode =
  /** No `crypto.subtle`: the page was not opened over https or localhost. */
  | "insecure_context"
  /** The browser lacks something Ferry needs, or its cryptography failed the known-answer test. */
  | "unsupported_browser"
  /** Signed in, but the keys are not here: `unlock(password)`. */
  | "locked"
  /** The password does not open the key slot; nothing was sent. */
  | "wrong_password"
  /** The server tells another salt, or other parameters for the password, than this browser knew; nothing was sent. */
  | "kdf_changed"
  /** The server could not be reached, or the connection broke. */
  | "network"
  /** No byte moved for too long. */
  | "stalled"
  /** The answer of the server is not Ferry's. */
  | "bad_answer"
  /** The file cannot be read any more: moved, deleted, or changed since it was picked. Pick it again. */
  | "file_not_readable"
  /** The file changed while it was read. */
  | "file_changed"
  /** What the server returned fails a cryptographic check: tampered or damaged. Nothing of it was used. */
  | "tampered"
  /** The server shows an older manifest, or other part rows, than this browser saw before. */
  | "rolled_back"
  /** The sink refused the bytes (disk full, permission withdrawn). */
  | "sink_failed"
  /** `stop()`, the AbortSignal, or the answer `stop`: what is stored is kept. */
  | "stopped"
  /** `discard()`: the upload and what was stored of it are gone. */
  | "discarded"
  /** The upload ended, or its user signed out: pick the file again. Nothing was deleted. */
  | "unknown_upload"
  /** A fault in Ferry's own page code. */
  | "client_fault";

/** Every rejection of this API. */
export class FerryError extends Error {
  readonly code: ServerErrorCode | ClientErrorCode;
  /** What happened, as a sentence for a person (the same as `message` of any Error). */
  readonly message: string;
  /** What the person can do, as a sentence. */
  readonly hint: string;
  /** What exactly, where the server said so. */
  readonly detail?: string;
  /** The same call may succeed later, with nothing changed. */
  readonly retryable: boolean;
  /** Seconds to wait, where the server said so. */
  readonly retryAfterSecs?: number;
  /** Finds the fault in the server's log. */
  readonly errorId?: string;
  /** The limit that was passed. */
  readonly limitBytes?: number;
}

export type Role = "user" | "admin";
export type Scope = "read" | "upload" | "admin";

/** Who is signed in, and whether the keys are here. */
export type Session =
  | { readonly state: "signed-out" }
  | (SignedIn & { readonly state: "locked" })
  | (SignedIn & { readonly state: "unlocked" });

export interface SignedIn {
  readonly userId: string;
  readonly username: string;
  readonly role: Role;
  /** Null when unlimited. */
  readonly quotaBytes: number | null;
  readonly usedBytes: number;
  /** "Keep this browser unlocked" is on. */
  readonly kept: boolean;
  /** `kdf_changed`: the key slot is not the one this browser remembers (the password was changed elsewhere, or the server lies). */
  readonly warnings: readonly "kdf_changed"[];
}

export interface ServerConfig {
  readonly version: string;
  readonly partProfile: { readonly name: string; readonly minBytes: number; readonly maxBytes: number };
  readonly limits: {
    readonly partBodyBytes: number;
    readonly partsPerFile: number;
    readonly manifestBytes: number;
    readonly labelBytes: number;
    readonly uploadTtlSecs: number;
  };
  readonly storage: string;
  /** `setup`: there is no account yet, the setup link makes the administrator's. */
  readonly signUp: "setup" | "invitation";
}

/**
 * - `queued`: waits for its turn (as a rule three large files or a dozen small ones go at once)
 * - `checking`: looks for an earlier upload of this file
 * - `comparing`: compares the file with what is stored (nothing is left to send)
 * - `resuming`: like `sending`, in an upload that began earlier; `resumed` says where
 * - `waiting`: nothing of it moves; `waiting` says why and until when
 * - `asking`: `onChanged` was called and has not answered
 * - `finishing`: everything is stored, the manifest is being sealed
 */
export type Phase =
  | "queued" | "checking" | "comparing" | "resuming" | "sending" | "waiting" | "asking" | "finishing"
  | "done" | "stopped" | "failed";

/** Every byte is counted once; it never passes 100 %, and falls only by what `setBackBytes` says, when a run breaks off or a full store refuses a part of which a beginning had counted. */
export interface Progress {
  readonly phase: Phase;
  /** On the server; null until it is known. */
  readonly fileId: string | null;
  /** 0 to 100 of the file's bytes, with fractions; 100 only when done. */
  readonly percent: number;
  readonly sizeBytes: number;
  /** Stored on the server, or confirmed by it as a beginning of a part (a download: written). Bytes that were only handed to the network do not count. */
  readonly doneBytes: number;
  /** Acknowledged as stored; after a run broke off the rest of `doneBytes` has to be sent again. */
  readonly storedBytes: number;
  /** Of these, stored before this run began. */
  readonly storedBeforeBytes: number;
  /** Compared with the file in this run (it moves also when nothing is sent). */
  readonly comparedBytes: number;
  /** Of confirmed bytes, smoothed over about half a minute; null until known. */
  readonly rateBytesPerSec: number | null;
  /** At that rate; null until known. */
  readonly etaSecs: number | null;
  /** While sending: the server has confirmed nothing for so long, where that is 15 s or more; else null. */
  readonly silentSecs: number | null;
  readonly parts: { readonly total: number; readonly stored: number; readonly storedBefore: number };
  /** Present in a resumed upload: "resuming at part 76 of 167, 45 % was already stored". */
  readonly resumed: { readonly firstPart: number; readonly totalParts: number; readonly storedPercent: number } | null;
  /** Present while `waiting`. `another_tab`: another tab uploads this file. `offline`: the browser says so. `turn`: other files of this tab go first. */
  readonly waiting: {
    readonly reason: ServerErrorCode | ClientErrorCode | "offline" | "another_tab" | "sign_in" | "turn";
    readonly message: string;
    /** When it goes on by itself; null when that depends on something else. */
    readonly untilMs: number | null;
  } | null;
  /** Bytes that had counted as stored and do not any more (changed or corrupt parts); 0 as a rule. */
  readonly setBackBytes: number;
  /** An earlier upload of this file was found and passed by, because it fails its check for this reason. */
  readonly earlierRefused: FerryError | null;
  /** Present while `failed` or `stopped` for a reason. */
  readonly error: FerryError | null;
}

/** What `onChanged` is asked: the file is not what an earlier upload stored. */
export interface Changed {
  readonly name: string;
  /** Parts that are stored and differ from the file. */
  readonly differingParts: number;
  readonly totalParts: number;
  /** The size at the earlier upload, where it was another. */
  readonly storedSizeBytes: number;
  readonly sizeBytes: number;
  /** The earlier upload is complete: it cannot be replaced, only be uploaded as a new file. */
  readonly complete: boolean;
  /** What may be answered: `replace` is missing for complete files. */
  readonly choices: readonly ChangedAnswer[];
}

/** Send only the parts that differ · upload as a new file, keep the old one · stop. */
export type ChangedAnswer = "replace" | "fresh" | "stop";

export interface UploadOptions {
  /** Aborting stops; what is stored is kept. */
  signal?: AbortSignal;
  /** At most ten times a second; the last call of a run always has its end. */
  onProgress?: (progress: Progress) => void;
  /** Without it a changed file stops the upload. */
  onChanged?: (changed: Changed) => ChangedAnswer | Promise<ChangedAnswer>;
  /** Kept in this browser, so that `uploads()` offers to resume with one click. */
  handle?: FileSystemFileHandle;
  /** Folder path for the manifest, `/` between names. */
  path?: string;
  /** Deflate parts before sealing where it helps; tells the server each part's ratio. Off by default. */
  compress?: boolean;
  /** The name is readable by the server, so that scripts can look it up. Off by default. */
  clearLabel?: boolean;
}

export interface Uploaded {
  readonly fileId: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** SHA-256 of the content, hex. */
  readonly sha256: string;
  /** This very content was stored before; nothing was sent. */
  readonly alreadyStored: boolean;
  /** It was begun under another name, and giving it this one failed: it is stored under the other one. Null as a rule. */
  readonly notRenamed: FerryError | null;
}

/** One upload of one picked file; returned at once. */
export interface Upload {
  readonly file: File;
  /** On the server; null until it is known. */
  readonly fileId: string | null;
  /** The last progress. */
  readonly progress: Progress;
  /**
   * Of the current run: fulfilled when the file is complete on the server, rejected when the run ended otherwise
   * (`stopped`, `discarded`, `quota_exceeded`, `file_changed` ...). Ignoring it is allowed.
   */
  readonly promise: Promise<Uploaded>;
  /** Stops; what is stored is kept. Resolves when nothing is on the wire. */
  stop(): Promise<void>;
  /** Begins a new run after the last one ended (`stopped`, `failed`); pass the file again where it was not readable. */
  resume(file?: File): Promise<Uploaded>;
  /** Stops and deletes what was stored of it. Ask the person first. */
  discard(): Promise<Discarded>;
}

/** What `discard()` did. */
export interface Discarded {
  /** False: the upload ended before it had looked for an earlier one of the file. It sent nothing, and nothing was deleted. */
  readonly deleted: boolean;
}

/** An upload that is not complete, of this account, from any device. */
export interface UnfinishedUpload {
  readonly fileId: string;
  /** Null where the manifest cannot be opened; then `problem` says why. */
  readonly name: string | null;
  readonly path: string | null;
  readonly problem: FerryError | null;
  /** It is a complete file of which stored parts were found damaged: pick the file to repair it. Then `remove` deletes it, not `discard`. */
  readonly wasComplete: boolean;
  readonly sizeBytes: number;
  readonly totalParts: number;
  readonly storedParts: number;
  /** Last change of the file itself, where the browser knew it. */
  readonly modifiedAt: string | null;
  /** What the client called itself: "Chrome on Linux". */
  readonly client: string | null;
  readonly createdAt: string;
  readonly lastActivityAt: string;
  readonly expiresAt: string | null;
  /** Kept by this browser: `client.resume(upload)` goes on with one click. Null: pick the file again. */
  readonly handle: FileSystemFileHandle | null;
}

/** A complete file. */
export interface FileEntry {
  readonly fileId: string;
  /** Null where the manifest cannot be opened; then `problem` says why. */
  readonly name: string | null;
  readonly path: string | null;
  readonly problem: FerryError | null;
  /** The sealed size; null with a `problem`. */
  readonly sizeBytes: number | null;
  readonly type: string | null;
  readonly modifiedAt: string | null;
  /** Of the content, hex. */
  readonly sha256: string | null;
  readonly createdAt: string;
  readonly completedAt: string | null;
}

export interface DownloadOptions {
  /** Gets the bytes in order, is closed at the end, and aborted when anything fails or the hash differs. */
  sink: WritableStream<Uint8Array>;
  signal?: AbortSignal;
  onProgress?: (progress: Progress) => void;
}

export interface Downloaded {
  readonly fileId: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface Verified {
  readonly validParts: number;
  /** Numbers of damaged parts: the file is unfinished now, and uploading it again sends only these. */
  readonly corruptedParts: readonly number[];
  readonly needsReUpload: boolean;
}

export interface TokenEntry {
  readonly tokenId: string;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
}

export interface InvitationEntry {
  readonly invitationId: string;
  readonly role: Role;
  readonly expiresAt: string;
  readonly usedAt: string | null;
}

export interface AdminSession {
  readonly sessionId: string;
  readonly fileId: string;
  readonly userId: string;
  readonly username: string;
  readonly sizeBytes: number;
  readonly uploadedParts: number;
  readonly totalParts: number;
  readonly status: "in_progress" | "completed" | "abandoned";
  readonly lastActivityAt: string;
  readonly expiresAt: string | null;
}

export interface StorageEntry {
  readonly provider: string;
  readonly isDefault: boolean;
  readonly healthy: boolean;
  readonly problem: string | null;
  readonly parts: number;
  readonly storedBytes: number;
  readonly pendingDeletions: number;
}

export interface AuditEntry {
  readonly at: string;
  readonly userId: string | null;
  readonly action: string;
  readonly subjectId: string | null;
  readonly reason: string;
}

export interface Cleanup {
  readonly deletedCount: number;
  readonly freedBytes: number;
  /** They stay at a provider that no longer deletes them, unreadable without key and row. */
  readonly keptBytes: number;
  readonly deletedParts: number;
  readonly cryptoErasedParts: number;
  /** Ages were counted to this time. */
  readonly asOf: string;
  readonly dryRun: boolean;
  readonly sessions: readonly {
    readonly sessionId: string;
    readonly fileId: string;
    readonly userId: string;
    readonly sizeBytes: number;
    readonly uploadedParts: number;
    readonly storedBytes: number;
    readonly lastActivityAt: string;
  }[];
}

/** The pool of a Telegram store, as it is now. */
export interface Bots {
  /** When "now" was. */
  readonly at: string;
  readonly apiUrl: string;
  /** Sends of one bot into one chat that the pool lets arrive within a minute; null where it keeps no limits. */
  readonly pairSendsPerMinute: number | null;
  readonly bots: readonly BotEntry[];
  readonly chats: readonly TelegramChat[];
  readonly queue: {
    /** Parts that wait for a bot's turn, at the server that answers. */
    readonly waiting: number;
    readonly inFlight: number;
    /** Sends that ended without an answer: what they left is looked for and deleted. */
    readonly unanswered: number;
    readonly pendingDeletions: number;
    readonly sendsLastMinute: number;
    readonly bytesLastMinute: number;
  };
}

export interface BotEntry {
  readonly botId: number;
  /** Without `@`. */
  readonly username: string;
  readonly state: "active" | "unauthorized" | "logged_out" | "disabled";
  readonly reason: string | null;
  /** Nothing is sent through it before. */
  readonly cooledUntil: string | null;
  readonly weight: number;
  /** `config`: it is there again after every start. */
  readonly source: "config" | "admin";
  readonly createdAt: string;
  readonly testedAt: string | null;
  readonly inFlight: number;
  readonly sendsLastMinute: number;
  readonly parts: number;
  readonly storedBytes: number;
  readonly chats: readonly {
    readonly chatId: number;
    readonly state: "active" | "kicked" | "not_member" | "no_rights" | "not_found" | "migrated";
    readonly reason: string | null;
    readonly cooledUntil: string | null;
    /** Of the last minute; `pairSendsPerMinute` is the most. */
    readonly sendsLastMinute: number;
  }[];
}

export interface TelegramChat {
  readonly chatId: number;
  readonly title: string;
  readonly kind: string;
  /** Ferry alone writes there. */
  readonly dedicated: boolean;
  readonly state: "open" | "full" | "migrated";
  /** Documents stored there, ever. */
  readonly messages: number;
}

/** Every chat was sent a document, which was read back and deleted. */
export interface TestedBot {
  readonly botId: number;
  readonly username: string;
  /** The bot and every chat can be used. */
  readonly ok: boolean;
  /** What is wrong with the bot itself, and what to do. */
  readonly problem: string | null;
  readonly chats: readonly {
    readonly chatId: number;
    readonly movedFrom: number | null;
    readonly title: string;
    readonly ok: boolean;
    readonly problem: string | null;
    readonly warnings: readonly string[];
  }[];
}

export interface RemovedBot {
  /** Parts that cannot be read any more. */
  readonly unreadableParts: number;
  /** Parts that are read through another bot from now on. */
  readonly recoverableParts: number;
  /** It stands in the settings too, and is back after the next start. */
  readonly returnsAtStart: boolean;
}

export class FerryClient extends EventTarget {
  /** `url`: the server; this page's own when absent. */
  constructor(url?: string | URL);

  config(): Promise<ServerConfig>;

  /** Makes the account of an invitation or setup token, signed in and unlocked. */
  register(invitation: string, username: string, password: string): Promise<Session>;
  /** Signed in and unlocked. `keep` as in `unlock`. Where the server tells another salt or other parameters than this browser
   * knew, nothing is sent and the error is `kdf_changed`, until a person says with `acceptNewKdf` that the password was changed. */
  login(username: string, password: string, options?: { keep?: boolean; acceptNewKdf?: boolean }): Promise<Session>;
  /** Who is signed in? After a reload: `locked`, or `unlocked` where the browser was told to keep it. */
  session(): Promise<Session>;
  /** Opens the keys again after a reload; `keep` stores them, not extractable, until logout. */
  unlock(password: string, options?: { keep?: boolean }): Promise<Session>;
  /** Ends the session; uploads stop, kept keys and handles of this browser are deleted. */
  logout(): Promise<void>;
  /** All sessions and tokens end, also other devices'; this browser is signed in again with the new password
   * (`signed-out` where the password was changed, but signing in was not possible). */
  changePassword(oldPassword: string, newPassword: string): Promise<Session>;

  /** What `upload(file).progress` is before anything happened. */
  queuedProgress(file: File): Progress;
  /** Starts, or resumes, the upload of a picked file. */
  upload(file: File, options?: UploadOptions): Upload;
  /** Goes on with a kept handle: call it from a click (the browser may ask for permission). */
  resume(unfinished: UnfinishedUpload, options?: Omit<UploadOptions, "handle" | "path">): Promise<Upload>;
  uploads(): Promise<UnfinishedUpload[]>;
  /** Deletes an unfinished upload. Ask the person first. */
  discard(fileId: string): Promise<void>;

  /** Complete files, the newest first. */
  files(): Promise<FileEntry[]>;
  download(fileId: string, options: DownloadOptions): Promise<Downloaded>;
  /** `clearLabel`: the server may read the new name and folder. What it could read before decides nothing: that is its own word. */
  rename(fileId: string, name: string, path?: string, options?: { clearLabel?: boolean }): Promise<FileEntry>;
  /** Deletes a complete file. Ask the person first. */
  remove(fileId: string): Promise<void>;
  /** The server reads the stored bytes back. */
  verify(fileId: string, options?: { onProgress?: (progress: { verifiedParts: number; totalParts: number }) => void }): Promise<Verified>;

  readonly tokens: {
    /** `token` is shown this once. */
    create(label: string, scopes: Scope[], options?: { ttlSecs?: number }): Promise<{ token: string; entry: TokenEntry }>;
    list(): Promise<TokenEntry[]>;
    revoke(tokenId: string): Promise<void>;
  };

  /** For administrators. */
  readonly invitations: {
    /** `link` is shown this once. */
    create(options?: { role?: Role; ttlSecs?: number }): Promise<{ link: string; invitation: string; entry: InvitationEntry }>;
    list(): Promise<InvitationEntry[]>;
    revoke(invitationId: string): Promise<void>;
  };

  /** For administrators. */
  readonly admin: {
    sessions(): Promise<AdminSession[]>;
    storage(): Promise<StorageEntry[]>;
    audit(): Promise<AuditEntry[]>;
    /** `olderThanSecs` has a floor of one hour; absent: what has expired. */
    /** `asOf` of a dry run: only what it showed can go. */
    cleanup(options: { olderThanSecs?: number; dryRun: boolean; asOf?: string }): Promise<Cleanup>;
  };

  /** For administrators: the bots of a Telegram store. */
  readonly bots: {
    list(): Promise<Bots>;
    /** Tests the token and every chat first; nothing is added when one of them cannot be used. */
    add(bot: { token: string; chats: number[]; weight?: number; sharedChats?: boolean }): Promise<TestedBot>;
    test(botId: number): Promise<TestedBot>;
    change(botId: number, change: { enabled?: boolean; weight?: number }): Promise<void>;
    /** Refused while parts can be read through this bot alone, unless `force` gives them up. */
    remove(botId: number, options?: { force?: boolean }): Promise<RemovedBot>;
  };

  /** `session` is dispatched when the session ended or changed in another way than by a call: ask `session()` again. */
  addEventListener(type: "session", listener: (event: Event) => void, options?: AddEventListenerOptions | boolean): void;
  removeEventListener(type: "session", listener: (event: Event) => void, options?: EventListenerOptions | boolean): void;

  /** Stops everything and ends the workers. */
  close(): void;
}
