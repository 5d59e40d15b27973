//! A real Chromium of a test's own: started, driven, killed with everything that belongs to it.
//! What the page offers is in [`page`]; here are only processes and profiles.

mod page;

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use serde_json::json;
use thirtyfour::{Capabilities, WebDriver, common::command::Command};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{self, Child},
};

pub use page::{Card, CardEvent, Page};

use crate::{client, run_dir, wait};

const START: Duration = Duration::from_secs(60);

/// What Chromium needs to run headless, also as root, and to be quiet on the network.
pub const FLAGS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-crash-reporter",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
];

/// A browser and its driver; both are killed with this value.
pub struct Browser {
    driver: WebDriver,
    chromedriver: Child,
    group: Pid,
    profile: PathBuf,
    downloads: PathBuf,
}

impl Browser {
    /// Opens one with the profile called `name` below `dir`; a new name is a fresh profile.
    pub async fn open(dir: &Path, name: &str) -> Result<Browser> {
        Browser::open_with(dir, name, &[]).await
    }

    /// The same with more flags for Chromium.
    pub async fn open_with(dir: &Path, name: &str, flags: &[&str]) -> Result<Browser> {
        client::provide_tls();
        let profile = dir.join(format!("profile-{name}"));
        let downloads = dir.join(format!("downloads-{name}"));
        std::fs::create_dir_all(&downloads)?;
        // Killed, Chromium leaves its temporary folders: they are to go with the test's.
        let scratch = dir.join(format!("tmp-{name}"));
        std::fs::create_dir_all(&scratch)?;
        let log = dir.join(format!("{name}.log"));
        let (mut chromedriver, url) = start_chromedriver(&log, &scratch).await?;
        let group = Pid::from_raw(i32::try_from(
            chromedriver.id().context("chromedriver ended")?,
        )?);
        let capabilities = capabilities(&profile, &downloads, flags)?;
        let connecting = WebDriver::new(url, capabilities);
        let driver = match wait::within(START, "Chromium starts", connecting)
            .await
            .and_then(|driver| Ok(driver?))
        {
            Ok(driver) => driver,
            Err(error) => {
                killpg(group, Signal::SIGKILL).ok();
                chromedriver.wait().await?;
                return Err(error);
            }
        };
        // The processes are ended here, not by the driver's own drop, which would block.
        driver.clone().leak().ok();
        Ok(Browser {
            driver,
            chromedriver,
            group,
            profile,
            downloads,
        })
    }

    /// Its page.
    pub fn page(&self) -> Page {
        Page::of(self.driver.clone())
    }

    /// Where it saves what is downloaded.
    pub fn downloads(&self) -> &Path {
        &self.downloads
    }

    /// The device falls asleep: nothing of the browser runs any more, its clocks go on.
    pub fn suspend(&self) -> Result<()> {
        Ok(killpg(self.group, Signal::SIGSTOP)?)
    }

    /// It wakes up.
    pub fn wake(&self) -> Result<()> {
        Ok(killpg(self.group, Signal::SIGCONT)?)
    }

    /// Closed as a person closes it: what its profile holds is written.
    pub async fn close(self) -> Result<()> {
        // The driver's own `quit` does nothing once its drop was told to leave the browser alone.
        self.driver.cmd(Command::DeleteSession).await?;
        self.kill().await
    }

    /// SIGKILL to browser, renderers and driver at once; returns when they are gone.
    pub async fn kill(mut self) -> Result<()> {
        killpg(self.group, Signal::SIGKILL)?;
        self.chromedriver.wait().await?;
        // What still runs would write into the folders while they are removed.
        let gone = || async {
            let left = run_dir::leftovers(&self.profile);
            wait::holds(left.is_empty(), &format!("still there: {left:?}"))
        };
        wait::until(START, "the browser's processes are gone", gone).await
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        killpg(self.group, Signal::SIGKILL).ok();
    }
}

/// On a free port, as leader of a process group that Chromium's processes join.
async fn start_chromedriver(log: &Path, scratch: &Path) -> Result<(Child, String)> {
    let mut command = process::Command::new("chromedriver");
    command
        .env("TMPDIR", scratch)
        .arg("--port=0")
        .arg(format!("--log-path={}", log.display()))
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("chromedriver does not start")?;
    let mut lines = BufReader::new(child.stdout.take().context("no stdout")?).lines();
    let started = async {
        while let Some(line) = lines.next_line().await? {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                return Ok(port.trim_end_matches('.').to_owned());
            }
        }
        anyhow::bail!("chromedriver ended")
    };
    let port = wait::within(START, "chromedriver listens", started).await??;
    Ok((child, format!("http://127.0.0.1:{port}")))
}

fn capabilities(profile: &Path, downloads: &Path, more_flags: &[&str]) -> Result<Capabilities> {
    let flags = FLAGS.iter().chain(more_flags);
    let mut arguments: Vec<String> = flags.map(|flag| (*flag).to_owned()).collect();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let mut capabilities = Capabilities::new();
    capabilities.set("browserName", "chrome")?;
    capabilities.set(
        "goog:chromeOptions",
        json!({
            "args": arguments,
            "binary": "/usr/bin/chromium",
            "prefs": {
                "download.default_directory": downloads,
                "download.prompt_for_download": false,
                "profile.default_content_setting_values.automatic_downloads": 1,
            },
        }),
    )?;
    capabilities.set("goog:loggingPrefs", json!({"browser": "ALL"}))?;
    Ok(capabilities)
}
