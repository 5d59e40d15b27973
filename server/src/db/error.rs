//! What can go wrong with Postgres, sorted by what the caller can do: wait and try again, or tell the log.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

/// A failed use of the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// Postgres is down, starting, frozen or overloaded: the same call works later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// A unique constraint refused the row; its name is inside.
    #[error("a row with this value exists already: {0}")]
    Taken(String),
    /// A fault of ours, or a value that a constraint refused.
    #[error("the database refused: {0}")]
    Refused(#[source] Diesel),
    /// The tables could not be brought up to date.
    #[error("migration failed: {0}")]
    Migration(String),
}

/// How messages begin with which Postgres says that it cannot work now. diesel keeps no SQLSTATE to ask instead.
const PASSING: [&str; 10] = [
    "terminating connection",
    "the database system is",
    "canceling statement",
    "canceling autovacuum",
    "deadlock detected",
    "sorry, too many clients",
    "remaining connection slots",
    "could not extend file",
    "could not write",
    "out of",
];

impl From<Diesel> for DbError {
    fn from(error: Diesel) -> Self {
        match &error {
            Diesel::DatabaseError(DatabaseErrorKind::UniqueViolation, details) => {
                DbError::Taken(details.constraint_name().unwrap_or_default().to_owned())
            }
            Diesel::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::SerializationFailure
                | DatabaseErrorKind::ReadOnlyTransaction,
                details,
            ) => DbError::Unavailable(details.message().to_owned()),
            Diesel::DatabaseError(_, details)
                if PASSING
                    .iter()
                    .any(|start| details.message().starts_with(start)) =>
            {
                DbError::Unavailable(details.message().to_owned())
            }
            Diesel::BrokenTransactionManager
            | Diesel::RollbackErrorOnCommit { .. }
            | Diesel::NotInTransaction => DbError::Unavailable(error.to_string()),
            _ => DbError::Refused(error),
        }
    }
}

impl From<diesel_async::pooled_connection::bb8::RunError> for DbError {
    fn from(error: diesel_async::pooled_connection::bb8::RunError) -> Self {
        DbError::Unavailable(error.to_string())
    }
}

impl From<diesel::ConnectionError> for DbError {
    fn from(error: diesel::ConnectionError) -> Self {
        DbError::Unavailable(error.to_string())
    }
}
