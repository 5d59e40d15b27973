//! Rows of `audit_events`: who did what, when and why. They are only ever added.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::audit_events;
use super::{Connection, DbError};

/// Something worth remembering.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_events, check_for_backend(diesel::pg::Pg))]
pub struct AuditEvent {
    pub at: DateTime<Utc>,
    /// Who; none for the server itself.
    pub user_id: Option<Uuid>,
    /// What, as `noun.verb`.
    pub action: String,
    /// On which file, user or token.
    pub subject_id: Option<Uuid>,
    /// Why, in words.
    pub reason: String,
}

/// Adds an event; in a transaction it stands or falls with what it tells of.
pub async fn record(conn: &mut Connection, event: &AuditEvent) -> Result<(), DbError> {
    diesel::insert_into(audit_events::table)
        .values(event)
        .execute(conn)
        .await?;
    Ok(())
}

/// The latest events first.
pub async fn latest(conn: &mut Connection, limit: i64) -> Result<Vec<AuditEvent>, DbError> {
    let rows = audit_events::table
        .select(AuditEvent::as_select())
        .order((audit_events::at.desc(), audit_events::id.desc()))
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows)
}
