//! The statement that allows a send: it picks the bot, keeps its limits and writes the row of `bot_sends`, all at once. The
//! numbers of the limits are `storage::telegram::pacing`'s; every "now" comes from the caller.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{
    BigInt, Binary, Double, Integer, Nullable, Text as SqlText, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::bot_sends::SendKind;
use super::{Connection, DbError, Text};

/// A send that is to be allowed.
#[derive(Debug, Clone, Copy)]
pub struct LeaseRequest {
    pub attempt_id: Uuid,
    /// First attempt of the put; of a copy, that of the put whose message is copied.
    pub put_id: Uuid,
    /// The process that sends.
    pub sender_id: Uuid,
    pub kind: SendKind,
    /// Of the document.
    pub size_bytes: i32,
    pub now: DateTime<Utc>,
    /// When the sender will have given up.
    pub deadline: DateTime<Utc>,
    /// No other chat will do.
    pub only_chat: Option<i64>,
    /// This bot will not do.
    pub except_bot: Option<i64>,
    /// What may not be exceeded.
    pub limits: Limits,
}

/// What a pair of bot and chat, and a bot, may not exceed.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub tokens_per_sec: f64,
    pub burst: f64,
    /// Sends of a pair that may have arrived since `minute_since`, this one included.
    pub minute_sends: i64,
    /// A minute ago and a little.
    pub minute_since: DateTime<Utc>,
    /// The same since `moment_since`.
    pub moment_sends: i64,
    /// Some seconds ago.
    pub moment_since: DateTime<Utc>,
    /// Sends of a bot in flight, this one included.
    pub in_flight: i64,
}

#[derive(Debug, Clone, QueryableByName)]
pub struct LeasedRow {
    #[diesel(sql_type = BigInt)]
    pub bot_id: i64,
    #[diesel(sql_type = BigInt)]
    pub chat_id: i64,
    #[diesel(sql_type = Binary)]
    pub token_sealed: Vec<u8>,
}

/// Every pair that could do it, with what it has sent. $1 now, $2 burst, $3 tokens a second, $4 since when the minute
/// counts, $5 the moment, $6 the only chat, $7 not this bot, $8 kind.
macro_rules! facts {
    () => {
        "WITH facts AS MATERIALIZED ( \
             SELECT p.bot_id, p.chat_id, b.weight, b.changes, c.high_message_id, \
                    greatest(p.cooled_until, b.cooled_until) AS cooled_until, \
                    least($2, p.tokens + $3 * extract(epoch FROM greatest($1 - p.refilled_at, interval '0'))::float8) AS tokens, \
                    (SELECT count(*) FROM bot_sends s \
                     WHERE s.bot_id = p.bot_id AND s.state = 'in_flight' AND s.deadline > $1) AS in_flight, \
                    (SELECT count(*) FROM bot_sends s \
                     WHERE s.bot_id = p.bot_id AND s.chat_id = p.chat_id AND s.ends_at > $4) AS minute, \
                    (SELECT count(*) FROM bot_sends s \
                     WHERE s.bot_id = p.bot_id AND s.chat_id = p.chat_id AND s.ends_at > $5) AS moment \
             FROM bot_chats p JOIN bots b ON b.id = p.bot_id JOIN telegram_chats c ON c.chat_id = p.chat_id \
             WHERE p.state = 'active' AND b.state = 'active' \
               AND (c.state = 'open' OR (c.state = 'full' AND $8 <> 'part')) \
               AND ($6 IS NULL OR p.chat_id = $6) AND p.bot_id IS DISTINCT FROM $7)"
    };
}

