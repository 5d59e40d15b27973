//! What rows of `bot_sends` and `telegram_chats` say of messages that belong to no part, for the sweep of
//! `storage::telegram`; and which of those rows decide nothing any more.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Timestamptz};
use diesel_async::RunQueryDsl;
use ferry_core::wire::ChatState;

use super::bot_sends::COMMON_IDS_BELOW;
use super::schema::telegram_chats;
use super::{Connection, DbError, Statement, Text};

/// Chats whose messages without a row are to be deleted: they have to count their messages for all bots alike.
pub async fn swept_chats(conn: &mut Connection) -> Result<Vec<i64>, DbError> {
    Ok(telegram_chats::table
        .filter(telegram_chats::dedicated)
        .filter(telegram_chats::chat_id.lt(COMMON_IDS_BELOW))
        .filter(telegram_chats::state.ne(Text(ChatState::Migrated)))
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
    /// To be done up to here: what comes after may still become a part's, or is more than one step takes.
    #[diesel(sql_type = BigInt)]
    pub horizon: i64,
    /// Ids in between that belong to a part, rising.
    #[diesel(sql_type = Array<BigInt>)]
    pub stored: Vec<i64>,
    /// Until when the latest lost send can arrive above `high_message_id`; none when there can be none.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub lost_until: Option<DateTime<Utc>>,
}

/// The facts for the next `at_most` ids of a chat. One statement, because rows go once the chat is swept beyond them:
/// a place read before and rows read after would make a part's message look like an orphan.
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
                  LATERAL (SELECT c.dedicated AND c.chat_id < $3 AND c.state <> 'migrated' AS by_us) swept \
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
    .bind::<BigInt, _>(COMMON_IDS_BELOW)
}
