//! Uploads: check, start, parts, complete, status, verification.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::VariantArray;
use uuid::Uuid;

use crate::envelope::{IV_BYTES, TAG_BYTES};

use super::{B64, Bytes64};

/// `GET /api/upload/check`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct CheckQuery {
    /// The label.
    pub filename: String,
    /// Plaintext size of the file, bytes.
    pub size: u64,
    /// Keyed fingerprint, where the client has hashed the file already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>))]
    pub fingerprint: Option<B64<32>>,
}

/// Answer of `check`: the top-level fields describe the best candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CheckResponse {
    /// There is a candidate.
    pub exists: bool,
    /// The best candidate: unfinished before complete, equal label and size before others, the latest first.
    pub file_id: Option<Uuid>,
    /// Numbers of its stored parts, rising.
    pub uploaded_chunks: Vec<u32>,
    /// Numbers of its missing or corrupt parts, rising.
    pub missing_chunks: Vec<u32>,
    /// Parts of the whole file.
    pub total_chunks: u32,
    /// It is unfinished and unexpired, also when nothing is missing but `complete`.
    pub can_resume: bool,
    /// At most [`super::MAX_CANDIDATES`] files, the best first.
    pub candidates: Vec<Candidate>,
}

/// A file that may be the one in the user's hand. Name and size are a hint; only content decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// Id of the file.
    pub file_id: Uuid,
    /// Its label.
    pub filename: String,
    /// Plaintext size, bytes (another than asked for, where only the label is equal).
    pub size: u64,
    /// Every part is stored and the manifest is final.
    pub is_complete: bool,
    /// Unfinished and unexpired.
    pub can_resume: bool,
    /// Parts stored and sound.
    pub stored_parts: u32,
    /// Parts of the whole file.
    pub total_parts: u32,
    /// File header H.
    pub header: Bytes64,
    /// File key slot.
    pub file_key: Bytes64,
    /// Sealed manifest.
    pub manifest: Bytes64,
    /// Its sequence number.
    pub manifest_seq: u32,
    /// Changes with the file's row; goes into `If-Match`.
    pub revision: u32,
    /// When a part was stored last, or the upload began.
    pub last_activity_at: DateTime<Utc>,
    /// When it is cleaned up, if nothing happens; none for what was once complete.
    pub expires_at: Option<DateTime<Utc>>,
}

/// `POST /api/upload/start`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StartRequest {
    /// Made by the client, random.
    pub file_id: Uuid,
    /// Label of the file.
    pub filename: String,
    /// Label of the folder; empty or absent for the top.
    #[serde(default)]
    pub folder: String,
    /// Plaintext size, bytes.
    pub size: u64,
    /// Parts by the plan in the header.
    pub total_parts: u32,
    /// File header H, 88 bytes.
    pub header: Bytes64,
    /// File key slot, 80 bytes.
    pub file_key: Bytes64,
    /// Sealed manifest, seq 0.
    pub manifest: Bytes64,
    /// Free text that names the client, for the list of unfinished uploads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
}

/// Where an upload stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum UploadStatus {
    /// Parts or `complete` are missing.
    InProgress,
    /// Whole and sealed.
    Completed,
    /// Expired; it is cleaned up soon.
    Abandoned,
}

/// Answer of `start` and of a changed upload; also a row of `GET /api/uploads`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UploadSession {
    /// Id of the session.
    pub session_id: Uuid,
    /// The file.
    pub file_id: Uuid,
    /// Its label.
    pub filename: String,
    /// Label of its folder.
    pub folder: String,
    /// Plaintext size, bytes.
    pub size: u64,
    /// Parts of the whole file.
    pub total_parts: u32,
    /// Parts stored and sound.
    pub uploaded_parts: u32,
    /// Where it stands.
    pub status: UploadStatus,
    /// File header H.
    pub header: Bytes64,
    /// File key slot.
    pub file_key: Bytes64,
    /// Sealed manifest.
    pub manifest: Bytes64,
    /// Its sequence number.
    pub manifest_seq: u32,
    /// Goes into `If-Match` of a change.
    pub revision: u32,
    /// What the client called itself.
    pub client: Option<String>,
    /// Start.
    pub created_at: DateTime<Utc>,
    /// Last stored part, or start.
    pub last_activity_at: DateTime<Utc>,
    /// When it is cleaned up, if nothing happens.
    pub expires_at: Option<DateTime<Utc>>,
}

/// `PATCH /api/upload/resume/{file_id}` with `If-Match: "revision"`: the file grew or was cut.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ResizeRequest {
    /// New plaintext size, bytes.
    pub size: u64,
    /// Parts by the same plan.
    pub total_parts: u32,
    /// Sealed manifest, seq 0 again.
    pub manifest: Bytes64,
}

/// How a part's plaintext was packed before sealing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// As it is.
    #[default]
    None,
    /// RFC 1951, length-prefixed and padded.
    DeflateRaw,
}

