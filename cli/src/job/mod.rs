//! The ledger: one SQLite database a job. One thread writes, everybody reads snapshots. Not what the phases do with it.

mod error;
mod row;
mod state;

pub use error::JobError;
pub use row::{FileId, FileRow, JobId, RootId, Side};
pub use state::{Cause, Counts, DuplicateKind, FileState, Share};
