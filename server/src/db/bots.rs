//! Rows of `bots`, `telegram_chats` and `bot_chats`: who may send where, and how they stand. What they send is `bot_sends`.
//! Whatever keeps a bot from sending raises its `changes` first, so that a lease in the making passes it over.

use chrono::{DateTime, Utc};
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Float, Nullable, Text, Timestamptz};
use diesel_async::RunQueryDsl;

use super::schema::{bot_chats, bots, telegram_chats};
use super::{Connection, DbError};

/// A bot or a pair that sends.
pub const ACTIVE: &str = "active";
/// A bot that a person put aside: it sends nothing, and what it stored is still read through it.
pub const DISABLED: &str = "disabled";

/// A bot.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = bots, check_for_backend(diesel::pg::Pg))]
pub struct BotRow {
    /// The number before the colon of its token.
    pub id: i64,
    /// Its name, without `@`.
    pub username: String,
    /// Sealed with the server's key.
    pub token_sealed: Vec<u8>,
    /// `active`, `unauthorized`, `logged_out` or `disabled`.
    pub state: String,
    /// Why it is not active, for a person.
    pub reason: Option<String>,
    /// It sends nothing until then.
    pub cooled_until: Option<DateTime<Utc>>,
    /// Its share of the load.
    pub weight: f32,
    /// `config` or `admin`.
    pub source: String,
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
    /// `config` or `admin`.
    pub source: &'a str,
}

/// A bot and a chat, with what they do just now.
#[derive(Debug, Clone, QueryableByName)]
pub struct PairRow {
    /// The bot.
    #[diesel(sql_type = BigInt)]
    pub bot_id: i64,
    /// The chat.
    #[diesel(sql_type = BigInt)]
    pub chat_id: i64,
    /// `active`, `kicked`, `not_member`, `no_rights`, `not_found` or `migrated`.
    #[diesel(sql_type = Text)]
    pub state: String,
    /// Why it is not active, for a person.
    #[diesel(sql_type = Nullable<Text>)]
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

/// A chat.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = telegram_chats, check_for_backend(diesel::pg::Pg))]
pub struct ChatRow {
    /// Its id.
    pub chat_id: i64,
    /// Its title, as last seen.
    pub title: String,
    /// `channel`, `supergroup`, `group` or `private`; empty when it was not seen yet.
    pub kind: String,
    /// Messages in it without a row are deleted.
    pub dedicated: bool,
    /// `open`, `full` or `migrated`.
    pub state: String,
    /// Documents stored there, ever.
    pub messages: i64,
    /// Highest message known.
    pub high_message_id: i64,
    /// Up to here nothing is without a row.
    pub swept_to: i64,
    /// What the group became.
    pub migrated_to: Option<i64>,
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
    .bind::<Text, _>(bot.username)
    .bind::<Binary, _>(bot.token_sealed)
    .bind::<Float, _>(bot.weight)
    .bind::<Text, _>(bot.source)
    .bind::<Timestamptz, _>(now)
    .execute(conn)
    .await?;
    Ok(())
}

/// One bot.
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

/// How a bot stands; the time is when that was seen.
pub async fn set_state(
    conn: &mut Connection,
    id: i64,
    state: &str,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    Ok(diesel::update(bots::table.find(id))
        .set((
            bots::state.eq(state),
            bots::reason.eq(reason),
            bots::checked_at.eq(now),
            bots::changes.eq(bots::changes + 1),
        ))
        .execute(conn)
        .await?
        == 1)
}

/// Telegram refuses a bot; one that a person put aside stays that.
pub async fn switch_off(
    conn: &mut Connection,
    id: i64,
    state: &str,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(bots::table.find(id).filter(bots::state.ne(DISABLED)))
        .set((
            bots::state.eq(state),
            bots::reason.eq(reason),
            bots::checked_at.eq(now),
            bots::changes.eq(bots::changes + 1),
        ))
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

/// Makes a chat known; what is known of it stays.
pub async fn add_chat(
    conn: &mut Connection,
    chat_id: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
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
pub async fn describe_chat(
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
pub async fn chats(conn: &mut Connection) -> Result<Vec<ChatRow>, DbError> {
    Ok(telegram_chats::table
        .select(ChatRow::as_select())
        .order(telegram_chats::chat_id)
        .load(conn)
        .await?)
}

/// Lets a bot send to a known chat, or to what that became; a pair that was off is on again, with the bucket it had.
pub async fn add_pair(
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
pub async fn keep_pairs(
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
pub async fn pairs(
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
            .and(bot_chats::state.eq(ACTIVE))
            .and(
                bot_chats::cooled_until
                    .is_null()
                    .or(bot_chats::cooled_until.le(now)),
            ),
    );
    Ok(bots::table
        .filter(bots::state.eq(ACTIVE))
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
            .and(bot_chats::state.eq(ACTIVE))
            .and(telegram_chats::state.eq("open")),
    );
    Ok(bots::table
        .filter(bots::state.eq(ACTIVE))
        .filter(exists(pair))
        .filter(not(bots::id.nullable().is_not_distinct_from(except)))
        .select(BotRow::as_select())
        .order((bots::cooled_until.asc().nulls_first(), bots::changes.asc()))
        .first(conn)
        .await
        .optional()?)
}

/// Keeps a pair from sending until then, if nothing keeps it longer.
pub async fn cool_pair(
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
pub async fn set_pair_state(
    conn: &mut Connection,
    bot_id: i64,
    chat_id: i64,
    state: &str,
    reason: Option<&str>,
) -> Result<bool, DbError> {
    Ok(diesel::sql_query(
        "WITH bot AS (UPDATE bots SET changes = changes + 1 WHERE id = $1 RETURNING id) \
         UPDATE bot_chats p SET state = $3, reason = $4 FROM bot WHERE p.bot_id = bot.id AND p.chat_id = $2",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<BigInt, _>(chat_id)
    .bind::<Text, _>(state)
    .bind::<Nullable<Text>, _>(reason)
    .execute(conn)
    .await?
        == 1)
}

/// A group became a supergroup: its bots send to the new id from now on. In the supergroup messages are counted anew.
pub async fn migrate_chat(
    conn: &mut Connection,
    from: i64,
    to: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    add_chat(conn, to, now).await?;
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
pub async fn chat_begins_at(
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
