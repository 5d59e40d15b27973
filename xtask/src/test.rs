//! Every test: the independent vector tool, the page's helpers, then all crates, last end to end.
//! What these need (Postgres, server, browser, proxy) is set up in `tests/`; here things are only built and started.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    install, web,
    workspace::{self, Background, answers, cargo, program, root, target},
};

/// One selection for every build and test: with another one cargo unifies features anew and builds dependencies twice.
pub(crate) const MEMBERS: [&str; 6] = [
    "--locked",
    "--workspace",
    "--exclude",
    "ferry-client-wasm",
    "--exclude",
    "xtask",
];

/// `cargo xtask test [filter]`; with a filter only the Rust tests whose names contain it.
pub(crate) fn run(filter: &[String]) -> Result<()> {
    install::for_tests()?;
    web::build(web::Purpose::Page)?;
    build_parts(false)?;
    if !filter.is_empty() {
        return tests_with_parts_in("directory", filter);
    }
    // They wait for package registries and for each other, hardly for this machine: beside everything else.
    let foreign_clients = foreign_clients()?;
    python_vectors()?;
    page_helpers()?;
    client_units()?;
    workspace::run(cargo().arg("test").args(MEMBERS).arg("--doc"))?;
    tests_with_parts_in("directory", &[])?;
    let of_the_store = WHAT_THE_STORE_CHANGES.map(str::to_owned);
    tests_with_parts_in("telegram", &of_the_store)?;
    foreign_clients.finish()
}

/// The server, the program that gives tests their Postgres, and what benchmarks start.
pub(crate) fn build_parts(release: bool) -> Result<()> {
    let mut build = cargo();
    build.arg("build").args(MEMBERS).arg("--bins");
    // With tests or examples in the same build, what only they depend on asks for its features once.
    match release {
        true => build.args(["--release", "--examples"]),
        false => build.arg("--tests"),
    };
    workspace::run(&mut build)
}

/// Rust's vectors are opened by a program that shares no code with Ferry, and its own by Rust.
fn python_vectors() -> Result<()> {
    let folder = root().join("tests/vectors");
    let python = install::python_venv("vectors-venv", &folder.join("requirements.txt"))?;
    let tool = folder.join("independent.py");
    let made = target().join("independent-vectors");
    workspace::run(program(&python).arg(&tool).arg("open").arg(&folder))?;
    workspace::run(program(&python).arg(&tool).arg("write").arg(&made))?;
    let reader = [
        "--test",
        "envelope",
        "--",
        "--ignored",
        "independent_vectors",
    ];
    workspace::run(
        cargo()
            .arg("test")
            .args(MEMBERS)
            .args(reader)
            .env("FERRY_TEST_VECTORS", &made),
    )
}

/// Clients of the Bot API that others wrote, against the emulator that stands in for the service.
fn foreign_clients() -> Result<Background> {
    let run = root().join("tests/bot-api-emulator/clients/run");
    let emulator = target().join("debug/bot-api-emulator");
    let log = target().join("bot-api-clients.log");
    Background::start(program(run).env("BOT_API_EMULATOR", emulator), log)
}

/// What of the browser's driver can be tested natively, such as that its TypeScript types list every error code.
fn client_units() -> Result<()> {
    let units = [
        "test",
        "--locked",
        "--package",
        "ferry-client-wasm",
        "--lib",
    ];
    workspace::run(cargo().args(units))
}

/// The page's own modules, and the client's JavaScript around its workers.
fn page_helpers() -> Result<()> {
    let mut files = javascript_tests(&root().join("web/test"))?;
    files.extend(javascript_tests(&root().join("client-wasm/test"))?);
    files.sort();
    workspace::run(program("node").arg("--test").args(files))
}

fn javascript_tests(folder: &Path) -> Result<Vec<std::path::PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{} is not readable", folder.display()))?;
    let paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    let tests: Vec<_> = paths
        .into_iter()
        .filter(|path| path.to_string_lossy().ends_with(".test.js"))
        .collect();
    if tests.is_empty() {
        bail!("{} has no tests", folder.display());
    }
    Ok(tests)
}

/// What people see in a browser once more with parts in Telegram: sending over kills, reading, repairing and deleting, and
/// a store that is gone. What is decided before a byte reaches the store is the same whatever the store.
const WHAT_THE_STORE_CHANGES: [&str; 3] = [
    "in_a_browser::kills",
    "in_a_browser::failures",
    "in_a_browser::whole",
];

/// nextest where it is installed, else `cargo test` with one test at a time: they share the machine's two or so cores.
fn tests_with_parts_in(store: &str, filter: &[String]) -> Result<()> {
    let mut tests = with_postgres(false);
    tests.env("FERRY_TEST_STORE", store).arg("cargo");
    if answers("cargo", &["nextest", "--version"]) {
        return workspace::run(tests.args(["nextest", "run"]).args(MEMBERS).args(filter));
    }
    tests.arg("test").args(MEMBERS);
    tests.args(["--no-fail-fast", "--tests", "--"]).args(filter);
    counted(tests.arg("--test-threads=1"))
}

/// Runs `cargo test`, which sums up each binary by itself, and ends with the sum of all.
fn counted(tests: &mut Command) -> Result<()> {
    let mut child = tests.stdout(Stdio::piped()).spawn()?;
    let output = child.stdout.take().context("no output")?;
    let (mut passed, mut failed) = (0, 0);
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        if line.starts_with("test result:") {
            passed += count_before(&line, " passed");
            failed += count_before(&line, " failed");
        }
    }
    let status = child.wait()?;
    println!("{passed} passed, {failed} failed");
    ensure!(status.success(), "the tests failed ({status})");
    Ok(())
}

/// The number that stands before a word.
fn count_before(line: &str, word: &str) -> u32 {
    let before = line.split(word).next().unwrap_or_default();
    let number = before.rsplit(' ').next().unwrap_or_default();
    number.parse().unwrap_or(0)
}

/// The program that runs what follows with a Postgres for tests, and fails when processes are left over.
pub(crate) fn with_postgres(release: bool) -> Command {
    let profile = if release { "release" } else { "debug" };
    program(target().join(profile).join("with-postgres"))
}
