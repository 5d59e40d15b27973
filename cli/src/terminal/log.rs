//! The log file: what was told on the screen, with times, for whoever looks the morning after. Lines are appended; what
//! is written nowhere else is not here either: the truth about files is the ledger's.

use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing::{debug, error, info, level_filters::LevelFilter, trace, warn};

use crate::{exit::ExitCode, job::FileState, phases::Event};

/// A file larger than this becomes `….1`, in place of an earlier one, when a command begins.
const KEPT_BYTES: u64 = 16 << 20;

/// How much goes into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogLevel {
    /// Commands that ended badly, files that failed.
    Error,
    /// And everything that is worth a warning.
    Warn,
    /// And where a run is.
    Info,
    /// And each file.
    Debug,
    /// And each event.
    Trace,
}

impl From<LogLevel> for LevelFilter {
    fn from(level: LogLevel) -> Self {
        match level {
            LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        }
    }
}

/// From now on this process logs there. The first call counts.
///
/// # Errors
/// The file cannot be written.
pub fn begin(file: &Path, level: LogLevel) -> io::Result<()> {
    if let Some(above) = file.parent().filter(|above| !above.as_os_str().is_empty()) {
        fs::create_dir_all(above)?;
    }
    if fs::metadata(file).is_ok_and(|meta| meta.len() > KEPT_BYTES) {
        fs::rename(file, earlier(file))?;
    }
    let out = OpenOptions::new().create(true).append(true).open(file)?;
    let lines = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_target(false)
        .with_max_level(LevelFilter::from(level))
        .with_writer(Mutex::new(out));
    // a second one in a process would be a test's
    let _ = lines.try_init();
    Ok(())
}

fn earlier(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}

/// One thing that happened.
pub(super) fn event(event: &Event) {
    match event {
        Event::Started {
            operation, command, ..
        } => info!(operation, "{command} begins"),
        Event::PhaseChanged { phase, .. } => info!("{}", phase.name()),
        Event::File {
            path,
            state: FileState::Error,
            message,
            ..
        } => error!(
            path = path.path,
            "failed: {}",
            message.as_deref().unwrap_or("")
        ),
        Event::File { path, state, .. } => debug!(path = path.path, "{}", state.name()),
        Event::Warning { message } => warn!("{message}"),
        Event::Retry {
            path,
            attempt,
            message,
        } => warn!(path = path.path, attempt, "again: {message}"),
        Event::Waiting { message, left_secs } => warn!(left_secs, "waiting: {message}"),
        Event::Reopened { files, .. } => warn!("{files} settled files are open again"),
        Event::Checkpoint { files, size_bytes } => debug!(files, size_bytes, "checkpoint"),
        Event::Finished {
            command, exit_code, ..
        } => info!(exit_code, "{command} ended"),
        Event::Scanned { .. } | Event::Moved { .. } => trace!("{event:?}"),
    }
}

/// Why a command ended badly.
pub(super) fn failure(code: ExitCode, message: &str) {
    error!(exit_code = code.number(), "{message}");
}
