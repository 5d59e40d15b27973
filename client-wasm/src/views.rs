//! The shapes of `ferry.d.ts`: what the page gets for each answer. Conversions only; what they mean is said there.

use chrono::{DateTime, SecondsFormat, Utc};
use ferry_core::wire::{
    AbandonedUpload, Account, AdminSession, AuditEntry, CleanupResponse, InvitationEntry,
    NewInvitationResponse, NewTokenResponse, Role, Scope, ServerConfig, SignUp, StorageEntry,
    TokenEntry, UploadStatus, VerifyResponse,
};
use serde::Serialize;

pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Bytes as the page shows hashes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Declares a view: its fields, and where each comes from in the wire type.
macro_rules! view {
    ($(#[$doc:meta])* $name:ident from $wire:ident ($from:ident) { $($field:ident: $kind:ty = $value:expr,)+ }) => {
        $(#[$doc])*
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        pub(crate) struct $name { $($field: $kind,)+ }

        impl From<$wire> for $name {
            fn from($from: $wire) -> Self {
                $name { $($field: $value,)+ }
            }
        }
    };
}

mod bots;

pub(crate) use bots::{BotsView, RemovedBotView, TestedBotView};

/// `Session`.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub(crate) enum SessionView {
    SignedOut,
    Locked(SignedIn),
    Unlocked(SignedIn),
}

/// `SignedIn`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignedIn {
    user_id: String,
    username: String,
    role: Role,
    quota_bytes: Option<u64>,
    used_bytes: u64,
    kept: bool,
    warnings: Vec<&'static str>,
}

impl SessionView {
    pub(crate) fn locked(account: &Account, kdf_changed: bool) -> Self {
        SessionView::Locked(SignedIn::new(account, false, kdf_changed))
    }

    pub(crate) fn unlocked(account: &Account, kept: bool, kdf_changed: bool) -> Self {
        SessionView::Unlocked(SignedIn::new(account, kept, kdf_changed))
    }
}

