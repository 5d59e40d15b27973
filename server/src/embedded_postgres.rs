//! The embedded default: a private, real Postgres in the data directory, for a server without `DATABASE_URL`.
//! Makes the cluster once, starts it, adopts one that a crash left running, restarts a dead one, stops it on exit.
//! It listens on a unix socket in a folder closed to others and never on TCP. It knows no table: that is `db`'s business.

mod binaries;
mod paths;
mod postmaster;

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::{sync::watch, task::JoinHandle, time::Instant};

use binaries::Binaries;
use paths::Paths;
use postmaster::{Phase, Postmaster};

/// The cluster's superuser and its one database.
const NAME: &str = "ferry";
const START_TIMEOUT: Duration = Duration::from_secs(60);
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
const WATCH_INTERVAL: Duration = Duration::from_millis(300);
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// Why there is no private Postgres, each with what to do.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedPostgresError {
    /// The machine has no server binaries.
    #[error(
        "Postgres is not installed: run `apt install postgresql` (Debian), `dnf install postgresql-server` (Fedora) \
         or `brew install postgresql`, or set DATABASE_URL"
    )]
    NotInstalled,
    /// The cluster was made by another major version.
    #[error("the data in {cluster} needs Postgres {needed}, which is not installed")]
    OtherVersion {
        /// The cluster.
        cluster: PathBuf,
        /// What wrote it.
        needed: String,
    },
    /// Another server uses the directory.
    #[error(
        "{0} is in use by another Ferry server; several servers share a Postgres through DATABASE_URL"
    )]
    InUse(PathBuf),
    /// Running as root without an account to run Postgres with.
    #[error("Postgres refuses to run as root, and there is neither a user `postgres` nor `nobody`")]
    NoUnprivilegedUser,
    /// A command of Postgres failed.
    #[error("{command} failed: {output}")]
    Command {
        command: String,
        /// What it wrote.
        output: String,
    },
    /// It did not come up.
    #[error("Postgres did not start within {secs} s; its log is {log}", secs = START_TIMEOUT.as_secs())]
    StartTimeout {
        /// Its log.
        log: PathBuf,
    },
    /// A file or folder could not be used.
    #[error("{path}: {source}")]
    Io {
        path: PathBuf,
        source: std::io::Error,
    },
}

impl EmbeddedPostgresError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| EmbeddedPostgresError::Io { path, source }
    }
}

/// A running private cluster. Dropping it leaves Postgres running for the next start to adopt; [`stop`](Self::stop) ends it.
pub struct EmbeddedPostgres {
    cluster: Arc<Cluster>,
    stop: watch::Sender<bool>,
    watchdog: JoinHandle<()>,
    /// Held as long as the cluster is ours.
    _lock: File,
}

impl EmbeddedPostgres {
    /// Starts (or adopts) the cluster that belongs to `data_dir`, and keeps it running.
    pub async fn start(data_dir: &Path) -> Result<Self, EmbeddedPostgresError> {
        let paths = Paths::choose(data_dir)?;
        let lock = lock(&paths)?;
        let binaries = Binaries::find(&paths.cluster)?;
        let cluster = Arc::new(Cluster { paths, binaries });
        cluster.create_if_missing().await?;
        let process = cluster.bring_up().await?;
        let (stop, stopped) = watch::channel(false);
        let watchdog = tokio::spawn(watch_over(Arc::clone(&cluster), process, stopped));
        Ok(EmbeddedPostgres {
            cluster,
            stop,
            watchdog,
            _lock: lock,
        })
    }

    /// Where to connect.
    pub fn database_url(&self) -> String {
        url_of(&self.cluster.paths.socket_dir)
    }

    /// Where to connect to the cluster of `data_dir` that another process runs, which [`start`](Self::start) refuses as
    /// in use.
    pub fn database_url_of(data_dir: &Path) -> Result<String, EmbeddedPostgresError> {
        Ok(url_of(&Paths::choose(data_dir)?.socket_dir))
    }

    /// The postmaster's process id, while it runs.
    pub fn pid(&self) -> Option<i32> {
        Postmaster::read(&self.cluster.paths.cluster).map(|postmaster| postmaster.pid)
    }

    /// Ends Postgres (connections are cut, everything committed is on disk) and waits for it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        if self.watchdog.await.is_err() {
            tracing::error!("the watchdog of the private Postgres broke off");
        }
    }
}

/// A socket's folder is the host of the address.
fn url_of(socket_dir: &Path) -> String {
    let socket = socket_dir.display().to_string();
    let host = utf8_percent_encode(&socket, NON_ALPHANUMERIC);
    format!("postgresql://{NAME}@{host}/{NAME}")
}

fn lock(paths: &Paths) -> Result<File, EmbeddedPostgresError> {
    let path = paths.home.join("ferry.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    let file = file.map_err(EmbeddedPostgresError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(EmbeddedPostgresError::InUse(paths.home.clone())),
        Err(TryLockError::Error(source)) => Err(EmbeddedPostgresError::Io { path, source }),
    }
}

/// Where the cluster is and what runs it.
struct Cluster {
    paths: Paths,
    binaries: Binaries,
}

/// A postmaster that is being watched: our child, or one that outlived an earlier server.
enum Process {
    Child(Child),
    Adopted(Postmaster),
}

impl Process {
    fn is_alive(&mut self) -> bool {
        match self {
            Process::Child(child) => matches!(child.try_wait(), Ok(None)),
            Process::Adopted(postmaster) => postmaster.is_alive(),
        }
    }
}

impl Cluster {
    fn log_path(&self) -> PathBuf {
        self.paths.home.join("postgres.log")
    }

