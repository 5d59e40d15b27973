//! What goes over HTTP, for the server and every client: requests, responses and error codes.
//! Not the crypto formats (those are [`crate::envelope`]) and not status codes (only the server's HTTP room knows them).
//!
//! Sizes are bytes, times RFC 3339 UTC, part numbers start at 1, byte strings base64url without padding ([`B64`], [`Bytes64`]).

mod admin;
mod auth;
mod bots;
mod bytes;
mod config;
mod error_texts;
mod files;
mod text;
mod upload;

pub use admin::*;
pub use auth::*;
pub use bots::*;
pub use bytes::{B64, Bytes64};
pub use config::*;
pub use error_texts::{ErrorCode, Problem, Recovery};
pub use files::*;
pub use text::UnknownName;
pub use upload::*;

/// Hard ceiling of a part's body: the Bot API's `MAX_DOWNLOAD_FILE_SIZE`, 20 MiB, inclusive.
pub const MAX_PART_BODY_BYTES: u32 = 20_971_520;
/// Hard ceiling of a sealed manifest.
pub const MAX_MANIFEST_BYTES: usize = 65_536;
/// Longest label (file or folder name as the server sees it).
pub const MAX_LABEL_BYTES: usize = 255;
/// Most rows of a page of files.
pub const MAX_FILES_PAGE_ROWS: u32 = 500;
/// Most candidates that `check` returns.
pub const MAX_CANDIDATES: usize = 16;

/// Request header with the MAC of a part's plaintext ([`B64<32>`]).
pub const HEADER_PART_MAC: &str = "Ferry-Part-Mac";
/// Request header with [`Compression`] by name.
pub const HEADER_PART_COMPRESSION: &str = "Ferry-Part-Compression";
/// Request header with the BLAKE3 of the body ([`B64<32>`]).
pub const HEADER_BODY_BLAKE3: &str = "Ferry-Body-Blake3";
/// How far a part's body came, bytes (draft-ietf-httpbis-resumable-upload).
pub const HEADER_UPLOAD_OFFSET: &str = "Upload-Offset";
/// `?1`: this request carries the body's end, or the part is stored; `?0`: more follows (same draft).
pub const HEADER_UPLOAD_COMPLETE: &str = "Upload-Complete";
/// Length of the whole body, bytes (same draft).
pub const HEADER_UPLOAD_LENGTH: &str = "Upload-Length";
/// What the server takes of a body in pieces (same draft).
pub const HEADER_UPLOAD_LIMIT: &str = "Upload-Limit";
/// Media type of a piece of a body (same draft).
pub const PARTIAL_UPLOAD: &str = "application/partial-upload";
/// Event of a verification: a part was read ([`VerifyProgress`]).
pub const EVENT_PROGRESS: &str = "progress";
/// Its last event: [`VerifyResponse`].
pub const EVENT_DONE: &str = "done";
/// Its last event where it failed: [`Problem`].
pub const EVENT_ERROR: &str = "error";
/// While nothing happens the server gives a sign of life this often, seconds; a client waits a few of them.
pub const EVENT_KEEP_ALIVE_SECS: u64 = 15;
/// Request header with the id of the user for whom a request is meant. Another one than who is signed in is refused
/// (`unauthenticated`): a browser has one cookie for all its tabs.
pub const HEADER_USER: &str = "Ferry-User";
/// Response header with the [`ErrorCode`] of a refusal: an answer to HEAD has no body to read it from.
pub const HEADER_ERROR_CODE: &str = "Ferry-Error-Code";

/// Bytes of a probe of the line: short enough for the poorest, long enough to be told from the delay on a good one. The
/// server takes twice as many.
pub const PROBE_BYTES: u32 = 64 << 10;
