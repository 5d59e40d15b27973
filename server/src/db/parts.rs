//! Rows of `file_parts`. A row is written only after its bytes are stored and checked; the sums of session, quota and
//! activity follow by trigger.

use chrono::{DateTime, Utc};
use diesel::dsl::{auto_type, count_star, sum};
use diesel::prelude::*;
use diesel::sql_types::{self, Array, BigInt, Integer, Timestamptz};
use diesel_async::{RunQueryDsl, methods::LoadQuery};
use ferry_core::wire::PartState;
use uuid::Uuid;

use super::bot_sends::COMMON_IDS_BELOW;
use super::schema::file_parts;
use super::{Connection, DbError, Statement, Text};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = file_parts, check_for_backend(diesel::pg::Pg))]
pub struct PartRow {
    pub id: i64,
    /// From 1.
    pub part_number: i32,
    /// Plaintext bytes by the plan.
    pub size: i32,
    /// Sealed bytes.
    pub stored_size: i32,
    /// First 12 of them.
    pub iv: Vec<u8>,
    /// Last 16 of them.
    pub auth_tag: Vec<u8>,
    /// Packed before sealing.
    pub is_compressed: bool,
    /// MAC of the plaintext.
    pub part_mac: Vec<u8>,
    /// Of the sealed bytes.
    pub stored_blake3: Vec<u8>,
    /// Whether the bytes are sound.
    pub state: Text<PartState>,
    /// Name of the store.
    pub provider: String,
    pub locator: serde_json::Value,
    /// Rises with every replacement.
    pub generation: i32,
    /// When this generation's bytes were last found sound.
    pub verified_at: Option<DateTime<Utc>>,
}

/// The bytes of one generation of a part. Its fields stand in [`PartRow`] once more: diesel derives reading from one struct
/// and writing from another.
#[derive(Debug, Clone, Insertable, AsChangeset)]
#[diesel(table_name = file_parts)]
pub struct StoredBytes {
    /// Plaintext bytes by the plan.
    pub size: i32,
    /// Sealed bytes.
    pub stored_size: i32,
    /// First 12 of them.
    pub iv: Vec<u8>,
    /// Last 16 of them.
    pub auth_tag: Vec<u8>,
    /// Packed before sealing.
    pub is_compressed: bool,
    /// MAC of the plaintext.
    pub part_mac: Vec<u8>,
    /// Of the sealed bytes.
    pub stored_blake3: Vec<u8>,
    /// Whether they are sound.
    pub state: Text<PartState>,
    /// Name of the store.
    pub provider: String,
    pub locator: serde_json::Value,
    pub stored_at: DateTime<Utc>,
}

