//! Rows of `bots`: who they are and how they stand. Where they may send is `bot_chats`, what they send is `bot_sends`.
//! Whatever keeps a bot from sending raises its `changes` first, so that a lease in the making passes it over.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Float, Text as SqlText, Timestamptz};
use diesel_async::RunQueryDsl;
use ferry_core::wire::{BotChatState, BotSource, BotState, ChatState};

use super::schema::{bot_chats, bots, telegram_chats};
use super::{Connection, DbError, Text};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bots, check_for_backend(diesel::pg::Pg))]
pub struct BotRow {
    /// The number before the colon of its token.
    pub id: i64,
    /// Its name, without `@`.
    pub username: String,
    /// Sealed with the server's key.
    pub token_sealed: Vec<u8>,
    pub state: Text<BotState>,
    /// Why it is not active, for a person.
    pub reason: Option<String>,
    /// It sends nothing until then.
    pub cooled_until: Option<DateTime<Utc>>,
    /// Its share of the load.
    pub weight: f32,
    pub source: Text<BotSource>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When its token was last seen to work.
    pub checked_at: Option<DateTime<Utc>>,
}

/// A bot about to be written.
#[derive(Debug)]
pub struct NewBot<'a> {
    /// The number before the colon of its token.
    pub id: i64,
    /// Its name, without `@`.
    pub username: &'a str,
    /// Sealed with the server's key.
    pub token_sealed: &'a [u8],
    /// Its share of the load.
    pub weight: f32,
    pub source: BotSource,
}

/// Adds a bot, or gives a known one its new token; one that was off, but not disabled by a person, is on again.
pub async fn upsert(
    conn: &mut Connection,
    bot: &NewBot<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::sql_query(
        "INSERT INTO bots AS b (id, username, token_sealed, weight, source, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (id) DO UPDATE SET \
             username = CASE WHEN excluded.username = '' THEN b.username ELSE excluded.username END, \
             token_sealed = excluded.token_sealed, weight = excluded.weight, source = excluded.source, \
             state = CASE WHEN b.state = 'disabled' THEN b.state ELSE 'active' END, \
             reason = CASE WHEN b.state = 'disabled' THEN b.reason END, \
             changes = b.changes + 1",
    )
    .bind::<BigInt, _>(bot.id)
    .bind::<SqlText, _>(bot.username)
    .bind::<Binary, _>(bot.token_sealed)
    .bind::<Float, _>(bot.weight)
    .bind::<SqlText, _>(Text(bot.source))
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn find(conn: &mut Connection, id: i64) -> Result<Option<BotRow>, DbError> {
    Ok(bots::table
        .find(id)
        .select(BotRow::as_select())
        .first(conn)
        .await
        .optional()?)
}

/// All bots, by id.
pub async fn list(conn: &mut Connection) -> Result<Vec<BotRow>, DbError> {
    Ok(bots::table
        .select(BotRow::as_select())
        .order(bots::id)
        .load(conn)
        .await?)
}

/// How a bot stands from now on.
#[derive(AsChangeset)]
#[diesel(table_name = bots, treat_none_as_null = true)]
struct StateChange<'a> {
    state: Text<BotState>,
    reason: Option<&'a str>,
    checked_at: DateTime<Utc>,
}

/// How a bot stands; the time is when that was seen.
pub async fn set_state(
    conn: &mut Connection,
    id: i64,
    state: BotState,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let change = StateChange {
        state: Text(state),
        reason,
        checked_at: now,
    };
    let changed = diesel::update(bots::table.find(id))
        .set((change, bots::changes.eq(bots::changes + 1)))
        .execute(conn);
    Ok(changed.await? == 1)
}

/// Telegram refuses a bot; one that a person put aside stays that.
pub async fn switch_off(
    conn: &mut Connection,
    id: i64,
    state: BotState,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let is_used = bots::state.ne(Text(BotState::Disabled));
    let change = StateChange {
        state: Text(state),
        reason: Some(reason),
        checked_at: now,
    };
    diesel::update(bots::table.find(id).filter(is_used))
        .set((change, bots::changes.eq(bots::changes + 1)))
        .execute(conn)
        .await?;
    Ok(())
}

/// A bot's share of the load.
pub async fn set_weight(conn: &mut Connection, id: i64, weight: f32) -> Result<bool, DbError> {
    Ok(diesel::update(bots::table.find(id))
        .set(bots::weight.eq(weight))
        .execute(conn)
        .await?
        == 1)
}

/// A bot's name, and that its token works.
pub async fn seen(
    conn: &mut Connection,
    id: i64,
    username: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(bots::table.find(id))
        .set((bots::username.eq(username), bots::checked_at.eq(now)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a bot and its pairs. What it sent stays, and can be read through the others of its chats.
pub async fn remove(conn: &mut Connection, id: i64) -> Result<bool, DbError> {
    Ok(diesel::delete(bots::table.find(id)).execute(conn).await? == 1)
}

/// Keeps a bot from sending until then, if nothing keeps it longer.
pub async fn cool(conn: &mut Connection, id: i64, until: DateTime<Utc>) -> Result<(), DbError> {
    diesel::sql_query(
        "UPDATE bots SET cooled_until = greatest(cooled_until, $2), changes = changes + 1 WHERE id = $1",
    )
    .bind::<BigInt, _>(id)
    .bind::<Timestamptz, _>(until)
    .execute(conn)
    .await?;
    Ok(())
}

/// Bots that may be asked something about a chat just now, but for one: to read, to copy, to delete. Any order.
pub async fn others(
    conn: &mut Connection,
    chat_id: i64,
    except: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Vec<BotRow>, DbError> {
    let member = bot_chats::table.filter(
        bot_chats::bot_id
            .eq(bots::id)
            .and(bot_chats::chat_id.eq(chat_id))
            .and(bot_chats::state.eq(Text(BotChatState::Active)))
            .and(
                bot_chats::cooled_until
                    .is_null()
                    .or(bot_chats::cooled_until.le(now)),
            ),
    );
    Ok(bots::table
        .filter(bots::state.eq(Text(BotState::Active)))
        .filter(bots::cooled_until.is_null().or(bots::cooled_until.le(now)))
        .filter(exists(member))
        .filter(not(bots::id.nullable().is_not_distinct_from(except)))
        .select(BotRow::as_select())
        .order(bots::changes.asc())
        .load(conn)
        .await?)
}

/// A bot that new parts can be sent by, some time, but for one.
pub async fn usable(conn: &mut Connection, except: Option<i64>) -> Result<Option<BotRow>, DbError> {
    let pair = bot_chats::table.inner_join(telegram_chats::table).filter(
        bot_chats::bot_id
            .eq(bots::id)
            .and(bot_chats::state.eq(Text(BotChatState::Active)))
            .and(telegram_chats::state.eq(Text(ChatState::Open))),
    );
    Ok(bots::table
        .filter(bots::state.eq(Text(BotState::Active)))
        .filter(exists(pair))
        .filter(not(bots::id.nullable().is_not_distinct_from(except)))
        .select(BotRow::as_select())
        .order((bots::cooled_until.asc().nulls_first(), bots::changes.asc()))
        .first(conn)
        .await
        .optional()?)
}
