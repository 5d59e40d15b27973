//! What a user may store and stores, from `users`. The used bytes are kept by the trigger on the parts.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::users;
use super::{Connection, DbError};

/// Bytes of a user.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = users, check_for_backend(diesel::pg::Pg))]
pub struct Quota {
    /// The most they may store; none when unlimited.
    pub quota_bytes: Option<i64>,
    /// What they store.
    pub used_bytes: i64,
}

/// The user's quota. After this transaction wrote part rows of the user it is exact: the row is locked.
pub async fn find(conn: &mut Connection, user_id: Uuid) -> Result<Quota, DbError> {
    Ok(users::table
        .find(user_id)
        .select(Quota::as_select())
        .first(conn)
        .await?)
}
