//! A Chromium that nothing inspects, and the memory of its renderers.

use std::{path::Path, process::Stdio};

use anyhow::{Context, Result};
use ferry_tests::{browser::FLAGS, run_dir};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::process::{Child, Command};

/// The browser; killed with its value.
pub(crate) struct Uninspected {
    child: Child,
    group: Pid,
}

impl Uninspected {
    /// Opens an address in a fresh profile.
    pub(crate) fn open(dir: &Path, url: &str) -> Result<Uninspected> {
        let mut command = Command::new("chromium");
        command
            .args(FLAGS)
            .arg(format!(
                "--user-data-dir={}",
                dir.join("profile-uninspected").display()
            ))
            .arg(url);
        command
            .process_group(0)
            .kill_on_drop(true)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().context("chromium does not start")?;
        let group = Pid::from_raw(i32::try_from(child.id().context("chromium ended")?)?);
        Ok(Uninspected { child, group })
    }

    /// Resident memory of the largest renderer, MiB.
    pub(crate) fn largest_renderer_mib(&self) -> f64 {
        let members = std::fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let pid: i32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
                let ours = nix::unistd::getpgid(Some(Pid::from_raw(pid)))
                    .is_ok_and(|group| group == self.group);
                let renderer = ours && run_dir::command_line(pid)?.contains("--type=renderer");
                renderer.then(|| resident_mib(pid)).flatten()
            });
        members.fold(0.0, f64::max)
    }

    /// SIGKILL to all of it.
    pub(crate) async fn kill(mut self) -> Result<()> {
        killpg(self.group, Signal::SIGKILL)?;
        self.child.wait().await?;
        Ok(())
    }
}

impl Drop for Uninspected {
    fn drop(&mut self) {
        killpg(self.group, Signal::SIGKILL).ok();
    }
}

fn resident_mib(pid: i32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}
