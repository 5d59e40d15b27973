//! What administrators see and do.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Role, UploadStatus};

/// `POST /api/admin/invitations`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewInvitationRequest {
    /// Role of the user who registers with it.
    pub role: Role,
    /// Seconds it lives; a week when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<u64>,
}

/// Answer of a new invitation: the only time its token is shown.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewInvitationResponse {
    /// The page's address with the token in its fragment.
    pub link: String,
    /// The token.
    pub invitation: String,
    /// Its row.
    pub entry: InvitationEntry,
}

impl std::fmt::Debug for NewInvitationResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewInvitationResponse")
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// An invitation without its token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationEntry {
    /// Its id.
    pub invitation_id: Uuid,
    /// Role of the user who registers with it.
    pub role: Role,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
}

/// A row of `GET /api/admin/sessions`: anybody's upload, without names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSession {
    /// The session.
    pub session_id: Uuid,
    /// The file.
    pub file_id: Uuid,
    /// Its owner.
    pub user_id: Uuid,
    /// The owner's name.
    pub username: String,
    /// Plaintext size, bytes.
    pub size: u64,
    /// Stored parts.
    pub uploaded_parts: u32,
    /// Parts of the whole file.
    pub total_parts: u32,
    /// Where it stands.
    pub status: UploadStatus,
    /// Last activity.
    pub last_activity_at: DateTime<Utc>,
    /// When it is cleaned up, if nothing happens.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A row of `GET /api/admin/storage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StorageEntry {
    /// Its name in the part rows.
    pub provider: String,
    /// New parts go here.
    pub is_default: bool,
    /// It answered just now.
    pub healthy: bool,
    /// Why not.
    pub problem: Option<String>,
    /// Parts it holds.
    pub parts: u64,
    /// Bytes it holds.
    pub stored_bytes: u64,
    /// Deletions that wait for it.
    pub pending_deletions: u64,
}

/// A row of `GET /api/admin/audit`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who; absent for the server itself.
    pub user_id: Option<Uuid>,
    /// What, as `noun.verb`.
    pub action: String,
    /// On which file, user or token.
    pub subject_id: Option<Uuid>,
    /// Why, in words.
    pub reason: String,
}