/// The row of one part.
pub async fn find(
    conn: &mut Connection,
    file_id: Uuid,
    part_number: i32,
) -> Result<Option<PartRow>, DbError> {
    let row = file_parts::table
        .filter(
            file_parts::file_id
                .eq(file_id)
                .and(file_parts::part_number.eq(part_number)),
        )
        .select(PartRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// Writes a part's first generation.
pub async fn insert(
    conn: &mut Connection,
    file_id: Uuid,
    part_number: i32,
    bytes: &StoredBytes,
) -> Result<PartRow, DbError> {
    let row = diesel::insert_into(file_parts::table)
        .values((
            file_parts::file_id.eq(file_id),
            file_parts::part_number.eq(part_number),
            file_parts::created_at.eq(bytes.stored_at),
            bytes.clone(),
        ))
        .returning(PartRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(row)
}

/// Writes a part's next generation over the last one.
pub async fn replace(
    conn: &mut Connection,
    id: i64,
    bytes: &StoredBytes,
) -> Result<PartRow, DbError> {
    let row = diesel::update(file_parts::table.find(id))
        .set((
            bytes.clone(),
            file_parts::generation.eq(file_parts::generation + 1),
            file_parts::verified_at.eq(None::<DateTime<Utc>>),
        ))
        .returning(PartRow::as_returning())
        .get_result(conn)
        .await?;
    Ok(row)
}

/// Rows by number, after one.
pub async fn page(
    conn: &mut Connection,
    file_id: Uuid,
    after: i32,
    limit: i64,
) -> Result<Vec<PartRow>, DbError> {
    let rows = file_parts::table
        .filter(
            file_parts::file_id
                .eq(file_id)
                .and(file_parts::part_number.gt(after)),
        )
        .select(PartRow::as_select())
        .order(file_parts::part_number.asc())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows)
}

/// The rows of these numbers, rising.
pub async fn of_numbers(
    conn: &mut Connection,
    file_id: Uuid,
    numbers: &[i32],
) -> Result<Vec<PartRow>, DbError> {
    let rows = file_parts::table
        .filter(
            file_parts::file_id
                .eq(file_id)
                .and(file_parts::part_number.eq_any(numbers)),
        )
        .select(PartRow::as_select())
        .order(file_parts::part_number.asc())
        .load(conn)
        .await?;
    Ok(rows)
}

/// Numbers and plaintext sizes of the sound parts, by number.
pub async fn sound(conn: &mut Connection, file_id: Uuid) -> Result<Vec<(i32, i32)>, DbError> {
    Ok(in_state(file_id, Text(PartState::Stored))
        .load(conn)
        .await?)
}

#[auto_type(no_type_alias)]
pub(super) fn in_state(file_id: Uuid, state: Text<PartState>) -> _ {
    file_parts::table
        .filter(
            file_parts::file_id
                .eq(file_id)
                .and(file_parts::state.eq(state)),
        )
        .select((file_parts::part_number, file_parts::size))
        .order(file_parts::part_number.asc())
}

/// Says of one generation that its bytes are damaged; false when it was replaced in between.
pub async fn mark_corrupt(
    conn: &mut Connection,
    id: i64,
    generation: i32,
) -> Result<bool, DbError> {
    let row = file_parts::table.filter(
        file_parts::id
            .eq(id)
            .and(file_parts::generation.eq(generation))
            .and(file_parts::state.eq(Text(PartState::Stored))),
    );
    Ok(diesel::update(row)
        .set(file_parts::state.eq(Text(PartState::Corrupt)))
        .execute(conn)
        .await?
        == 1)
}

/// Remembers when these generations' bytes were last found sound; one replaced or found damaged since is left alone.
pub async fn mark_verified(
    conn: &mut Connection,
    sound: &[(i64, i32)],
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let (ids, generations): (Vec<i64>, Vec<i32>) = sound.iter().copied().unzip();
    diesel::sql_query(
        "UPDATE file_parts SET verified_at = $3 FROM unnest($1, $2) AS seen (id, generation) \
         WHERE file_parts.id = seen.id AND file_parts.generation = seen.generation AND file_parts.state = $4",
    )
    .bind::<Array<BigInt>, _>(ids)
    .bind::<Array<Integer>, _>(generations)
    .bind::<Timestamptz, _>(now)
    .bind::<sql_types::Text, _>(Text(PartState::Stored))
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes rows; their bytes must be queued for deletion in the same transaction.
pub async fn delete(conn: &mut Connection, ids: &[i64]) -> Result<(), DbError> {
    diesel::delete(file_parts::table.filter(file_parts::id.eq_any(ids)))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes the rows after a number; their bytes must be queued for deletion in the same transaction.
pub async fn delete_after(conn: &mut Connection, file_id: Uuid, after: i32) -> Result<(), DbError> {
    let rows = file_parts::table.filter(
        file_parts::file_id
            .eq(file_id)
            .and(file_parts::part_number.gt(after)),
    );
    diesel::delete(rows).execute(conn).await?;
    Ok(())
}

/// Removes all rows of a file; their bytes must be queued for deletion in the same transaction.
pub async fn delete_all(conn: &mut Connection, file_id: Uuid) -> Result<usize, DbError> {
    Ok(
        diesel::delete(file_parts::table.filter(file_parts::file_id.eq(file_id)))
            .execute(conn)
            .await?,
    )
}

/// Parts and sealed bytes by store.
pub async fn sums_by_provider(conn: &mut Connection) -> Result<Vec<(String, i64, i64)>, DbError> {
    let rows: Vec<SumOf<String>> = by_provider().load(conn).await?;
    Ok(rows
        .into_iter()
        .map(|(name, parts, bytes)| (name, parts, bytes.unwrap_or_default()))
        .collect())
}

type SumOf<K> = (K, i64, Option<i64>);

pub(super) fn by_provider() -> impl Statement + LoadQuery<'static, Connection, SumOf<String>> {
    file_parts::table.group_by(file_parts::provider).select((
        file_parts::provider,
        count_star(),
        sum(file_parts::stored_size),
    ))
}

/// Parts and sealed bytes by the bot that stored them. Reads an entry of an index for every part: not to be asked often.
pub async fn sums_by_bot(conn: &mut Connection) -> Result<Vec<(i64, i64, i64)>, DbError> {
    let rows: Vec<SumOf<Option<i64>>> = by_bot().load(conn).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(bot, parts, bytes)| Some((bot?, parts, bytes.unwrap_or_default())))
        .collect())
}

pub(super) fn by_bot() -> impl Statement + LoadQuery<'static, Connection, SumOf<Option<i64>>> {
    file_parts::table
        .filter(file_parts::bot_id.is_not_null())
        .group_by(file_parts::bot_id)
        .select((
            file_parts::bot_id,
            count_star(),
            sum(file_parts::stored_size),
        ))
}

