//! Rows of `bot_sends`: what bots send, written down before they do. Here is also the statement that picks the bot and
//! keeps its limits. The numbers of those limits are `storage::telegram::pacing`'s; every "now" comes from the caller.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Double, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::{bot_sends, telegram_chats};
use super::{Connection, DbError, Statement};

/// The sender has not told yet how it went.
pub const IN_FLIGHT: &str = "in_flight";
/// Its message is in the chat and is somebody's.
pub const STORED: &str = "stored";
/// It left no message.
pub const REFUSED: &str = "refused";
/// It may have left a message, which is nobody's then.
pub const UNKNOWN: &str = "unknown";

/// Channels and supergroups: their ids begin with -100, and they count their messages for all bots alike. In all other
/// chats every bot has a count of its own: a message's id says nothing without the bot.
pub const COMMON_IDS_BELOW: i64 = -1_000_000_000_000;

/// A new part.
pub const PART: &str = "part";
/// A part once more, under a bot that can read it.
pub const COPY: &str = "copy";
/// A message whose only worth is its id; see the sweep.
pub const BARRIER: &str = "mark";

/// A send that is to be allowed.
#[derive(Debug, Clone, Copy)]
pub struct LeaseRequest<'a> {
    /// Of the send.
    pub attempt_id: Uuid,
    /// First attempt of the put; of a copy, that of the put whose message is copied.
    pub put_id: Uuid,
    /// The process that sends.
    pub sender_id: Uuid,
    /// [`PART`], [`COPY`] or [`BARRIER`].
    pub kind: &'a str,
    /// Of the document.
    pub size_bytes: i32,
    /// Now.
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
    /// Of the bucket.
    pub tokens_per_sec: f64,
    /// Of the bucket.
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

/// Who sends.
#[derive(Debug, Clone, QueryableByName)]
pub struct LeasedRow {
    /// The bot.
    #[diesel(sql_type = BigInt)]
    pub bot_id: i64,
    /// Where to.
    #[diesel(sql_type = BigInt)]
    pub chat_id: i64,
    /// With what.
    #[diesel(sql_type = Binary)]
    pub token_sealed: Vec<u8>,
}

/// A send.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bot_sends, check_for_backend(diesel::pg::Pg))]
pub struct SendRow {
    /// Its id.
    pub attempt_id: Uuid,
    /// First attempt of the put; of a copy, that of the put whose message was copied.
    pub put_id: Uuid,
    /// Who sent.
    pub bot_id: i64,
    /// Where to.
    pub chat_id: i64,
    /// [`PART`], [`COPY`] or [`BARRIER`].
    pub kind: String,
    /// Of the document.
    pub size_bytes: i32,
    /// When.
    pub started_at: DateTime<Utc>,
    /// [`IN_FLIGHT`], [`STORED`], [`REFUSED`] or [`UNKNOWN`].
    pub state: String,
    /// Of a stored one.
    pub message_id: Option<i64>,
    /// Of a stored one, for its bot alone.
    pub telegram_file_id: Option<String>,
    /// Of a stored one, the same for all bots.
    pub telegram_file_unique_id: Option<String>,
    /// When it was settled.
    pub settled_at: Option<DateTime<Utc>>,
}

/// A message that was stored.
#[derive(Debug, Clone, Copy)]
pub struct StoredMessage<'a> {
    /// Of the send.
    pub attempt_id: Uuid,
    /// Its id in the chat.
    pub message_id: i64,
    /// For this bot alone.
    pub telegram_file_id: &'a str,
    /// The same for all bots.
    pub telegram_file_unique_id: &'a str,
    /// The chat is full with that many.
    pub full_at_messages: i64,
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

/// $9 to $11 as above, $12 when to look again at what nobody can foresee.
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

