//! Rows of `bot_senders`: the processes that send through the pool, and the signs of life that each gave. What silence
//! means is `storage::telegram::heartbeat`'s to say.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::bot_senders;
use super::{Connection, DbError};

/// Counts a sign of life of a process.
pub async fn count_heartbeat(conn: &mut Connection, id: Uuid) -> Result<(), DbError> {
    diesel::insert_into(bot_senders::table)
        .values((bot_senders::id.eq(id), bot_senders::beats.eq(1)))
        .on_conflict(bot_senders::id)
        .do_update()
        .set(bot_senders::beats.eq(bot_senders::beats + 1))
        .execute(conn)
        .await?;
    Ok(())
}

/// The other processes, and how often each gave a sign of life.
pub async fn others(conn: &mut Connection, id: Uuid) -> Result<Vec<(Uuid, i64)>, DbError> {
    Ok(bot_senders::table
        .filter(bot_senders::id.ne(id))
        .select((bot_senders::id, bot_senders::beats))
        .load(conn)
        .await?)
}

/// Forgets a process if it gave no other sign of life, and gives up what it was sending, like a send whose answer was
/// lost. Returns how many sends.
pub async fn mark_dead(
    conn: &mut Connection,
    (id, beats): (Uuid, i64),
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let given_up = diesel::sql_query(
        "WITH dead AS (DELETE FROM bot_senders WHERE id = $1 AND beats = $2 RETURNING id) \
         UPDATE bot_sends s SET state = 'unknown', settled_at = $3 \
         FROM dead WHERE s.sender_id = dead.id AND s.state = 'in_flight'",
    )
    .bind::<SqlUuid, _>(id)
    .bind::<BigInt, _>(beats)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(given_up)
}
