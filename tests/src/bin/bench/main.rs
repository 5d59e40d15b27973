//! `bench [name]`: Ferry's promises of speed and memory, each against its bar; fails when one is not kept. `lines` and
//! `lines-...` are not among the others: they take half an hour.
//! Ratios within one run, because machines differ. Run by `cargo xtask bench` on optimised builds.

mod first_part;
mod lines;
mod parallel_uploads;
mod renderer;
mod sealing;
mod slow_senders;
mod telegram_put;

use std::{borrow::Cow, process::ExitCode};

use anyhow::Result;

/// A promise and what was measured.
struct Measured {
    what: Cow<'static, str>,
    value: f64,
    unit: &'static str,
    bar: Bar,
}

/// Where the promise is kept.
enum Bar {
    AtLeast(f64),
    AtMost(f64),
    /// At least this, or something else that is as good.
    Either(f64, Instead),
}

/// Another number of the same run, and from where on it keeps the promise too.
struct Instead {
    value: f64,
    unit: &'static str,
    at_least: f64,
}

impl Measured {
    fn is_kept(&self) -> bool {
        match self.bar {
            Bar::AtLeast(bar) => self.value >= bar,
            Bar::AtMost(bar) => self.value <= bar,
            Bar::Either(bar, ref other) => self.value >= bar || other.value >= other.at_least,
        }
    }
}

impl std::fmt::Display for Measured {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bar = match self.bar {
            Bar::AtLeast(bar) => format!("at least {bar}"),
            Bar::AtMost(bar) => format!("at most {bar}"),
            Bar::Either(bar, ref other) => format!(
                "at least {bar}, or {} {} (it is {:.0})",
                other.at_least, other.unit, other.value
            ),
        };
        let outcome = if self.is_kept() { "kept" } else { "BROKEN" };
        write!(
            f,
            "{:<52} {:>9.2} {:<5} {bar:<17} {outcome}",
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
    if let Some(line) = wanted.strip_prefix("lines") {
        return told(&lines::measure(line.trim_start_matches('-')).await?);
    }
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
    if "slow-senders".contains(wanted) {
        results.extend(slow_senders::measure().await?);
    }
    if "telegram-put".contains(wanted) {
        results.extend(telegram_put::measure().await?);
    }
    anyhow::ensure!(!results.is_empty(), "there is no benchmark called {wanted}");
    told(&results)
}

/// Prints them; whether all were kept.
fn told(results: &[Measured]) -> Result<bool> {
    for result in results {
        println!("{result}");
    }
    Ok(results.iter().all(Measured::is_kept))
}

fn median(mut values: Vec<f64>) -> Result<f64> {
    anyhow::ensure!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    Ok(values[values.len() / 2])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_low_ratio_is_excused_by_a_high_rate_alone() {
        let measured = |ratio: f64, rate: f64| Measured {
            what: "rate".into(),
            value: ratio,
            unit: "",
            bar: Bar::Either(
                0.8,
                Instead {
                    value: rate,
                    unit: "MB/s",
                    at_least: 200.0,
                },
            ),
        };
        assert!(measured(0.8, 100.0).is_kept());
        assert!(measured(0.5, 200.0).is_kept());
        let broken = measured(0.5, 150.0);
        assert!(!broken.is_kept());
        let line = broken.to_string();
        assert!(
            line.ends_with("at least 0.8, or 200 MB/s (it is 150) BROKEN"),
            "{line}"
        );
    }
}
