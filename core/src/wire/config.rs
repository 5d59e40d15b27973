//! `GET /api/config`: what a client must know before it signs in.

use serde::{Deserialize, Serialize};

/// Sizes between which parts are drawn. Multiples of 65,536.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartProfile {
    /// `slow`, `disk`, `telegram` or `custom`.
    pub name: String,
    /// Smallest part, bytes.
    pub min_bytes: u32,
    /// Largest part, bytes.
    pub max_bytes: u32,
}

/// What the server accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limits {
    /// Largest part body, bytes.
    pub part_body_bytes: u32,
    /// Most parts of a file.
    pub parts_per_file: u32,
    /// Largest manifest, bytes.
    pub manifest_bytes: u32,
    /// Longest label, bytes.
    pub label_bytes: u32,
    /// Seconds without activity after which an upload is abandoned.
    pub upload_ttl_secs: u64,
}

/// Who may register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignUp {
    /// Nobody has yet: the setup link makes the administrator.
    Setup,
    /// A person who has an invitation.
    Invitation,
}

/// Answer of `config`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerConfig {
    /// The server's version.
    pub version: String,
    /// Default for new files.
    pub part_profile: PartProfile,
    /// What it accepts.
    pub limits: Limits,
    /// Where new parts go: `directory`, `s3` or `telegram`.
    pub storage: String,
    /// Who may register.
    pub sign_up: SignUp,
}
