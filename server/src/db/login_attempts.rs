//! Counts of failed sign-ins by bucket (a name or an address), shared by all instances.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::{Connection, DbError, schema::login_attempts};

/// How often a bucket failed in its window.
#[derive(Debug, Clone, QueryableByName)]
pub struct Failures {
    #[diesel(sql_type = Integer)]
    pub failures: i32,
    /// When counting begins anew.
    #[diesel(sql_type = Timestamptz)]
    pub window_ends_at: DateTime<Utc>,
}

/// Counts an attempt; the first after a window ended begins another.
pub async fn count(
    connection: &mut Connection,
    bucket: &str,
    now: DateTime<Utc>,
    window_ends_at: DateTime<Utc>,
) -> Result<Failures, DbError> {
    let query = diesel::sql_query(
        "INSERT INTO login_attempts AS a (bucket, failures, window_ends_at) VALUES ($1, 1, $3) \
         ON CONFLICT (bucket) DO UPDATE SET \
             failures = CASE WHEN a.window_ends_at <= $2 THEN 1 ELSE a.failures + 1 END, \
             window_ends_at = CASE WHEN a.window_ends_at <= $2 THEN $3 ELSE a.window_ends_at END \
         RETURNING failures, window_ends_at",
    );
    let query = query
        .bind::<Text, _>(bucket)
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(window_ends_at);
    Ok(query.get_result(connection).await?)
}

/// Takes back one counted attempt: it was no failure.
pub async fn take_back(connection: &mut Connection, bucket: &str) -> Result<(), DbError> {
    let row = login_attempts::table
        .find(bucket)
        .filter(login_attempts::failures.gt(0));
    diesel::update(row)
        .set(login_attempts::failures.eq(login_attempts::failures - 1))
        .execute(connection)
        .await?;
    Ok(())
}

pub async fn forget(connection: &mut Connection, bucket: &str) -> Result<(), DbError> {
    diesel::delete(login_attempts::table.find(bucket))
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets every bucket whose window has ended.
pub async fn forget_ended(connection: &mut Connection, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::delete(login_attempts::table.filter(login_attempts::window_ends_at.le(now)))
        .execute(connection)
        .await?;
    Ok(())
}
