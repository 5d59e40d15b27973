//! Rows of `files`: written here; read with the upload session of each in `files_with_sessions`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::files;
use super::{Connection, DbError};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = files, check_for_backend(diesel::pg::Pg))]
pub struct FileRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub original_filename: String,
    /// Label of its folder.
    pub folder: String,
    /// Plaintext bytes.
    pub file_size: i64,
    /// File header H.
    pub header: Vec<u8>,
    /// Parts by the plan.
    pub total_parts_expected: i32,
    /// Plaintext bytes of the last of them.
    pub last_part_size: i32,
    pub encrypted_file_key: Vec<u8>,
    /// Keyed fingerprint, once complete.
    pub file_fingerprint: Option<Vec<u8>>,
    pub manifest: Vec<u8>,
    pub manifest_seq: i64,
    /// Rises with every change of this row by a client.
    pub revision: i32,
    /// Every part is stored and the manifest is final.
    pub is_complete: bool,
    /// Of the request that began it.
    pub start_blake3: Vec<u8>,
    /// When its upload began.
    pub created_at: DateTime<Utc>,
    /// When it was complete first.
    pub completed_at: Option<DateTime<Utc>>,
}

/// A file about to be begun.
#[derive(Debug, Insertable)]
#[diesel(table_name = files)]
pub struct NewFile<'a> {
    /// Made by the client.
    pub id: Uuid,
    pub user_id: Uuid,
    pub original_filename: &'a str,
    /// Label of its folder.
    pub folder: &'a str,
    /// Plaintext bytes.
    pub file_size: i64,
    /// File header H.
    pub header: &'a [u8],
    /// Parts by the plan.
    pub total_parts_expected: i32,
    /// Plaintext bytes of the last of them.
    pub last_part_size: i32,
    pub encrypted_file_key: &'a [u8],
    /// Sealed manifest, seq 0.
    pub manifest: &'a [u8],
    pub start_blake3: &'a [u8],
    pub created_at: DateTime<Utc>,
}

/// The new shape of an unfinished upload.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = files)]
pub struct Reshape<'a> {
    /// Plaintext bytes.
    pub file_size: i64,
    /// Parts by the plan.
    pub total_parts_expected: i32,
    /// Plaintext bytes of the last of them.
    pub last_part_size: i32,
    /// Sealed manifest, seq 0 again.
    pub manifest: &'a [u8],
    pub revision: i32,
}

/// What makes a file whole.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = files)]
pub struct Completion<'a> {
    pub manifest: &'a [u8],
    pub manifest_seq: i64,
    /// Keyed fingerprint.
    pub file_fingerprint: &'a [u8],
    pub is_complete: bool,
    /// The first time, kept.
    pub completed_at: DateTime<Utc>,
    pub revision: i32,
}

#[derive(Debug, AsChangeset)]
#[diesel(table_name = files)]
pub struct Renaming<'a> {
    pub original_filename: &'a str,
    /// Label of its folder.
    pub folder: &'a str,
    pub manifest: &'a [u8],
    pub manifest_seq: i64,
    pub revision: i32,
}

/// Writes a new file's row; false when the id is in use.
pub async fn insert(conn: &mut Connection, file: &NewFile<'_>) -> Result<bool, DbError> {
    let rows = diesel::insert_into(files::table)
        .values(file)
        .on_conflict(files::id)
        .do_nothing()
        .execute(conn)
        .await?;
    Ok(rows == 1)
}

/// Gives an unfinished upload its new shape.
pub async fn reshape(
    conn: &mut Connection,
    file_id: Uuid,
    shape: &Reshape<'_>,
) -> Result<(), DbError> {
    diesel::update(files::table.find(file_id))
        .set(shape)
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes a file whole.
pub async fn complete(
    conn: &mut Connection,
    file_id: Uuid,
    completion: &Completion<'_>,
) -> Result<(), DbError> {
    diesel::update(files::table.find(file_id))
        .set(completion)
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives a file another name.
pub async fn rename(
    conn: &mut Connection,
    file_id: Uuid,
    renaming: &Renaming<'_>,
) -> Result<(), DbError> {
    diesel::update(files::table.find(file_id))
        .set(renaming)
        .execute(conn)
        .await?;
    Ok(())
}

/// Damage was found: the file waits for its parts again.
pub async fn reopen(conn: &mut Connection, file_id: Uuid) -> Result<(), DbError> {
    diesel::update(files::table.find(file_id))
        .set(files::is_complete.eq(false))
        .execute(conn)
        .await?;
    Ok(())
}

/// Removes a file whose parts are gone, and its session with it.
pub async fn delete(conn: &mut Connection, file_id: Uuid) -> Result<(), DbError> {
    diesel::delete(files::table.find(file_id))
        .execute(conn)
        .await?;
    Ok(())
}
