//! What a report tells, as plain values: filled by [`super::read`], shown as text, CSV or a page.

use crate::{
    clock::UnixNanos,
    job::{Cause, Counts, DuplicateKind, Share},
    preflight::{Sizes, Truth},
};

/// One job from its first command to now.
#[derive(Debug, Clone, Default, serde::Serialize, schemars::JsonSchema)]
pub struct JobReport {
    /// The job's name.
    pub job: String,
    /// Where files came from.
    pub sources: Vec<String>,
    /// Where they went.
    pub destinations: Vec<String>,
    /// When the first command began, nanoseconds since the Unix epoch; none: nothing ran yet.
    pub began_at_ns: Option<UnixNanos>,
    /// When the last command ended, or when this was read.
    pub until_ns: UnixNanos,
    /// What became of every file.
    pub counts: Counts,
    /// Seconds that commands ran, without the pauses between them.
    pub working_secs: f64,
    /// Bytes that were written to the destination, by what the ledger says of each attempt.
    pub moved_bytes: u64,
    /// The commands, in order.
    pub runs: Vec<Run>,
    /// Bytes written, in equal steps of time.
    pub throughput: Vec<Step>,
    /// All files by size.
    pub sizes: Sizes,
    /// Directories that took the most time for their bytes.
    pub slow_directories: Vec<SlowDirectory>,
    /// Files in error or missing, by cause.
    pub failures: Vec<Failure>,
    /// Where duplicates are.
    pub duplicates: Duplicates,
    /// Estimates against what it took.
    pub estimates: Vec<Truth>,
    /// What verifications found.
    pub verifications: Vec<Verification>,
    /// The log directory.
    pub logs: String,
    /// The CSV beside this, when one was written.
    pub csv: Option<String>,
    /// The list of duplicates beside this, when there are any.
    pub duplicates_csv: Option<String>,
}

/// One command.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct Run {
    /// `copy`, `verify`.
    pub command: String,
    /// When it began.
    pub began_at_ns: UnixNanos,
    /// When it ended; none: it was cut off, or still runs.
    pub ended_at_ns: Option<UnixNanos>,
    /// How it ended.
    pub outcome: Option<String>,
}

/// A step of time.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Step {
    /// When it begins.
    pub at_ns: UnixNanos,
    /// How long it is.
    pub secs: f64,
    /// Written in it.
    pub size_bytes: u64,
    /// Whether any command ran in it.
    pub is_working: bool,
}

/// A directory and its pace.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct SlowDirectory {
    /// As a person reads it; `.` is a source's top.
    pub path: String,
    /// Its files.
    pub share: Share,
    /// Time that went into them, of all threads together.
    pub secs: f64,
}

/// Files with one thing wrong.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct Failure {
    /// None: missing on the source.
    pub cause: Option<Cause>,
    /// How many, and their bytes.
    pub share: Share,
    /// Some of them.
    pub examples: Vec<Example>,
}

/// A file in error.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct Example {
    /// As a person reads it.
    pub path: String,
    /// What happened.
    pub message: String,
}

/// What was not written, because its content was there.
#[derive(Debug, Clone, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Duplicates {
    /// How many, and the bytes that were not written.
    pub share: Share,
    /// The contents with the most bytes saved.
    pub groups: Vec<DuplicateGroup>,
}

/// One content under several names.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct DuplicateGroup {
    /// Where the content is.
    pub kept: String,
    /// The size of one.
    pub size_bytes: u64,
    /// Names that are duplicates of it, and how each was placed.
    pub names: Vec<(String, Option<DuplicateKind>)>,
    /// How many there are in all.
    pub files: u64,
}

/// One verification.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Verification {
    /// `shallow`, `deep`.
    pub stage: String,
    /// Files that were compared.
    pub checked_files: u64,
    /// Of those, different.
    pub different_files: u64,
    /// When the last of them was compared.
    pub at_ns: UnixNanos,
}

/// The sentence above everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is left to do, nothing is wrong.
    Safe,
    /// Not begun or not ended.
    Unfinished,
    /// Something needs a person.
    NeedsYou,
}

impl JobReport {
    /// The sentence above everything, by its worst part.
    pub fn verdict(&self) -> Verdict {
        let differs = self
            .verifications
            .iter()
            .any(|stage| stage.different_files > 0);
        let wrong = self.counts.errored.files + self.counts.missing.files;
        match (wrong > 0 || differs, self.counts.pending.files > 0) {
            (true, _) => Verdict::NeedsYou,
            (false, true) => Verdict::Unfinished,
            (false, false) => Verdict::Safe,
        }
    }

    /// Bytes written a second, while commands ran.
    pub fn rate_bytes_per_sec(&self) -> Option<f64> {
        (self.working_secs > 0.0).then(|| self.moved_bytes as f64 / self.working_secs)
    }
}
