//! Rows of `files`, with the upload session that belongs to each.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::{files, upload_sessions};
use super::sessions::SessionRow;
use super::{Connection, DbError};

/// A file.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = files, check_for_backend(diesel::pg::Pg))]
pub struct FileRow {
    /// Its id.
    pub id: Uuid,
    /// Its owner.
    pub user_id: Uuid,
    /// Its label.
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
    /// File key slot.
    pub encrypted_file_key: Vec<u8>,
    /// Keyed fingerprint, once complete.
    pub file_fingerprint: Option<Vec<u8>>,
    /// Sealed manifest.
    pub manifest: Vec<u8>,
    /// Its sequence number.
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
    /// Its owner.
    pub user_id: Uuid,
    /// Its label.
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
    /// File key slot.
    pub encrypted_file_key: &'a [u8],
    /// Sealed manifest, seq 0.
    pub manifest: &'a [u8],
    /// Of the request.
    pub start_blake3: &'a [u8],
    /// Now.
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
    /// The next one.
    pub revision: i32,
}

/// What makes a file whole.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = files)]
pub struct Completion<'a> {
    /// Sealed manifest.
    pub manifest: &'a [u8],
    /// Its sequence number.
    pub manifest_seq: i64,
    /// Keyed fingerprint.
    pub file_fingerprint: &'a [u8],
    /// True.
    pub is_complete: bool,
    /// The first time, kept.
    pub completed_at: DateTime<Utc>,
    /// The next one.
    pub revision: i32,
}

/// A new name.
#[derive(Debug, AsChangeset)]
#[diesel(table_name = files)]
pub struct Renaming<'a> {
    /// Its label.
    pub original_filename: &'a str,
    /// Label of its folder.
    pub folder: &'a str,
    /// Sealed manifest.
    pub manifest: &'a [u8],
    /// Its sequence number.
    pub manifest_seq: i64,
    /// The next one.
    pub revision: i32,
}

/// A file and its session.
pub type FileAndSession = (FileRow, SessionRow);

/// The user's file; takes no lock and waits for none.
pub async fn find(
    conn: &mut Connection,
    user_id: Uuid,
    file_id: Uuid,
) -> Result<Option<FileAndSession>, DbError> {
    let row = files::table
        .inner_join(upload_sessions::table)
        .filter(files::id.eq(file_id).and(files::user_id.eq(user_id)))
        .select((FileRow::as_select(), SessionRow::as_select()))
        .first(conn)
        .await
        .optional()?;
    Ok(row)
}

/// The user's file, held until the transaction ends: writers of one file take turns here.
pub async fn lock(
    conn: &mut Connection,
    user_id: Uuid,
    file_id: Uuid,
) -> Result<Option<FileAndSession>, DbError> {
    let held: Option<Uuid> = files::table
        .filter(files::id.eq(file_id).and(files::user_id.eq(user_id)))
        .select(files::id)
        .for_no_key_update()
        .first(conn)
        .await
        .optional()?;
    match held {
        Some(_) => find(conn, user_id, file_id).await,
        None => Ok(None),
    }
}

