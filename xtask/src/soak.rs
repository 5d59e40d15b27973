//! The long versions: half an hour of the bot pool, thousands of parts in Telegram, kills on large files, power cuts and
//! kills of the terminal client; and what other people's tools find, the fuzzers and schemathesis.

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::{
    install, test, web,
    workspace::{self, program, root, target},
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
    /// 10,000 uploads that are begun and abandoned while the server is killed
    Abandoned,
    /// 10,000 writes of parts that race on four servers
    Racing,
    /// 2,000 connections that drip: others keep 0.9 of their speed
    Dripping,
    /// schemathesis with all its checks on a running server, for two minutes
    Schema,
    /// Every fuzzer, some minutes each
    Fuzz,
    /// `ferry`: 10,000 simulated power cuts, its binary killed 200 times, a tree of 100,000 files and 5 GiB through a bad
    /// night, and a job of a million files; prints figures
    Cli,
}

/// How long they take.
pub(crate) struct Lengths {
    /// Runs of [`Soak::Kills`].
    pub(crate) seeds: u32,
    /// The file of one.
    pub(crate) size_mib: u32,
    /// Of each target of [`Soak::Fuzz`].
    pub(crate) minutes: u32,
}

/// `cargo xtask soak`: one of them, or all in this order.
pub(crate) fn run(only: Option<Soak>, lengths: &Lengths) -> Result<()> {
    match only {
        Some(Soak::Cli) => return cli(),
        Some(Soak::Fuzz) => return fuzz(lengths.minutes),
        _ => {}
    }
    install::for_tests()?;
    web::build(web::Purpose::Page)?;
    test::build_parts(true)?;
    let all = Soak::value_variants().iter();
    for soak in all.filter(|soak| only.is_none_or(|only| only == **soak)) {
        soak.run(lengths)?;
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

/// The whole of a run of schemathesis.
const SCHEMA_SECS: &str = "120";

/// What it leaves out stands in its settings, each with a reason.
fn schema() -> Result<()> {
    let folder = root().join("tests/schema");
    let python = install::python_venv("schema-venv", &folder.join("requirements.txt"))?;
    let server = target().join("release/ferry-server");
    let written = program(&server).arg("openapi").output()?;
    ensure!(written.status.success(), "the document cannot be written");
    let document = target().join("openapi.json");
    std::fs::write(&document, written.stdout)?;
    let mut run = test::with_postgres(true);
    run.arg(target().join("release/with-server"));
    run.arg(python.with_file_name("schemathesis"));
    run.arg("--config-file")
        .arg(folder.join("schemathesis.toml"));
    run.arg("run").arg(&document);
    run.args(["--checks", "all", "--max-time", SCHEMA_SECS]);
    run.args(["--continue-on-failure", "--no-color"]);
    run.env("FERRY_TEST_SERVER", server);
    // Its failures stay where it runs.
    workspace::run(run.current_dir(target()))
}

/// All targets of `fuzz/`, one after another; an input that one fails at stays in `fuzz/artifacts`.
fn fuzz(minutes: u32) -> Result<()> {
    install::cargo_command("fuzz")?;
    let folder = root().join("fuzz");
    let nightly = |arguments: &[&str]| {
        let mut cargo = program("cargo");
        cargo.arg("+nightly").arg("fuzz").args(arguments);
        // The toolchain that runs us is not the one that instruments.
        for variable in ["CARGO", "RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC"] {
            cargo.env_remove(variable);
        }
        cargo
    };
    let listed = nightly(&["list"]).output()?;
    ensure!(listed.status.success(), "cargo +nightly fuzz list failed");
    for name in String::from_utf8_lossy(&listed.stdout).lines() {
        let corpus = folder.join("corpus").join(name);
        std::fs::create_dir_all(&corpus)?;
        let mut run = nightly(&["run", name]);
        run.arg(corpus)
            .arg(folder.join("seeds").join(name))
            .arg("--");
        run.arg(format!("-max_total_time={}", minutes * 60));
        run.args(["-max_len=4096", "-timeout=10", "-print_final_stats=1"]);
        workspace::run(&mut run)?;
    }
    Ok(())
}

/// The tests beside the code.
const UNITS: &[&str] = &["--lib"];
/// The tests on the built parts.
const E2E: &[&str] = &["--test", "e2e"];

impl Soak {
    fn run(self, lengths: &Lengths) -> Result<()> {
        let (kind, tests) = match self {
            Soak::Cli => return cli(),
            Soak::Fuzz => return fuzz(lengths.minutes),
            Soak::Schema => return schema(),
            _ => self.tests(),
        };
        let mut run = test::with_postgres(true);
        run.arg("cargo").arg("test").args(test::MEMBERS);
        run.arg("--release").args(kind);
        run.args(["--", "--test-threads=1", "--nocapture"]);
        run.args(tests).envs(self.settings(lengths));
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
            Soak::Abandoned => (E2E, &["many::what_is_begun"]),
            Soak::Racing => (E2E, &["many::of_all_writers"]),
            Soak::Dripping => (E2E, &["strangers::connections_that_drip"]),
            Soak::Cli | Soak::Fuzz | Soak::Schema => (UNITS, &[]),
        }
    }

    /// What makes them long.
    fn settings(self, lengths: &Lengths) -> Vec<(&'static str, String)> {
        match self {
            Soak::Cli | Soak::Fuzz | Soak::Schema => Vec::new(),
            Soak::BotPool => vec![("FERRY_TEST_VIRTUAL_MINUTES", "30".to_owned())],
            Soak::PartsInTelegram => vec![("FERRY_TEST_TELEGRAM_PARTS", "5000".to_owned())],
            Soak::ServerKills => vec![
                ("FERRY_TEST_SERVER_KILLS", "50".to_owned()),
                ("FERRY_TEST_SERVER_KILLS_SIZE_MIB", "2048".to_owned()),
                ("FERRY_TEST_SERVER_KILLS_PARTS", "telegram".to_owned()),
            ],
            Soak::Kills => vec![
                ("FERRY_TEST_SEEDS", lengths.seeds.to_string()),
                ("FERRY_TEST_SIZE_MIB", lengths.size_mib.to_string()),
            ],
            Soak::Hostile => vec![("FERRY_TEST_HOSTILE_SHARE", "1".to_owned())],
            Soak::Abandoned => vec![("FERRY_TEST_ABANDONED", "10000".to_owned())],
            Soak::Racing => vec![("FERRY_TEST_RACING", "10000".to_owned())],
            Soak::Dripping => vec![("FERRY_TEST_DRIPPING", "2000".to_owned())],
        }
    }
}