/// Parts that a bot stored, and how many of them are in a chat where another bot knows them by the same ids and can use it.
pub async fn held_by_bot(conn: &mut Connection, bot_id: i64) -> Result<(i64, i64), DbError> {
    let held: HeldByBot = holding(bot_id).get_result(conn).await?;
    Ok((held.parts, held.recoverable))
}

#[derive(QueryableByName)]
pub(super) struct HeldByBot {
    #[diesel(sql_type = BigInt)]
    parts: i64,
    #[diesel(sql_type = BigInt)]
    recoverable: i64,
}

/// Parts are counted by columns of one index, which is all that is read of them.
pub(super) fn holding(bot_id: i64) -> impl Statement + LoadQuery<'static, Connection, HeldByBot> {
    diesel::sql_query(
        "WITH held AS (SELECT chat_id, count(*) AS parts \
                       FROM file_parts WHERE bot_id = $1 GROUP BY chat_id) \
         SELECT coalesce(sum(parts), 0)::bigint AS parts, \
                coalesce(sum(parts) FILTER (WHERE EXISTS ( \
                    SELECT FROM bot_chats p JOIN bots b ON b.id = p.bot_id \
                    WHERE p.chat_id = held.chat_id AND p.chat_id < $2 AND p.bot_id <> $1 AND p.state = 'active' AND b.state = 'active' \
                )), 0)::bigint AS recoverable \
         FROM held",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<BigInt, _>(COMMON_IDS_BELOW)
}

/// Parts of other bots, gone or refused by Telegram, that this bot is the last to read: no other active bot is in their
/// chats. Looks at no part where it is the last of no chat.
pub async fn left_to_bot(conn: &mut Connection, bot_id: i64) -> Result<i64, DbError> {
    #[derive(QueryableByName)]
    struct Left {
        #[diesel(sql_type = BigInt)]
        parts: i64,
    }
    let left: Left = diesel::sql_query(
        "WITH alone AS MATERIALIZED ( \
             SELECT chat_id FROM bot_chats p JOIN bots b ON b.id = p.bot_id \
             WHERE chat_id < $2 AND p.state = 'active' AND b.state = 'active' \
             GROUP BY chat_id HAVING count(*) = 1 AND min(p.bot_id) = $1) \
         SELECT CASE WHEN EXISTS (SELECT FROM alone) THEN \
             (SELECT count(*) FROM file_parts f \
              WHERE f.bot_id IS NOT NULL AND f.chat_id IN (SELECT chat_id FROM alone) \
                AND NOT EXISTS (SELECT FROM bots b WHERE b.id = f.bot_id AND (b.id = $1 OR b.state IN ('active', 'disabled')))) \
             ELSE 0 END AS parts",
    )
    .bind::<BigInt, _>(bot_id)
    .bind::<BigInt, _>(COMMON_IDS_BELOW)
    .get_result(conn)
    .await?;
    Ok(left.parts)
}
