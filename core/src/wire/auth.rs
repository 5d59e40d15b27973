//! Accounts: registration, login, passwords, tokens.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::VariantArray;
use uuid::Uuid;

use crate::envelope::slot::SLOT_PREFIX_BYTES;

use super::{B64, Bytes64};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Own files.
    User,
    /// And everybody's uploads, storage and invitations.
    Admin,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Look at files and uploads.
    Read,
    /// Send, change and delete them.
    Upload,
    /// What admins do; only for admins.
    Admin,
}

/// `GET /api/auth/kdf`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
pub struct KdfQuery {
    /// User name, any case.
    pub username: String,
}

/// Answer of `kdf`: what the client needs to derive the key from the password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KdfResponse {
    /// `slot[0..28]` of the password slot: version, kdf, parameters, salt. Plausible for unknown names too.
    pub slot_prefix: B64<{ SLOT_PREFIX_BYTES }>,
}

/// What a key slot opens with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeySlotKind {
    /// The password, through Argon2id.
    Password,
    /// Words shown once.
    Recovery,
}

/// A sealed account key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeySlotEntry {
    /// What it opens with.
    pub kind: KeySlotKind,
    /// Which account key is inside.
    pub account_key_id: B64<16>,
    /// The slot, 132 bytes.
    pub slot: Bytes64,
}

/// `POST /api/auth/register`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// Token of the invitation (from the link's fragment).
    pub invitation: String,
    /// Made by the client, random; bound into the key slot.
    pub user_id: Uuid,
    /// 1 to 64 characters; words of RFC 8265 (`UsernameCaseMapped`) by single spaces, compared as it says.
    pub username: String,
    /// Derived from the password; the server keeps only a hash of it.
    pub auth: B64<32>,
    /// The password slot, and a recovery slot where one was made.
    pub key_slots: Vec<KeySlotEntry>,
}

impl std::fmt::Debug for RegisterRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegisterRequest")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// `POST /api/auth/login`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// User name, any case.
    pub username: String,
    /// Derived from the password.
    pub auth: B64<32>,
}

impl std::fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRequest")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// Answer of `register`, `login` and `me`: who is signed in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Account {
    /// The user.
    pub user_id: Uuid,
    /// As it was written at registration.
    pub username: String,
    /// What they may do.
    pub role: Role,
    /// Their sealed account keys; none for a token that may neither read nor upload.
    pub key_slots: Vec<KeySlotEntry>,
    /// Most bytes they may store; absent when unlimited.
    pub quota_bytes: Option<u64>,
    /// Bytes they store.
    pub used_bytes: u64,
}

/// `POST /api/auth/password`: new verifier and slot in one transaction; all sessions and tokens end, this one too.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasswordRequest {
    /// Derived from the old password.
    pub old_auth: B64<32>,
    /// Derived from the new one.
    pub new_auth: B64<32>,
    /// The same account key, sealed by the new one.
    pub new_slot: KeySlotEntry,
}

impl std::fmt::Debug for PasswordRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordRequest")
    }
}

/// `POST /api/tokens`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTokenRequest {
    /// What it is for, 1 to 100 characters.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Seconds it lives; a year when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<u64>,
}

/// Answer of a new token: the only time it is shown.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewTokenResponse {
    /// The secret, for `Authorization: Bearer`.
    pub token: String,
    /// Its row.
    pub entry: TokenEntry,
}

impl std::fmt::Debug for NewTokenResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewTokenResponse")
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// A token without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenEntry {
    /// Its id, for revocation.
    pub token_id: Uuid,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}
