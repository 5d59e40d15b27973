//! Rows of `bot_senders`: the processes that send through the pool, and when each last gave a sign of life. What silence
//! means is `storage::telegram::pulse`'s to say.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::bot_senders;
use super::{Connection, DbError};

/// Remembers that a process is alive.
pub async fn seen(conn: &mut Connection, id: Uuid, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::insert_into(bot_senders::table)
        .values((bot_senders::id.eq(id), bot_senders::seen_at.eq(now)))
        .on_conflict(bot_senders::id)
        .do_update()
        .set(bot_senders::seen_at.eq(now))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets the processes that were last seen before that, and gives up what they were sending, like a send whose answer
/// was lost. Returns how many sends.
pub async fn bury(
    conn: &mut Connection,
    seen_before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<usize, DbError> {
    let given_up = diesel::sql_query(
        "WITH dead AS (DELETE FROM bot_senders WHERE seen_at < $1 RETURNING id) \
         UPDATE bot_sends s SET state = 'unknown', settled_at = $2 \
         FROM dead WHERE s.sender_id = dead.id AND s.state = 'in_flight'",
    )
    .bind::<Timestamptz, _>(seen_before)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(given_up)
}
