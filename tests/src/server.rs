//! A server process on a free port: started, asked whether it is ready, stopped, killed, started again on the same data.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    sync::watch,
};

use crate::wait;

/// Names another server binary than the one cargo built beside the tests.
pub const SERVER: &str = "FERRY_TEST_SERVER";

const START: Duration = Duration::from_secs(90);
/// Thirty for the parts in flight, and some to close.
const STOP: Duration = Duration::from_secs(45);

/// How a server is started; kept, so that it can be started again.
#[derive(Clone)]
pub struct ServerConfig {
    /// Where it keeps its data.
    pub data_dir: PathBuf,
    /// Its settings, as environment.
    pub settings: Vec<(String, String)>,
}

/// A running server; killed with its value.
pub struct Server {
    child: Child,
    scheme: String,
    address: SocketAddr,
    setup: watch::Receiver<Option<String>>,
    log: PathBuf,
}

impl ServerConfig {
    /// The program with these settings, for other things than to serve.
    pub fn command(&self) -> Result<Command> {
        let mut command = Command::new(binary()?);
        command
            .env("FERRY_LISTEN", "127.0.0.1:0")
            .env("FERRY_DATA_DIR", &self.data_dir)
            .env_remove("DATABASE_URL");
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.data_dir.parent().unwrap_or(Path::new("/")));
        command.kill_on_drop(true);
        Ok(command)
    }

    /// Starts it and waits until it listens.
    pub async fn start(&self) -> Result<Server> {
        let log = self.data_dir.with_extension("log");
        let stderr = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)?;
        let mut command = self.command()?;
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let (told, setup) = watch::channel(None);
        let listening = async {
            while let Some(line) = lines.next_line().await? {
                note_setup(&line, &told);
                if let Some(url) = line.strip_prefix("listening on ") {
                    let (scheme, address) = url.split_once("://").context("no address")?;
                    return Ok((scheme.to_owned(), address.trim().parse::<SocketAddr>()?));
                }
            }
            bail!("it ended before it listened")
        };
        let listens = wait::within(START, "the server listens", listening).await;
        let (scheme, address) = listens
            .and_then(|listens| listens)
            .with_context(|| format!("the server's log ends with:\n{}", tail(&log)))?;
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                note_setup(&line, &told);
            }
        });
        Ok(Server {
            child,
            scheme,
            address,
            setup,
            log,
        })
    }
}

fn note_setup(line: &str, told: &watch::Sender<Option<String>>) {
    if let Some((_, token)) = line.split_once("#setup=") {
        told.send_replace(Some(token.trim().to_owned()));
    }
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Its process.
    pub fn pid(&self) -> Result<i32> {
        Ok(i32::try_from(
            self.child.id().context("the server has ended")?,
        )?)
    }

    /// The token of the setup link it printed.
    pub async fn setup_token(&self) -> Result<String> {
        let mut setup = self.setup.clone();
        let told = wait::within(
            START,
            "the server prints a setup link",
            setup.wait_for(Option::is_some),
        )
        .await??;
        told.clone().context("no setup link")
    }

    /// SIGTERM, then its exit status.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        self.ask_to_stop()?;
        self.ended().await
    }

    /// SIGTERM alone.
    pub fn ask_to_stop(&self) -> Result<()> {
        Ok(kill(Pid::from_raw(self.pid()?), Signal::SIGTERM)?)
    }

    /// Nothing of it runs any more; its connections stay open, and the kernel's buffers take what comes.
    pub fn freeze(&self) -> Result<()> {
        Ok(kill(Pid::from_raw(self.pid()?), Signal::SIGSTOP)?)
    }

    /// It goes on.
    pub fn thaw(&self) -> Result<()> {
        Ok(kill(Pid::from_raw(self.pid()?), Signal::SIGCONT)?)
    }

    /// Its exit status, once it has ended.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        Ok(wait::within(STOP, "the server ends", self.child.wait()).await??)
    }

    /// SIGKILL; returns when it is gone.
    pub async fn kill(mut self) -> Result<()> {
        self.child.start_kill()?;
        self.child.wait().await?;
        Ok(())
    }

    /// The most memory it ever held, KiB.
    pub fn peak_memory_kib(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid()?))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .context("no VmHWM")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// The end of its log, for a failing test's message.
    pub fn log_tail(&self) -> String {
        tail(&self.log)
    }

    /// Its whole log.
    pub fn log(&self) -> Result<String> {
        Ok(std::fs::read_to_string(&self.log)?)
    }
}

fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

/// The server beside the running test: both are in cargo's target folder.
fn binary() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(SERVER) {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    let beside = own
        .ancestors()
        .skip(1)
        .take(2)
        .map(|dir| dir.join("ferry-server"));
    beside
        .into_iter()
        .find(|path| path.exists())
        .context("the server is not built: cargo build -p ferry-server")
}
