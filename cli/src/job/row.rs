//! Rows as the rest of the program sees them.

use super::{Cause, DuplicateKind, FileState};
use crate::{
    clock::UnixNanos,
    path::{RelativePath, VolumeId},
    settings::Algorithm,
};

/// A job's identity: 16 random bytes in hexadecimal, made at `init`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobId(pub String);

impl JobId {
    /// The first eight letters: part of the temporary names of this job.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

/// Of `source_file`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub i64);

/// Of `root`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RootId(pub i64);

/// What a root is for. The numbers are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Side {
    /// Files come from here.
    Source = 0,
    /// Files go to here.
    Destination = 1,
    /// Indexed for duplicates, never written.
    Pool = 2,
}

/// One file of the job with all the ledger has to say.
#[derive(Debug, Clone, PartialEq)]
pub struct FileRow {
    /// In this database.
    pub id: FileId,
    /// The root it lies below.
    pub root: RootId,
    /// The filesystem it is on.
    pub volume: VolumeId,
    /// Below its root.
    pub path: RelativePath,
    /// When it was last looked at.
    pub size_bytes: u64,
    /// When it was last looked at.
    pub mtime_ns: UnixNanos,
    /// What became of it.
    pub state: FileState,
    /// How often it was tried.
    pub attempts: u32,
    /// When the state changed last; none: never.
    pub changed_at_ns: Option<UnixNanos>,
    /// Proved content.
    pub checksum: Option<(Algorithm, [u8; 32])>,
    /// Where its content is: a root and the path below it.
    pub at: Option<(RootId, RelativePath)>,
    /// When its content was there already.
    pub duplicate: Option<DuplicateKind>,
    /// When it is in error.
    pub cause: Option<Cause>,
    /// For a person, when it is in error or missing.
    pub message: Option<String>,
}
