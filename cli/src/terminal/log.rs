//! The log file of a command: what a person reads when something went wrong last night. The audit trail is the
//! ledger's, not this.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing_subscriber::filter::LevelFilter;

/// Where a command's log goes: what was named, else `logs/ferry.log` beside the job.
pub fn place(named: Option<&Path>, job_dir: &Path) -> PathBuf {
    named.map_or_else(|| job_dir.join("logs").join("ferry.log"), Path::to_owned)
}

/// A level by its name; none for what is no level.
pub fn level(name: &str) -> Option<LevelFilter> {
    match name {
        "error" => Some(LevelFilter::ERROR),
        "warn" => Some(LevelFilter::WARN),
        "info" => Some(LevelFilter::INFO),
        "debug" => Some(LevelFilter::DEBUG),
        "trace" => Some(LevelFilter::TRACE),
        _ => None,
    }
}

/// Opens the log to be added to, with the directories above it.
///
/// # Errors
/// It can not be made or written.
pub fn open(file: &Path) -> io::Result<File> {
    if let Some(above) = file.parent() {
        fs::create_dir_all(above)?;
    }
    OpenOptions::new().create(true).append(true).open(file)
}

/// Everything at or above `level` goes to `file` from now on, a line each. Only the first call of a process counts.
pub fn begin(file: File, level: LevelFilter) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(Mutex::new(file))
        .finish();
    // a second one in a process, as in tests, keeps the first
    let _ = tracing::subscriber::set_global_default(subscriber);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn r62_logs_lie_beside_the_job_unless_named() {
        assert_eq!(
            place(None, Path::new("/jobs")),
            Path::new("/jobs/logs/ferry.log")
        );
        assert_eq!(
            place(Some(Path::new("/x.log")), Path::new("/jobs")),
            Path::new("/x.log")
        );
    }

    #[test]
    fn r62_a_log_is_added_to_and_its_directory_made() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("logs/deep/ferry.log");
        writeln!(open(&file).unwrap(), "first").unwrap();
        writeln!(open(&file).unwrap(), "second").unwrap();
        assert_eq!(fs::read_to_string(file).unwrap(), "first\nsecond\n");
    }

    #[test]
    fn r62_levels_have_names() {
        assert_eq!(level("warn"), Some(LevelFilter::WARN));
        assert_eq!(level("loud"), None);
    }
}
