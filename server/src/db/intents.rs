//! Rows of `put_intents`: where bytes are about to be put, written before the provider is called.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Jsonb, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::put_intents;
use super::{Connection, DbError};

/// An intent about to be written.
#[derive(Debug, Insertable)]
#[diesel(table_name = put_intents)]
pub struct NewIntent<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub file_id: Uuid,
    pub part_number: i32,
    /// Name of the store.
    pub provider: &'a str,
    pub locator: &'a serde_json::Value,
    pub created_at: DateTime<Utc>,
}

pub async fn insert(conn: &mut Connection, intent: &NewIntent<'_>) -> Result<(), DbError> {
    diesel::insert_into(put_intents::table)
        .values(intent)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes an intent away to commit its part; false when the sweep was faster and the bytes are as good as deleted.
pub async fn take(conn: &mut Connection, id: Uuid) -> Result<bool, DbError> {
    Ok(diesel::delete(put_intents::table.find(id))
        .execute(conn)
        .await?
        == 1)
}

/// Gives an intent up: its bytes, at their final locator, are queued for deletion.
pub async fn give_up(
    conn: &mut Connection,
    id: Uuid,
    locator: &serde_json::Value,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::sql_query(
        "WITH gone AS (DELETE FROM put_intents WHERE id = $1 RETURNING provider) \
         INSERT INTO deletions (provider, locator, queued_at, not_before) SELECT provider, $2, $3, $3 FROM gone",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<Jsonb, _>(locator)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Queues the bytes of intents that nobody came back to; those being committed just now are left alone.
pub async fn sweep(
    conn: &mut Connection,
    older_than: DateTime<Utc>,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    let swept = diesel::sql_query(
        "WITH stale AS (SELECT id FROM put_intents WHERE created_at < $1 ORDER BY created_at LIMIT $3 \
                        FOR UPDATE SKIP LOCKED), \
              gone AS (DELETE FROM put_intents USING stale WHERE put_intents.id = stale.id \
                       RETURNING put_intents.provider, put_intents.locator) \
         INSERT INTO deletions (provider, locator, queued_at, not_before) SELECT provider, locator, $2, $2 FROM gone",
    )
    .bind::<Timestamptz, _>(older_than)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(limit)
    .execute(conn)
    .await?;
    Ok(swept)
}
