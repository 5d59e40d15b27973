//! Brings the tables up to date at start, one instance at a time. The migrations themselves are in `migrations/`.

use std::time::Duration;

use diesel_async::{
    AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::DbError;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../migrations");

/// Held while migrating; the number is arbitrary and must never change.
const LOCK: &str = "SELECT pg_advisory_lock(7305790001)";
const LOCK_TIMEOUT: Duration = Duration::from_secs(120);

/// Waits for the lock, then applies what is pending. The connection is its own: closing it frees the lock whatever happened.
pub(super) async fn run(database_url: &str) -> Result<(), DbError> {
    let mut connection = AsyncPgConnection::establish(database_url).await?;
    connection
        .batch_execute(&format!(
            "SET lock_timeout = {}; {LOCK}",
            LOCK_TIMEOUT.as_millis()
        ))
        .await?;
    // diesel's harness blocks its thread, which the threads of the HTTP server do not allow.
    let applied = tokio::task::spawn_blocking(move || {
        AsyncMigrationHarness::new(connection)
            .run_pending_migrations(MIGRATIONS)
            .map(|versions| versions.len())
            .map_err(|error| DbError::Migration(error.to_string()))
    });
    let count = applied
        .await
        .map_err(|error| DbError::Migration(error.to_string()))??;
    if count > 0 {
        tracing::info!(count, "migrations applied");
    }
    Ok(())
}
