//! Why a command failed, with the exit code that says so.

use crate::{config::ConfigError, exit::ExitCode, job::JobError, phases::PhaseError};

/// A command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// The ledger.
    #[error(transparent)]
    Job(#[from] JobError),
    /// A phase.
    #[error(transparent)]
    Phase(#[from] PhaseError),
    /// What was typed.
    #[error("{0}")]
    Usage(String),
    /// A question that nobody is there to answer.
    #[error("{0}")]
    Unasked(String),
    /// A configuration file.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The output.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl CommandError {
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            CommandError::Job(error) => error.exit_code(),
            CommandError::Phase(error) => error.exit_code(),
            CommandError::Usage(_) | CommandError::Unasked(_) | CommandError::Config(_) => {
                ExitCode::Usage
            }
            CommandError::Io(_) => ExitCode::Error,
        }
    }
}