/// Allows a send and writes it down: takes the token of the least loaded pair that has one and is within its limits.
/// None when there is none, or when others were faster just now.
pub async fn lease(
    conn: &mut Connection,
    request: &LeaseRequest<'_>,
) -> Result<Option<LeasedRow>, DbError> {
    let limits = &request.limits;
    let leased = diesel::sql_query(LEASE)
        .bind::<Timestamptz, _>(request.now)
        .bind::<Double, _>(limits.burst)
        .bind::<Double, _>(limits.tokens_per_sec)
        .bind::<Timestamptz, _>(limits.minute_since)
        .bind::<Timestamptz, _>(limits.moment_since)
        .bind::<Nullable<BigInt>, _>(request.only_chat)
        .bind::<Nullable<BigInt>, _>(request.except_bot)
        .bind::<Text, _>(request.kind)
        .bind::<BigInt, _>(limits.in_flight)
        .bind::<BigInt, _>(limits.minute_sends)
        .bind::<BigInt, _>(limits.moment_sends)
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
    request: &LeaseRequest<'_>,
    look_again: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbError> {
    let limits = &request.limits;
    let row: FreeAt = diesel::sql_query(FREE_AT)
        .bind::<Timestamptz, _>(request.now)
        .bind::<Double, _>(limits.burst)
        .bind::<Double, _>(limits.tokens_per_sec)
        .bind::<Timestamptz, _>(limits.minute_since)
        .bind::<Timestamptz, _>(limits.moment_since)
        .bind::<Nullable<BigInt>, _>(request.only_chat)
        .bind::<Nullable<BigInt>, _>(request.except_bot)
        .bind::<Text, _>(request.kind)
        .bind::<BigInt, _>(limits.in_flight)
        .bind::<BigInt, _>(limits.minute_sends)
        .bind::<BigInt, _>(limits.moment_sends)
        .bind::<Timestamptz, _>(look_again)
        .get_result(conn)
        .await?;
    Ok(row.free_at)
}

/// Remembers the message of a send; false when its time was over or the sweep has given it up: then it is nobody's.
///
/// A chat's first message says where its ids are: what lay in it before, beyond the sends so far, is not swept.
pub async fn settle_stored(
    conn: &mut Connection,
    message: &StoredMessage<'_>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(storing(message, now).execute(conn).await? == 1)
}

/// All sends of the chat are counted for its first message alone: a subquery in `CASE` runs only where it is needed.
pub(super) fn storing(message: &StoredMessage<'_>, now: DateTime<Utc>) -> impl Statement {
    diesel::sql_query(
        "WITH done AS ( \
             UPDATE bot_sends SET state = 'stored', message_id = $2, telegram_file_id = $3, \
                    telegram_file_unique_id = $4, settled_at = $5 \
             WHERE attempt_id = $1 AND state = 'in_flight' AND deadline > $5 \
             RETURNING chat_id, kind, started_at) \
         UPDATE telegram_chats c \
         SET high_message_id = greatest(c.high_message_id, $2), \
             last_start = greatest(c.last_start, done.started_at), \
             swept_to = CASE WHEN c.high_message_id = 0 \
                 THEN greatest(0, $2 - (SELECT count(*) FROM bot_sends s WHERE s.chat_id = c.chat_id AND s.state <> 'refused')) \
                 ELSE c.swept_to END, \
             messages = c.messages + CASE WHEN done.kind = 'mark' THEN 0 ELSE 1 END, \
             state = CASE WHEN c.state = 'open' AND c.messages + 1 >= $6 THEN 'full' ELSE c.state END \
         FROM done WHERE c.chat_id = done.chat_id",
    )
    .bind::<SqlUuid, _>(message.attempt_id)
    .bind::<BigInt, _>(message.message_id)
    .bind::<Text, _>(message.telegram_file_id)
    .bind::<Text, _>(message.telegram_file_unique_id)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(message.full_at_messages)
}

/// Remembers that a send left no message ([`REFUSED`]), or that nobody knows ([`UNKNOWN`]).
pub async fn settle_lost(
    conn: &mut Connection,
    attempt_id: Uuid,
    state: &'static str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = bot_sends::table
        .find(attempt_id)
        .filter(bot_sends::state.eq(IN_FLIGHT));
    diesel::update(row)
        .set((bot_sends::state.eq(state), bot_sends::settled_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives up the sends whose senders did not come back by their deadline.
pub async fn expire(conn: &mut Connection, now: DateTime<Utc>) -> Result<usize, DbError> {
    let late = bot_sends::table.filter(
        bot_sends::state
            .eq(IN_FLIGHT)
            .and(bot_sends::deadline.le(now)),
    );
    Ok(diesel::update(late)
        .set((
            bot_sends::state.eq(UNKNOWN),
            bot_sends::settled_at.eq(bot_sends::deadline.nullable()),
        ))
        .execute(conn)
        .await?)
}

/// The stored messages of these puts, with their copies, oldest first.
pub async fn stored_of(conn: &mut Connection, put_ids: &[Uuid]) -> Result<Vec<SendRow>, DbError> {
    Ok(bot_sends::table
        .filter(bot_sends::put_id.eq_any(put_ids))
        .filter(bot_sends::state.eq(STORED))
        .select(SendRow::as_select())
        .order(bot_sends::started_at.asc())
        .load(conn)
        .await?)
}

/// Those of these puts that have a stored message, or a send that may still become one.
pub async fn left_of(
    conn: &mut Connection,
    put_ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, DbError> {
    let is_coming = bot_sends::state
        .eq(IN_FLIGHT)
        .and(bot_sends::deadline.gt(now));
    Ok(bot_sends::table
        .filter(bot_sends::put_id.eq_any(put_ids))
        .filter(bot_sends::state.eq(STORED).or(is_coming))
        .select(bot_sends::put_id)
        .distinct()
        .load(conn)
        .await?)
}

/// Forgets these sends: their messages are deleted, or nobody's.
pub async fn forget(conn: &mut Connection, attempt_ids: &[Uuid]) -> Result<(), DbError> {
    diesel::delete(bot_sends::table.filter(bot_sends::attempt_id.eq_any(attempt_ids)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Chats whose messages without a row are to be deleted: they have to count their messages for all bots alike.
pub async fn swept_chats(conn: &mut Connection) -> Result<Vec<i64>, DbError> {
    Ok(telegram_chats::table
        .filter(telegram_chats::dedicated)
        .filter(telegram_chats::chat_id.lt(COMMON_IDS_BELOW))
        .filter(telegram_chats::state.ne("migrated"))
        .select(telegram_chats::chat_id)
        .order(telegram_chats::chat_id)
        .load(conn)
        .await?)
}

/// What a chat's sweep is decided by, all of one moment.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SweptChatRow {
    /// Done up to here.
    #[diesel(sql_type = BigInt)]
    pub swept_to: i64,
    /// To be done up to here: what comes after may still become somebody's, or is more than one step takes.
    #[diesel(sql_type = BigInt)]
    pub horizon: i64,
    /// Ids in between that are somebody's, rising.
    #[diesel(sql_type = Array<BigInt>)]
    pub stored: Vec<i64>,
    /// Until when the latest lost send can arrive above `high_message_id`; none when there can be none.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub lost_until: Option<DateTime<Utc>>,
}

/// The facts for the next `at_most` ids of a chat. One statement, because rows go once the chat is swept beyond them:
/// a place read before and rows read after would make a part look like nobody's.
pub async fn swept_chat(
    conn: &mut Connection,
    chat_id: i64,
    at_most: i64,
    late_secs: i32,
) -> Result<SweptChatRow, DbError> {
    let row = diesel::sql_query(
        "WITH chat AS ( \
             SELECT c.chat_id, c.swept_to, c.last_start, \
                    least(c.swept_to + $2, c.high_message_id, \
                          (SELECT min(s.high_at_start) FROM bot_sends s \
                           WHERE s.chat_id = c.chat_id AND s.state = 'in_flight')) AS horizon \
             FROM telegram_chats c WHERE c.chat_id = $1) \
         SELECT chat.swept_to, chat.horizon, \
                ARRAY(SELECT s.message_id FROM bot_sends s \
                      WHERE s.chat_id = chat.chat_id AND s.message_id > chat.swept_to AND s.message_id <= chat.horizon \
                        AND s.state = 'stored' AND s.kind <> 'mark' ORDER BY s.message_id) AS stored, \
                (SELECT max(s.ends_at) + make_interval(secs => $3) FROM bot_sends s \
                 WHERE s.chat_id = chat.chat_id AND s.state = 'unknown' \
                   AND coalesce(s.ends_at + make_interval(secs => $3) > chat.last_start, true)) AS lost_until \
         FROM chat",
    )
    .bind::<BigInt, _>(chat_id)
    .bind::<BigInt, _>(at_most)
    .bind::<Integer, _>(late_secs)
    .get_result(conn)
    .await?;
    Ok(row)
}

/// Sends that ended without an answer, and whose message, if there is one, was not looked for yet.
pub async fn unanswered(conn: &mut Connection) -> Result<i64, DbError> {
    #[derive(QueryableByName)]
    struct Counted {
        #[diesel(sql_type = BigInt)]
        sends: i64,
    }
    let counted: Counted = diesel::sql_query(
        "SELECT count(*) AS sends FROM bot_sends s JOIN telegram_chats c USING (chat_id) \
         WHERE s.state = 'unknown' AND c.dedicated \
           AND NOT (c.swept_to = c.high_message_id AND coalesce(s.ends_at <= c.last_start, false))",
    )
    .get_result(conn)
    .await?;
    Ok(counted.sends)
}

/// Remembers how far a chat is swept.
pub async fn swept(conn: &mut Connection, chat_id: i64, swept_to: i64) -> Result<(), DbError> {
    let chat = telegram_chats::table
        .find(chat_id)
        .filter(telegram_chats::swept_to.lt(swept_to));
    diesel::update(chat)
        .set(telegram_chats::swept_to.eq(swept_to))
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets sends that nothing is decided by any more: parts that are committed and swept, what left no message, and
/// what was lost so long ago that messages were stored well after it. Returns how many.
pub async fn prune(
    conn: &mut Connection,
    settled_before: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    Ok(pruning(settled_before, limit).execute(conn).await?)
}

/// Stored copies are left out in the words of `idx_bot_sends_tidy`: they stay as long as the part does, and there may be
/// as many as there are parts.
pub(super) fn pruning(settled_before: DateTime<Utc>, limit: i64) -> impl Statement {
    diesel::sql_query(
        "DELETE FROM bot_sends WHERE attempt_id IN ( \
             SELECT s.attempt_id FROM bot_sends s JOIN telegram_chats c USING (chat_id), \
                  LATERAL (SELECT c.dedicated AND c.chat_id < -1000000000000 AND c.state <> 'migrated' AS by_us) swept \
             WHERE s.settled_at < $1 AND (s.state <> 'stored' OR s.kind <> 'copy') AND CASE s.state \
                 WHEN 'refused' THEN true \
                 WHEN 'unknown' THEN s.ends_at < $1 AND (NOT swept.by_us OR s.ends_at < c.last_start - interval '1 hour') \
                 WHEN 'stored' THEN (s.message_id <= c.swept_to OR NOT swept.by_us) AND (s.kind = 'mark' \
                     OR EXISTS (SELECT FROM file_parts p WHERE p.telegram_file_id = s.telegram_file_id)) \
                 ELSE false END \
             LIMIT $2 FOR UPDATE OF s SKIP LOCKED)",
    )
    .bind::<Timestamptz, _>(settled_before)
    .bind::<BigInt, _>(limit)
}
