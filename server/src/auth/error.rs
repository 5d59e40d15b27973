//! Why a person or a token was not let in. The code of each in exactly one match.

use ferry_core::wire::ErrorCode;

use crate::db::DbError;

/// A refused or failed use-case of accounts.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// A value in the request cannot be right.
    #[error("{0}")]
    Invalid(String),
    /// No valid session or token.
    #[error("not signed in")]
    Unauthenticated,
    /// The name or the password is wrong; which one is not said.
    #[error("wrong user name or password")]
    WrongCredentials,
    /// The token lacks a scope, or the user a role.
    #[error("{0}")]
    Forbidden(&'static str),
    /// Too many failures.
    #[error("too many failed sign-ins")]
    RateLimited {
        /// When the next one is let through.
        retry_after_secs: u32,
    },
    /// Unknown, used or expired.
    #[error("the invitation is unknown, used or expired")]
    InvitationInvalid,
    /// The name is taken.
    #[error("the user name is taken")]
    UsernameTaken,
    #[error("no such thing")]
    NotFound,
    /// The database did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl AuthError {
    /// The stable code on the wire.
    pub fn code(&self) -> ErrorCode {
        match self {
            AuthError::Invalid(_) => ErrorCode::InvalidRequest,
            AuthError::Unauthenticated => ErrorCode::Unauthenticated,
            AuthError::WrongCredentials => ErrorCode::WrongCredentials,
            AuthError::Forbidden(_) => ErrorCode::Forbidden,
            AuthError::RateLimited { .. } => ErrorCode::RateLimited,
            AuthError::InvitationInvalid => ErrorCode::InvitationInvalid,
            AuthError::UsernameTaken => ErrorCode::UsernameTaken,
            AuthError::NotFound => ErrorCode::NotFound,
            AuthError::Db(DbError::Unavailable(_)) => ErrorCode::DatabaseUnavailable,
            AuthError::Db(_) | AuthError::Internal(_) => ErrorCode::Internal,
        }
    }

    /// Seconds after which the same call may work, where waiting helps.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            AuthError::RateLimited { retry_after_secs } => Some(*retry_after_secs),
            _ => None,
        }
    }
}
