//! The folder that everything a run starts lives under, and the processes that still name it afterwards.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use tempfile::TempDir;

/// Names the folder to tests that run in a prepared one.
pub const RUN_DIR: &str = "FERRY_TEST_DIR";

/// A new folder below the run's folder, or below the system's where a test runs alone. Short, because sockets live in it.
pub fn new_dir(prefix: &str) -> Result<TempDir> {
    let parent = std::env::var_os(RUN_DIR).map_or_else(std::env::temp_dir, PathBuf::from);
    let dir = tempfile::Builder::new()
        .prefix(prefix)
        .tempdir_in(&parent)
        .context("no folder for a test")?;
    // Postgres runs as another user and must reach its cluster through here.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(dir)
}

/// A process that is still there.
#[derive(Debug)]
pub struct Leftover {
    pub pid: i32,
    /// How it was started.
    pub command_line: String,
}

/// Processes whose command line or surroundings name the folder; this process and its ancestors don't count.
pub fn leftovers(dir: &Path) -> Vec<Leftover> {
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let name = dir.to_string_lossy().into_owned();
    let pids = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| u32::try_from(*pid).is_ok_and(|pid| pid != std::process::id()))
        .filter_map(|pid| {
            Some(Leftover {
                pid,
                command_line: command_line(pid)?,
            })
        })
        .filter(|process| process.command_line.contains(&name))
        .collect()
}

/// The arguments of a process, with spaces between them.
pub fn command_line(pid: i32) -> Option<String> {
    let raw = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&raw).replace('\0', " "))
}
