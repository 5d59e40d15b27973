//! Why a use-case about bots said no, in words for the administrator; the code of each in exactly one match.

use ferry_core::wire::ErrorCode;

use crate::{
    db::DbError,
    storage::telegram::{Blame, BotTestError, NotAToken},
};

/// What a use-case answers.
pub type BotsResult<T> = Result<T, BotsError>;

/// A use-case that was refused or could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum BotsError {
    /// A value in the request cannot be right.
    #[error("{0}")]
    Invalid(String),
    #[error("there is no bot with this id")]
    NotFound,
    /// Telegram refuses the bot: enabling it does not bring it back.
    #[error("Telegram refuses this bot; test it once its token is good again")]
    Refused,
    /// The text is no token.
    #[error(transparent)]
    NotAToken(#[from] NotAToken),
    /// A test of the bot or a chat found something.
    #[error(transparent)]
    Test(#[from] BotTestError),
    /// Parts would be lost.
    #[error(
        "{unreadable} parts can be read through this bot alone; no other active bot is in their chats"
    )]
    HoldsParts { unreadable: u64 },
    /// The database did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl BotsError {
    /// The stable code on the wire.
    pub fn code(&self) -> ErrorCode {
        match self {
            BotsError::Invalid(_) => ErrorCode::InvalidRequest,
            BotsError::Refused => ErrorCode::BotTokenRefused,
            BotsError::NotFound => ErrorCode::NotFound,
            BotsError::NotAToken(_) => ErrorCode::BotTokenRefused,
            BotsError::Test(error) => match error.with {
                Blame::Token => ErrorCode::BotTokenRefused,
                Blame::Chat => ErrorCode::ChatNotUsable,
                Blame::Api => ErrorCode::BotApiUnavailable,
            },
            BotsError::HoldsParts { .. } => ErrorCode::BotHoldsParts,
            BotsError::Db(DbError::Unavailable(_)) => ErrorCode::DatabaseUnavailable,
            BotsError::Db(_) | BotsError::Internal(_) => ErrorCode::Internal,
        }
    }
}
