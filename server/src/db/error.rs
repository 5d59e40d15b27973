//! What can go wrong with Postgres, sorted by what the caller can do: wait and try again, or tell the log.

use diesel::result::{DatabaseErrorKind, Error as Diesel};

use crate::error_chain::chain;

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
    /// A row holds what this version cannot read, such as a state that it does not know.
    #[error("a row cannot be read: {0}")]
    Unreadable(String),
    /// The tables could not be brought up to date.
    #[error("migration failed: {0}")]
    Migration(String),
}

impl From<Diesel> for DbError {
    /// diesel keeps a kind of the SQLSTATE, and the words of a message, which come in the server's language: what is decided
    /// here is decided without them. A statement of ours that is wrong has a position in its error, and a value that is refused is
    /// refused by a constraint; all else (a shutdown, a deadlock, a timeout, a full disk) is about the server of this
    /// moment.
    fn from(error: Diesel) -> Self {
        use DatabaseErrorKind as Kind;
        match &error {
            Diesel::DatabaseError(Kind::UniqueViolation, details) => {
                DbError::Taken(details.constraint_name().unwrap_or_default().to_owned())
            }
            Diesel::DatabaseError(
                Kind::UnableToSendCommand
                | Kind::ClosedConnection
                | Kind::SerializationFailure
                | Kind::ReadOnlyTransaction,
                details,
            ) => DbError::Unavailable(details.message().to_owned()),
            Diesel::DatabaseError(Kind::Unknown, details)
                if details.statement_position().is_none() =>
            {
                DbError::Unavailable(details.message().to_owned())
            }
            Diesel::BrokenTransactionManager
            | Diesel::RollbackErrorOnCommit { .. }
            | Diesel::NotInTransaction => DbError::Unavailable(error.to_string()),
            Diesel::DeserializationError(why) => DbError::Unreadable(chain(why.as_ref())),
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
