//! Rows of `bot_chats`: which bot may send to which chat, and how that pair stands. Whatever keeps a pair from sending raises
//! its bot's `changes` first, so that a lease in the making passes it over.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Double, Nullable, Text as SqlText, Timestamptz};
use diesel_async::RunQueryDsl;
use ferry_core::wire::BotChatState;

use super::{Connection, DbError, Text};

/// A bot and a chat, with what they do just now.
#[derive(Debug, Clone, QueryableByName)]
pub struct PairRow {
    #[diesel(sql_type = BigInt)]
    pub bot_id: i64,
    #[diesel(sql_type = BigInt)]
    pub chat_id: i64,
    /// Whether the bot sends there.
    #[diesel(sql_type = SqlText)]
    pub state: Text<BotChatState>,
    /// Why it is not active, for a person.
    #[diesel(sql_type = Nullable<SqlText>)]
    pub reason: Option<String>,
    /// It sends nothing until then.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub cooled_until: Option<DateTime<Utc>>,
    /// Of its bucket, as they were at `refilled_at`.
    #[diesel(sql_type = Double)]
    pub tokens: f64,
    /// When its tokens were counted.
    #[diesel(sql_type = Timestamptz)]
    pub refilled_at: DateTime<Utc>,
    /// Sends that have not come back yet.
    #[diesel(sql_type = BigInt)]
    pub in_flight: i64,
    /// Sends since the time that was asked for.
    #[diesel(sql_type = BigInt)]
    pub sent: i64,
    /// Their bytes.
    #[diesel(sql_type = BigInt)]
    pub sent_bytes: i64,
}

/// Lets a bot send to a known chat, or to what that became; a pair that was off is on again, with the bucket it had.
pub async fn add(
    conn: &mut Connection,
    bot_id: i64,
    chat_id: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::sql_query(
        "INSERT INTO bot_chats (bot_id, chat_id, created_at) \
         SELECT $1, coalesce(migrated_to, chat_id), $3 FROM telegram_chats WHERE chat_id = $2 \
         ON CONFLICT (bot_id, chat_id) DO UPDATE SET state = 'active', reason = NULL",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<BigInt, _>(chat_id)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a bot out of every chat that is neither listed nor what a listed one became.
pub async fn keep_only(
    conn: &mut Connection,
    bot_id: i64,
    chat_ids: &[i64],
) -> Result<usize, DbError> {
    let removed = diesel::sql_query(
        "DELETE FROM bot_chats WHERE bot_id = $1 AND chat_id <> ALL ($2) AND chat_id NOT IN \
             (SELECT migrated_to FROM telegram_chats WHERE chat_id = ANY ($2) AND migrated_to IS NOT NULL)",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<Array<BigInt>, _>(chat_ids)
    .execute(conn)
    .await?;
    Ok(removed)
}

/// All pairs with what they have sent since a time, by bot and chat.
pub async fn list(
    conn: &mut Connection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<PairRow>, DbError> {
    let rows = diesel::sql_query(
        "SELECT p.bot_id, p.chat_id, p.state, p.reason, p.cooled_until, p.tokens, p.refilled_at, \
                count(s) FILTER (WHERE s.state = 'in_flight' AND s.deadline > $2) AS in_flight, \
                count(s) FILTER (WHERE s.state = 'stored') AS sent, \
                coalesce(sum(s.size_bytes) FILTER (WHERE s.state = 'stored'), 0)::bigint AS sent_bytes \
         FROM bot_chats p LEFT JOIN bot_sends s \
              ON s.bot_id = p.bot_id AND s.chat_id = p.chat_id AND s.ends_at > $1 \
         GROUP BY p.bot_id, p.chat_id ORDER BY p.bot_id, p.chat_id",
    )
    .bind::<Timestamptz, _>(since)
    .bind::<Timestamptz, _>(now)
    .load(conn)
    .await?;
    Ok(rows)
}

/// Keeps a pair from sending until then, if nothing keeps it longer.
pub async fn cool(
    conn: &mut Connection,
    bot_id: i64,
    chat_id: i64,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::sql_query(
        "WITH bot AS (UPDATE bots SET changes = changes + 1 WHERE id = $1 RETURNING id) \
         UPDATE bot_chats p SET cooled_until = greatest(p.cooled_until, $3) \
         FROM bot WHERE p.bot_id = bot.id AND p.chat_id = $2",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<BigInt, _>(chat_id)
    .bind::<Timestamptz, _>(until)
    .execute(conn)
    .await?;
    Ok(())
}

/// How a bot stands in a chat.
pub async fn set_state(
    conn: &mut Connection,
    bot_id: i64,
    chat_id: i64,
    state: BotChatState,
    reason: Option<&str>,
) -> Result<bool, DbError> {
    Ok(diesel::sql_query(
        "WITH bot AS (UPDATE bots SET changes = changes + 1 WHERE id = $1 RETURNING id) \
         UPDATE bot_chats p SET state = $3, reason = $4 FROM bot WHERE p.bot_id = bot.id AND p.chat_id = $2",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<BigInt, _>(chat_id)
    .bind::<SqlText, _>(Text(state))
    .bind::<Nullable<SqlText>, _>(reason)
    .execute(conn)
    .await?
        == 1)
}
