//! Files as use-cases read them: each row of `files` with its upload session. What writes either is in `files` and
//! `sessions`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ferry_core::wire::UploadStatus;
use uuid::Uuid;

use super::files::FileRow;
use super::schema::{files, upload_sessions};
use super::sessions::SessionRow;
use super::{Connection, DbError, Text};

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
    let owner = files::table
        .filter(files::id.eq(file_id).and(files::user_id.eq(user_id)))
        .select(files::user_id)
        .for_no_key_update();
    let owner = owner.first(conn).await.optional()?;
    find_of(conn, owner, file_id).await
}

async fn find_of(
    conn: &mut Connection,
    owner: Option<Uuid>,
    file_id: Uuid,
) -> Result<Option<FileAndSession>, DbError> {
    match owner {
        Some(user_id) => find(conn, user_id, file_id).await,
        None => Ok(None),
    }
}

/// Locks any user's file unless another transaction holds it just now.
pub async fn lock_if_free(
    conn: &mut Connection,
    file_id: Uuid,
) -> Result<Option<FileAndSession>, DbError> {
    let owner = files::table
        .filter(files::id.eq(file_id))
        .select(files::user_id)
        .for_no_key_update()
        .skip_locked();
    let owner = owner.first(conn).await.optional()?;
    find_of(conn, owner, file_id).await
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

/// The user's unfinished uploads that have not expired, the latest first.
pub async fn unfinished(
    conn: &mut Connection,
    user_id: Uuid,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<FileAndSession>, DbError> {
    let rows = upload_sessions::table
        .inner_join(files::table)
        .filter(
            upload_sessions::user_id
                .eq(user_id)
                .and(upload_sessions::status.eq(Text(UploadStatus::InProgress))),
        )
        .filter(
            upload_sessions::expires_at
                .is_null()
                .or(upload_sessions::expires_at.gt(now)),
        )
        .select((FileRow::as_select(), SessionRow::as_select()))
        .order(upload_sessions::last_activity_at.desc())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows)
}

/// The queries of the resume lookup, apart from their running so that a test can ask Postgres how it would run them.
pub(super) mod candidates {
    use diesel::dsl::auto_type;
    use diesel::prelude::*;
    use uuid::Uuid;

    use super::super::schema::{files, upload_sessions};
    use super::{FileRow, SessionRow};

    type Rows = (
        diesel::dsl::AsSelect<FileRow, diesel::pg::Pg>,
        diesel::dsl::AsSelect<SessionRow, diesel::pg::Pg>,
    );

    #[auto_type(no_type_alias)]
    pub(crate) fn with_label<'a>(user_id: Uuid, label: &'a str, limit: i64) -> _ {
        let rows: Rows = (FileRow::as_select(), SessionRow::as_select());
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
        let rows: Rows = (FileRow::as_select(), SessionRow::as_select());
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

    // Begins as the one above: a query of diesel is a type, and a shared beginning would be boxed and prepared each time.
    #[auto_type(no_type_alias)]
    pub(crate) fn with_fingerprint<'a>(
        user_id: Uuid,
        label: &'a str,
        fingerprint: &'a [u8],
        limit: i64,
    ) -> _ {
        let rows: Rows = (FileRow::as_select(), SessionRow::as_select());
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
