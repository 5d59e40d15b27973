//! Postgres: the pool, the migrations, transactions, and plain functions over a connection, one query and one sentence each.
//! No business rule lives here; `uploads` and `auth` decide, these rooms fetch and write.

pub mod schema;

pub mod audit;
pub mod bot_chats;
pub mod bot_leases;
pub mod bot_senders;
pub mod bot_sends;
pub mod bot_sweeps;
pub mod bots;
pub mod deletions;
pub mod files;
pub mod files_with_sessions;
pub mod intents;
pub mod invitations;
pub mod jobs;
pub mod login_attempts;
pub mod parts;
pub mod quota;
pub mod secrets;
pub mod sessions;
pub mod telegram_chats;
pub mod tokens;
pub mod tombstones;
pub mod units;
pub mod users;

mod error;
mod functions;
mod migrate;
#[cfg(test)]
pub(crate) mod test_database;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use diesel::pg::Pg;
use diesel::query_builder::{QueryFragment, QueryId};
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, bb8};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection, AsyncPgConnection, SimpleAsyncConnection,
    TransactionManager,
};
use futures_util::FutureExt;

pub use error::DbError;
pub use text::Text;

/// What every query function takes. A pooled connection and a transaction both lend one.
pub type Connection = AsyncPgConnection;

/// A statement as Postgres gets it: to be run, or to be asked how it would be run.
pub(crate) trait Statement: QueryFragment<Pg> + QueryId + Send {}

impl<S: QueryFragment<Pg> + QueryId + Send> Statement for S {}

/// How long things may take before the database counts as gone.
#[derive(Debug, Clone, Copy)]
pub struct DbTimeouts {
    /// Waiting for a free or a new connection.
    pub connect: Duration,
    /// One statement, enforced by Postgres.
    pub statement: Duration,
    /// One use of the database by a use-case, enforced here: a frozen Postgres enforces nothing.
    pub whole: Duration,
    /// The same where all parts of a file are touched, or those of all files counted.
    pub whole_file: Duration,
}

impl Default for DbTimeouts {
    fn default() -> Self {
        DbTimeouts {
            connect: Duration::from_secs(5),
            statement: Duration::from_secs(15),
            whole: Duration::from_secs(20),
            whole_file: Duration::from_secs(180),
        }
    }
}

/// The pool, cheap to clone. Handing it out opens no connection; they are made when first needed and again after a loss.
#[derive(Clone)]
pub struct Db {
    pool: bb8::Pool<AsyncPgConnection>,
    database_url: std::sync::Arc<str>,
    timeouts: DbTimeouts,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}

