//! Removes abandoned uploads, one transaction each, or says which would go. Any number of instances may do it at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::{AbandonedUpload, CleanupRequest, CleanupResponse, Deletion};
use uuid::Uuid;

use super::delete::{Removal, deletion_of};
use super::{Actor, UploadError, UploadResult, Uploads};
use crate::db::deletions::Queued;
use crate::db::files_with_sessions;
use crate::db::sessions::{self, SessionRow, Stale};
use crate::db::tombstones::TombstoneReason;
use crate::db::units::{i64_of, u32_of, u64_of};

/// An upload without activity for this long is abandoned, where the settings (`upload_ttl_secs`) say nothing else.
pub const ABANDONED_AFTER: Duration = Duration::from_secs(7 * 86_400);
/// The shortest that the settings may say; the longest is that of all spans, in `config`.
pub const LEAST_ABANDONED_AFTER_SECS: u64 = 60;
/// The least `older_than` of a request: a slip of the pen must not take what is being sent.
const OLDER_THAN_FLOOR_SECS: u64 = 3_600;
const MAX_LISTED: u16 = 1_000;
/// How many are looked at in one go; each goes in a transaction of its own.
pub(super) const BATCH_ROWS: u16 = 100;

impl Uploads {
    /// Removes abandoned uploads, or says which it would.
    pub async fn cleanup(
        &self,
        actor: Actor,
        request: CleanupRequest,
    ) -> UploadResult<CleanupResponse> {
        let as_of = self.as_of(&request)?;
        let stale = stale(&request, as_of)?;
        if request.dry_run {
            return self.would_go(stale, as_of).await;
        }
        let why = match request.older_than {
            Some(secs) => format!("no activity for {secs} s"),
            None => "expired".to_owned(),
        };
        self.remove_stale(actor, stale, as_of, &why).await
    }

    /// A later time than now would take what is not abandoned yet.
    fn as_of(&self, request: &CleanupRequest) -> UploadResult<DateTime<Utc>> {
        let now = (self.clock)();
        match request.as_of {
            Some(later) if later > now => {
                Err(UploadError::Invalid("as_of is in the future".to_owned()))
            }
            as_of => Ok(as_of.unwrap_or(now)),
        }
    }

    async fn would_go(&self, stale: Stale, as_of: DateTime<Utc>) -> UploadResult<CleanupResponse> {
        let limits = self.stores.deletable_since((self.clock)());
        // It reads every part of what would go, which takes as long as it takes.
        self.db
            .transact_patiently(async |conn| {
                let (count, bytes) = sessions::stale_sums(conn, stale, &limits).await?;
                let listed = sessions::stale(conn, stale, None, MAX_LISTED.into()).await?;
                Ok(CleanupResponse {
                    deleted_count: u64_of(count),
                    freed_storage: bytes.promised_bytes,
                    kept_storage: bytes.too_old_bytes,
                    deletion: deletion_of(bytes),
                    as_of,
                    dry_run: true,
                    sessions: listed.iter().map(abandoned).collect(),
                })
            })
            .await
    }

    async fn remove_stale(
        &self,
        actor: Actor,
        stale: Stale,
        as_of: DateTime<Utc>,
        why: &str,
    ) -> UploadResult<CleanupResponse> {
        let mut done = CleanupResponse {
            deleted_count: 0,
            freed_storage: 0,
            kept_storage: 0,
            deletion: Deletion::default(),
            as_of,
            dry_run: false,
            sessions: Vec::new(),
        };
        let mut newest = None;
        loop {
            let batch = self.stale_after(stale, newest.as_ref()).await?;
            for session in &batch {
                let removed = self.try_remove(actor, stale, session.file_id, why).await?;
                if let Some((upload, queued)) = removed {
                    count(&mut done, queued);
                    if done.sessions.len() < usize::from(MAX_LISTED) {
                        done.sessions.push(upload);
                    }
                }
            }
            self.deletions_queued.notify_one();
            // What is left cannot go, or is locked just now: a part coming in, another instance cleaning up.
            // It is passed by, however much it is.
            newest = batch.into_iter().last();
            if newest.is_none() {
                return Ok(done);
            }
        }
    }

    async fn stale_after(
        &self,
        stale: Stale,
        after: Option<&SessionRow>,
    ) -> UploadResult<Vec<SessionRow>> {
        self.db
            .run(async |conn| Ok(sessions::stale(conn, stale, after, BATCH_ROWS.into()).await?))
            .await
    }

    /// One upload that cannot be removed is no reason to keep the others; a database that is gone is.
    async fn try_remove(
        &self,
        actor: Actor,
        stale: Stale,
        file_id: Uuid,
        why: &str,
    ) -> UploadResult<Option<(AbandonedUpload, Queued)>> {
        let removed = self
            .db
            .transact_patiently(async |tx| {
                let free = files_with_sessions::lock_if_free(tx, file_id).await?;
                let Some((file, session)) = free.filter(|(_, session)| stale.covers(session))
                else {
                    return Ok(None);
                };
                let removal = Removal {
                    reason: TombstoneReason::Expired,
                    action: "upload.cleaned_up",
                    actor,
                    why: why.to_owned(),
                };
                let queued = self.remove(tx, &file, removal, (self.clock)()).await?;
                UploadResult::Ok(Some((abandoned(&session), queued)))
            })
            .await;
        if let Err(error) = &removed {
            tracing::warn!(%error, %file_id, "an abandoned upload could not be removed");
            self.db.ping().await?;
            return Ok(None);
        }
        removed
    }
}

fn stale(request: &CleanupRequest, as_of: DateTime<Utc>) -> UploadResult<Stale> {
    match request.older_than {
        None => Ok(Stale::ExpiredAt(as_of)),
        Some(secs) if secs < OLDER_THAN_FLOOR_SECS => Err(UploadError::Invalid(format!(
            "older_than is at least {OLDER_THAN_FLOOR_SECS} seconds"
        ))),
        Some(secs) => TimeDelta::try_seconds(i64_of(secs))
            .and_then(|age| as_of.checked_sub_signed(age))
            .map(Stale::IdleSince)
            .ok_or_else(|| UploadError::Invalid("older_than is too large".to_owned())),
    }
}

/// Adds one removed upload.
fn count(done: &mut CleanupResponse, queued: Queued) {
    done.deleted_count += 1;
    done.freed_storage += queued.promised_bytes;
    done.kept_storage += queued.too_old_bytes;
    done.deletion.deleted += queued.promised;
    done.deletion.crypto_erased += queued.too_old;
}

fn abandoned(session: &SessionRow) -> AbandonedUpload {
    AbandonedUpload {
        session_id: session.id,
        file_id: session.file_id,
        user_id: session.user_id,
        size: u64_of(session.file_size),
        uploaded_parts: u32_of(session.uploaded_parts),
        stored_bytes: u64_of(session.stored_bytes),
        last_activity_at: session.last_activity_at,
    }
}
