//! Runs programs on a corpus and times them: wall from here, CPU of the whole tree of processes from the kernel.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Instant,
};

use anyhow::{Context, Result, ensure};

use super::{corpus::Made, report::Section};
use crate::workspace::program;

/// Where programs run.
pub(super) struct Shell {
    ferry: PathBuf,
    dir: PathBuf,
}

impl Shell {
    pub(super) fn new(ferry: PathBuf, dir: &Path) -> Self {
        Shell {
            ferry,
            dir: dir.to_owned(),
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }
}

/// A competitor: a line for the shell, with SRC and DST in it.
pub(super) struct Program {
    name: String,
    line: String,
}

impl Program {
    pub(super) fn new(name: &str, line: &str) -> Self {
        Program {
            name: name.to_owned(),
            line: line.to_owned(),
        }
    }

    pub(super) fn ferry(name: &str) -> Self {
        Self::ferry_with(name, "")
    }

    pub(super) fn ferry_with(name: &str, options: &str) -> Self {
        Self::new(
            name,
            &format!("FERRY run SRC DST --job-dir DST.jobs --no-progress {options}"),
        )
    }
}

/// One run.
#[derive(Clone, Copy)]
struct Time {
    wall_secs: f64,
    cpu_secs: f64,
}

/// All runs on a corpus.
pub(super) struct Contest {
    runs: Vec<(String, Vec<Time>)>,
}

impl Contest {
    /// Each program once a round, in an order that turns from round to round.
    pub(super) fn hold(
        shell: &Shell,
        corpus: &Made,
        programs: &[Program],
        rounds: usize,
    ) -> Result<Self> {
        let mut runs: Vec<(String, Vec<Time>)> = programs
            .iter()
            .map(|program| (program.name.clone(), Vec::new()))
            .collect();
        for round in 0..rounds {
            for turn in 0..programs.len() {
                let at = (turn + round) % programs.len();
                let time = once(shell, corpus, &programs[at])?;
                eprintln!("{} {}: {:.2} s", corpus.name, runs[at].0, time.wall_secs);
                runs[at].1.push(time);
            }
        }
        Ok(Contest { runs })
    }

    fn of(&self, name: &str) -> Result<&[Time]> {
        let found = self.runs.iter().find(|(known, _)| known == name);
        Ok(&found.with_context(|| format!("{name} did not run"))?.1)
    }

    /// Of medians and of minima.
    pub(super) fn ratios(&self, ours: &str, theirs: &str) -> Result<(f64, f64)> {
        let (ours, theirs) = (self.of(ours)?, self.of(theirs)?);
        Ok((median(ours) / median(theirs), best(ours) / best(theirs)))
    }

    pub(super) fn rows(&self, corpus: &Made, section: &mut Section) {
        for (name, times) in &self.runs {
            let rate = corpus.bytes as f64 / f64::from(1 << 20) / median(times);
            let files = corpus.files as f64 / median(times);
            let cpu = times
                .iter()
                .map(|time| time.cpu_secs)
                .fold(f64::MAX, f64::min);
            section.row(vec![
                corpus.name.clone(),
                name.clone(),
                format!(
                    "{:.2} s ({rate:.0} MiB/s, {files:.0} files/s)",
                    median(times)
                ),
                format!("{:.2} s", best(times)),
                format!("{cpu:.2} s"),
            ]);
        }
    }
}

fn sorted(times: &[Time]) -> Vec<f64> {
    let mut walls: Vec<f64> = times.iter().map(|time| time.wall_secs).collect();
    walls.sort_by(f64::total_cmp);
    walls
}

fn median(times: &[Time]) -> f64 {
    let walls = sorted(times);
    walls[walls.len() / 2]
}

fn best(times: &[Time]) -> f64 {
    sorted(times)[0]
}

/// From an empty destination and with nothing left to be written.
fn once(shell: &Shell, corpus: &Made, competitor: &Program) -> Result<Time> {
    let target = shell.dir.join("out");
    let clean = format!("rm -rf '{0}' '{0}'.*; sync", target.display());
    let cleaned = program("sh").args(["-c", &clean]).status()?;
    ensure!(cleaned.success(), "{clean} failed");
    let line = competitor
        .line
        .replace("FERRY", &shell.ferry.display().to_string())
        .replace("SRC", &corpus.path.display().to_string())
        .replace("DST", &target.display().to_string());
    // the shell's own `times` counts what its children used
    let line = format!("{line} && times");
    let began = Instant::now();
    let output = program("bash")
        .args(["-c", &line])
        .stdin(Stdio::null())
        .output()?;
    let wall_secs = began.elapsed().as_secs_f64();
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{line} failed:\n{printed}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(Time {
        wall_secs,
        cpu_secs: cpu_secs(printed.lines().last().unwrap_or_default()),
    })
}

/// `0m1.250s 0m0.300s`: user and system of the children.
fn cpu_secs(line: &str) -> f64 {
    let secs = |word: &str| {
        let (minutes, rest) = word.split_once('m')?;
        let secs: f64 = rest.trim_end_matches('s').parse().ok()?;
        Some(minutes.parse::<f64>().ok()? * 60.0 + secs)
    };
    line.split_whitespace().filter_map(secs).sum()
}
