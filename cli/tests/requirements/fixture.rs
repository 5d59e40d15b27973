//! A directory of its own for each test, with the binary to run in it.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use rusqlite::Connection;
use serde_json::Value;

/// The user that has no rights of its own; tests about rights run as this one when they are started by root.
const NOBODY: u32 = 65_534;

pub(crate) struct Fixture {
    dir: tempfile::TempDir,
    as_nobody: bool,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(self.out.lines().last().unwrap()).unwrap()
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let fixture = Fixture {
            dir: tempfile::tempdir().unwrap(),
            as_nobody: false,
        };
        fs::create_dir_all(fixture.path("src")).unwrap();
        fixture
    }

    /// One where rights count also for root.
    pub(crate) fn with_rights() -> Self {
        let mut fixture = Self::new();
        fixture.as_nobody = rustix::process::geteuid().is_root();
        fixture
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    pub(crate) fn write(&self, below: &str, content: &[u8]) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Files of different sizes in a few directories; contents are all different.
    pub(crate) fn fill(&self, root: &str, count: usize) {
        for number in 0..count {
            let content = content(number, number * 37 % 5_000);
            self.write(
                &format!("{root}/d{}/e{}/f{number}", number % 7, number % 3),
                &content,
            );
        }
    }

    pub(crate) fn command<I: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = I>,
    ) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_ferry"));
        command.args(arguments);
        command
    }

    /// Another program, in the same surroundings.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command
            .current_dir(self.dir.path())
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        if self.as_nobody {
            give_to_nobody(self.dir.path());
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// Runs to the end; words are split at spaces.
    pub(crate) fn ferry(&self, line: &str) -> Answer {
        let output = self.command(line.split(' ')).output().unwrap();
        Answer {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs beside the test, with its stdout piped.
    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(line.split(' '))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// A job `jobs/j` with everything below `src`.
    pub(crate) fn job(&self) {
        self.ferry("init --job-dir jobs --job-name j").ends_with(0);
        self.ferry("add-source jobs/j.db src").ends_with(0);
    }

    pub(crate) fn database(&self, name: &str) -> Connection {
        Connection::open(self.path(name)).unwrap()
    }

    pub(crate) fn number(&self, sql: &str) -> i64 {
        self.database("jobs/j.db")
            .query_row(sql, [], |row| row.get(0))
            .unwrap()
    }

    pub(crate) fn remove(&self, below: &str) {
        let path = self.path(below);
        match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }

    pub(crate) fn tree(&self, below: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        tree(&self.path(below))
    }
}

/// Of a number, so that no two are equal.
pub(crate) fn content(number: usize, size: usize) -> Vec<u8> {
    let head = format!("{number}:");
    head.bytes()
        .chain((0..size).map(|at| u8::try_from((at * 31 + number * 7) % 251).unwrap()))
        .collect()
}

/// Every regular file below a directory, with its content.
pub(crate) fn tree(top: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut left = vec![top.to_owned()];
    while let Some(dir) = left.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            continue;
        };
        for entry in entries.map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                left.push(entry.path());
            } else if kind.is_file() {
                found.insert(
                    entry.path().strip_prefix(top).unwrap().to_owned(),
                    fs::read(entry.path()).unwrap(),
                );
            }
        }
    }
    found
}

fn give_to_nobody(path: &Path) {
    let meta = fs::symlink_metadata(path).unwrap();
    std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
    if meta.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give_to_nobody(&entry.unwrap().path());
        }
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The exit code, or none when it still runs after that time; it is ended then.
pub(crate) fn ends_within(running: &mut Child, most: std::time::Duration) -> Option<i32> {
    let began = std::time::Instant::now();
    while began.elapsed() < most {
        if let Some(status) = running.try_wait().unwrap() {
            return Some(status.code().unwrap_or(-1));
        }
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    running.kill().unwrap();
    running.wait().unwrap();
    None
}