/// $9 in flight, $10 in the minute, $11 in the moment, $12 attempt, $13 put, $14 size, $15 deadline, $16 sender.
///
/// `facts` is as old as the statement, so a lease that was committed since is not in its counts. The bot's row is
/// locked at its newest, and `changes` tells whether anything was: such a bot is passed over, like one that is locked.
const LEASE: &str = concat!(
    facts!(),
    ", choice AS ( \
         SELECT f.* FROM facts f JOIN bots b ON b.id = f.bot_id \
         WHERE b.changes = f.changes AND coalesce(f.cooled_until <= $1, true) \
           AND f.tokens > 1 - 1e-6 AND f.in_flight < $9 AND f.minute < $10 AND f.moment < $11 \
         ORDER BY f.in_flight / f.weight, f.minute / f.weight, f.tokens DESC, random() \
         LIMIT 1 FOR UPDATE OF b SKIP LOCKED), \
     counted AS (UPDATE bots b SET changes = b.changes + 1 FROM choice WHERE b.id = choice.bot_id), \
     spent AS (UPDATE bot_chats p SET tokens = choice.tokens - 1, refilled_at = greatest(p.refilled_at, $1) \
               FROM choice WHERE p.bot_id = choice.bot_id AND p.chat_id = choice.chat_id) \
     INSERT INTO bot_sends (attempt_id, put_id, bot_id, chat_id, kind, size_bytes, started_at, deadline, high_at_start, sender_id) \
     SELECT $12, $13, bot_id, chat_id, $8, $14, $1, $15, high_message_id, $16 FROM choice \
     RETURNING bot_id, chat_id, (SELECT token_sealed FROM bots WHERE bots.id = bot_sends.bot_id) AS token_sealed"
);

/// $9 to $11 as above, $12 when to look again at what cannot be foreseen.
const FREE_AT: &str = concat!(
    facts!(),
    "SELECT min(greatest($1, f.cooled_until, \
         CASE WHEN f.tokens <= 1 - 1e-6 THEN $1 + make_interval(secs => (1 - f.tokens) / $3) END, \
         CASE WHEN f.in_flight >= $9 OR f.moment >= $11 THEN $12 END, \
         (SELECT s.ends_at FROM bot_sends s \
          WHERE s.bot_id = f.bot_id AND s.chat_id = f.chat_id AND s.ends_at > $4 \
          ORDER BY s.ends_at DESC OFFSET greatest($10 - 1, 0) LIMIT 1) + ($1 - $4))) AS free_at \
     FROM facts f"
);

/// One of the two statements above, with $1 to $11 filled in.
fn over_facts(sql: &'static str, request: &LeaseRequest) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
    let limits = &request.limits;
    diesel::sql_query(sql)
        .into_boxed()
        .bind::<Timestamptz, _>(request.now)
        .bind::<Double, _>(limits.burst)
        .bind::<Double, _>(limits.tokens_per_sec)
        .bind::<Timestamptz, _>(limits.minute_since)
        .bind::<Timestamptz, _>(limits.moment_since)
        .bind::<Nullable<BigInt>, _>(request.only_chat)
        .bind::<Nullable<BigInt>, _>(request.except_bot)
        .bind::<SqlText, _>(Text(request.kind))
        .bind::<BigInt, _>(limits.in_flight)
        .bind::<BigInt, _>(limits.minute_sends)
        .bind::<BigInt, _>(limits.moment_sends)
}

/// Allows a send and writes it down: takes the token of the least loaded pair that has one and is within its limits.
/// None when there is none, or when others were faster just now.
pub async fn lease(
    conn: &mut Connection,
    request: &LeaseRequest,
) -> Result<Option<LeasedRow>, DbError> {
    let leased = over_facts(LEASE, request)
        .bind::<SqlUuid, _>(request.attempt_id)
        .bind::<SqlUuid, _>(request.put_id)
        .bind::<Integer, _>(request.size_bytes)
        .bind::<Timestamptz, _>(request.deadline)
        .bind::<SqlUuid, _>(request.sender_id)
        .get_result(conn)
        .await
        .optional()?;
    Ok(leased)
}

#[derive(QueryableByName)]
struct FreeAt {
    #[diesel(sql_type = Nullable<Timestamptz>)]
    free_at: Option<DateTime<Utc>>,
}

/// When the first pair can take this send, as far as that can be foreseen; none when there is no pair for it at all.
pub async fn free_at(
    conn: &mut Connection,
    request: &LeaseRequest,
    look_again: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbError> {
    let row: FreeAt = over_facts(FREE_AT, request)
        .bind::<Timestamptz, _>(look_again)
        .get_result(conn)
        .await?;
    Ok(row.free_at)
}
