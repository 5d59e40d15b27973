//! Where things are, and how programs are run from here. Nothing about what the commands mean.

use std::{
    ffi::OsStr,
    fs::File,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, ensure};

/// The workspace's root: where cargo runs us from, which need not be where we were built when the folder was moved.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR");
    own.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from)
        .join("..")
        .canonicalize()
        .unwrap_or_else(|_| PathBuf::from("."))
}

/// Where cargo builds to.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Where the terminal client is built by itself, as `cargo install --path cli` builds it: among the other members cargo
/// would unify features with theirs, and build all dependencies twice in one directory.
pub(crate) fn cli_target() -> PathBuf {
    target().join("cli")
}

/// A program to be run in the root.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root());
    command
}

/// Cargo, the one that runs us.
pub(crate) fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end, says how long it took, and wants success.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("+ {}", shown(command));
    let begun = Instant::now();
    let status = command
        .status()
        .with_context(|| format!("{} does not start", shown(command)))?;
    eprintln!("  ({} s)", begun.elapsed().as_secs());
    ensure!(status.success(), "{} failed ({status})", shown(command));
    Ok(())
}

/// A program that runs beside others, its output in a file until it is shown as a whole. Ended with this value.
pub(crate) struct Background {
    child: Child,
    shown: String,
    log: PathBuf,
}

impl Background {
    /// Starts it; nothing of it is shown yet.
    pub(crate) fn start(command: &mut Command, log: PathBuf) -> Result<Background> {
        let shown = shown(command);
        eprintln!("+ {shown} &");
        let output = File::create(&log).with_context(|| format!("{}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("{shown} does not start"))?;
        Ok(Background { child, shown, log })
    }

    /// Waits for its end, shows what it said, and wants success.
    pub(crate) fn finish(mut self) -> Result<()> {
        let status = self.child.wait()?;
        eprintln!("+ {}", self.shown);
        print!("{}", std::fs::read_to_string(&self.log)?);
        ensure!(status.success(), "{} failed ({status})", self.shown);
        Ok(())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // After `finish` there is nothing left to end.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether the program is found and answers with success, in silence.
pub(crate) fn answers(name: &str, args: &[&str]) -> bool {
    program(name)
        .args(args)
        .output()
        .is_ok_and(|output| output.status.success())
}

/// What a person would have typed.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Refuses files that git does not know or that changed, and files that are tracked although they are ignored: what was
/// built does not belong into the history.
pub(crate) fn ensure_clean_tree() -> Result<()> {
    let changed = said_by_git(&["status", "--porcelain"])?;
    ensure!(
        changed.is_empty(),
        "the working tree is not clean:\n{changed}"
    );
    let built = said_by_git(&["ls-files", "--cached", "--ignored", "--exclude-standard"])?;
    ensure!(built.is_empty(), "tracked, though ignored:\n{built}");
    Ok(())
}

fn said_by_git(arguments: &[&str]) -> Result<String> {
    let output = program("git")
        .args(arguments)
        .output()
        .context("git does not start")?;
    ensure!(output.status.success(), "git failed ({})", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
