//! One private Postgres for all tests of a run, and a database of its own for each of them.
//! Not the server's embedded Postgres: tests about that one let the server start it.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User, chown, geteuid},
};
use postgres::{Client, NoTls};
use tempfile::TempDir;

use crate::{run_dir, wait};

/// Names the socket's folder of a cluster that is already up.
pub const RUN_POSTGRES: &str = "FERRY_TEST_POSTGRES";

/// A cluster: started here, or found.
pub struct Cluster {
    socket_dir: PathBuf,
    ours: Option<Running>,
}

struct Running {
    postmaster: Child,
    _dir: TempDir,
}

/// A database that is dropped with its value.
pub struct Database {
    cluster: Arc<Cluster>,
    name: String,
}

static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());

impl Cluster {
    /// The run's cluster, or one that all tests of this process share.
    pub fn shared() -> Result<Arc<Cluster>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cluster) = shared.upgrade() {
            return Ok(cluster);
        }
        let cluster = Arc::new(match std::env::var_os(RUN_POSTGRES) {
            Some(socket_dir) => Cluster {
                socket_dir: socket_dir.into(),
                ours: None,
            },
            None => Cluster::start()?,
        });
        *shared = Arc::downgrade(&cluster);
        Ok(cluster)
    }

    /// Makes and starts one. It is not meant to survive a crash, so it does not wait for the disk.
    pub fn start() -> Result<Cluster> {
        let dir = run_dir::new_dir("pg-")?;
        let data = dir.path().join("data");
        std::fs::create_dir(&data)?;
        own(&data)?;
        let socket_dir = dir.path().join("sock");
        std::fs::create_dir(&socket_dir)?;
        own(&socket_dir)?;
        let mut initdb = as_postgres("initdb")?;
        initdb
            .args([
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
                "--username=postgres",
                "-D",
            ])
            .arg(&data);
        let output = initdb.output().context("initdb does not start")?;
        ensure!(
            output.status.success(),
            "initdb: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let log = std::fs::File::create(dir.path().join("postgres.log"))?;
        let mut postgres = as_postgres("postgres")?;
        postgres
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&socket_dir)
            .stdout(Stdio::null())
            .stderr(log);
        for option in [
            "listen_addresses=",
            "fsync=off",
            "max_connections=300",
            "shared_buffers=64MB",
        ] {
            postgres.args(["-c", option]);
        }
        let postmaster = postgres.spawn().context("postgres does not start")?;
        let cluster = Cluster {
            socket_dir,
            ours: Some(Running {
                postmaster,
                _dir: dir,
            }),
        };
        wait::until_blocking(Duration::from_secs(60), "Postgres answers", || {
            cluster.connect("postgres").map(drop)
        })?;
        Ok(cluster)
    }

    /// The folder of its socket.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// A new, empty database.
    pub fn database(self: &Arc<Self>) -> Result<Database> {
        let name = format!("test_{}", uuid::Uuid::new_v4().simple());
        self.connect("postgres")?
            .batch_execute(&format!("CREATE DATABASE {name}"))?;
        Ok(Database {
            cluster: Arc::clone(self),
            name,
        })
    }

    fn connect(&self, database: &str) -> Result<Client> {
        Ok(Client::connect(&self.url(database), NoTls)?)
    }

    fn url(&self, database: &str) -> String {
        format!(
            "postgresql:///{database}?host={}&user=postgres",
            self.socket_dir.display()
        )
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(running) = &mut self.ours {
            if let Ok(pid) = i32::try_from(running.postmaster.id()) {
                kill(Pid::from_raw(pid), Signal::SIGINT).ok();
            }
            drop(running.postmaster.wait());
        }
    }
}

impl Database {
    /// What the server gets as `DATABASE_URL`.
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// A connection of the test's own; not for use inside async code.
    pub fn connect(&self) -> Result<Client> {
        self.cluster.connect(&self.name)
    }

    /// Everything in it, as `pg_dump` writes it.
    pub fn dump(&self) -> Result<Vec<u8>> {
        dump(&self.url())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        let drop_it = || anyhow::Ok(self.cluster.connect("postgres")?.batch_execute(&sql)?);
        // This client blocks, which async code that holds the last database must not.
        let dropped = std::thread::scope(|scope| scope.spawn(drop_it).join());
        if !matches!(dropped, Ok(Ok(()))) {
            eprintln!("the database {} stays behind: {dropped:?}", self.name);
        }
    }
}

/// Everything in the database behind `url`, as `pg_dump` writes it.
pub fn dump(url: &str) -> Result<Vec<u8>> {
    let output = Command::new(binary("pg_dump")?)
        .arg(url)
        .output()
        .context("pg_dump does not start")?;
    ensure!(
        output.status.success(),
        "pg_dump: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(output.stdout)
}

/// A program of the newest Postgres on the machine.
fn binary(name: &str) -> Result<PathBuf> {
    let mut found: Vec<PathBuf> = match std::fs::read_dir("/usr/lib/postgresql") {
        Ok(versions) => versions
            .filter_map(|version| Some(version.ok()?.path().join("bin").join(name)))
            .collect(),
        Err(_) => Vec::new(),
    };
    found.extend(
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .map(|dir| dir.join(name)),
    );
    found.retain(|path| path.exists());
    found.sort();
    found
        .pop()
        .with_context(|| format!("{name} is not on this machine: install postgresql"))
}

/// The same, as a user that Postgres accepts: it refuses root.
fn as_postgres(name: &str) -> Result<Command> {
    let mut command = Command::new(binary(name)?);
    command.current_dir("/");
    if let Some(user) = substitute()? {
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
    }
    Ok(command)
}

fn own(path: &Path) -> Result<()> {
    match substitute()? {
        Some(user) => Ok(chown(path, Some(user.uid), Some(user.gid))?),
        None => Ok(()),
    }
}

/// Who runs Postgres instead of root.
fn substitute() -> Result<Option<User>> {
    if !geteuid().is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let Some(user) = User::from_name(name)? {
            return Ok(Some(user));
        }
    }
    bail!("there is neither a user postgres nor nobody to run Postgres")
}
