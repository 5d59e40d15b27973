//! How files are moved: the options of every command that moves some.

use clap::Args;

use super::values;
use crate::settings::{Algorithm, Dedup, Durability, OnConflict, OrderBy, Threads};

/// How files are moved. Each can also come from the environment (FERRY_CLI_THREADS, …) and from a configuration file.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "How files are moved")]
pub struct Tuning {
    /// Files in hand at one time, or `auto`: as pre-flight advises
    #[arg(long, value_name = "N|auto", value_parser = values::threads)]
    pub threads: Option<Threads>,
    /// Bytes of one read, such as 1MiB
    #[arg(long, value_name = "SIZE", value_parser = values::size_bytes)]
    pub buffer_size: Option<u64>,
    /// Hash of contents
    #[arg(long, value_enum)]
    pub hash: Option<Algorithm>,
    /// When bytes are forced to storage
    #[arg(long, value_enum)]
    pub durability: Option<Durability>,
    /// What happens with content that is at the destination already
    #[arg(long, value_enum)]
    pub dedup: Option<Dedup>,
    /// What happens when the destination holds other content under a name
    #[arg(long, value_enum)]
    pub on_conflict: Option<OnConflict>,
    /// Further attempts that a file gets
    #[arg(long, value_name = "N")]
    pub retries: Option<u32>,
    /// How long a destination that is full or gone is waited for, such as 10m
    #[arg(long, value_name = "TIME", value_parser = values::whole_secs)]
    pub wait: Option<u64>,
    /// Which files first
    #[arg(long, value_enum)]
    pub order_by: Option<OrderBy>,
    /// Only files that match; can be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// No files that match; can be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// At most so many bytes a second, such as 50MiB
    #[arg(long, value_name = "RATE", value_parser = values::bytes_per_sec)]
    pub bwlimit: Option<u64>,
    /// Stop when more files than this failed
    #[arg(long, value_name = "N")]
    pub max_errors: Option<u64>,
    /// Files of one batch, which is what is done again after a crash; small files are as many as come in a second
    /// [default: 50]
    #[arg(long, value_name = "N")]
    pub checkpoint_interval: Option<u32>,
    /// Seconds until a batch is closed: at most so many are done again after a crash [default: 30]
    #[arg(long, value_name = "SECONDS")]
    pub checkpoint_time_interval: Option<u64>,
    /// A job that rested longer is checked file by file before it goes on [default: 7]
    #[arg(long, value_name = "DAYS")]
    pub max_checkpoint_age_days: Option<u32>,
    /// Jobs of one job directory that copy at one time [default: 1]
    #[arg(long, value_name = "N")]
    pub max_concurrent_resumes: Option<u32>,
    /// Whether a resume looks first if what is done is still there [default: true]
    #[arg(long, value_name = "BOOL")]
    pub verify_state_on_resume: Option<bool>,
}
