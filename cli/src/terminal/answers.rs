//! What commands answer with `--json`, beside the events of a run and the reports of phases: plain values with a schema.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    job::{Cause, Counts, DuplicateKind, FileState, Share, lock::Holder, verification::Finding},
    path::JsonPath,
    phases::analyze::Scanned,
};

/// `job`: one that was made, or was there already.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobMade {
    /// Its name.
    pub job: String,
    /// Its ledger.
    pub database: String,
    /// The shared checksum cache.
    pub cache: String,
    /// Its logs.
    pub logs: String,
    /// False: it was there.
    pub made: bool,
}

/// `job`: one of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobListed {
    /// Its name.
    pub job: String,
    /// What became of its files.
    pub counts: Counts,
}

/// `job`: where its files come from and go to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobShown {
    /// Its name.
    pub job: String,
    /// Its ledger.
    pub database: String,
    /// All of them.
    pub roots: Vec<RootShown>,
    /// What became of its files.
    pub counts: Counts,
}

/// A root of a job.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RootShown {
    /// `source`, `destination` or `pool`.
    pub side: &'static str,
    /// Where it was found last.
    pub seen_at: String,
    /// Its filesystem.
    pub volume: String,
}

/// `job`: one that was removed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobRemoved {
    /// Its name.
    pub job: String,
    /// False: it would be.
    pub removed: bool,
}

/// `scan`: what `analyze` saw.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Analyzed {
    /// Below the sources, when they were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Scanned>,
    /// Below the destinations, when they were looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Scanned>,
}

/// `scan`: single files that were added.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FilesAdded {
    /// How many were new.
    pub added_files: u64,
}

/// `scan`: files that were taken off the list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FilesRemoved {
    /// How many.
    pub removed_files: u64,
}

/// `file`: a row of `list-files`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileListed {
    /// Its filesystem.
    pub volume: String,
    /// Below its root.
    pub file: JsonPath,
    /// Its size.
    pub size_bytes: u64,
    /// When its content changed last, nanoseconds since the Unix epoch.
    pub mtime_ns: i64,
    /// What became of it.
    pub state: FileState,
    /// How often it was tried.
    pub attempts: u32,
    /// Of proved content, hexadecimal.
    pub checksum: Option<String>,
    /// How a duplicate was placed.
    pub duplicate: Option<DuplicateKind>,
    /// When it failed.
    pub cause: Option<Cause>,
    /// For a person.
    pub message: Option<String>,
}

/// `plan`: what a copy would do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Planned {
    /// Files that would be copied.
    pub files: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// Files that cannot be copied because another one has their name.
    pub blocked_files: u64,
    /// Bytes that would be written; none: the destination is not there yet.
    pub needed_bytes: Option<u64>,
    /// Bytes that the destination has room for.
    pub free_bytes: Option<u64>,
}

/// `verified`: a stored result.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FileVerified {
    /// Below its root; none: it left the job meanwhile.
    pub file: Option<JsonPath>,
    /// What was found.
    pub finding: Finding,
    /// For a person, when it is not equal.
    pub detail: Option<String>,
}

/// `verification`: all stored results of a stage.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Verification {
    /// `shallow` or `deep`.
    pub stage: &'static str,
    /// How often each finding was made.
    pub results: Vec<Found>,
}

/// How often a finding was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found {
    /// What was found.
    pub finding: Finding,
    /// Of so many files.
    pub files: u64,
}

/// `status`: how far a job is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Status {
    /// Its name.
    pub job: String,
    /// Files and bytes of every state.
    pub states: BTreeMap<&'static str, Share>,
    /// The same, as they add up.
    pub counts: Counts,
    /// Of all files, not pending.
    pub percent: f64,
    /// What the last command did last.
    pub phase: Option<String>,
    /// When the last batch became durable.
    pub last_checkpoint: Option<String>,
    /// Who works on it now.
    pub running: Option<Holder>,
    /// Done: durable, read back and found equal.
    pub copied_and_read_back: Share,
    /// Whose content came back different.
    pub mismatched_files: u64,
    /// Not read back yet.
    pub unverified_files: u64,
    /// What later verifications found, by stage.
    pub verification: BTreeMap<&'static str, Vec<Found>>,
}

/// `log`: an entry of the audit trail.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogEntry {
    /// From 1, without a gap.
    pub seq: i64,
    /// When, RFC 3339.
    pub at: String,
    /// Of which run of which command.
    pub operation: Option<String>,
    /// What happened.
    pub event: String,
    /// With its particulars.
    pub body: serde_json::Value,
}

/// `log`: the trail proved.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogProved {
    /// Whose chain is whole.
    pub entries: i64,
    /// Files whose state is not what the trail says.
    pub different_files: usize,
}

/// `attempt`: one try of one file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AttemptShown {
    /// From 1.
    pub attempt: u32,
    /// When it ended, RFC 3339.
    pub at: String,
    /// How it ended.
    pub state: FileState,
    /// Bytes that were written.
    pub moved_bytes: u64,
    /// Of what the source gave, hexadecimal.
    pub source_checksum: Option<String>,
    /// Of what was read back, hexadecimal.
    pub destination_checksum: Option<String>,
    /// How long a thread worked on it.
    pub took_secs: Option<f64>,
    /// Why it failed.
    pub error: Option<String>,
}

/// `pool`: a directory of the pool.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Pool {
    /// Where it was found last.
    pub directory: String,
    /// Its filesystem.
    pub volume: String,
    /// Files in the index.
    pub files: u64,
    /// Their bytes.
    pub size_bytes: u64,
}

/// `pool_file`: whether the index knows a path.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PoolFile {
    /// As it was asked for.
    pub asked: String,
    /// Whether the index knows it.
    pub is_there: bool,
    /// The pool directory.
    pub directory: Option<String>,
    /// Its size.
    pub size_bytes: Option<u64>,
}

/// `config`: settings in force, a file that was written, checked files, or where files are looked for.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Configured {
    /// `config show`.
    Shown {
        /// Every option of every command.
        settings: Vec<crate::config::Shown>,
    },
    /// `config generate`.
    Written {
        /// Where.
        file: String,
    },
    /// `config check`.
    Valid {
        /// Files without a mistake.
        valid: Vec<String>,
    },
    /// `config path`.
    Places {
        /// The most personal first.
        files: Vec<ConfigFile>,
    },
}

/// A place for a configuration file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigFile {
    /// `user` or `system`.
    pub place: &'static str,
    /// Its path.
    pub file: String,
    /// Whether it is there.
    pub exists: bool,
}
