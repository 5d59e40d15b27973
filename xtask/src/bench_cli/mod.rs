//! `cargo xtask bench cli`: `ferry` against cp, rsync, rclone and hashdeep on the same bytes, interleaved in one run, and
//! against itself over threads, sizes and numbers of files. Writes the figures into docs/performance-cli.md and fails
//! when a ratio is above its bar.
//!
//! [`corpus`] makes the files, [`measure`] runs and times programs, [`report`] writes the tables.

mod corpus;
mod measure;
mod report;

use std::path::PathBuf;

use anyhow::{Result, ensure};

use crate::{
    install,
    workspace::{self, cargo, target},
};
use corpus::Corpus;
use measure::{Contest, Program, Shell};
use report::{Report, Section};

/// Rounds of each contest; peers run once a round, in an order that changes.
const ROUNDS: usize = 3;
/// Rounds of two runs of one program that differ by a few percent: as many as it takes until the minima stand still.
const ROUNDS_OF_ITS_OWN: usize = 9;
/// Rounds of what is held against nobody.
const ALONE: usize = 2;

/// A ratio that must not be above its bar: of medians and of minima.
struct Bar {
    ours: &'static str,
    theirs: &'static str,
    most: f64,
}

/// All of it.
pub(crate) fn run() -> Result<()> {
    install::for_bench_cli()?;
    let ferry = build()?;
    let dir = target().join("bench-cli");
    std::fs::create_dir_all(&dir)?;
    let measured = all(&Shell::new(ferry, &dir));
    std::fs::remove_dir_all(&dir)?;
    let broken = measured?;
    ensure!(broken.is_empty(), "above the bar: {}", broken.join("; "));
    Ok(())
}

/// Ratios that are above their bars.
fn all(shell: &Shell) -> Result<Vec<String>> {
    let mut report = Report::new();
    let mut broken = peers(shell, &mut report)?;
    broken.extend(checkpoints(shell, &mut report)?);
    threads(shell, &mut report)?;
    sizes(shell, &mut report)?;
    numbers(shell, &mut report)?;
    shares(shell, &mut report)?;
    report.write()?;
    Ok(broken)
}

fn build() -> Result<PathBuf> {
    let target = workspace::cli_target();
    workspace::run(
        cargo()
            .args(["build", "--release", "--locked", "--package", "ferry-cli"])
            .env("CARGO_TARGET_DIR", &target),
    )?;
    Ok(target.join("release/ferry"))
}

fn peers(shell: &Shell, report: &mut Report) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    let mut section = Section::new(
        "Against peers",
        &["files", "program", "median", "best", "CPU"],
    );
    let small = Corpus::equal("small", 3_000, 16 << 10).make(shell.dir())?;
    let large = Corpus::equal("large", 4, 128 << 20).make(shell.dir())?;
    let contests = [
        (
            small,
            vec![
                Program::ferry("ferry"),
                Program::new("rsync -aW --fsync", "rsync -aW --fsync SRC/ DST/"),
                Program::new(
                    "rsync --fsync, hashdeep",
                    "rsync -aW --fsync SRC/ DST/ && (cd SRC && hashdeep -r -l -c sha256 .) > DST.sums && (cd DST && hashdeep -r -l -c sha256 -a -k DST.sums .)",
                ),
                Program::new("rclone copy, check", RCLONE),
            ],
            vec![Bar {
                ours: "ferry",
                theirs: "rsync -aW --fsync",
                most: 0.85,
            }],
        ),
        (
            large,
            vec![
                Program::ferry("ferry"),
                Program::new("cp, sync", "cp -r SRC DST && sync -f DST"),
                Program::new("rclone copy, check", RCLONE),
            ],
            vec![
                Bar {
                    ours: "ferry",
                    theirs: "cp, sync",
                    most: 2.0,
                },
                Bar {
                    ours: "ferry",
                    theirs: "rclone copy, check",
                    most: 0.5,
                },
            ],
        ),
    ];
    for (corpus, programs, bars) in contests {
        let contest = Contest::hold(shell, &corpus, &programs, ROUNDS)?;
        contest.rows(&corpus, &mut section);
        for bar in bars {
            let (median, best) = contest.ratios(bar.ours, bar.theirs)?;
            section.note(format!(
                "{}: {} takes {median:.2} (medians) and {best:.2} (minima) of the time of {}; the bar is {:.2}.",
                corpus.name, bar.ours, bar.theirs, bar.most
            ));
            if median > bar.most || best > bar.most {
                broken.push(format!("{} against {}", corpus.name, bar.theirs));
            }
        }
    }
    report.add(section);
    Ok(broken)
}