    /// initdb into a neighbour folder, then rename: a crash in between leaves nothing half made.
    async fn create_if_missing(&self) -> Result<(), EmbeddedPostgresError> {
        let cluster = &self.paths.cluster;
        if cluster.join("PG_VERSION").exists() {
            return Ok(());
        }
        tracing::info!(cluster = %cluster.display(), "making the private Postgres");
        let unfinished = cluster.with_extension("new");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(EmbeddedPostgresError::io(&unfinished))?;
        }
        let mut initdb = self.paths.command(&self.binaries.initdb());
        initdb.arg("-D").arg(&unfinished);
        initdb.args([
            "-U",
            NAME,
            "--auth-local=trust",
            "--auth-host=reject",
            "--encoding=UTF8",
            "--locale=C",
        ]);
        run("initdb", initdb, None).await?;
        let mut single = self.paths.command(&self.binaries.postgres());
        single.args(["--single", "-D"]).arg(&unfinished).args([
            "-c",
            "exit_on_error=on",
            "postgres",
        ]);
        run(
            "postgres --single",
            single,
            Some(format!("CREATE DATABASE {NAME}\n")),
        )
        .await?;
        std::fs::rename(&unfinished, cluster).map_err(EmbeddedPostgresError::io(cluster))
    }

    /// Adopts a running postmaster, or starts one; returns when it accepts connections.
    async fn bring_up(&self) -> Result<Process, EmbeddedPostgresError> {
        let mut process = match Postmaster::read(&self.paths.cluster) {
            Some(postmaster) if postmaster.is_alive() => {
                tracing::info!(
                    pid = postmaster.pid,
                    "adopting the private Postgres that is running"
                );
                Process::Adopted(postmaster)
            }
            Some(stale) => {
                stale.forget(&self.paths);
                Process::Child(self.spawn()?)
            }
            None => Process::Child(self.spawn()?),
        };
        self.wait_until_ready(&mut process).await?;
        Ok(process)
    }

    fn spawn(&self) -> Result<Child, EmbeddedPostgresError> {
        let log_path = self.log_path();
        let log = File::create(&log_path).map_err(EmbeddedPostgresError::io(&log_path))?;
        let errors = log
            .try_clone()
            .map_err(EmbeddedPostgresError::io(&log_path))?;
        let mut command = self.paths.command(&self.binaries.postgres());
        command
            .arg("-D")
            .arg(&self.paths.cluster)
            .arg("-k")
            .arg(&self.paths.socket_dir);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        command
            .spawn()
            .map_err(EmbeddedPostgresError::io(&self.binaries.postgres()))
    }

    async fn wait_until_ready(&self, process: &mut Process) -> Result<(), EmbeddedPostgresError> {
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            let phase = Postmaster::read(&self.paths.cluster).map(|postmaster| postmaster.phase);
            if phase == Some(Phase::Ready) {
                return Ok(());
            }
            if !process.is_alive() {
                return Err(EmbeddedPostgresError::Command {
                    command: "postgres".to_owned(),
                    output: self.end_of_log(),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(EmbeddedPostgresError::StartTimeout {
            log: self.log_path(),
        })
    }

    fn end_of_log(&self) -> String {
        let text = std::fs::read(self.log_path()).unwrap_or_default();
        let lines = String::from_utf8_lossy(&text)
            .lines()
            .rev()
            .take(5)
            .map(str::to_owned)
            .collect::<Vec<_>>();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Asks for a fast shutdown, and insists when nothing comes of it.
    async fn shut_down(&self, mut process: Process) {
        for (signal, timeout) in [
            (nix::sys::signal::SIGINT, STOP_TIMEOUT),
            (nix::sys::signal::SIGQUIT, Duration::from_secs(5)),
        ] {
            if let Some(postmaster) = Postmaster::read(&self.paths.cluster) {
                postmaster.signal(signal);
            }
            let deadline = Instant::now() + timeout;
            while Instant::now() < deadline {
                if !process.is_alive() {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tracing::warn!(?signal, "the private Postgres does not stop");
        }
    }
}

/// Durability stays as Postgres has it; only sizes are cut to what one Ferry needs.
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "shared_buffers=32MB",
    "max_connections=64",
    "max_wal_size=256MB",
    "autovacuum_max_workers=2",
    "logging_collector=off",
    "log_destination=stderr",
    "log_line_prefix=%m [%p] ",
    "timezone=UTC",
    "log_timezone=UTC",
];

/// Restarts a dead postmaster until told to stop it.
async fn watch_over(
    cluster: Arc<Cluster>,
    mut process: Process,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let told = tokio::select! {
            told = stopped.wait_for(|stop| *stop) => Some(told.is_ok()),
            () = tokio::time::sleep(WATCH_INTERVAL) => None,
        };
        match told {
            Some(true) => return cluster.shut_down(process).await,
            // An owner that was dropped without `stop` leaves Postgres running.
            Some(false) => return,
            None => {}
        }
        if !process.is_alive() {
            tracing::error!("the private Postgres died; starting it again");
            match cluster.bring_up().await {
                Ok(started) => process = started,
                Err(error) => {
                    tracing::error!(%error, "the private Postgres cannot be started; trying again");
                    tokio::time::sleep(RESTART_PAUSE).await;
                }
            }
        }
    }
}

/// Runs a command to its end without blocking others.
async fn run(
    name: &str,
    mut command: Command,
    input: Option<String>,
) -> Result<(), EmbeddedPostgresError> {
    let failed = |output: String| EmbeddedPostgresError::Command {
        command: name.to_owned(),
        output,
    };
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn()?;
        if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
            std::io::Write::write_all(&mut stdin, input.as_bytes())?;
        }
        child.wait_with_output()
    })
    .await
    .map_err(|error| failed(error.to_string()))?
    .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(
        String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    ))
}

#[cfg(test)]
mod tests;