/// Answer of a stored part: the row that counts. With `duplicate` the bytes stored earlier won.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StoredPart {
    /// Part number.
    pub part_number: u32,
    /// This plaintext was stored before; the body just sent was dropped.
    pub duplicate: bool,
    /// First 12 bytes of the stored body.
    pub iv: B64<{ IV_BYTES }>,
    /// Last 16 bytes of the stored body.
    pub auth_tag: B64<{ TAG_BYTES }>,
    /// Length of the stored body, bytes.
    pub stored_size: u32,
    /// How it is packed.
    pub compression: Compression,
    /// Rises with every replacement, from 1.
    pub generation: u32,
}

/// `POST /api/upload/complete/{file_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// Sealed manifest.
    pub manifest: Bytes64,
    /// Its sequence number, at least 1.
    pub manifest_seq: u32,
    /// Root over the part rows, as sealed in the manifest.
    pub parts_root: B64<32>,
    /// Keyed fingerprint of the content.
    pub fingerprint: B64<32>,
}

/// Answer of `complete`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CompleteResponse {
    /// The file.
    pub file_id: Uuid,
    /// Always true.
    pub is_complete: bool,
    /// When it became so.
    pub completed_at: DateTime<Utc>,
}

/// `GET /api/upload/resume/{file_id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResumeStatus {
    /// The file.
    pub file_id: Uuid,
    /// Numbers of stored parts, rising; absent with `?ranges=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uploaded_chunks: Option<Vec<u32>>,
    /// Parts of the whole file.
    pub total_chunks: u32,
    /// Stored plaintext bytes of the file's size, 0 to 100, rounded down to two places.
    pub progress_percent: f64,
    /// Numbers of missing or corrupt parts, rising; absent with `?ranges=true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_chunks: Option<Vec<u32>>,
    /// The same as closed ranges `[first, last]`.
    pub missing_ranges: Vec<[u32; 2]>,
    /// Where it stands.
    pub status: UploadStatus,
    /// When it is cleaned up, if nothing happens.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last stored part, or start.
    pub last_activity_at: DateTime<Utc>,
}

/// `POST /api/upload/verify-chunks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The file.
    pub file_id: Uuid,
    /// Which parts; all stored ones when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_numbers: Option<Vec<u32>>,
    /// Parts that were read back and found sound within this time are not read again: a verification that broke off goes on
    /// where it stopped. All are read when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_secs: Option<u64>,
}

/// Answer of `verify-chunks`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyResponse {
    /// Stored bytes have the recorded hash, IV and tag, now or within `max_age_secs`.
    pub valid_chunks: Vec<u32>,
    /// They differ or are gone; these parts are missing now.
    pub corrupted_chunks: Vec<u32>,
    /// There is a corrupt or missing part among those asked for.
    pub needs_re_upload: bool,
}

/// An event of `verify-chunks` with `Accept: text/event-stream` (the last one is `done` with a [`VerifyResponse`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifyProgress {
    /// The part just read back, or found sound within `max_age_secs`.
    pub part_number: u32,
    /// Its bytes are sound.
    pub valid: bool,
    /// Parts seen so far.
    pub checked: u32,
    /// Parts to see.
    pub total: u32,
}

/// What became of stored bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deletion {
    /// Parts whose bytes are deleted or queued to be deleted.
    pub deleted: u64,
    /// Parts that the provider keeps, unreadable because keys and rows are gone.
    pub crypto_erased: u64,
}

/// Answer of a discarded upload or a deleted file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeleteResponse {
    /// Always true.
    pub deleted: bool,
    /// How.
    pub deletion: Deletion,
}

/// `POST /api/upload/cleanup-abandoned`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct CleanupRequest {
    /// Seconds without activity; at least 3,600. Absent: what has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub older_than: Option<u64>,
    /// Only say what would go.
    pub dry_run: bool,
    /// Ages are counted to this time, not to now: the `as_of` of a dry run, so that only what it showed can go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
}

/// Answer of `cleanup-abandoned`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CleanupResponse {
    /// Uploads removed (or that would be).
    pub deleted_count: u64,
    /// Stored bytes freed (or that would be).
    pub freed_storage: u64,
    /// Stored bytes that stay at a provider which no longer deletes them, unreadable because keys and rows are gone.
    pub kept_storage: u64,
    /// The same in parts.
    pub deletion: Deletion,
    /// The time to which ages were counted.
    pub as_of: DateTime<Utc>,
    /// Nothing was done.
    pub dry_run: bool,
    /// Which (the first 1,000).
    pub sessions: Vec<AbandonedUpload>,
}

/// An abandoned upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AbandonedUpload {
    /// The session.
    pub session_id: Uuid,
    /// The file.
    pub file_id: Uuid,
    /// Its owner.
    pub user_id: Uuid,
    /// Plaintext size, bytes.
    pub size: u64,
    /// Stored parts.
    pub uploaded_parts: u32,
    /// Bytes stored for it.
    pub stored_bytes: u64,
    /// Last activity.
    pub last_activity_at: DateTime<Utc>,
}
