//! What can go wrong with a job's database, sorted by what the person can do.

use std::path::PathBuf;

use crate::exit::ExitCode;

/// A job's database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// There is no such job.
    #[error("there is no job {name:?} in {dir}; `ferry job list` shows what is there", dir = dir.display())]
    NoSuchJob {
        /// As asked for.
        name: String,
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// Another process writes.
    #[error(
        "another process works on this job: pid {pid} on {host}, since {since}; wait for it or stop it first"
    )]
    Locked {
        /// The holder.
        pid: u32,
        /// Its machine.
        host: String,
        /// When it began, as local time.
        since: String,
    },
    /// As many jobs of the directory copy already as may.
    #[error(
        "{places} job(s) of this job directory copy already (pid {pid} on {host}, since {since}); wait, or allow more with --max-concurrent-resumes"
    )]
    TooMany {
        /// How many may.
        places: u32,
        /// One of them.
        pid: u32,
        /// Its machine.
        host: String,
        /// When it began.
        since: String,
    },
    /// A database of a later version of this program.
    #[error("{path} has schema version {found}, this ferry knows {known}: a newer ferry wrote it; use that one", path = path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// Not a database, or one with broken pages.
    #[error("{path} is damaged ({detail}); keep it, and put a copy of it or a `.bak` beside it in its place, or begin the job anew: what is at the destination already is found and not copied again", path = path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// SQLite's word.
        detail: String,
    },
    /// A file or root that the job does not know.
    #[error("the job does not know {0}; `ferry list-files` shows what it knows")]
    NotInJob(String),
    /// A path that is not there.
    #[error("{0} does not exist")]
    NoSuchPath(PathBuf),
    /// A file that was to bring checksums.
    #[error(
        "{path} has no checksums that ferry understands; it takes a job's database, a checksum cache, and lists of sha256sum, b3sum and hashdeep -c sha256 (say which with --format). Nothing was changed", path = .0.display()
    )]
    NoChecksums(PathBuf),
    /// The audit trail does not prove itself.
    #[error("the audit trail breaks at entry {seq}: it was changed or cut after it was written")]
    ChainBroken {
        /// The first entry that does not fit.
        seq: i64,
    },
    /// The filesystem of the job directory.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// What it was about.
        path: PathBuf,
        /// The system's word.
        source: std::io::Error,
    },
    /// Anything else that SQLite says.
    #[error("the job's database: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A thread ended by a panic, which is told on stderr.
    #[error(
        "a part of ferry failed in a way that it should not (see above); what is done stays done, `ferry resume` goes on with the rest. Please report it"
    )]
    Panicked,
    /// A transaction was rolled back because the run was told to stop.
    #[error("stopped; nothing of this step was written")]
    Stopped,
    /// The writer ended because an earlier write failed.
    #[error("the job's database is no longer written to, because an earlier write failed")]
    WriterGone,
}

impl JobError {
    /// What the shell gets.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            JobError::NoSuchJob { .. } => ExitCode::NoSuchJob,
            JobError::Locked { .. } | JobError::TooMany { .. } => ExitCode::Locked,
            JobError::NotInJob(_) | JobError::NoSuchPath(_) => ExitCode::NotFound,
            JobError::Io { source, .. }
                if source.kind() == std::io::ErrorKind::ReadOnlyFilesystem =>
            {
                ExitCode::GaveUp
            }
            _ => ExitCode::Error,
        }
    }
}
