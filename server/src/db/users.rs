//! Rows of users and their key slots.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ferry_core::wire::{KeySlotKind, Role};
use uuid::Uuid;

use super::{
    Connection, DbError, Text,
    schema::{key_slots, users},
};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct UserRow {
    /// Made by the client.
    pub id: Uuid,
    /// As written at registration.
    pub username: String,
    /// What the server keeps of the password's `auth`.
    pub auth_verifier: Vec<u8>,
    /// What they may do.
    pub role: Text<Role>,
    /// Most bytes they may store.
    pub quota_bytes: Option<i64>,
    /// Bytes they store.
    pub used_bytes: i64,
    /// Disabled since.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// A user to be.
#[derive(Debug, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser<'a> {
    /// Made by the client.
    pub id: Uuid,
    /// As written.
    pub username: &'a str,
    /// As compared.
    pub username_folded: &'a str,
    /// What the server keeps of the password's `auth`.
    pub auth_verifier: &'a [u8],
    /// What they may do.
    pub role: Text<Role>,
    /// Most bytes they may store.
    pub quota_bytes: Option<i64>,
    pub created_at: DateTime<Utc>,
}

/// A sealed account key.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = key_slots)]
pub struct KeySlotRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub kind: Text<KeySlotKind>,
    /// Which account key is inside.
    pub account_key_id: Vec<u8>,
    pub slot: Vec<u8>,
}

/// Inserts a user; a taken name or id is [`DbError::Taken`].
pub async fn insert(connection: &mut Connection, user: &NewUser<'_>) -> Result<(), DbError> {
    diesel::insert_into(users::table)
        .values(user)
        .execute(connection)
        .await?;
    Ok(())
}

/// The user of one of these folded names, of the first before that of the second.
pub async fn by_folded_name(
    connection: &mut Connection,
    first: &str,
    second: &str,
) -> Result<Option<UserRow>, DbError> {
    let query = users::table
        .filter(users::username_folded.eq_any([first, second]))
        .order(users::username_folded.eq(first).desc())
        .select(UserRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

/// The user with that id.
pub async fn by_id(connection: &mut Connection, id: Uuid) -> Result<Option<UserRow>, DbError> {
    let query = users::table.find(id).select(UserRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

/// The same, locked until the transaction ends.
pub async fn by_id_locked(
    connection: &mut Connection,
    id: Uuid,
) -> Result<Option<UserRow>, DbError> {
    let query = users::table
        .find(id)
        .select(UserRow::as_select())
        .for_update();
    Ok(query.first(connection).await.optional()?)
}

/// The same, kept as it is until the transaction ends; others may read it and keep it too.
pub async fn by_id_kept(connection: &mut Connection, id: Uuid) -> Result<Option<UserRow>, DbError> {
    let query = users::table
        .find(id)
        .select(UserRow::as_select())
        .for_share();
    Ok(query.first(connection).await.optional()?)
}

/// Whether anybody has registered.
pub async fn any(connection: &mut Connection) -> Result<bool, DbError> {
    Ok(
        diesel::select(diesel::dsl::exists(users::table.select(users::id)))
            .get_result(connection)
            .await?,
    )
}

pub async fn set_verifier(
    connection: &mut Connection,
    id: Uuid,
    verifier: &[u8],
) -> Result<(), DbError> {
    diesel::update(users::table.find(id))
        .set(users::auth_verifier.eq(verifier))
        .execute(connection)
        .await?;
    Ok(())
}

/// Inserts a slot, or replaces the user's slot of the same kind.
pub async fn put_key_slot(connection: &mut Connection, slot: &KeySlotRow) -> Result<(), DbError> {
    diesel::insert_into(key_slots::table)
        .values(slot)
        .on_conflict((key_slots::user_id, key_slots::kind))
        .do_update()
        .set((
            key_slots::account_key_id.eq(&slot.account_key_id),
            key_slots::slot.eq(&slot.slot),
        ))
        .execute(connection)
        .await?;
    Ok(())
}

/// The user's slots, the password's first.
pub async fn key_slots(
    connection: &mut Connection,
    user_id: Uuid,
) -> Result<Vec<KeySlotRow>, DbError> {
    let query = key_slots::table
        .filter(key_slots::user_id.eq(user_id))
        .order(key_slots::kind.asc());
    Ok(query
        .select(KeySlotRow::as_select())
        .load(connection)
        .await?)
}

/// The password slot of the same user.
pub async fn password_slot(
    connection: &mut Connection,
    first: &str,
    second: &str,
) -> Result<Option<Vec<u8>>, DbError> {
    let query = users::table
        .inner_join(key_slots::table)
        .filter(users::username_folded.eq_any([first, second]))
        .order(users::username_folded.eq(first).desc())
        .filter(key_slots::kind.eq(Text(KeySlotKind::Password)))
        .select(key_slots::slot);
    Ok(query.first(connection).await.optional()?)
}
