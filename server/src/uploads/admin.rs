//! What administrators see: anybody's uploads (without names), the stores, the audit log. Reads only.

use std::collections::BTreeMap;

use ferry_core::wire::{AdminSession, AuditEntry, StorageEntry, UploadStatus};

use super::{UploadResult, Uploads};
use crate::db::sessions::{self, SessionRow};
use crate::db::units::{u32_of, u64_of};
use crate::db::{audit, deletions, parts};

const MAX_LISTED: i64 = 1_000;

impl Uploads {
    /// Anybody's unfinished uploads, the latest 1,000.
    pub async fn admin_sessions(&self) -> UploadResult<Vec<AdminSession>> {
        let rows = self
            .db
            .run(async |conn| sessions::all_unfinished(conn, MAX_LISTED).await)
            .await?;
        let now = (self.clock)();
        Ok(rows
            .into_iter()
            .map(|(session, username)| AdminSession {
                status: match session.expires_at {
                    Some(expires_at) if expires_at <= now => UploadStatus::Abandoned,
                    _ => UploadStatus::InProgress,
                },
                ..admin_session(session, username)
            })
            .collect())
    }

    /// The stores, their health and what they hold.
    pub async fn admin_storage(&self) -> UploadResult<Vec<StorageEntry>> {
        let (held, pending) = self
            .db
            .transact_patiently(async |tx| -> UploadResult<_> {
                let held = parts::sums_by_provider(tx).await?;
                let pending = deletions::pending_by_provider(tx).await?;
                Ok((held, pending))
            })
            .await?;
        let held: BTreeMap<String, (i64, i64)> = held
            .into_iter()
            .map(|(name, parts, bytes)| (name, (parts, bytes)))
            .collect();
        let pending: BTreeMap<String, i64> = pending.into_iter().collect();
        let mut names: Vec<&str> = self.stores.iter().map(|(name, _)| name).collect();
        names.extend(held.keys().chain(pending.keys()).map(String::as_str));
        names.sort_unstable();
        names.dedup();
        let mut entries = Vec::new();
        for name in names {
            let (parts, bytes) = held.get(name).copied().unwrap_or_default();
            let waiting = pending.get(name).copied().unwrap_or_default();
            entries.push(self.storage_entry(name, parts, bytes, waiting).await);
        }
        Ok(entries)
    }

    async fn storage_entry(
        &self,
        name: &str,
        parts: i64,
        bytes: i64,
        pending: i64,
    ) -> StorageEntry {
        let health = match self.stores.named(name) {
            Ok(store) => store.health().await,
            Err(error) => Err(error),
        };
        StorageEntry {
            provider: name.to_owned(),
            is_default: name == self.stores.default_name(),
            healthy: health.is_ok(),
            problem: health.err().map(|error| error.to_string()),
            parts: u64_of(parts),
            stored_bytes: u64_of(bytes),
            pending_deletions: u64_of(pending),
        }
    }

    /// The latest 1,000 audit events.
    pub async fn admin_audit(&self) -> UploadResult<Vec<AuditEntry>> {
        let rows = self
            .db
            .run(async |conn| audit::latest(conn, MAX_LISTED).await)
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| AuditEntry {
                at: row.at,
                user_id: row.user_id,
                action: row.action,
                subject_id: row.subject_id,
                reason: row.reason,
            })
            .collect())
    }
}

fn admin_session(session: SessionRow, username: String) -> AdminSession {
    AdminSession {
        session_id: session.id,
        file_id: session.file_id,
        user_id: session.user_id,
        username,
        size: u64_of(session.file_size),
        uploaded_parts: u32_of(session.uploaded_parts),
        total_parts: u32_of(session.total_parts),
        status: UploadStatus::InProgress,
        last_activity_at: session.last_activity_at,
        expires_at: session.expires_at,
    }
}
