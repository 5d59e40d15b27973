//! Takes files away: an unfinished upload is discarded, a file is deleted. Rows go and bytes are queued in one transaction;
//! a tombstone answers a repeated request.

use chrono::{DateTime, Utc};
use ferry_core::wire::{DeleteResponse, Deletion};
use uuid::Uuid;

use super::file::{absent, require_open};
use super::{Actor, UploadError, UploadResult, Uploads};
use crate::db::audit::{self, AuditEvent};
use crate::db::files::{self, FileRow};
use crate::db::tombstones::{self, Tombstone, TombstoneReason};
use crate::db::units::{i64_of, u64_of};
use crate::db::{
    Connection, Text,
    deletions::{self, Queued},
    files_with_sessions, parts,
};

/// Which of the two was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Discard,
    Delete,
}

impl Uploads {
    /// Discards an unfinished upload.
    pub async fn discard(&self, user_id: Uuid, file_id: Uuid) -> UploadResult<DeleteResponse> {
        self.take_away(user_id, file_id, Kind::Discard).await
    }

    /// Deletes a file, complete or not.
    pub async fn delete_file(&self, user_id: Uuid, file_id: Uuid) -> UploadResult<DeleteResponse> {
        self.take_away(user_id, file_id, Kind::Delete).await
    }

    async fn take_away(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        kind: Kind,
    ) -> UploadResult<DeleteResponse> {
        let deletion = self
            .db
            .transact_patiently(async |tx| self.take_away_in(tx, user_id, file_id, kind).await)
            .await?;
        self.deletions_queued.notify_one();
        Ok(DeleteResponse {
            deleted: true,
            deletion,
        })
    }

    async fn take_away_in(
        &self,
        conn: &mut Connection,
        user_id: Uuid,
        file_id: Uuid,
        kind: Kind,
    ) -> UploadResult<Deletion> {
        let now = (self.clock)();
        let Some((file, session)) = files_with_sessions::lock(conn, user_id, file_id).await? else {
            return repeated(conn, user_id, file_id).await;
        };
        let (reason, action) = match kind {
            Kind::Discard => match require_open(&file, &session, now) {
                Err(UploadError::FileComplete) => return Err(UploadError::FileComplete),
                Ok(()) | Err(_) => (TombstoneReason::Discarded, "upload.discarded"),
            },
            Kind::Delete => (TombstoneReason::Deleted, "file.deleted"),
        };
        let removal = Removal {
            reason,
            action,
            actor: Actor::User(user_id),
            why: "asked by its owner".to_owned(),
        };
        let queued = self.remove(conn, &file, removal, now).await?;
        Ok(deletion_of(queued))
    }

    /// Queues the bytes, removes the rows, leaves a tombstone and an audit event. The file must be locked. The answer says
    /// of how many parts the provider deletes the bytes, and of how many it is too late for that.
    pub(super) async fn remove(
        &self,
        conn: &mut Connection,
        file: &FileRow,
        removal: Removal,
        now: DateTime<Utc>,
    ) -> UploadResult<Queued> {
        let limits = self.stores.deletable_since(now);
        let queued = deletions::queue_file(conn, file.id, &limits, now).await?;
        parts::delete_all(conn, file.id).await?;
        files::delete(conn, file.id).await?;
        let deletion = deletion_of(queued);
        record(conn, file, removal, deletion, now).await?;
        Ok(queued)
    }
}

/// In parts, as receipts and answers say it.
pub(super) fn deletion_of(queued: Queued) -> Deletion {
    Deletion {
        deleted: queued.promised,
        crypto_erased: queued.too_old,
    }
}

/// The answer of the first time.
async fn repeated(conn: &mut Connection, user_id: Uuid, file_id: Uuid) -> UploadResult<Deletion> {
    match tombstones::find(conn, user_id, file_id).await? {
        Some(stone) if stone.reason != TombstoneReason::Expired => Ok(Deletion {
            deleted: u64_of(stone.deleted),
            crypto_erased: u64_of(stone.crypto_erased),
        }),
        _ => Err(absent(conn, user_id, file_id).await),
    }
}

/// Why a file goes.
pub(super) struct Removal {
    pub(super) reason: TombstoneReason,
    pub(super) action: &'static str,
    pub(super) actor: Actor,
    pub(super) why: String,
}

/// For the audit: bytes that a provider keeps are not called deleted.
fn in_words(deletion: Deletion) -> String {
    match deletion {
        Deletion {
            crypto_erased: 0, ..
        } => String::new(),
        Deletion {
            deleted,
            crypto_erased,
        } => format!(
            " ({deleted} parts deleted; {crypto_erased} stay at the provider without a key: crypto-erased)"
        ),
    }
}

/// What stays of a file: a tombstone for a repeated request, and an audit event.
async fn record(
    conn: &mut Connection,
    file: &FileRow,
    removal: Removal,
    deletion: Deletion,
    now: DateTime<Utc>,
) -> UploadResult<()> {
    let stone = Tombstone {
        file_id: file.id,
        user_id: file.user_id,
        reason: Text(removal.reason),
        deleted: i64_of(deletion.deleted),
        crypto_erased: i64_of(deletion.crypto_erased),
        at: now,
    };
    tombstones::insert(conn, &stone).await?;
    let event = AuditEvent {
        at: now,
        user_id: removal.actor.user_id(),
        action: removal.action.to_owned(),
        subject_id: Some(file.id),
        reason: format!("{}{}", removal.why, in_words(deletion)),
    };
    Ok(audit::record(conn, &event).await?)
}
