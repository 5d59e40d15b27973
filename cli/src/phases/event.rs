//! What happens while a phase runs, told file by file. Who draws it is [`crate::terminal`].

use serde::Serialize;

use crate::{
    job::{Cause, Counts, FileState},
    path::JsonPath,
};

/// What an operation does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Lists files.
    Scanning,
    /// Takes checksums over.
    Importing,
    /// Computes checksums.
    Hashing,
    /// Decides: duplicates, order, conflicts, space.
    Planning,
    /// Moves bytes.
    Copying,
    /// Compares.
    Verifying,
    /// Removes temporary files, closes the books.
    Cleanup,
}

impl Phase {
    /// As stored and as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Scanning => "scanning",
            Phase::Importing => "importing",
            Phase::Hashing => "hashing",
            Phase::Planning => "planning",
            Phase::Copying => "copying",
            Phase::Verifying => "verifying",
            Phase::Cleanup => "cleanup",
        }
    }
}

/// "347 of 1000 already done".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Resumed {
    /// Settled before this run began.
    pub settled_files: u64,
    /// All files of the job.
    pub total_files: u64,
}

/// One thing that happened. In a copy, one `File` event a file operation, and `counts` add up in each.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A command began.
    Started {
        /// Its operation's id.
        operation: String,
        /// `copy`, `verify`, …
        command: String,
        /// As it was before.
        counts: Counts,
        /// When it goes on with what was begun earlier.
        resumed: Option<Resumed>,
    },
    /// It does something else now.
    PhaseChanged {
        /// From now on.
        phase: Phase,
        /// Files of this phase, when known.
        total_files: Option<u64>,
        /// Bytes of this phase, when known.
        total_bytes: Option<u64>,
    },
    /// A scan goes on; at most ten a second.
    Scanned {
        /// So far.
        files: u64,
        /// So far.
        size_bytes: u64,
    },
    /// Bytes were read or written since the last such event; at most ten a second.
    Moved {
        /// In this phase so far.
        phase_bytes: u64,
        /// Files of this phase so far.
        phase_files: u64,
    },
    /// A file got a new state (copying), was hashed or was verified.
    File {
        /// Which.
        #[serde(flatten)]
        path: JsonPath,
        /// Its state from now on.
        state: FileState,
        /// Its size.
        size_bytes: u64,
        /// Attempts so far.
        attempts: u32,
        /// When it failed.
        cause: Option<Cause>,
        /// When it failed, was found different or is missing.
        message: Option<String>,
        /// Where a duplicate's content is.
        same_as: Option<String>,
        /// Of all files, after this one.
        counts: Counts,
    },
    /// Something went wrong that belongs to no file of the job, or is worth a line.
    Warning {
        /// For a person.
        message: String,
    },
    /// A file will be tried again.
    Retry {
        /// Which.
        #[serde(flatten)]
        path: JsonPath,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// Why.
        message: String,
    },
    /// Nothing moves until something outside changes.
    Waiting {
        /// Why.
        message: String,
        /// How long it will still be waited.
        left_secs: u64,
    },
    /// Files that were settled are open again: gone from the destination, or failed earlier and tried anew. The only way
    /// that progress falls.
    Reopened {
        /// How many.
        files: u64,
        /// Of all files, from now on.
        counts: Counts,
    },
    /// A batch became durable and was marked done.
    Checkpoint {
        /// Files of the batch.
        files: u64,
        /// Their sizes.
        size_bytes: u64,
    },
    /// The command ended.
    Finished {
        /// `copy`, `verify`, …
        command: String,
        /// As it is now.
        counts: Counts,
        /// Below the sources, but not in the job.
        untracked_files: Option<u64>,
        /// How long it took.
        elapsed_ms: u64,
        /// The exit code's number.
        exit_code: u8,
    },
}

/// Who is told. Called from several threads.
pub trait Listener: Send + Sync {
    /// Takes note; must not block for long.
    fn tell(&self, event: &Event);
}
