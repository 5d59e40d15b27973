//! What a run is set to, after command line, environment, job and files were merged by [`crate::config`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Every value that changes how a job runs. Stored with each operation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Copies at one time.
    pub threads: Threads,
    /// Bytes of one read and one write.
    pub buffer_bytes: usize,
    /// The hash of contents.
    pub hash: Algorithm,
    /// When written bytes are made durable.
    pub durability: Durability,
    /// What happens with content that is at the destination already.
    pub dedup: Dedup,
    /// What happens when the destination holds other content under the name.
    pub on_conflict: OnConflict,
    /// Attempts after the first that one file gets.
    pub retries: u32,
    /// How long a destination that is full or gone is waited for, in seconds.
    pub wait_secs: u64,
    /// Which files first.
    pub order_by: OrderBy,
    /// Only files whose path matches one of these globs; empty: all.
    pub include: Vec<String>,
    /// No file whose path matches one of these globs.
    pub exclude: Vec<String>,
    /// At most so many bytes a second; 0: as fast as it goes.
    pub bwlimit_bytes_per_sec: u64,
    /// Stop when more files than this failed; 0: never.
    pub max_errors: u64,
    /// Section `resume_manager`.
    pub resume_manager: ResumeManager,
}

/// How batches become durable, and what a resume does first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResumeManager {
    /// At most so many files are done again after a crash.
    pub checkpoint_interval: u32,
    /// At most so many seconds of work are done again after a crash.
    pub checkpoint_time_interval: u64,
    /// A job whose last checkpoint is older is checked file by file before it goes on.
    pub max_checkpoint_age_days: u32,
    /// Jobs of one job directory that may run at one time.
    pub max_concurrent_resumes: u32,
    /// Whether a resume checks first that what is done still lies at the destination.
    pub verify_state_on_resume: bool,
}

impl Default for ResumeManager {
    fn default() -> Self {
        ResumeManager {
            checkpoint_interval: 50,
            checkpoint_time_interval: 30,
            max_checkpoint_age_days: 7,
            max_concurrent_resumes: 1,
            verify_state_on_resume: true,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            threads: Threads::Auto,
            buffer_bytes: 1 << 20,
            hash: Algorithm::Blake3,
            durability: Durability::Batch,
            dedup: Dedup::Reflink,
            on_conflict: OnConflict::Fail,
            retries: 3,
            wait_secs: 600,
            order_by: OrderBy::Name,
            include: Vec::new(),
            exclude: Vec::new(),
            bwlimit_bytes_per_sec: 0,
            max_errors: 0,
            resume_manager: ResumeManager::default(),
        }
    }
}

impl Settings {
    /// How long a destination that is full or gone is waited for.
    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_secs)
    }
}

/// `--threads`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threads {
    /// What pre-flight advises.
    Auto,
    /// So many.
    #[serde(untagged)]
    Exactly(u16),
}

// What an enum derives is its own: none of these lists follows another.
/// `--hash`.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    clap::ValueEnum,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// BLAKE3, 32 bytes, as `b3sum` prints it.
    Blake3,
    /// SHA-256, 32 bytes, as `sha256sum` prints it.
    Sha256,
}

/// `import-checksums --format`: what a file of checksums is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ChecksumFormat {
    /// Found out from the file.
    Auto,
    /// A job's database, or a checksum cache.
    Db,
    /// Lines of `sha256sum`, also `--tag`.
    Sha256sum,
    /// Lines of `b3sum`.
    B3sum,
    /// `hashdeep -c sha256`.
    Hashdeep,
}

/// `regenerate --trust`: what makes two files the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Trust {
    /// Size and time: quick, and nothing is read.
    #[value(name = "size,mtime")]
    SizeAndTime,
    /// The content: both sides are hashed, and files that were moved are found.
    Checksum,
}

/// `--durability`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Durability {
    /// Many files are made durable together, then proved, named and marked done.
    Batch,
    /// Each file is made durable by itself.
    File,
    /// Nothing is forced to storage: a power cut can cost files that are marked done.
    None,
}

/// `--dedup`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Dedup {
    /// Content that is there already is not written; the path stays absent and `duplicates.csv` says where it is.
    Skip,
    /// It becomes a clone that shares storage, where the filesystem can; otherwise as `copy`.
    Reflink,
    /// It becomes a hard link to the copy that is there.
    Hardlink,
    /// It is written again and noted as a duplicate.
    Copy,
    /// Nobody looks.
    Off,
}

/// `--on-conflict`: the destination holds other content under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// The file is in error, what is there stays. A copy that this job made, and nobody changed since, is replaced.
    Fail,
    /// The source's content replaces it.
    Source,
    /// What is there stays and the file counts as skipped.
    Keep,
}

/// `--order-by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum OrderBy {
    /// In the order of the scan, directory by directory.
    Name,
    /// Small files first.
    Size,
    /// Oldest first.
    Mtime,
}
