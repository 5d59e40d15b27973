//! Rows of `deletions`: bytes whose rows are gone and that a provider still has to delete.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::deletions;
use super::{Connection, DbError};

/// Bytes to be deleted.
#[derive(Debug, Clone, QueryableByName)]
#[diesel(table_name = deletions, check_for_backend(diesel::pg::Pg))]
pub struct DeletionRow {
    /// Of the row.
    pub id: i64,
    /// Name of the store.
    pub provider: String,
    /// Where in it.
    pub locator: serde_json::Value,
    /// How often it was tried, this time included.
    pub attempts: i32,
}

/// Queues one locator.
pub async fn queue(
    conn: &mut Connection,
    provider: &str,
    locator: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::insert_into(deletions::table)
        .values((
            deletions::provider.eq(provider),
            deletions::locator.eq(locator),
            deletions::queued_at.eq(now),
            deletions::not_before.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Queues all parts of a file.
pub async fn queue_file(
    conn: &mut Connection,
    file_id: Uuid,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let queued = diesel::sql_query(
        "INSERT INTO deletions (provider, locator, queued_at, not_before) \
         SELECT provider, locator, $2, $2 FROM file_parts WHERE file_id = $1",
    )
    .bind::<SqlUuid, _>(file_id)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(queued)
}

/// Queues the parts of a file that come after one.
pub async fn queue_after(
    conn: &mut Connection,
    file_id: Uuid,
    after: i32,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let queued = diesel::sql_query(
        "INSERT INTO deletions (provider, locator, queued_at, not_before) \
         SELECT provider, locator, $3, $3 FROM file_parts WHERE file_id = $1 AND part_number > $2",
    )
    .bind::<SqlUuid, _>(file_id)
    .bind::<Integer, _>(after)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(queued)
}

/// Queues the bytes of these part rows.
pub async fn queue_parts(
    conn: &mut Connection,
    ids: &[i64],
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let queued = diesel::sql_query(
        "INSERT INTO deletions (provider, locator, queued_at, not_before) \
         SELECT provider, locator, $2, $2 FROM file_parts WHERE id = ANY ($1)",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(queued)
}

/// Takes the next due ones for this instance until `leased_until`; other instances skip them.
pub async fn claim(
    conn: &mut Connection,
    now: DateTime<Utc>,
    leased_until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DeletionRow>, DbError> {
    let rows = diesel::sql_query(
        "UPDATE deletions SET attempts = attempts + 1, not_before = $2 \
         WHERE id IN (SELECT id FROM deletions WHERE not_before <= $1 ORDER BY not_before LIMIT $3 FOR UPDATE SKIP LOCKED) \
         RETURNING id, provider, locator, attempts",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(leased_until)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows)
}

/// Done: the entries go.
pub async fn finish(conn: &mut Connection, ids: &[i64]) -> Result<(), DbError> {
    diesel::delete(deletions::table.filter(deletions::id.eq_any(ids)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Not done: tried again later.
pub async fn postpone(
    conn: &mut Connection,
    id: i64,
    not_before: DateTime<Utc>,
    last_error: &str,
) -> Result<(), DbError> {
    diesel::update(deletions::table.find(id))
        .set((
            deletions::not_before.eq(not_before),
            deletions::last_error.eq(last_error),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Entries by store.
pub async fn pending_by_provider(conn: &mut Connection) -> Result<Vec<(String, i64)>, DbError> {
    let rows = deletions::table
        .group_by(deletions::provider)
        .select((deletions::provider, diesel::dsl::count_star()))
        .load(conn)
        .await?;
    Ok(rows)
}
