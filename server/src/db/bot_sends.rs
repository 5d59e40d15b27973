//! Rows of `bot_sends`: what bots send, written down before they do, and how it went. What allows a send is `bot_leases`;
//! every "now" comes from the caller.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text as SqlText, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use strum::{Display, EnumString, VariantArray};
use uuid::Uuid;

use super::schema::bot_sends;
use super::{Connection, DbError, Statement, Text};

/// How a send went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SendState {
    /// The sender has not told yet.
    InFlight,
    /// Its message is in the chat and belongs to a part.
    Stored,
    /// It left no message.
    Refused,
    /// It may have left a message, which belongs to no part then.
    Unknown,
}

/// Channels and supergroups: their ids begin with -100, and they count their messages for all bots alike. In all other
/// chats every bot has a count of its own: a message's id says nothing without the bot.
pub const COMMON_IDS_BELOW: i64 = -1_000_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum SendKind {
    Part,
    /// A part once more, under a bot that can read it.
    Copy,
    /// A message whose only worth is its id; see the sweep.
    // The name that the tables have had from the start.
    #[strum(serialize = "mark")]
    Barrier,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bot_sends, check_for_backend(diesel::pg::Pg))]
pub struct SendRow {
    pub attempt_id: Uuid,
    /// First attempt of the put; of a copy, that of the put whose message was copied.
    pub put_id: Uuid,
    pub bot_id: i64,
    pub chat_id: i64,
    pub kind: Text<SendKind>,
    /// Of the document.
    pub size_bytes: i32,
    pub started_at: DateTime<Utc>,
    pub state: Text<SendState>,
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

/// Remembers the message of a send; false when its time was over or the sweep has given it up: then it belongs to no part.
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
    .bind::<SqlText, _>(message.telegram_file_id)
    .bind::<SqlText, _>(message.telegram_file_unique_id)
    .bind::<Timestamptz, _>(now)
    .bind::<BigInt, _>(message.full_at_messages)
}

/// Remembers that a send left no message ([`SendState::Refused`]), or that it is not known ([`SendState::Unknown`]).
pub async fn settle_lost(
    conn: &mut Connection,
    attempt_id: Uuid,
    state: SendState,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let row = bot_sends::table
        .find(attempt_id)
        .filter(bot_sends::state.eq(Text(SendState::InFlight)));
    diesel::update(row)
        .set((
            bot_sends::state.eq(Text(state)),
            bot_sends::settled_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives up the sends whose senders did not come back by their deadline.
pub async fn expire(conn: &mut Connection, now: DateTime<Utc>) -> Result<usize, DbError> {
    let late = bot_sends::table.filter(
        bot_sends::state
            .eq(Text(SendState::InFlight))
            .and(bot_sends::deadline.le(now)),
    );
    Ok(diesel::update(late)
        .set((
            bot_sends::state.eq(Text(SendState::Unknown)),
            bot_sends::settled_at.eq(bot_sends::deadline.nullable()),
        ))
        .execute(conn)
        .await?)
}

/// The stored messages of these puts, with their copies, oldest first.
pub async fn stored_of(conn: &mut Connection, put_ids: &[Uuid]) -> Result<Vec<SendRow>, DbError> {
    Ok(bot_sends::table
        .filter(bot_sends::put_id.eq_any(put_ids))
        .filter(bot_sends::state.eq(Text(SendState::Stored)))
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
        .eq(Text(SendState::InFlight))
        .and(bot_sends::deadline.gt(now));
    Ok(bot_sends::table
        .filter(bot_sends::put_id.eq_any(put_ids))
        .filter(bot_sends::state.eq(Text(SendState::Stored)).or(is_coming))
        .select(bot_sends::put_id)
        .distinct()
        .load(conn)
        .await?)
}

/// Forgets these sends: their messages are deleted, or belong to no part.
pub async fn forget(conn: &mut Connection, attempt_ids: &[Uuid]) -> Result<(), DbError> {
    diesel::delete(bot_sends::table.filter(bot_sends::attempt_id.eq_any(attempt_ids)))
        .execute(conn)
        .await?;
    Ok(())
}
