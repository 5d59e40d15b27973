//! What people start by hand: `ferry-server config check` and `cargo xtask up`.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_core::wire::BotsResponse;
use ferry_tests::{
    client::{Api, Person, SealedFile, content, download},
    fixture::PASSWORD,
    run_dir,
    server::ServerConfig,
    wait,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

async fn config_check(dir: &Path, settings: &[(&str, &str)]) -> Result<Output> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let config = ServerConfig {
        data_dir: dir.join("data"),
        settings: settings.iter().map(own).collect(),
    };
    let mut command = config.command()?;
    Ok(command.args(["config", "check"]).output().await?)
}

#[tokio::test]
async fn config_check_shows_what_is_in_force_and_keeps_secrets() -> Result<()> {
    let dir = run_dir::new_dir("config-")?;
    let settings = [
        ("FERRY_LISTEN", "127.0.0.1:7171"),
        ("FERRY_UPLOAD_TTL_SECS", "86400"),
        ("DATABASE_URL", "postgresql://ada:hush-one@127.0.0.1/ferry"),
        ("FERRY_STORAGE__KIND", "s3"),
        ("FERRY_STORAGE__BUCKET", "some-bucket"),
        ("FERRY_STORAGE__ACCESS_KEY_ID", "key-id"),
        ("FERRY_STORAGE__SECRET_ACCESS_KEY", "hush-two"),
        // the terminal client's, in the same environment
        ("FERRY_CLI_THREADS", "4"),
    ];
    let output = config_check(dir.path(), &settings).await?;
    let said = String::from_utf8(output.stdout)?;
    ensure!(output.status.success(), "{:?}: {said}", output.status);
    for shown in ["127.0.0.1:7171", "some-bucket"] {
        ensure!(said.contains(shown), "{shown} is not in:\n{said}");
    }
    ensure!(!said.contains("hush"), "a secret is shown:\n{said}");
    ensure!(
        !dir.path().join("data").exists(),
        "looking at the settings made a data directory"
    );
    Ok(())
}

#[tokio::test]
async fn config_check_names_the_setting_that_cannot_be_used() -> Result<()> {
    let dir = run_dir::new_dir("config-")?;
    let wrong = [
        ("FERRY_LISTEN", "nonsense", "listen"),
        ("FERRY_UPLOAD_TTL_SECS", "soon", "upload_ttl_secs"),
        ("FERRY_PART_PROFILE", "huge", "part_profile"),
        ("FERRY_STORAGE__KIND", "tape", "storage.kind"),
        ("FERRY_TRUSTED_PROXIES", "everybody", "trusted_proxies"),
        ("FERRY_NO_SUCH_SETTING", "1", "no_such_setting"),
    ];
    for (name, value, setting) in wrong {
        let output = config_check(dir.path(), &[(name, value)]).await?;
        let said = String::from_utf8(output.stderr)?.to_lowercase();
        ensure!(!output.status.success(), "{name}={value} is taken: {said}");
        ensure!(said.contains(setting), "{setting} is not named: {said}");
    }
    Ok(())
}

/// `cargo xtask up`, from outside.
struct Up {
    child: Child,
    url: String,
    setup: String,
}

impl Up {
    async fn start(data: &Path, options: &[&str]) -> Result<Up> {
        let mut command = Command::new(xtask()?);
        command.args(["up", "--no-build", "--port", "0", "--data"]);
        command.arg(data);
        command.args(options).stdout(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("no stdout")?;
        let mut lines = BufReader::new(stdout).lines();
        let told = async {
            let (mut url, mut setup) = (None, None);
            while let Some(line) = lines.next_line().await? {
                if let Some(address) = line.strip_prefix("listening on ") {
                    url = Some(address.trim().to_owned());
                }
                if let Some((_, token)) = line.split_once("#setup=") {
                    setup = Some(token.trim().to_owned());
                }
                if let (Some(url), Some(setup)) = (&url, &setup) {
                    return Ok((url.clone(), setup.clone()));
                }
            }
            anyhow::bail!("it ended without an address and a link")
        };
        let start = Duration::from_secs(90);
        let (url, setup) = wait::within(start, "a link is printed", told).await??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Up { child, url, setup })
    }

    /// Ctrl-C.
    async fn end(mut self) -> Result<()> {
        let pid = i32::try_from(self.child.id().context("it has ended")?)?;
        kill(Pid::from_raw(pid), Signal::SIGINT)?;
        let ending = self.child.wait();
        let status = wait::within(Duration::from_secs(45), "it ends", ending).await??;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }
}

/// Beside the programs that `cargo xtask test` built, which it is one of.
fn xtask() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let mut beside = own.ancestors().skip(1).take(2).map(|dir| dir.join("xtask"));
    beside
        .find(|path| path.exists())
        .context("xtask is not built: run the tests by cargo xtask test")
}

/// Everything that was started below this folder has ended.
async fn until_nothing_runs(dir: &Path) -> Result<()> {
    let ended = || async {
        let left = run_dir::leftovers(dir);
        wait::holds(left.is_empty(), &format!("still there: {left:?}"))
    };
    wait::until(Duration::from_secs(20), "everything has ended", ended).await
}

async fn upload_and_download(up: &Up) -> Result<Person> {
    let api = Api::at(&up.url)?;
    let ada = Person::register(&api, &up.setup, "ada", PASSWORD).await?;
    let file = SealedFile::new(&ada.keys, "first.bin", content(1, 300_000))?;
    file.upload(&ada.api).await?;
    let (name, came_down) = download(&ada, file.id()).await?;
    ensure!(
        name == "first.bin" && came_down == file.content,
        "another file came down: {name}"
    );
    Ok(ada)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xtask_up_starts_everything_and_ctrl_c_ends_it() -> Result<()> {
    let dir = run_dir::new_dir("up-")?;
    let up = Up::start(&dir.path().join("data"), &[]).await?;
    upload_and_download(&up).await?;
    up.end().await?;
    until_nothing_runs(dir.path()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn xtask_up_sends_parts_through_the_emulator_s_bots() -> Result<()> {
    let dir = run_dir::new_dir("up-")?;
    let up = Up::start(&dir.path().join("data"), &["--telegram-emulator"]).await?;
    let ada = upload_and_download(&up).await?;
    let bots: BotsResponse = ada.api.get("/api/admin/bots").await?.expect(200)?;
    let parts: u64 = bots.bots.iter().map(|bot| bot.parts).sum();
    ensure!(
        bots.bots.len() > 1 && parts > 0,
        "{} bots hold {parts} parts",
        bots.bots.len()
    );
    up.end().await?;
    until_nothing_runs(dir.path()).await
}
