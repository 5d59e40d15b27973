//! The turns that jobs take: expired uploads become abandoned and go, orphans' addresses become deletions, and the queue
//! of deletions is worked off. Each call is one bounded step.

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::CleanupRequest;
use futures_util::StreamExt;

use super::{Actor, UploadResult, Uploads};
use crate::db::deletions::DeletionRow;
use crate::db::units::i64_of;
use crate::db::{deletions, intents, sessions};
use crate::storage::{Erasure, Locator, StorageError};

const SWEEP_ROWS: i64 = 1_000;
const DELETE_ROWS: i64 = 64;
const DELETE_CONCURRENCY: usize = 8;
/// An instance that died while deleting keeps its entries for so long.
const DELETE_LEASE: TimeDelta = TimeDelta::minutes(10);
const FIRST_RETRY_SECS: i64 = 5;
const LAST_RETRY_SECS: i64 = 3_600;

/// What a step of the deletion queue did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeletionStep {
    /// Entries whose bytes are gone.
    pub deleted: usize,
    /// Entries that wait for another try.
    pub postponed: usize,
}

impl Uploads {
    /// Expired uploads become abandoned and are removed. How many went.
    pub async fn expire(&self) -> UploadResult<u64> {
        let now = (self.clock)();
        self.db
            .timely(async {
                sessions::mark_abandoned(&mut *self.db.connection().await?, now).await
            })
            .await?;
        Ok(self
            .cleanup(Actor::Server, CleanupRequest::default())
            .await?
            .deleted_count)
    }

    /// Bytes that a crash left between put and commit are queued for deletion. How many.
    pub async fn sweep_orphans(&self) -> UploadResult<usize> {
        let now = (self.clock)();
        let age =
            TimeDelta::try_seconds(i64_of(self.settings.intent_ttl_secs)).unwrap_or(TimeDelta::MAX);
        let Some(older_than) = now.checked_sub_signed(age) else {
            return Ok(0);
        };
        let swept = self
            .db
            .timely(async {
                intents::sweep(
                    &mut *self.db.connection().await?,
                    older_than,
                    now,
                    SWEEP_ROWS,
                )
                .await
            })
            .await?;
        if swept > 0 {
            self.deletions_queued.notify_one();
        }
        Ok(swept)
    }

    /// Deletes the next due bytes at their providers; what fails waits longer each time.
    pub async fn delete_queued(&self) -> UploadResult<DeletionStep> {
        let now = (self.clock)();
        let claimed = self
            .db
            .timely(async {
                deletions::claim(
                    &mut *self.db.connection().await?,
                    now,
                    now + DELETE_LEASE,
                    DELETE_ROWS,
                )
                .await
            })
            .await?;
        let results: Vec<_> = futures_util::stream::iter(claimed)
            .map(|row| async move {
                let result = self.delete_bytes(&row).await;
                (row, result)
            })
            .buffer_unordered(DELETE_CONCURRENCY)
            .collect()
            .await;
        self.db.timely(self.settle(results, now)).await
    }

    async fn delete_bytes(&self, row: &DeletionRow) -> Result<Erasure, StorageError> {
        self.stores
            .named(&row.provider)?
            .delete(&Locator(row.locator.clone()))
            .await
    }

    async fn settle(
        &self,
        results: Vec<(DeletionRow, Result<Erasure, StorageError>)>,
        now: DateTime<Utc>,
    ) -> UploadResult<DeletionStep> {
        let mut conn = self.db.connection().await?;
        let mut done = Vec::new();
        let mut step = DeletionStep::default();
        for (row, result) in results {
            match result {
                Ok(_) => done.push(row.id),
                Err(error) => {
                    tracing::warn!(%error, provider = row.provider, attempts = row.attempts, "deletion postponed");
                    let not_before = now + retry_pause(row.attempts);
                    deletions::postpone(&mut conn, row.id, not_before, &error.to_string()).await?;
                    step.postponed += 1;
                }
            }
        }
        deletions::finish(&mut conn, &done).await?;
        step.deleted = done.len();
        Ok(step)
    }
}

/// 5 s, 10 s, 20 s, and so on to an hour.
fn retry_pause(attempts: i32) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1))
        .unwrap_or_default()
        .min(16);
    TimeDelta::seconds(
        FIRST_RETRY_SECS
            .saturating_mul(1 << doublings)
            .min(LAST_RETRY_SECS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour() {
        let pauses: Vec<i64> = [1, 2, 3, 10, 11, 99]
            .map(|n| retry_pause(n).num_seconds())
            .to_vec();
        assert_eq!(pauses, [5, 10, 20, 2560, 3600, 3600]);
    }
}
