//! The rate of the Telegram provider into the Bot API emulator, against a bare HTTP client's with the same bytes in the
//! same run. A program of the server's crate measures both, because nothing here knows its library.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use ferry_tests::{cluster::Cluster, run_dir, wait};
use serde::Deserialize;
use tokio::process::Command;

use crate::{Bar, Instead, Measured, median};

/// Under `examples` beside this program.
const PROGRAM: &str = "telegram-put";
const LONG: Duration = Duration::from_secs(300);

/// What the program prints: one number a round.
#[derive(Deserialize)]
struct Rates {
    plain_mb_per_sec: Vec<f64>,
    provider_mb_per_sec: Vec<f64>,
}

pub(crate) async fn measure() -> Result<Vec<Measured>> {
    let dir = run_dir::new_dir("put-")?;
    let database = tokio::task::spawn_blocking(|| Cluster::shared()?.database()).await??;
    let rates = run(dir.path(), &database.url()).await?;
    let (plain, provider) = (
        median(rates.plain_mb_per_sec)?,
        median(rates.provider_mb_per_sec)?,
    );
    println!("plain uploads {plain:.0} MB/s, through the Telegram provider {provider:.0} MB/s");
    let instead = Instead {
        value: provider,
        unit: "MB/s",
        at_least: 200.0,
    };
    Ok(vec![Measured {
        what: "Telegram provider's rate, of plain uploads'".into(),
        value: provider / plain,
        unit: "",
        bar: Bar::Either(0.8, instead),
    }])
}

/// Its folder stands in the command line: whatever outlives this run is found by it.
async fn run(dir: &Path, database_url: &str) -> Result<Rates> {
    let program = std::env::current_exe()?
        .with_file_name("examples")
        .join(PROGRAM);
    let mut command = Command::new(&program);
    command.arg(dir).arg(database_url).kill_on_drop(true);
    let output = wait::within(
        LONG,
        "the program ends",
        command.stderr(Stdio::inherit()).output(),
    );
    let output = output
        .await?
        .with_context(|| format!("{} does not start", program.display()))?;
    ensure!(
        output.status.success(),
        "{PROGRAM} ended with {}",
        output.status
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