impl SignedIn {
    fn new(account: &Account, kept: bool, kdf_changed: bool) -> Self {
        SignedIn {
            user_id: account.user_id.to_string(),
            username: account.username.clone(),
            role: account.role,
            quota_bytes: account.quota_bytes,
            used_bytes: account.used_bytes,
            kept,
            warnings: kdf_changed.then_some("kdf_changed").into_iter().collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartProfileView {
    name: String,
    min_bytes: u32,
    max_bytes: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LimitsView {
    part_body_bytes: u32,
    parts_per_file: u32,
    manifest_bytes: u32,
    label_bytes: u32,
    upload_ttl_secs: u64,
}

view!(
    /// `ServerConfig`.
    ConfigView from ServerConfig (config) {
        version: String = config.version,
        part_profile: PartProfileView = PartProfileView {
            name: config.part_profile.name,
            min_bytes: config.part_profile.min_bytes,
            max_bytes: config.part_profile.max_bytes,
        },
        limits: LimitsView = LimitsView {
            part_body_bytes: config.limits.part_body_bytes,
            parts_per_file: config.limits.parts_per_file,
            manifest_bytes: config.limits.manifest_bytes,
            label_bytes: config.limits.label_bytes,
            upload_ttl_secs: config.limits.upload_ttl_secs,
        },
        storage: String = config.storage,
        sign_up: SignUp = config.sign_up,
    }
);

view!(
    /// `TokenEntry`.
    TokenView from TokenEntry (entry) {
        token_id: String = entry.token_id.to_string(),
        label: String = entry.label,
        scopes: Vec<Scope> = entry.scopes,
        created_at: String = time(entry.created_at),
        expires_at: String = time(entry.expires_at),
        last_used_at: Option<String> = entry.last_used_at.map(time),
    }
);

view!(
    /// The answer of `tokens.create`.
    NewTokenView from NewTokenResponse (made) {
        token: String = made.token,
        entry: TokenView = made.entry.into(),
    }
);

view!(
    /// `InvitationEntry`.
    InvitationView from InvitationEntry (entry) {
        invitation_id: String = entry.invitation_id.to_string(),
        role: Role = entry.role,
        expires_at: String = time(entry.expires_at),
        used_at: Option<String> = entry.used_at.map(time),
    }
);

view!(
    /// The answer of `invitations.create`.
    NewInvitationView from NewInvitationResponse (made) {
        link: String = made.link,
        invitation: String = made.invitation,
        entry: InvitationView = made.entry.into(),
    }
);

view!(
    /// `AdminSession`.
    AdminSessionView from AdminSession (row) {
        session_id: String = row.session_id.to_string(),
        file_id: String = row.file_id.to_string(),
        user_id: String = row.user_id.to_string(),
        username: String = row.username,
        size_bytes: u64 = row.size,
        uploaded_parts: u32 = row.uploaded_parts,
        total_parts: u32 = row.total_parts,
        status: UploadStatus = row.status,
        last_activity_at: String = time(row.last_activity_at),
        expires_at: Option<String> = row.expires_at.map(time),
    }
);

view!(
    /// `StorageEntry`.
    StorageView from StorageEntry (row) {
        provider: String = row.provider,
        is_default: bool = row.is_default,
        healthy: bool = row.healthy,
        problem: Option<String> = row.problem,
        parts: u64 = row.parts,
        stored_bytes: u64 = row.stored_bytes,
        pending_deletions: u64 = row.pending_deletions,
    }
);

view!(
    /// `AuditEntry`.
    AuditView from AuditEntry (row) {
        at: String = time(row.at),
        user_id: Option<String> = row.user_id.map(|id| id.to_string()),
        action: String = row.action,
        subject_id: Option<String> = row.subject_id.map(|id| id.to_string()),
        reason: String = row.reason,
    }
);

view!(
    /// A row of `Cleanup`.
    AbandonedView from AbandonedUpload (row) {
        session_id: String = row.session_id.to_string(),
        file_id: String = row.file_id.to_string(),
        user_id: String = row.user_id.to_string(),
        size_bytes: u64 = row.size,
        uploaded_parts: u32 = row.uploaded_parts,
        stored_bytes: u64 = row.stored_bytes,
        last_activity_at: String = time(row.last_activity_at),
    }
);

view!(
    /// `Cleanup`.
    CleanupView from CleanupResponse (answer) {
        deleted_count: u64 = answer.deleted_count,
        freed_bytes: u64 = answer.freed_storage,
        kept_bytes: u64 = answer.kept_storage,
        deleted_parts: u64 = answer.deletion.deleted,
        crypto_erased_parts: u64 = answer.deletion.crypto_erased,
        as_of: String = time(answer.as_of),
        dry_run: bool = answer.dry_run,
        sessions: Vec<AbandonedView> = answer.sessions.into_iter().map(AbandonedView::from).collect(),
    }
);

view!(
    /// `Verified`.
    VerifiedView from VerifyResponse (answer) {
        valid_parts: usize = answer.valid_chunks.len(),
        corrupted_parts: Vec<u32> = answer.corrupted_chunks,
        needs_re_upload: bool = answer.needs_re_upload,
    }
);

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use ferry_core::wire::{BotChatState, BotSource, BotState, ChatState, Role, UploadStatus};
    use strum::VariantArray;

    const TYPES: &str = include_str!("../js/ferry.d.ts");

    fn union_of<T: VariantArray + Display>() -> String {
        let names = T::VARIANTS.iter().map(|name| format!("\"{name}\""));
        names.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn the_pages_types_name_every_state_and_no_other() {
        let fields = [
            format!("readonly status: {};", union_of::<UploadStatus>()),
            format!("readonly state: {};", union_of::<BotState>()),
            format!("readonly state: {};", union_of::<BotChatState>()),
            format!("readonly state: {};", union_of::<ChatState>()),
            format!("readonly source: {};", union_of::<BotSource>()),
            format!("export type Role = {};", union_of::<Role>()),
        ];
        for field in fields {
            assert!(TYPES.contains(&field), "{field}");
        }
    }
}