/// A connection out of the pool, outside any transaction.
pub struct PooledConnection(bb8::PooledConnection<'static, AsyncPgConnection>);

impl std::ops::Deref for PooledConnection {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl std::ops::DerefMut for PooledConnection {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// An open transaction. It commits in [`Tx::end`] alone; dropped on the way, its connection leaves the pool and Postgres rolls back.
pub(crate) struct Tx(PooledConnection);

impl std::ops::Deref for Tx {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl std::ops::DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

impl Tx {
    /// Commits what went well, rolls back what did not, and hands the outcome on.
    pub(crate) async fn end<T, E: From<DbError>>(mut self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut *self.0)
                    .await
                    .map_err(DbError::from)?;
                Ok(value)
            }
            Err(error) => {
                self.undo().await;
                Err(error)
            }
        }
    }

    pub(crate) async fn undo(mut self) {
        if let Err(error) = AnsiTransactionManager::rollback_transaction(&mut *self.0).await {
            tracing::debug!(%error, "rollback failed; the connection is dropped instead");
        }
    }
}

impl Db {
    /// A pool of at most `max_connections` to `database_url`; nothing is connected yet.
    pub fn new(database_url: &str, max_connections: u32, timeouts: DbTimeouts) -> Self {
        let mut config = ManagerConfig::default();
        config.custom_setup = Box::new(move |url| establish(url.to_owned(), timeouts).boxed());
        let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new_with_config(
            database_url,
            config,
        );
        let pool = bb8::Pool::builder()
            .max_size(max_connections)
            .min_idle(None)
            .connection_timeout(timeouts.connect)
            .build_unchecked(manager);
        Db {
            pool,
            database_url: database_url.into(),
            timeouts,
        }
    }

    /// A connection for reads and single statements.
    pub async fn connection(&self) -> Result<PooledConnection, DbError> {
        Ok(PooledConnection(self.pool.get_owned().await?))
    }

    /// A transaction (read committed).
    pub(crate) async fn begin(&self) -> Result<Tx, DbError> {
        let mut connection = self.connection().await?;
        AnsiTransactionManager::begin_transaction(&mut *connection).await?;
        Ok(Tx(connection))
    }

    /// A transaction that touches all parts of a file, or counts those of all files.
    async fn begin_patient(&self) -> Result<Tx, DbError> {
        let mut tx = self.begin().await?;
        let millis = self.timeouts.whole_file.as_millis();
        tx.batch_execute(&format!("SET LOCAL statement_timeout = {millis}"))
            .await?;
        Ok(tx)
    }

    /// Runs one use of the database under the overall timeout: a Postgres that is frozen is as gone as one that is down.
    async fn timely<T, E: From<DbError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        within(self.timeouts.whole, work).await
    }

    /// The same for work on all the parts of a file, which may be a million rows, and for sums of all parts.
    async fn patiently<T, E: From<DbError>>(
        &self,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        within(self.timeouts.whole_file, work).await
    }

    /// Lends a connection for one use of the database: reads and single statements.
    pub async fn run<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.timely(async { work(&mut *self.connection().await?).await })
            .await
    }

    /// The same in a transaction: everything that `work` does, or nothing of it.
    pub async fn transact<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.timely(async {
            let mut tx = self.begin().await?;
            let outcome = work(&mut tx).await;
            tx.end(outcome).await
        })
        .await
    }

    /// The same for work on all parts of a file, or a count of those of all files.
    pub async fn transact_patiently<T, E: From<DbError>>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        self.patiently(async {
            let mut tx = self.begin_patient().await?;
            let outcome = work(&mut tx).await;
            tx.end(outcome).await
        })
        .await
    }

    /// Whether Postgres answers.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.timely(async { Ok(self.connection().await?.batch_execute("SELECT 1").await?) })
            .await
    }

    /// Brings the tables up to date. Several instances may do it at once: one works, the others wait and find nothing to do.
    pub async fn migrate(&self) -> Result<(), DbError> {
        migrate::run(&self.database_url).await
    }

    /// Connections in use and idle, for the metrics.
    pub fn pool_size(&self) -> (u32, u32) {
        let state = self.pool.state();
        (
            state.connections.saturating_sub(state.idle_connections),
            state.idle_connections,
        )
    }
}

async fn within<T, E: From<DbError>>(
    timeout: Duration,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match tokio::time::timeout(timeout, work).await {
        Ok(outcome) => outcome,
        Err(_) => Err(DbError::Unavailable("no answer in time".to_owned()).into()),
    }
}

async fn establish(
    database_url: String,
    timeouts: DbTimeouts,
) -> diesel::ConnectionResult<AsyncPgConnection> {
    let connecting = tokio::time::timeout(
        timeouts.connect,
        AsyncPgConnection::establish(&database_url),
    );
    let mut connection = connecting
        .await
        .map_err(|_| diesel::ConnectionError::BadConnection("no answer in time".to_owned()))??;
    connection
        .batch_execute(&format!(
            "SET statement_timeout = {0}; SET lock_timeout = {0}; SET idle_in_transaction_session_timeout = {1}; SET timezone = 'UTC'",
            timeouts.statement.as_millis(),
            timeouts.whole.as_millis(),
        ))
        .await
        .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
    Ok(connection)
}
