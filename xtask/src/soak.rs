//! The long versions: half an hour of the bot pool, thousands of parts in Telegram, kills on large files, and power cuts
//! and kills of the terminal client.

use anyhow::Result;
use clap::ValueEnum;

use crate::{
    install, test, web,
    workspace::{self, target},
};

/// A long run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Soak {
    /// Three processes on the Bot API emulator, and twenty pairs of bot and chat in a model: virtual minutes
    BotPool,
    /// Five thousand parts through floods, failures, lost answers and dead bots
    PartsInTelegram,
    /// The server killed fifty times during one upload of 2 GiB to Telegram
    ServerKills,
    /// Browser, server and Postgres killed in large files, once for each seed
    Kills,
    /// Every lie of a hostile server about every call of the page's client
    Hostile,
    /// `ferry`: 10,000 simulated power cuts, its binary killed 200 times, a tree of 100,000 files and 5 GiB through a bad
    /// night, and a job of a million files; prints figures
    Cli,
}

/// How long [`Soak::Kills`] takes.
pub(crate) struct Kills {
    pub(crate) seeds: u32,
    pub(crate) size_mib: u32,
}

/// `cargo xtask soak`: one of them, or all in this order.
pub(crate) fn run(only: Option<Soak>, kills: &Kills) -> Result<()> {
    if only == Some(Soak::Cli) {
        return cli();
    }
    install::for_tests()?;
    web::build(web::Purpose::Page)?;
    test::build_parts(true)?;
    let all = Soak::value_variants().iter();
    for soak in all.filter(|soak| only.is_none_or(|only| only == **soak)) {
        soak.run(kills)?;
    }
    Ok(())
}

/// Needs neither browser nor Postgres, so it is built and run by itself.
fn cli() -> Result<()> {
    let mut tests = workspace::cargo();
    tests.args(["test", "--release", "--locked", "--package", "ferry-cli"]);
    tests.args([
        "--lib",
        "--test",
        "requirements",
        "--",
        "--nocapture",
        "--test-threads=1",
        "r22_",
        "r23_",
        "r43_very_many",
        "r67_",
        "r87_",
    ]);
    workspace::run(
        tests
            .env("CARGO_TARGET_DIR", workspace::cli_target())
            .env("FERRY_TEST_POWER_CUTS", "10000")
            .env("FERRY_TEST_KILLS", "200")
            .env("FERRY_TEST_TREE_FILES", "100000")
            .env("FERRY_TEST_TREE_MIB", "5120")
            .env("FERRY_TEST_SCALE_FILES", "1000000")
            .env("FERRY_TEST_ESTIMATE_MIB", "200"),
    )
}

/// The tests beside the code.
const UNITS: &[&str] = &["--lib"];
/// The tests on the built parts.
const E2E: &[&str] = &["--test", "e2e"];

impl Soak {
    fn run(self, kills: &Kills) -> Result<()> {
        if self == Soak::Cli {
            return cli();
        }
        let (kind, tests) = self.tests();
        let mut run = test::with_postgres(true);
        run.arg("cargo").arg("test").args(test::MEMBERS);
        run.arg("--release").args(kind);
        run.args(["--", "--test-threads=1", "--nocapture"]);
        run.args(tests).envs(self.settings(kills));
        run.env("FERRY_TEST_SERVER", target().join("release/ferry-server"));
        workspace::run(&mut run)
    }

    fn tests(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Soak::BotPool => (
                UNITS,
                &[
                    "telegram::pool::tests::fleet",
                    "telegram::pool::tests::throughput",
                ],
            ),
            Soak::PartsInTelegram => (UNITS, &["uploads::tests::telegram"]),
            Soak::ServerKills => (E2E, &["server_kills"]),
            Soak::Kills => (E2E, &["resume_from_a_fresh_profile"]),
            Soak::Hostile => (E2E, &["in_a_browser::hostile"]),
            Soak::Cli => (UNITS, &[]),
        }
    }

    /// What makes them long.
    fn settings(self, kills: &Kills) -> Vec<(&'static str, String)> {
        match self {
            Soak::Cli => Vec::new(),
            Soak::BotPool => vec![("FERRY_TEST_VIRTUAL_MINUTES", "30".to_owned())],
            Soak::PartsInTelegram => vec![("FERRY_TEST_TELEGRAM_PARTS", "5000".to_owned())],
            Soak::ServerKills => vec![
                ("FERRY_TEST_SERVER_KILLS", "50".to_owned()),
                ("FERRY_TEST_SERVER_KILLS_SIZE_MIB", "2048".to_owned()),
                ("FERRY_TEST_SERVER_KILLS_PARTS", "telegram".to_owned()),
            ],
            Soak::Kills => vec![
                ("FERRY_TEST_SEEDS", kills.seeds.to_string()),
                ("FERRY_TEST_SIZE_MIB", kills.size_mib.to_string()),
            ],
            Soak::Hostile => vec![("FERRY_TEST_HOSTILE_SHARE", "1".to_owned())],
        }
    }
}
