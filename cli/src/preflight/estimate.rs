//! How long it takes: at best, with everything beside everything else, and at worst, one after another on a bad day.
//! What earlier runs really took bends both.

use super::{Rates, Sizes, measure::as_f64};

/// Starting, planning, the last sync: what even an empty job takes.
const FIXED_SECS: f64 = 0.02;
/// What a bad day adds: other programs, a disk that fills up, a slower end of it.
const BAD_DAY: f64 = 2.0;
/// What a bad day adds to the shortest job.
const BAD_DAY_SECS: f64 = 1.5;
/// A warm cache makes the source free.
const WARM: f64 = 4.0;
/// From how many earlier runs on an estimate becomes narrower.
const ENOUGH_RUNS: u32 = 3;
/// How far earlier runs may bend an estimate.
const BEND: std::ops::RangeInclusive<f64> = 0.1..=10.0;

/// Seconds, from the first byte to the last file marked done.
#[derive(
    Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
pub struct Estimate {
    /// At best.
    pub best_secs: f64,
    /// At worst.
    pub worst_secs: f64,
    /// The middle of both before earlier runs bent it: what the next run learns from.
    pub model_secs: f64,
    /// How many earlier runs bent it.
    pub learned_from_runs: u32,
}

impl Estimate {
    /// With a limit of pace that takes so long by itself: no sooner than that, and no later than one after the other.
    pub(super) fn paced(self, paced_secs: f64) -> Self {
        Estimate {
            best_secs: self.best_secs.max(paced_secs),
            worst_secs: self.worst_secs + paced_secs,
            ..self
        }
    }
}

/// What an estimate turned out to be worth.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, schemars::JsonSchema)]
pub struct Truth {
    /// What was said.
    pub estimate: Estimate,
    /// What it took.
    pub actual_secs: f64,
}

impl Truth {
    /// Whether it was true.
    pub fn is_inside(&self) -> bool {
        (self.estimate.best_secs..=self.estimate.worst_secs).contains(&self.actual_secs)
    }

    /// Against the model: 2 when it took twice as long.
    pub fn ratio(&self) -> f64 {
        self.actual_secs / self.estimate.model_secs
    }
}

/// What the model's middle is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Learned {
    /// Median of what earlier runs took against the model.
    pub factor: f64,
    /// How many there were.
    pub runs: u32,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            factor: 1.0,
            runs: 0,
        }
    }
}

impl Learned {
    /// From the ratios of earlier runs, see [`Truth::ratio`].
    pub fn from_ratios(mut ratios: Vec<f64>) -> Self {
        ratios.retain(|ratio| ratio.is_finite() && *ratio > 0.0);
        ratios.sort_by(f64::total_cmp);
        let runs = u32::try_from(ratios.len()).unwrap_or(u32::MAX);
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or(1.0);
        Self {
            factor: median.clamp(*BEND.start(), *BEND.end()),
            runs,
        }
    }

    /// How much of the width between best and worst is left, once the middle is known from experience.
    fn width(self) -> f64 {
        if self.runs < ENOUGH_RUNS { 1.0 } else { 0.8 }
    }
}

/// Absent when nothing was measured that an estimate could hang on.
pub(super) fn estimate(
    sizes: &Sizes,
    rates: &Rates,
    threads: u16,
    learned: Learned,
) -> Option<Estimate> {
    let bytes = as_f64(sizes.size_bytes);
    let write = bytes / rates.write_bytes_per_sec?;
    let files = as_f64(sizes.files) * rates.file_cost_secs?;
    let over = |rate: Option<f64>| rate.map_or(0.0, |rate| bytes / rate);
    let read = over(rates.read_bytes_per_sec);
    let read_back = over(rates.read_back_bytes_per_sec);
    let hash = 2.0 * over(rates.hash_bytes_per_sec);
    let threads = f64::from(threads.max(1));
    let side_by_side = [read / WARM, write / 2.0, hash / threads, read_back / WARM];
    let best = side_by_side.into_iter().fold(files / threads, f64::max) + FIXED_SECS;
    let one_by_one = read + write + read_back + hash + 2.0 * files;
    let worst = BAD_DAY * one_by_one + BAD_DAY_SECS;
    let half_width = (worst / best).sqrt();
    let model_secs = best * half_width;
    let (middle, half_width) = (
        model_secs * learned.factor,
        half_width.powf(learned.width()),
    );
    Some(Estimate {
        best_secs: middle / half_width,
        worst_secs: middle * half_width,
        model_secs,
        learned_from_runs: learned.runs,
    })
}
