//! Why a command ends before it is through, sorted by what the person can do. Failures of single files are no errors
//! here: they are rows of the ledger.

use crate::{engine::fault::Fault, exit::ExitCode, job::JobError};

/// A command did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum PhaseError {
    /// The ledger.
    #[error(transparent)]
    Job(#[from] JobError),
    /// Refused before anything was written.
    #[error("{0}")]
    Refused(String),
    /// A path that is not there.
    #[error("{0}")]
    NotFound(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A side does not answer.
    #[error("{0}")]
    Unreachable(Fault),
}

impl PhaseError {
    /// What the shell gets.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            PhaseError::Job(error) => error.exit_code(),
            PhaseError::Refused(_) => ExitCode::Refused,
            PhaseError::NotFound(_) => ExitCode::NotFound,
            PhaseError::Usage(_) => ExitCode::Usage,
            PhaseError::Unreachable(_) => ExitCode::GaveUp,
        }
    }
}
