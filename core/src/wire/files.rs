//! Files: list, change, delete, and what a download or a comparison needs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::VariantArray;
use uuid::Uuid;

use crate::envelope::{IV_BYTES, TAG_BYTES};

use super::{B64, Bytes64, Compression};

/// `GET /api/files`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default)]
pub struct FilesQuery {
    /// Label of the folder; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Rows a page, 1 to 500; 100 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A page of complete files, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FilesPage {
    /// The files.
    pub files: Vec<FileEntry>,
    /// Goes into `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FileEntry {
    /// Its id.
    pub file_id: Uuid,
    /// Its label.
    pub filename: String,
    /// Label of its folder.
    pub folder: String,
    /// Plaintext size, bytes.
    pub size: u64,
    /// Parts stored and sound.
    pub stored_parts: u32,
    /// Parts of the whole file.
    pub total_parts: u32,
    /// Every part is stored and the manifest is final.
    pub is_complete: bool,
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
    /// When its upload began.
    pub created_at: DateTime<Utc>,
    /// When it became complete.
    pub completed_at: Option<DateTime<Utc>>,
}

/// `PATCH /api/files/{id}` with `If-Match: "revision"`: rename or move; the manifest is sealed again with seq + 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameRequest {
    /// New label.
    pub filename: String,
    /// New label of the folder.
    #[serde(default)]
    pub folder: String,
    /// Sealed manifest.
    pub manifest: Bytes64,
    /// Its sequence number: the stored one + 1.
    pub manifest_seq: u32,
}

/// `GET /api/files/{id}/manifest`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ManifestResponse {
    /// Sealed manifest.
    pub manifest: Bytes64,
    /// Its sequence number.
    pub manifest_seq: u32,
    /// Goes into `If-Match` of a change.
    pub revision: u32,
}

/// `GET /api/files/{id}/parts`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[serde(default)]
pub struct PartsQuery {
    /// Part number after which the page begins; 0 when absent.
    pub after: u32,
    /// Rows a page, 1 to 10,000; 10,000 when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A page of part rows by number; missing parts have none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartsPage {
    /// The rows.
    pub parts: Vec<PartEntry>,
    /// Goes into `after`; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u32>,
}

/// Whether the stored bytes are sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartState {
    /// As far as is known.
    Stored,
    /// Verification found them damaged or gone.
    Corrupt,
}

/// A part's row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartEntry {
    /// Its number.
    pub number: u32,
    /// Plaintext size by the plan, bytes.
    pub size: u32,
    /// Length of the sealed body, bytes.
    pub stored_size: u32,
    /// First 12 bytes of the body.
    pub iv: B64<{ IV_BYTES }>,
    /// Last 16 bytes of the body.
    pub auth_tag: B64<{ TAG_BYTES }>,
    /// How it is packed.
    pub compression: Compression,
    /// MAC of its plaintext.
    pub part_mac: B64<32>,
    /// Rises with every replacement, from 1.
    pub generation: u32,
    /// Sound or not.
    pub state: PartState,
}