/// Compares sizes and hashes of both sides, as `ferry` does.
const RCLONE: &str = "rclone -q copy SRC DST && rclone -q check SRC DST";

fn checkpoints(shell: &Shell, report: &mut Report) -> Result<Vec<String>> {
    let corpus = Corpus::equal("small", 3_000, 16 << 10).make(shell.dir())?;
    let rare = "--checkpoint-interval 1000000 --checkpoint-time-interval 86400";
    let programs = [
        Program::ferry("as built in"),
        Program::ferry_with("as rarely as can be", rare),
    ];
    let contest = Contest::hold(shell, &corpus, &programs, ROUNDS_OF_ITS_OWN)?;
    let (median, best) = contest.ratios("as built in", "as rarely as can be")?;
    let mut section = Section::new(
        "Checkpoints",
        &["files", "checkpoints", "median", "best", "CPU"],
    );
    contest.rows(&corpus, &mut section);
    section.note(format!(
        "Checkpoints as built in cost {:+.1} % (medians), {:+.1} % (minima); the bar is 5 %.",
        (median - 1.0) * 100.0,
        (best - 1.0) * 100.0
    ));
    report.add(section);
    // on a busy machine one of the two may be lucky: both above the bar is a finding
    Ok(match median.min(best) > 1.05 {
        true => vec!["checkpoints".to_owned()],
        false => Vec::new(),
    })
}

fn threads(shell: &Shell, report: &mut Report) -> Result<()> {
    let mut section = Section::new("Threads", &["files", "threads", "median", "best", "CPU"]);
    for corpus in [
        Corpus::equal("small", 3_000, 16 << 10),
        Corpus::equal("large", 4, 128 << 20),
    ] {
        let corpus = corpus.make(shell.dir())?;
        let programs = [1, 2, 4, 8]
            .map(|count| Program::ferry_with(&count.to_string(), &format!("--threads {count}")));
        Contest::hold(shell, &corpus, &programs, ALONE)?.rows(&corpus, &mut section);
    }
    report.add(section);
    Ok(())
}

fn sizes(shell: &Shell, report: &mut Report) -> Result<()> {
    let mut section = Section::new("File sizes", &["files", "program", "median", "best", "CPU"]);
    for (name, count, bytes) in [
        ("1 KiB", 4_000, 1 << 10),
        ("64 KiB", 2_000, 64 << 10),
        ("1 MiB", 200, 1 << 20),
        ("16 MiB", 16, 16 << 20),
        ("64 MiB", 4, 64 << 20),
    ] {
        let corpus = Corpus::equal(name, count, bytes).make(shell.dir())?;
        Contest::hold(shell, &corpus, &[Program::ferry("ferry")], ALONE)?
            .rows(&corpus, &mut section);
        corpus.remove()?;
    }
    report.add(section);
    Ok(())
}

fn numbers(shell: &Shell, report: &mut Report) -> Result<()> {
    let mut section = Section::new(
        "Number of files",
        &["files", "program", "median", "best", "CPU"],
    );
    for count in [100, 1_000, 10_000] {
        let corpus = Corpus::equal(&format!("{count} files"), count, 1 << 10).make(shell.dir())?;
        Contest::hold(shell, &corpus, &[Program::ferry("ferry")], ALONE)?
            .rows(&corpus, &mut section);
        corpus.remove()?;
    }
    report.add(section);
    Ok(())
}

/// What is left out tells what it costs.
fn shares(shell: &Shell, report: &mut Report) -> Result<()> {
    let mut section = Section::new(
        "Where the time goes",
        &["files", "without or with", "median", "best", "CPU"],
    );
    for corpus in [
        Corpus::equal("small", 3_000, 16 << 10),
        Corpus::equal("large", 4, 128 << 20),
    ] {
        let corpus = corpus.make(shell.dir())?;
        let programs = [
            Program::ferry("all of it"),
            Program::ferry_with("no pre-flight", "--no-preflight"),
            Program::ferry_with("nothing forced to storage", "--durability none"),
            Program::ferry_with("each file synced by itself", "--durability file"),
            Program::ferry_with("SHA-256", "--hash sha256"),
            Program::ferry_with("log of every event", "--log-level trace"),
        ];
        Contest::hold(shell, &corpus, &programs, ALONE)?.rows(&corpus, &mut section);
    }
    report.add(section);
    Ok(())
}
