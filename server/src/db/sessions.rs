//! Rows of `upload_sessions`. A trigger on the parts keeps their sums; the functions here do the rest.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use ferry_core::wire::UploadStatus;
use uuid::Uuid;

use super::deletions::{COUNTS, Counted, Queued};
use super::schema::{upload_sessions, users};
use super::{Connection, DbError, Text};

/// An upload's session.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = upload_sessions, check_for_backend(diesel::pg::Pg))]
pub struct SessionRow {
    pub id: Uuid,
    pub user_id: Uuid,
    pub file_id: Uuid,
    /// Plaintext bytes.
    pub file_size: i64,
    /// Parts of the whole file.
    pub total_parts: i32,
    /// Parts stored and sound.
    pub uploaded_parts: i32,
    /// Sealed bytes stored.
    pub stored_bytes: i64,
    /// Where it stands.
    pub status: Text<UploadStatus>,
    /// What the client called itself.
    pub client: Option<String>,
    pub created_at: DateTime<Utc>,
    /// Last stored part, or start.
    pub last_activity_at: DateTime<Utc>,
    /// None for what is complete or was once.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A session about to be begun. Size and label are the file's too: the table has its own copy, so that an administrator reads it
/// in SQL without a join.
#[derive(Debug, Insertable)]
#[diesel(table_name = upload_sessions)]
pub struct NewSession<'a> {
    pub id: Uuid,
    pub user_id: Uuid,
    pub file_id: Uuid,
    pub original_filename: &'a str,
    /// Plaintext bytes.
    pub file_size: i64,
    /// Parts of the whole file.
    pub total_parts: i32,
    /// What the client called itself.
    pub client: Option<&'a str>,
    /// Seconds without activity after which it is abandoned.
    pub ttl_secs: i64,
    pub created_at: DateTime<Utc>,
    pub last_activity_at: DateTime<Utc>,
    /// Now + ttl.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Writes a new session.
pub async fn insert(conn: &mut Connection, session: &NewSession<'_>) -> Result<(), DbError> {
    diesel::insert_into(upload_sessions::table)
        .values(session)
        .execute(conn)
        .await?;
    Ok(())
}

/// The file has another shape now.
pub async fn reshape(
    conn: &mut Connection,
    file_id: Uuid,
    file_size: i64,
    total_parts: i32,
) -> Result<(), DbError> {
    diesel::update(upload_sessions::table.filter(upload_sessions::file_id.eq(file_id)))
        .set((
            upload_sessions::file_size.eq(file_size),
            upload_sessions::total_parts.eq(total_parts),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The file is whole: nothing expires any more.
pub async fn complete(
    conn: &mut Connection,
    file_id: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    diesel::update(upload_sessions::table.filter(upload_sessions::file_id.eq(file_id)))
        .set((
            upload_sessions::status.eq(Text(UploadStatus::Completed)),
            upload_sessions::last_activity_at.eq(now),
            upload_sessions::expires_at.eq(None::<DateTime<Utc>>),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The file waits for parts again.
pub async fn reopen(conn: &mut Connection, file_id: Uuid) -> Result<(), DbError> {
    diesel::update(upload_sessions::table.filter(upload_sessions::file_id.eq(file_id)))
        .set(upload_sessions::status.eq(Text(UploadStatus::InProgress)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The file has another label.
pub async fn relabel(conn: &mut Connection, file_id: Uuid, label: &str) -> Result<(), DbError> {
    diesel::update(upload_sessions::table.filter(upload_sessions::file_id.eq(file_id)))
        .set(upload_sessions::original_filename.eq(label))
        .execute(conn)
        .await?;
    Ok(())
}

/// Which uploads count as abandoned.
#[derive(Debug, Clone, Copy)]
pub enum Stale {
    /// Their time is over.
    ExpiredAt(DateTime<Utc>),
    /// Nothing happened since then.
    IdleSince(DateTime<Utc>),
}

impl Stale {
    /// Whether the session is one of them. What is complete, or was once, never is.
    pub fn covers(self, session: &SessionRow) -> bool {
        match (self, session.expires_at) {
            (_, None) => false,
            (Stale::ExpiredAt(now), Some(expires_at)) => expires_at <= now,
            (Stale::IdleSince(since), Some(_)) => session.last_activity_at <= since,
        }
    }
}

/// Abandoned uploads, the oldest first; those that come after one of them, where it is given.
pub async fn stale(
    conn: &mut Connection,
    stale: Stale,
    after: Option<&SessionRow>,
    limit: i64,
) -> Result<Vec<SessionRow>, DbError> {
    let mut query = upload_sessions::table
        .filter(upload_sessions::expires_at.is_not_null())
        .select(SessionRow::as_select())
        .order((
            upload_sessions::last_activity_at.asc(),
            upload_sessions::id.asc(),
        ))
        .limit(limit)
        .into_boxed();
    if let Some(SessionRow {
        id,
        last_activity_at: at,
        ..
    }) = after
    {
        let later = upload_sessions::last_activity_at.gt(at);
        query = query
            .filter(upload_sessions::last_activity_at.ge(at))
            .filter(later.or(upload_sessions::id.gt(id)));
    }
    query = match stale {
        Stale::ExpiredAt(now) => query.filter(upload_sessions::expires_at.le(now)),
        Stale::IdleSince(since) => query.filter(upload_sessions::last_activity_at.le(since)),
    };
    Ok(query.load(conn).await?)
}

/// How many uploads are abandoned, and what would become of their bytes. `limits` as in [`deletions::queue_file`].
pub async fn stale_sums(
    conn: &mut Connection,
    stale: Stale,
    limits: &[(&str, DateTime<Utc>)],
) -> Result<(i64, Queued), DbError> {
    use diesel::sql_types::{Array, Text, Timestamptz};
    let (column, until) = match stale {
        Stale::ExpiredAt(now) => ("expires_at", now),
        Stale::IdleSince(since) => ("last_activity_at", since),
    };
    let expiring = upload_sessions::table.filter(upload_sessions::expires_at.is_not_null());
    let count = match stale {
        Stale::ExpiredAt(now) => {
            let expired = expiring.filter(upload_sessions::expires_at.le(now));
            expired.count().get_result(conn).await?
        }
        Stale::IdleSince(since) => {
            let idle = expiring.filter(upload_sessions::last_activity_at.le(since));
            idle.count().get_result(conn).await?
        }
    };
    let (providers, oldest): (Vec<&str>, Vec<DateTime<Utc>>) = limits.iter().copied().unzip();
    let counted: Counted = diesel::sql_query(format!(
        "WITH held AS ( \
             SELECT p.stored_size, coalesce(p.stored_at < l.oldest, false) AS too_old \
             FROM upload_sessions s JOIN file_parts p ON p.file_id = s.file_id \
             LEFT JOIN unnest($2, $3) AS l (provider, oldest) ON l.provider = p.provider \
             WHERE s.expires_at IS NOT NULL AND s.{column} <= $1) \
         SELECT {COUNTS} FROM held"
    ))
    .bind::<Timestamptz, _>(until)
    .bind::<Array<Text>, _>(providers)
    .bind::<Array<Timestamptz>, _>(oldest)
    .get_result(conn)
    .await?;
    Ok((count, counted.into()))
}

/// Says of every expired upload that it is abandoned; its rows go afterwards, one upload at a time.
pub async fn mark_abandoned(conn: &mut Connection, now: DateTime<Utc>) -> Result<usize, DbError> {
    let expired = upload_sessions::table.filter(
        upload_sessions::expires_at
            .le(now)
            .and(upload_sessions::status.eq(Text(UploadStatus::InProgress))),
    );
    Ok(diesel::update(expired)
        .set(upload_sessions::status.eq(Text(UploadStatus::Abandoned)))
        .execute(conn)
        .await?)
}

/// Anybody's unfinished uploads with their owner's name, the latest first.
pub async fn all_unfinished(
    conn: &mut Connection,
    limit: i64,
) -> Result<Vec<(SessionRow, String)>, DbError> {
    let rows = upload_sessions::table
        .inner_join(users::table)
        .filter(upload_sessions::status.ne(Text(UploadStatus::Completed)))
        .select((SessionRow::as_select(), users::username))
        .order(upload_sessions::last_activity_at.desc())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows)
}
