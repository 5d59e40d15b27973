//! Bytes a second over the last few seconds.

use std::collections::VecDeque;

/// Samples closer together than this are one.
const GRAIN_MS: u64 = 250;
/// A rate over less time than this is noise.
const LEAST_MS: u64 = 1_000;

/// A sliding window over a running total.
#[derive(Debug)]
pub(super) struct Rate {
    window_ms: u64,
    total_bytes: u64,
    /// The total at some moments of the window; the first one may be a little older than it.
    samples: VecDeque<(u64, u64)>,
}

impl Rate {
    /// Over the last `window_ms`.
    pub(super) fn over(window_ms: u64) -> Self {
        Rate {
            window_ms,
            total_bytes: 0,
            samples: VecDeque::new(),
        }
    }

    pub(super) fn add(&mut self, now_ms: u64, moved_bytes: u64) {
        if self.samples.is_empty() {
            // What moved before anything was measured took an unknown time.
            self.samples
                .push_back((now_ms, self.total_bytes + moved_bytes));
        }
        self.total_bytes += moved_bytes;
        let is_new = self
            .samples
            .back()
            .is_some_and(|(at_ms, _)| *at_ms + GRAIN_MS <= now_ms);
        if is_new {
            self.samples.push_back((now_ms, self.total_bytes));
        }
        while self
            .samples
            .get(1)
            .is_some_and(|(at_ms, _)| *at_ms + self.window_ms <= now_ms)
        {
            self.samples.pop_front();
        }
    }

    pub(super) fn bytes_per_sec(&self, now_ms: u64) -> Option<u64> {
        let since = |(at_ms, _): &&(u64, u64)| *at_ms + self.window_ms > now_ms;
        let (from_ms, from_bytes) = self.samples.iter().find(since).or(self.samples.back())?;
        let span_ms = now_ms.saturating_sub(*from_ms);
        let moved_bytes = self.total_bytes - from_bytes;
        let per_sec = u128::from(moved_bytes) * 1_000 / u128::from(span_ms.max(1));
        (span_ms >= LEAST_MS).then(|| u64::try_from(per_sec).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_before_a_second_is_measured() {
        let mut rate = Rate::over(10_000);
        assert_eq!(rate.bytes_per_sec(0), None);
        rate.add(0, 1_000);
        rate.add(900, 1_000);
        assert_eq!(rate.bytes_per_sec(900), None);
        assert_eq!(rate.bytes_per_sec(1_000), Some(1_000));
    }

    #[test]
    fn it_follows_the_last_ten_seconds_and_dies_away() {
        let mut rate = Rate::over(10_000);
        (0..200u64).for_each(|tick| rate.add(tick * 100, 100));
        assert_eq!(rate.bytes_per_sec(19_900), Some(1_000));
        (200..400u64).for_each(|tick| rate.add(tick * 100, 500));
        let fast = rate.bytes_per_sec(39_900).expect("measured");
        assert!((4_900..=5_100).contains(&fast), "{fast}");
        let fading = rate.bytes_per_sec(44_900).expect("measured");
        assert!(fading < fast && fading > 0, "{fading}");
        assert_eq!(rate.bytes_per_sec(80_000), Some(0));
    }

    #[test]
    fn its_memory_is_bounded() {
        let mut rate = Rate::over(10_000);
        (0..100_000u64).for_each(|tick| rate.add(tick, 1));
        assert!(rate.samples.len() <= 43, "{}", rate.samples.len());
    }
}
