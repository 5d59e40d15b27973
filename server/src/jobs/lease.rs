//! Which instance runs a periodic job: one of all takes the lease, and the next run is an interval later.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{Db, DbError, jobs};

/// True when the job is due and this instance takes the lease.
pub(super) async fn take(
    db: &Db,
    name: &str,
    now: DateTime<Utc>,
    interval: Duration,
) -> Result<bool, DbError> {
    let interval = TimeDelta::from_std(interval).unwrap_or(TimeDelta::MAX);
    let next_run_at = now
        .checked_add_signed(interval)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    db.transact(async |tx| {
        if !jobs::try_lead(tx, name).await? {
            return Ok(false);
        }
        let planned = jobs::next_run(tx, name).await?;
        if planned.is_some_and(|planned| planned > now) {
            return Ok(false);
        }
        jobs::begin_run(tx, name, now, next_run_at).await?;
        Ok(true)
    })
    .await
}

/// Remembers how the run ended.
pub(super) async fn end(db: &Db, name: &str, error: Option<&str>) -> Result<(), DbError> {
    db.run(async |conn| jobs::end_run(conn, name, error).await)
        .await
}
