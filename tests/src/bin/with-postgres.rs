//! `with-postgres COMMAND...`: runs a command with a Postgres for tests and a temporary directory of its own, and fails
//! when processes or files are left over.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{ExitCode, ExitStatus},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use ferry_tests::{
    cluster::{Cluster, RUN_POSTGRES},
    run_dir::{self, RUN_DIR},
    wait,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    process::Command,
    signal::unix::{SignalKind, signal},
};

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(status) => status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => {
            eprintln!("with-postgres: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<ExitStatus> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("usage: with-postgres COMMAND...")?;
    let dir = run_dir::new_dir("ferry-")?;
    // Everything temporary of the run lands here, so that nothing can stay in the system's.
    let temporary = dir.path().join("t");
    std::fs::create_dir(&temporary)?;
    std::fs::set_permissions(&temporary, std::fs::Permissions::from_mode(0o1777))?;
    let cluster = tokio::task::spawn_blocking(Cluster::start).await??;
    let mut command = Command::new(program);
    command
        .args(words)
        .env("TMPDIR", &temporary)
        .env(RUN_DIR, dir.path())
        .env(RUN_POSTGRES, cluster.socket_dir());
    let status = to_the_end(command).await;
    let cleared = clear(dir.path()).await;
    let left = left_behind(dir.path(), &temporary);
    drop(cluster);
    let status = status?;
    if status.success() {
        cleared?;
        ensure!(left.is_empty(), "left behind: {left:#?}");
    }
    Ok(status)
}

/// What a run that ended well should have taken away with it.
fn left_behind(dir: &Path, temporary: &Path) -> Vec<PathBuf> {
    let entries = [dir, temporary].map(std::fs::read_dir);
    let paths = entries.into_iter().flatten().flatten();
    let paths = paths.filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter(|path| path != temporary).collect()
}

/// Waits for the command; signals that end us end it first.
async fn to_the_end(mut command: Command) -> Result<ExitStatus> {
    let mut child = command.spawn().context("the command does not start")?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = terminate.recv() => end(&child)?,
            _ = interrupt.recv() => {}
        }
    }
}

fn end(child: &tokio::process::Child) -> Result<()> {
    let pid = i32::try_from(child.id().context("it has ended")?)?;
    Ok(kill(Pid::from_raw(pid), Signal::SIGTERM)?)
}

/// Nothing that names the folder may still run; what does is ended, and an error. Helpers of a browser get a moment.
async fn clear(dir: &Path) -> Result<()> {
    let none = || async {
        let left = run_dir::leftovers(dir);
        if left.is_empty() {
            Ok(())
        } else {
            bail!("processes left over: {left:#?}")
        }
    };
    let cleared = wait::until(Duration::from_secs(5), "the fixture is empty", none).await;
    for process in run_dir::leftovers(dir) {
        kill(Pid::from_raw(process.pid), Signal::SIGKILL).ok();
    }
    cleared
}
