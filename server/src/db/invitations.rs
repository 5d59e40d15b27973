//! Rows of invitations, known by their token's hash.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ferry_core::wire::Role;
use uuid::Uuid;

use super::{Connection, DbError, Text, functions::least, schema::invitations};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = invitations)]
pub struct InvitationRow {
    pub id: Uuid,
    /// Role of the user who registers with it.
    pub role: Text<Role>,
    pub expires_at: DateTime<Utc>,
    /// When it was used.
    pub used_at: Option<DateTime<Utc>>,
    /// By whom.
    pub used_by: Option<Uuid>,
}

/// An invitation to be.
#[derive(Debug, Insertable)]
#[diesel(table_name = invitations)]
pub struct NewInvitation<'a> {
    pub id: Uuid,
    /// SHA-256 of its token.
    pub token_hash: &'a [u8],
    /// Role of the user who registers with it.
    pub role: Text<Role>,
    /// The administrator; none for the setup link.
    pub created_by: Option<Uuid>,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Inserts an invitation; one with the same token stays as it is.
pub async fn insert(
    connection: &mut Connection,
    invitation: &NewInvitation<'_>,
) -> Result<(), DbError> {
    let insert = diesel::insert_into(invitations::table).values(invitation);
    insert
        .on_conflict(invitations::token_hash)
        .do_nothing()
        .execute(connection)
        .await?;
    Ok(())
}

/// The invitation with that hash, locked until the transaction ends.
pub async fn by_hash_locked(
    connection: &mut Connection,
    hash: &[u8],
) -> Result<Option<InvitationRow>, DbError> {
    let query = invitations::table
        .filter(invitations::token_hash.eq(hash))
        .select(InvitationRow::as_select())
        .for_update();
    Ok(query.first(connection).await.optional()?)
}

/// The invitation with that hash.
pub async fn by_hash(
    connection: &mut Connection,
    hash: &[u8],
) -> Result<Option<InvitationRow>, DbError> {
    let query = invitations::table
        .filter(invitations::token_hash.eq(hash))
        .select(InvitationRow::as_select());
    Ok(query.first(connection).await.optional()?)
}

/// Notes who used it.
pub async fn mark_used(
    connection: &mut Connection,
    id: Uuid,
    user_id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let used = (
        invitations::used_at.eq(now),
        invitations::used_by.eq(user_id),
    );
    diesel::update(invitations::table.find(id))
        .set(used)
        .execute(connection)
        .await?;
    Ok(())
}

/// The latest invitations that an administrator made, the newest first.
pub async fn list(connection: &mut Connection, limit: i64) -> Result<Vec<InvitationRow>, DbError> {
    let query = invitations::table
        .filter(invitations::created_by.is_not_null())
        .order((invitations::created_at.desc(), invitations::id))
        .limit(limit);
    Ok(query
        .select(InvitationRow::as_select())
        .load(connection)
        .await?)
}

/// Ends an administrator's invitation now, if it has not ended; tells whether it exists.
pub async fn expire(
    connection: &mut Connection,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let row = invitations::table
        .filter(invitations::id.eq(id))
        .filter(invitations::created_by.is_not_null());
    let changed = diesel::update(row)
        .set(invitations::expires_at.eq(least(invitations::expires_at, now)))
        .execute(connection)
        .await?;
    Ok(changed == 1)
}
