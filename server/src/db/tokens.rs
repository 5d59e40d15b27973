//! Rows of tokens: sessions of the page and API tokens, known by their hash alone.

use chrono::{DateTime, Utc};
use diesel::dsl::auto_type;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ferry_core::wire::{Role, Scope};
use strum::{Display, EnumString, VariantArray};
use uuid::Uuid;

use super::{
    Connection, DbError, Text,
    functions::least,
    schema::{tokens, users},
};

/// Where a token is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TokenKind {
    /// In the page's cookie.
    Session,
    /// In the `Authorization` header.
    Api,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = tokens)]
pub struct TokenRow {
    pub id: Uuid,
    pub user_id: Uuid,
    /// Where it is good.
    pub kind: Text<TokenKind>,
    /// What it is for.
    pub label: String,
    /// What it may do.
    pub scopes: Vec<Text<Scope>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// When it was used last.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// A token to be.
#[derive(Debug, Insertable)]
#[diesel(table_name = tokens)]
pub struct NewToken<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    /// SHA-256 of the secret.
    pub token_hash: &'a [u8],
    /// Where it is good.
    pub kind: Text<TokenKind>,
    /// What it is for.
    pub label: &'a str,
    /// What it may do.
    pub scopes: Vec<Text<Scope>>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub async fn insert(connection: &mut Connection, token: &NewToken<'_>) -> Result<(), DbError> {
    diesel::insert_into(tokens::table)
        .values(token)
        .execute(connection)
        .await?;
    Ok(())
}

/// The unexpired token with that hash and its owner's role, unless the owner is disabled.
pub async fn by_hash(
    connection: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<(TokenRow, Role)>, DbError> {
    let query = tokens::table
        .inner_join(users::table)
        .filter(tokens::token_hash.eq(hash))
        .filter(tokens::expires_at.gt(now))
        .filter(users::disabled_at.is_null())
        .select((TokenRow::as_select(), users::role));
    let found: Option<(TokenRow, Text<Role>)> = query.first(connection).await.optional()?;
    Ok(found.map(|(token, role)| (token, role.0)))
}

#[auto_type(no_type_alias)]
fn one_of(user_id: Uuid, id: Uuid) -> _ {
    tokens::table
        .filter(tokens::id.eq(id))
        .filter(tokens::user_id.eq(user_id))
}

/// Whether a token of the user exists and has not ended.
pub async fn is_live(
    connection: &mut Connection,
    user_id: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let row = one_of(user_id, id).filter(tokens::expires_at.gt(now));
    Ok(diesel::select(diesel::dsl::exists(row))
        .get_result(connection)
        .await?)
}

/// Notes that a token was used.
pub async fn touch(
    connection: &mut Connection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(tokens::table.find(id))
        .set(tokens::last_used_at.eq(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// The user's unexpired API tokens, the newest first.
pub async fn list_api(
    connection: &mut Connection,
    user_id: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<TokenRow>, DbError> {
    let query = tokens::table
        .filter(tokens::user_id.eq(user_id))
        .filter(tokens::kind.eq(Text(TokenKind::Api)))
        .filter(tokens::expires_at.gt(now))
        .order((tokens::created_at.desc(), tokens::id));
    Ok(query.select(TokenRow::as_select()).load(connection).await?)
}

/// Ends a token of the user now, if it has not ended; tells whether it exists. Its row stays for a while, so that
/// a repeated revocation gets the same answer.
pub async fn expire(
    connection: &mut Connection,
    user_id: Uuid,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let changed = diesel::update(one_of(user_id, id))
        .set(tokens::expires_at.eq(least(tokens::expires_at, now)))
        .execute(connection)
        .await?;
    Ok(changed == 1)
}

/// Deletes all sessions and tokens of a user.
pub async fn delete_all(connection: &mut Connection, user_id: Uuid) -> Result<(), DbError> {
    diesel::delete(tokens::table.filter(tokens::user_id.eq(user_id)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes tokens that ended before `before`.
pub async fn delete_ended(
    connection: &mut Connection,
    before: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::delete(tokens::table.filter(tokens::expires_at.lt(before)))
        .execute(connection)
        .await?;
    Ok(())
}
