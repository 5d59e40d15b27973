//! `bench [name]`: Ferry's promises of speed and memory, each against its bar; fails when one is not kept.
//! Ratios within one run, because machines differ. Run by `cargo xtask bench` on optimised builds.

mod first_part;
mod parallel_uploads;
mod renderer;
mod sealing;

use std::process::ExitCode;

use anyhow::Result;

/// A promise and what was measured.
struct Measured {
    what: &'static str,
    value: f64,
    unit: &'static str,
    bar: Bar,
}

/// Where the promise is kept.
enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Measured {
    fn is_kept(&self) -> bool {
        match self.bar {
            Bar::AtLeast(bar) => self.value >= bar,
            Bar::AtMost(bar) => self.value <= bar,
        }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (word, bar) = match self.bar {
            Bar::AtLeast(bar) => ("at least", bar),
            Bar::AtMost(bar) => ("at most", bar),
        };
        let verdict = if self.is_kept() { "kept" } else { "BROKEN" };
        write!(
            f,
            "{:<52} {:>9.2} {:<5} {word} {bar:<8} {verdict}",
            self.what, self.value, self.unit
        )
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    match run(&wanted).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(wanted: &str) -> Result<bool> {
    let mut results = Vec::new();
    if "first-part".contains(wanted) {
        results.extend(first_part::measure().await?);
    }
    if "sealing".contains(wanted) {
        results.extend(sealing::measure().await?);
    }
    for case in parallel_uploads::CASES {
        if case.name.contains(wanted) {
            results.extend(parallel_uploads::measure(case).await?);
        }
    }
    anyhow::ensure!(!results.is_empty(), "there is no benchmark called {wanted}");
    for result in &results {
        println!("{result}");
    }
    Ok(results.iter().all(Measured::is_kept))
}
