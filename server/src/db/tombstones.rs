//! Rows of `tombstones`: what became of file ids that are gone.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use strum::{Display, EnumString, VariantArray};
use uuid::Uuid;

use super::schema::tombstones;
use super::{Connection, DbError, Text};

/// Why a file is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum TombstoneReason {
    /// An unfinished upload was discarded by its owner.
    Discarded,
    /// A file was deleted by its owner.
    Deleted,
    /// An abandoned upload was cleaned up.
    Expired,
}

/// A file that is gone.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = tombstones, check_for_backend(diesel::pg::Pg))]
pub struct Tombstone {
    pub file_id: Uuid,
    pub user_id: Uuid,
    /// Why it went.
    pub reason: Text<TombstoneReason>,
    /// Parts deleted or queued.
    pub deleted: i64,
    /// Parts the provider keeps, unreadable.
    pub crypto_erased: i64,
    pub at: DateTime<Utc>,
}

/// Remembers a file that goes; what is remembered of its id already stays.
pub async fn insert(conn: &mut Connection, tombstone: &Tombstone) -> Result<(), DbError> {
    diesel::insert_into(tombstones::table)
        .values(tombstone)
        .on_conflict(tombstones::file_id)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}

/// What became of the user's file.
pub async fn find(
    conn: &mut Connection,
    user_id: Uuid,
    file_id: Uuid,
) -> Result<Option<Tombstone>, DbError> {
    let row = tombstones::table
        .filter(
            tombstones::file_id
                .eq(file_id)
                .and(tombstones::user_id.eq(user_id)),
        )
        .select(Tombstone::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// Whether anybody's file had this id.
pub async fn exists(conn: &mut Connection, file_id: Uuid) -> Result<bool, DbError> {
    Ok(
        diesel::select(diesel::dsl::exists(tombstones::table.find(file_id)))
            .get_result(conn)
            .await?,
    )
}

/// Corrects a receipt: so many parts that were to be deleted are crypto-erased instead.
pub async fn correct(conn: &mut Connection, file_id: Uuid, parts: i64) -> Result<(), DbError> {
    diesel::update(tombstones::table.find(file_id))
        .set((
            tombstones::deleted.eq(tombstones::deleted - parts),
            tombstones::crypto_erased.eq(tombstones::crypto_erased + parts),
        ))
        .execute(conn)
        .await?;
    Ok(())
}
