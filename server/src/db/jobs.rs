//! Rows of `jobs`: when each job of the fleet runs next. One instance takes it; an advisory lock makes it the leader meanwhile.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;

use super::schema::jobs;
use super::{Connection, DbError};

#[derive(QueryableByName)]
struct Leader {
    #[diesel(sql_type = Bool)]
    is_leader: bool,
}

/// Whether this transaction is the job's leader until it ends; never waits.
pub async fn try_lead(conn: &mut Connection, name: &str) -> Result<bool, DbError> {
    let leader: Leader = diesel::sql_query(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 730579)) AS is_leader",
    )
    .bind::<Text, _>(name)
    .get_result(conn)
    .await?;
    Ok(leader.is_leader)
}

/// When the job is due; none when it never ran.
pub async fn next_run(conn: &mut Connection, name: &str) -> Result<Option<DateTime<Utc>>, DbError> {
    Ok(jobs::table
        .find(name)
        .select(jobs::next_run_at)
        .first(conn)
        .await
        .optional()?)
}

/// Takes the job's run and says when the next one is.
pub async fn begin_run(
    conn: &mut Connection,
    name: &str,
    now: DateTime<Utc>,
    next_run_at: DateTime<Utc>,
) -> Result<(), DbError> {
    let run = (jobs::next_run_at.eq(next_run_at), jobs::last_run_at.eq(now));
    diesel::insert_into(jobs::table)
        .values((jobs::name.eq(name), run))
        .on_conflict(jobs::name)
        .do_update()
        .set(run)
        .execute(conn)
        .await?;
    Ok(())
}

/// How the run ended.
pub async fn end_run(
    conn: &mut Connection,
    name: &str,
    error: Option<&str>,
) -> Result<(), DbError> {
    diesel::update(jobs::table.find(name))
        .set(jobs::last_error.eq(error))
        .execute(conn)
        .await?;
    Ok(())
}
