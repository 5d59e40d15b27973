//! Arguments of the commands that look at files and move them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{JobName, Tuning, values};
use crate::settings::{Algorithm, Threads};

/// How a copy begins and ends, and how it moves files: the same for `run` and `copy`.
#[derive(Debug, Args)]
pub struct Copying {
    /// Do not measure and estimate first
    #[arg(long)]
    pub no_preflight: bool,
    /// Begin although space seems short
    #[arg(long)]
    pub force: bool,
    /// End with exit code 9 when there was nothing to copy
    #[arg(long)]
    pub error_on_no_transfer: bool,
    /// How files are moved.
    #[command(flatten)]
    pub tuning: Tuning,
}

/// `ferry run`.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Sources and, last, the destination
    #[arg(required = true, num_args = 2.., value_name = "SRC... DEST")]
    pub places: Vec<PathBuf>,
    /// The job's name [default: made from the places, so that the same command goes on]
    #[arg(long, value_name = "NAME")]
    pub job: Option<String>,
    /// How much is compared at the end; each file was read back once already when it was copied
    #[arg(long, value_enum, default_value_t = Stage::Shallow)]
    pub stage: Stage,
    /// How it begins and ends.
    #[command(flatten)]
    pub copying: Copying,
}

/// `ferry preflight`.
#[derive(Debug, Args)]
pub struct PreflightArgs {
    /// Sources and, last, the destination
    #[arg(required = true, num_args = 2.., value_name = "SRC... DEST")]
    pub places: Vec<PathBuf>,
    /// How files would be moved.
    #[command(flatten)]
    pub tuning: Tuning,
}

/// `ferry analyze`.
#[derive(Debug, Args)]
pub struct AnalyzeArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// A source root, also where one that moved is now; can be repeated [default: all of the job]
    #[arg(long, value_name = "DIR")]
    pub source: Vec<PathBuf>,
    /// A destination root; can be repeated [default: all of the job]
    #[arg(long, value_name = "DIR")]
    pub dest: Vec<PathBuf>,
    /// Only files that match; can be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// No files that match; can be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
}

// Three options of `Tuning`, not all of them: it moves no file. `ferry verify` has one.
/// `ferry checksum`.
#[derive(Debug, Args)]
pub struct ChecksumArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// Which files
    #[arg(long, value_enum, default_value_t = SideName::Source)]
    pub side: SideName,
    /// Compute all anew
    #[arg(long)]
    pub no_cache: bool,
    /// Files in hand at one time, or `auto`
    #[arg(long, value_name = "N|auto", value_parser = values::threads)]
    pub threads: Option<Threads>,
    /// Bytes of one read, such as 1MiB
    #[arg(long, value_name = "SIZE", value_parser = values::size_bytes)]
    pub buffer_size: Option<u64>,
    /// Hash of contents
    #[arg(long, value_enum)]
    pub hash: Option<Algorithm>,
}

/// Which files of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideName {
    /// Where files come from.
    Source,
    /// Where files went to.
    Dest,
}

/// `ferry copy`.
#[derive(Debug, Args)]
pub struct CopyArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// A source root that moved, where it is now; can be repeated
    #[arg(long, value_name = "DIR")]
    pub source: Vec<PathBuf>,
    /// A destination root; can be repeated [default: those of the job]
    #[arg(long, value_name = "DIR")]
    pub dest: Vec<PathBuf>,
    /// Forget what is done and start over; asks first
    #[arg(long)]
    pub no_resume: bool,
    /// Do not ask before starting over
    #[arg(long)]
    pub yes: bool,
    /// How it begins and ends.
    #[command(flatten)]
    pub copying: Copying,
}

/// `ferry resume`.
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// A source root that moved, where it is now; can be repeated
    #[arg(long, value_name = "DIR")]
    pub source: Vec<PathBuf>,
    /// A destination root that moved, where it is now; can be repeated
    #[arg(long, value_name = "DIR")]
    pub dest: Vec<PathBuf>,
    /// How files are moved; what is not given is as it was.
    #[command(flatten)]
    pub tuning: Tuning,
}

/// How much is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Existence, size and time.
    Shallow,
    /// All of that, and the contents.
    Deep,
}

/// `ferry verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// How much is compared
    #[arg(long, value_enum)]
    pub stage: Option<Stage>,
    /// Begin anew also when the last one was cut off
    #[arg(long)]
    pub reverify: bool,
    /// Files in hand at one time, or `auto`
    #[arg(long, value_name = "N|auto", value_parser = values::threads)]
    pub threads: Option<Threads>,
    /// A destination root that moved, where it is now; can be repeated
    #[arg(long, value_name = "DIR")]
    pub dest: Vec<PathBuf>,
}

/// `ferry verify-status`.
#[derive(Debug, Args)]
pub struct VerifyStatusArgs {
    /// The job.
    #[command(flatten)]
    pub job: JobName,
    /// Which verification
    #[arg(long, value_enum)]
    pub stage: Option<Stage>,
    /// Only the counts
    #[arg(long, conflicts_with = "full")]
    pub summary: bool,
    /// Also the files that were found equal
    #[arg(long)]
    pub full: bool,
}
