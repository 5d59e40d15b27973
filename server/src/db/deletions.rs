//! Rows of `deletions`: bytes whose rows are gone and that a provider still has to delete.

use chrono::{DateTime, Utc};
use diesel::dsl::{auto_type, count_star};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, methods::LoadQuery};
use uuid::Uuid;

use super::schema::deletions;
use super::units::u64_of;
use super::{Connection, DbError, Statement};

/// Bytes to be deleted.
#[derive(Debug, Clone, QueryableByName)]
#[diesel(table_name = deletions, check_for_backend(diesel::pg::Pg))]
pub struct DeletionRow {
    pub id: i64,
    /// Name of the store.
    pub provider: String,
    pub locator: serde_json::Value,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// The file whose receipt counts them as deleted.
    pub promised_of: Option<Uuid>,
}

/// An entry that could not be worked off.
#[derive(Debug, Clone)]
pub struct Postponed {
    pub id: i64,
    /// When to try again.
    pub not_before: DateTime<Utc>,
    /// What the provider said.
    pub last_error: String,
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

/// What became of the bytes of a file's rows, as far as it is known when they are queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queued {
    /// Young enough for their provider, which was thereby promised.
    pub promised: u64,
    /// Their sealed bytes.
    pub promised_bytes: u64,
    /// Too old: the provider keeps them.
    pub too_old: u64,
    /// Their sealed bytes.
    pub too_old_bytes: u64,
}

/// As Postgres counts them.
#[derive(QueryableByName)]
pub(super) struct Counted {
    #[diesel(sql_type = BigInt)]
    promised: i64,
    #[diesel(sql_type = BigInt)]
    promised_bytes: i64,
    #[diesel(sql_type = BigInt)]
    too_old: i64,
    #[diesel(sql_type = BigInt)]
    too_old_bytes: i64,
}

impl From<Counted> for Queued {
    fn from(counted: Counted) -> Self {
        Queued {
            promised: u64_of(counted.promised),
            promised_bytes: u64_of(counted.promised_bytes),
            too_old: u64_of(counted.too_old),
            too_old_bytes: u64_of(counted.too_old_bytes),
        }
    }
}

/// What [`Counted`] selects from rows with `stored_size` and `too_old`.
pub(super) const COUNTS: &str = "count(*) FILTER (WHERE NOT too_old) AS promised, \
     coalesce(sum(stored_size) FILTER (WHERE NOT too_old), 0)::bigint AS promised_bytes, \
     count(*) FILTER (WHERE too_old) AS too_old, \
     coalesce(sum(stored_size) FILTER (WHERE too_old), 0)::bigint AS too_old_bytes";

/// Queues all parts of a file. `limits` names the stores that delete young bytes alone, with the time since when theirs must
/// have been stored.
pub async fn queue_file(
    conn: &mut Connection,
    file_id: Uuid,
    limits: &[(&str, DateTime<Utc>)],
    now: DateTime<Utc>,
) -> Result<Queued, DbError> {
    let (providers, oldest): (Vec<&str>, Vec<DateTime<Utc>>) = limits.iter().copied().unzip();
    let counted: Counted = diesel::sql_query(format!(
        "WITH held AS ( \
             SELECT p.provider, p.locator, p.file_id, p.stored_size, coalesce(p.stored_at < l.oldest, false) AS too_old \
             FROM file_parts p LEFT JOIN unnest($3, $4) AS l (provider, oldest) ON l.provider = p.provider \
             WHERE p.file_id = $1), \
         queued AS ( \
             INSERT INTO deletions (provider, locator, queued_at, not_before, promised_of) \
             SELECT provider, locator, $2, $2, CASE WHEN too_old THEN NULL ELSE file_id END FROM held) \
         SELECT {COUNTS} FROM held"
    ))
    .bind::<SqlUuid, _>(file_id)
    .bind::<Timestamptz, _>(now)
    .bind::<Array<Text>, _>(providers)
    .bind::<Array<Timestamptz>, _>(oldest)
    .get_result(conn)
    .await?;
    Ok(counted.into())
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
         RETURNING id, provider, locator, attempts, promised_of",
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
pub async fn postpone(conn: &mut Connection, postponed: &[Postponed]) -> Result<(), DbError> {
    let ids: Vec<i64> = postponed.iter().map(|entry| entry.id).collect();
    let times: Vec<_> = postponed.iter().map(|entry| entry.not_before).collect();
    let errors: Vec<&str> = postponed
        .iter()
        .map(|entry| entry.last_error.as_str())
        .collect();
    diesel::sql_query(
        "UPDATE deletions SET not_before = later.not_before, last_error = later.last_error \
         FROM unnest($1, $2, $3) AS later (id, not_before, last_error) WHERE deletions.id = later.id",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Timestamptz>, _>(times)
    .bind::<Array<Text>, _>(errors)
    .execute(conn)
    .await?;
    Ok(())
}

/// Entries by store.
pub async fn pending_by_provider(conn: &mut Connection) -> Result<Vec<(String, i64)>, DbError> {
    Ok(by_provider().load(conn).await?)
}

#[auto_type(no_type_alias)]
pub(super) fn by_provider() -> _ {
    deletions::table
        .group_by(deletions::provider)
        .select((deletions::provider, count_star()))
}

/// Whether bytes are recorded in this store: those of parts, of puts on their way, of deletions to come.
pub async fn store_is_known(conn: &mut Connection, provider: &str) -> Result<bool, DbError> {
    let row: Known = knowing(provider).get_result(conn).await?;
    Ok(row.known)
}

#[derive(QueryableByName)]
pub(super) struct Known {
    #[diesel(sql_type = diesel::sql_types::Bool)]
    known: bool,
}

/// Puts on their way are few: they need no index.
pub(super) fn knowing<'a>(
    provider: &'a str,
) -> impl Statement + LoadQuery<'a, Connection, Known> + use<'a> {
    diesel::sql_query(
        "SELECT EXISTS (SELECT 1 FROM file_parts WHERE provider = $1) \
             OR EXISTS (SELECT 1 FROM put_intents WHERE provider = $1) \
             OR EXISTS (SELECT 1 FROM deletions WHERE provider = $1) AS known",
    )
    .bind::<Text, _>(provider)
}
