//! Whose turn a periodic job is: one instance of all takes it, and the next turn is an interval later.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::{Connection, Db, DbError, jobs};

/// True when the job is due and this instance takes its turn.
pub(super) async fn take(
    db: &Db,
    name: &str,
    now: DateTime<Utc>,
    interval: Duration,
) -> Result<bool, DbError> {
    db.transact(async |tx| take_in(tx, name, now, interval).await)
        .await
}

async fn take_in(
    conn: &mut Connection,
    name: &str,
    now: DateTime<Utc>,
    interval: Duration,
) -> Result<bool, DbError> {
    if !jobs::try_lead(conn, name).await? {
        return Ok(false);
    }
    if jobs::next_run(conn, name)
        .await?
        .is_some_and(|next_run_at| next_run_at > now)
    {
        return Ok(false);
    }
    let interval = TimeDelta::from_std(interval).unwrap_or(TimeDelta::MAX);
    let next_run_at = now
        .checked_add_signed(interval)
        .unwrap_or(DateTime::<Utc>::MAX_UTC);
    jobs::begin_run(conn, name, now, next_run_at).await?;
    Ok(true)
}

/// Remembers how the turn ended.
pub(super) async fn end(db: &Db, name: &str, error: Option<&str>) -> Result<(), DbError> {
    db.run(async |conn| jobs::end_run(conn, name, error).await)
        .await
}
