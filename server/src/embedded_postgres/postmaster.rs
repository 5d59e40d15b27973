//! What `postmaster.pid` says about the process that runs a cluster.

use std::path::{Path, PathBuf};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::paths::Paths;

/// A postmaster as its cluster's pid file describes it.
#[derive(Debug)]
pub(super) struct Postmaster {
    pub(super) pid: i32,
    pub(super) phase: Phase,
    file: PathBuf,
}

/// Line 8 of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It accepts connections.
    Ready,
    /// Not yet, or no longer.
    Other,
}

impl Postmaster {
    /// None without a readable file.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        let file = cluster.join("postmaster.pid");
        let text = std::fs::read_to_string(&file).ok()?;
        let pid: i32 = text.lines().next()?.trim().parse().ok()?;
        let phase = match text.lines().nth(7).map(str::trim) {
            Some("ready") => Phase::Ready,
            _ => Phase::Other,
        };
        // Postgres writes a negative number in single-user mode, and 0 or 1 cannot be it.
        (pid > 1).then_some(Postmaster { pid, phase, file })
    }

    /// The process exists, is no zombie, and is a Postgres: numbers are used again after a crash.
    pub(super) fn is_alive(&self) -> bool {
        match kill(Pid::from_raw(self.pid), None) {
            Ok(()) | Err(Errno::EPERM) => is_postgres(self.pid),
            Err(_) => false,
        }
    }

    /// Sends a signal, if it still runs.
    pub(super) fn signal(&self, signal: Signal) {
        if self.is_alive() && kill(Pid::from_raw(self.pid), signal).is_err() {
            tracing::warn!(pid = self.pid, "cannot signal the private Postgres");
        }
    }

    /// Removes what a dead one left. Postgres does that itself unless its number is taken by a zombie or a stranger.
    pub(super) fn forget(&self, paths: &Paths) {
        let leftovers = [
            self.file.clone(),
            paths.socket_dir.join(".s.PGSQL.5432.lock"),
        ];
        for file in leftovers {
            if let Err(error) = std::fs::remove_file(&file)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(file = %file.display(), %error, "cannot remove a leftover of the private Postgres");
            }
        }
    }
}

/// By Linux' process table; where there is none, the number alone has to do.
fn is_postgres(pid: i32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return !Path::new("/proc/self/stat").exists();
    };
    let name_and_state = stat
        .split_once('(')
        .and_then(|(_, rest)| rest.rsplit_once(") "));
    name_and_state
        .is_some_and(|(name, rest)| name.starts_with("postgres") && !rest.starts_with('Z'))
}
