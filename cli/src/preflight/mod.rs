//! Before the first byte: what the machine and both disks are, what they do when measured, what to set, how long it
//! takes and whether there is room. Afterwards the estimate is held against what happened. Moves no file of a job.

mod advice;
mod estimate;
mod machine;
mod measure;
mod sizes;
mod space;
mod storage;
mod view;

pub use advice::{Advice, Limit};
pub use estimate::{Estimate, Learned, Truth};
pub use machine::Machine;
pub use measure::{Budget, Rates, sweep};
pub use sizes::{BUCKETS, Bucket, Largest, Sizes};
pub use space::{Shortage, shortage};
pub use storage::{DiskKind, Storage};
pub use view::{brief, text};

use std::path::{Path, PathBuf};

/// What is asked.
#[derive(Debug)]
pub struct Question<'a> {
    /// Roots that files come from.
    pub sources: &'a [PathBuf],
    /// Where they go; need not exist yet.
    pub destination: &'a Path,
    /// What is still to be copied.
    pub sizes: &'a Sizes,
    /// Some of the files, to be read for the measurement.
    pub sample: &'a [PathBuf],
    /// What may be spent on measuring; none: nothing is measured, as in a dry run.
    pub budget: Option<Budget>,
    /// What earlier estimates were worth.
    pub learned: Learned,
    /// Whether contents are hashed with SHA-256 in place of BLAKE3.
    pub sha256: bool,
    /// `--bwlimit`; 0: none.
    pub bwlimit_bytes_per_sec: u64,
}

/// All that is known before the first byte. What is not known is absent, and shown as "unknown".
#[derive(Debug, Clone, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Preflight {
    /// Processor and memory.
    pub machine: Machine,
    /// The disk of each source.
    pub sources: Vec<Storage>,
    /// The disk of the destination.
    pub destination: Storage,
    /// What is to be copied.
    pub sizes: Sizes,
    /// What was measured.
    pub rates: Rates,
    /// What to set, and why.
    pub advice: Advice,
    /// How long it takes.
    pub estimate: Option<Estimate>,
    /// Set when there is not enough room.
    pub shortage: Option<Shortage>,
}

/// Looks, measures, advises. Takes at most the budget's time, even where a disk hangs.
pub fn inspect(question: &Question<'_>) -> Preflight {
    let machine = Machine::here();
    let sources: Vec<Storage> = question
        .sources
        .iter()
        .map(|path| Storage::of(path))
        .collect();
    let destination = Storage::of(question.destination);
    let rates = match question.budget {
        Some(budget) => measure::measure(
            question.sample,
            &storage::existing(question.destination),
            question.sha256,
            question.sizes.files,
            budget,
        ),
        None => Rates::default(),
    };
    let mut advice = advice::advise(&machine, &sources, &destination, question.sizes, &rates);
    let unlimited = estimate::estimate(question.sizes, &rates, advice.threads, question.learned);
    let paced_secs = paced_secs(question, &advice);
    if unlimited.is_some_and(|estimate| estimate.best_secs < paced_secs) {
        advice.limited_by = Limit::Bandwidth;
    }
    let estimate = unlimited.map(|estimate| estimate.paced(paced_secs));
    Preflight {
        shortage: shortage(question.sizes, &destination),
        sizes: question.sizes.clone(),
        machine,
        sources,
        destination,
        rates,
        advice,
        estimate,
    }
}

/// What `--bwlimit` alone makes of it. The first piece of each thread passes at once.
fn paced_secs(question: &Question<'_>, advice: &Advice) -> f64 {
    if question.bwlimit_bytes_per_sec == 0 {
        return 0.0;
    }
    let piece = advice.buffer_bytes.min(question.sizes.mean_bytes());
    let at_once = piece.saturating_mul(advice.threads.into());
    let held_back = question.sizes.size_bytes.saturating_sub(at_once);
    measure::as_f64(held_back) / measure::as_f64(question.bwlimit_bytes_per_sec)
}

#[cfg(test)]
mod tests;