/// Holds any user's file if nobody else does just now.
pub async fn lock_if_free(
    conn: &mut Connection,
    file_id: Uuid,
) -> Result<Option<FileAndSession>, DbError> {
    let owner: Option<Uuid> = files::table
        .filter(files::id.eq(file_id))
        .select(files::user_id)
        .for_no_key_update()
        .skip_locked()
        .first(conn)
        .await
        .optional()?;
    match owner {
        Some(user_id) => find(conn, user_id, file_id).await,
        None => Ok(None),
    }
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

/// Files with this label, the unfinished ones first, then the latest.
pub async fn with_label(
    conn: &mut Connection,
    user_id: Uuid,
    label: &str,
    limit: i64,
) -> Result<Vec<FileAndSession>, DbError> {
    Ok(candidates::with_label(user_id, label, limit)
        .load(conn)
        .await?)
}

/// Unfinished files of this size under other labels, the latest first.
pub async fn unfinished_of_size(
    conn: &mut Connection,
    user_id: Uuid,
    label: &str,
    size: i64,
    limit: i64,
) -> Result<Vec<FileAndSession>, DbError> {
    Ok(candidates::unfinished_of_size(user_id, label, size, limit)
        .load(conn)
        .await?)
}

/// Files with this fingerprint under other labels, the latest first.
pub async fn with_fingerprint(
    conn: &mut Connection,
    user_id: Uuid,
    label: &str,
    fingerprint: &[u8],
    limit: i64,
) -> Result<Vec<FileAndSession>, DbError> {
    Ok(
        candidates::with_fingerprint(user_id, label, fingerprint, limit)
            .load(conn)
            .await?,
    )
}

/// Where a page of complete files begins: after the file that became complete then.
pub type PageStart = (DateTime<Utc>, Uuid);

/// A page of files that are, or were once, complete; the newest first.
pub async fn page(
    conn: &mut Connection,
    user_id: Uuid,
    folder: Option<&str>,
    after: Option<PageStart>,
    limit: i64,
) -> Result<Vec<FileAndSession>, DbError> {
    let mut query = files::table
        .inner_join(upload_sessions::table)
        .filter(
            files::user_id
                .eq(user_id)
                .and(files::completed_at.is_not_null()),
        )
        .select((FileRow::as_select(), SessionRow::as_select()))
        .order((files::completed_at.desc(), files::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(folder) = folder {
        query = query.filter(files::folder.eq(folder.to_owned()));
    }
    if let Some((at, id)) = after {
        query = query.filter(
            files::completed_at
                .lt(at)
                .or(files::completed_at.eq(at).and(files::id.lt(id))),
        );
    }
    Ok(query.load(conn).await?)
}

/// The queries of `check`, apart from their running so that a test can ask Postgres how it would run them.
pub(super) mod candidates {
    use diesel::dsl::auto_type;
    use diesel::prelude::*;
    use uuid::Uuid;

    use super::super::schema::{files, upload_sessions};
    use super::super::sessions::SessionRow;
    use super::FileRow;

    #[auto_type(no_type_alias)]
    pub(crate) fn with_label<'a>(user_id: Uuid, label: &'a str, limit: i64) -> _ {
        let rows: (
            diesel::dsl::AsSelect<FileRow, diesel::pg::Pg>,
            diesel::dsl::AsSelect<SessionRow, diesel::pg::Pg>,
        ) = (FileRow::as_select(), SessionRow::as_select());
        files::table
            .inner_join(upload_sessions::table)
            .filter(
                files::user_id
                    .eq(user_id)
                    .and(files::original_filename.eq(label)),
            )
            .select(rows)
            .order((
                files::is_complete.asc(),
                upload_sessions::last_activity_at.desc(),
            ))
            .limit(limit)
    }

    #[auto_type(no_type_alias)]
    pub(crate) fn unfinished_of_size<'a>(
        user_id: Uuid,
        label: &'a str,
        size: i64,
        limit: i64,
    ) -> _ {
        let rows: (
            diesel::dsl::AsSelect<FileRow, diesel::pg::Pg>,
            diesel::dsl::AsSelect<SessionRow, diesel::pg::Pg>,
        ) = (FileRow::as_select(), SessionRow::as_select());
        files::table
            .inner_join(upload_sessions::table)
            .filter(files::user_id.eq(user_id).and(files::file_size.eq(size)))
            .filter(
                files::is_complete
                    .eq(false)
                    .and(files::original_filename.ne(label)),
            )
            .select(rows)
            .order(upload_sessions::last_activity_at.desc())
            .limit(limit)
    }

    #[auto_type(no_type_alias)]
    pub(crate) fn with_fingerprint<'a>(
        user_id: Uuid,
        label: &'a str,
        fingerprint: &'a [u8],
        limit: i64,
    ) -> _ {
        let rows: (
            diesel::dsl::AsSelect<FileRow, diesel::pg::Pg>,
            diesel::dsl::AsSelect<SessionRow, diesel::pg::Pg>,
        ) = (FileRow::as_select(), SessionRow::as_select());
        files::table
            .inner_join(upload_sessions::table)
            .filter(
                files::user_id
                    .eq(user_id)
                    .and(files::file_fingerprint.eq(fingerprint)),
            )
            .filter(files::original_filename.ne(label))
            .select(rows)
            .order(upload_sessions::last_activity_at.desc())
            .limit(limit)
    }
}
