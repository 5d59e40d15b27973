//! The turns that jobs take: expired uploads become abandoned and go, orphans' addresses become deletions, and the queue
//! of deletions is worked off. Each call is one bounded step.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::CleanupRequest;
use uuid::Uuid;

use super::{Actor, UploadResult, Uploads};
use crate::db::audit::{self, AuditEvent};
use crate::db::deletions::{DeletionRow, Postponed};
use crate::db::units::i64_of;
use crate::db::{Connection, deletions, intents, sessions, tombstones};
use crate::storage::{Erasure, Locator, StorageError};

const SWEEP_ROWS: i64 = 1_000;
/// Many at once: a provider that deletes in batches needs as few calls as it can.
const DELETE_ROWS: i64 = 1_000;
/// An instance that died while deleting keeps its entries for so long.
const DELETE_LEASE: TimeDelta = TimeDelta::minutes(10);
const FIRST_RETRY_SECS: i64 = 5;
const LAST_RETRY_SECS: i64 = 3_600;

/// What a step of the deletion queue did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DeletionStep {
    /// Entries whose bytes are gone or out of reach for good.
    pub deleted: usize,
    /// Those of them that the provider keeps.
    pub crypto_erased: usize,
    /// Entries that wait for another try.
    pub postponed: usize,
}

impl Uploads {
    /// Expired uploads become abandoned and are removed. How many went.
    pub async fn expire(&self) -> UploadResult<u64> {
        let now = (self.clock)();
        self.db
            .run(async |conn| sessions::mark_abandoned(conn, now).await)
            .await?;
        Ok(self
            .cleanup(Actor::Server, CleanupRequest::default())
            .await?
            .deleted_count)
    }

    /// Bytes that a crash left between put and commit are queued for deletion. How many.
    pub async fn remove_orphaned_intents(&self) -> UploadResult<usize> {
        let now = (self.clock)();
        let age =
            TimeDelta::try_seconds(i64_of(self.settings.intent_ttl_secs)).unwrap_or(TimeDelta::MAX);
        let Some(older_than) = now.checked_sub_signed(age) else {
            return Ok(0);
        };
        let swept = self
            .db
            .run(async |conn| intents::sweep(conn, older_than, now, SWEEP_ROWS).await)
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
            .run(async |conn| deletions::claim(conn, now, now + DELETE_LEASE, DELETE_ROWS).await)
            .await?;
        let batches = by_provider(claimed).into_iter();
        let answers = batches.map(|(provider, rows)| self.delete_batch(provider, rows));
        let answered = futures_util::future::join_all(answers).await;
        let answered: Vec<Answered> = answered.into_iter().flatten().collect();
        self.settle(answered, now).await
    }

    async fn delete_batch(&self, provider: String, rows: Vec<DeletionRow>) -> Vec<Answered> {
        let locators: Vec<Locator> = rows
            .iter()
            .map(|row| Locator(row.locator.clone()))
            .collect();
        let outcomes = match self.stores.named(&provider) {
            Ok(store) => store.delete(&locators).await,
            Err(error) => {
                let said = error.to_string();
                let refused = |_| Err(StorageError::Unavailable(said.clone()));
                rows.iter().map(refused).collect()
            }
        };
        if let Some(error) = outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
            let postponed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
            tracing::warn!(%error, provider, postponed, "deletions postponed");
        }
        rows.into_iter().zip(outcomes).collect()
    }

    async fn settle(
        &self,
        answered: Vec<Answered>,
        now: DateTime<Utc>,
    ) -> UploadResult<DeletionStep> {
        let mut step = DeletionStep::default();
        let mut done = Vec::new();
        let mut postponed = Vec::new();
        let mut broken: BTreeMap<Uuid, i64> = BTreeMap::new();
        for (row, outcome) in answered {
            match outcome {
                Ok(erasure) => {
                    done.push(row.id);
                    if erasure == Erasure::CryptoErased {
                        step.crypto_erased += 1;
                        if let Some(file_id) = row.promised_of {
                            *broken.entry(file_id).or_default() += 1;
                        }
                    }
                }
                Err(error) => postponed.push(postpone(&row, &error, now)),
            }
        }
        step.deleted = done.len();
        step.postponed = postponed.len();
        self.db
            .transact(async |tx| {
                deletions::postpone(tx, &postponed).await?;
                deletions::finish(tx, &done).await?;
                for (file_id, parts) in broken {
                    correct_receipt(tx, file_id, parts, now).await?;
                }
                Ok(step)
            })
            .await
    }

    /// Whether parts, puts on their way or deletions are recorded for this store: then it held bytes, and must hold them.
    pub async fn knows_store(&self, provider: &str) -> UploadResult<bool> {
        self.db
            .run(async |conn| Ok(deletions::store_is_known(conn, provider).await?))
            .await
    }
}

/// An entry of the queue, and what its provider said.
type Answered = (DeletionRow, Result<Erasure, StorageError>);

fn by_provider(rows: Vec<DeletionRow>) -> BTreeMap<String, Vec<DeletionRow>> {
    let mut batches: BTreeMap<String, Vec<DeletionRow>> = BTreeMap::new();
    for row in rows {
        batches.entry(row.provider.clone()).or_default().push(row);
    }
    batches
}

fn postpone(row: &DeletionRow, error: &StorageError, now: DateTime<Utc>) -> Postponed {
    let asked = match error {
        StorageError::Busy {
            retry_after_secs, ..
        } => TimeDelta::seconds(i64::from(*retry_after_secs)),
        _ => TimeDelta::zero(),
    };
    Postponed {
        id: row.id,
        not_before: now + retry_pause(row.attempts).max(asked),
        last_error: error.to_string(),
    }
}

/// Its owner was told that these parts would be deleted, and the provider keeps them: the receipt and the log say so now.
async fn correct_receipt(
    conn: &mut Connection,
    file_id: Uuid,
    parts: i64,
    now: DateTime<Utc>,
) -> UploadResult<()> {
    tombstones::correct(conn, file_id, parts).await?;
    let event = AuditEvent {
        at: now,
        user_id: None,
        action: "parts.crypto_erased".to_owned(),
        subject_id: Some(file_id),
        reason: format!(
            "the store no longer deletes the bytes of {parts} parts that were to be deleted; without keys and rows nobody can read them"
        ),
    };
    Ok(audit::record(conn, &event).await?)
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
