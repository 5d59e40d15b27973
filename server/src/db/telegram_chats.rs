//! Rows of `telegram_chats`: where bots send to, what is known of a chat's messages, and what a group becomes when it grows.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamptz};
use diesel_async::RunQueryDsl;
use ferry_core::wire::ChatState;

use super::schema::telegram_chats;
use super::{Connection, DbError, Text};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = telegram_chats, check_for_backend(diesel::pg::Pg))]
pub struct ChatRow {
    pub chat_id: i64,
    /// Its title, as last seen.
    pub title: String,
    /// `channel`, `supergroup`, `group` or `private`; empty when it was not seen yet.
    pub kind: String,
    /// Messages in it without a row are deleted.
    pub dedicated: bool,
    /// Whether it takes new parts.
    pub state: Text<ChatState>,
    /// Documents stored there, ever.
    pub messages: i64,
    /// Highest message known.
    pub high_message_id: i64,
    /// Up to here nothing is without a row.
    pub swept_to: i64,
    /// What the group became.
    pub migrated_to: Option<i64>,
}

/// Makes a chat known; what is known of it stays.
pub async fn add(conn: &mut Connection, chat_id: i64, now: DateTime<Utc>) -> Result<(), DbError> {
    diesel::insert_into(telegram_chats::table)
        .values((
            telegram_chats::chat_id.eq(chat_id),
            telegram_chats::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// What a chat turned out to be.
pub async fn describe(
    conn: &mut Connection,
    chat_id: i64,
    title: &str,
    kind: &str,
) -> Result<(), DbError> {
    diesel::update(telegram_chats::table.find(chat_id))
        .set((
            telegram_chats::title.eq(title),
            telegram_chats::kind.eq(kind),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether messages without a row are deleted from a chat. Of what a chat holds when it becomes Ferry's alone nothing is:
/// others wrote there, and rows of parts that are committed were not kept.
pub async fn set_dedicated(
    conn: &mut Connection,
    chat_id: i64,
    dedicated: bool,
) -> Result<bool, DbError> {
    let changed = diesel::sql_query(
        "UPDATE telegram_chats SET dedicated = $2, \
                swept_to = CASE WHEN $2 AND NOT dedicated THEN high_message_id ELSE swept_to END \
         WHERE chat_id = $1",
    )
    .bind::<BigInt, _>(chat_id)
    .bind::<Bool, _>(dedicated)
    .execute(conn)
    .await?;
    Ok(changed == 1)
}

/// All chats, by id.
pub async fn list(conn: &mut Connection) -> Result<Vec<ChatRow>, DbError> {
    Ok(telegram_chats::table
        .select(ChatRow::as_select())
        .order(telegram_chats::chat_id)
        .load(conn)
        .await?)
}

/// A group became a supergroup: its bots send to the new id from now on. In the supergroup messages are counted anew.
pub async fn migrate(
    conn: &mut Connection,
    from: i64,
    to: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    add(conn, to, now).await?;
    diesel::sql_query(
        "WITH old AS (UPDATE telegram_chats SET state = 'migrated', migrated_to = $2 WHERE chat_id = $1 AND state <> 'migrated' \
                      RETURNING title, dedicated), \
              new AS (UPDATE telegram_chats c SET title = old.title, kind = 'supergroup', dedicated = old.dedicated \
                      FROM old WHERE c.chat_id = $2 AND c.kind = ''), \
              moved AS (INSERT INTO bot_chats (bot_id, chat_id, cooled_until, created_at) \
                        SELECT bot_id, $2, cooled_until, $3 FROM bot_chats WHERE chat_id = $1 AND state = 'active' \
                        ON CONFLICT DO NOTHING) \
         UPDATE bot_chats SET state = 'migrated', reason = 'the group is now ' || $2 \
         WHERE chat_id = $1 AND state = 'active'",
    )
    .bind::<BigInt, _>(from)
    .bind::<BigInt, _>(to)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// Where the ids of a chat are, from a message that was just seen in it: what is below is not swept.
pub async fn begins_at(
    conn: &mut Connection,
    chat_id: i64,
    message_id: i64,
) -> Result<(), DbError> {
    let untouched = telegram_chats::table
        .find(chat_id)
        .filter(telegram_chats::high_message_id.eq(0));
    diesel::update(untouched)
        .set((
            telegram_chats::high_message_id.eq(message_id),
            telegram_chats::swept_to.eq(message_id),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
