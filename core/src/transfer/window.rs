//! How many parts may be on the wire at once. Two things are watched, as BBR and LEDBAT do it for packets: throughput,
//! which more sends must raise to be worth it, and delay, because on a slow line more sends only make each part arrive
//! later, and a cut then costs more. It shrinks at once when the line stumbles.

/// Sends at once, before anything was measured, and on every line that does not stumble: two fill the gap between a piece
/// and its confirmation, and what a cut costs are pieces.
const FIRST: u32 = 2;
/// Growth has to bring this much, in percent, to be kept.
const WORTH_PERCENT: u64 = 110;
/// Judgements for which a refuted growth is not tried again.
const HOLD: u32 = 8;
/// A judgement needs this long.
const LEAST_EPOCH_MS: u64 = 500;
/// A part should take seconds. One that took longer shared the line with too many others.
const SLOW_PART_MS: u64 = 12_000;
/// From here on another send would only make parts slower.
const NO_GROWTH_MS: u64 = 5_000;

/// Sends at once, adapted.
#[derive(Debug)]
pub struct Window {
    sends: u32,
    most: u32,
    trial: Trial,
    epoch_began_ms: Option<u64>,
    epoch_bytes: u64,
    epoch_parts: u32,
    epoch_slowest_ms: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Trial {
    /// Nothing is known: the next judgement tries one more.
    Open,
    /// One more is being tried; before, it was this fast.
    Grown { before_bytes_per_sec: u64 },
    /// Stays as it is for so many judgements.
    Hold(u32),
}

impl Window {
    /// At most `most`, and one always.
    pub fn new(most: u32) -> Self {
        let most = most.max(1);
        Window {
            sends: FIRST.min(most),
            most,
            trial: Trial::Open,
            epoch_began_ms: None,
            epoch_bytes: 0,
            epoch_parts: 0,
            epoch_slowest_ms: 0,
        }
    }

    /// Sends that may be under way now.
    pub fn sends(&self) -> u32 {
        self.sends
    }

    /// A part arrived, `took_ms` after it was begun.
    pub fn arrived(&mut self, now_ms: u64, len_bytes: u64, took_ms: u64) {
        if took_ms > SLOW_PART_MS && self.sends > FIRST {
            self.sends -= 1;
            self.trial = Trial::Hold(HOLD);
            self.begin_epoch(now_ms);
            return;
        }
        let Some(began_ms) = self.epoch_began_ms else {
            self.begin_epoch(now_ms);
            return;
        };
        self.epoch_bytes += len_bytes;
        self.epoch_parts += 1;
        self.epoch_slowest_ms = self.epoch_slowest_ms.max(took_ms);
        let epoch_ms = now_ms.saturating_sub(began_ms);
        if self.epoch_parts >= self.sends * 2 && epoch_ms >= LEAST_EPOCH_MS {
            self.judge(self.epoch_bytes.saturating_mul(1_000) / epoch_ms);
            self.begin_epoch(now_ms);
        }
    }

    /// A send broke off or timed out.
    pub fn stumbled(&mut self) {
        self.sends = (self.sends / 2).max(1);
        self.trial = Trial::Hold(1);
        self.epoch_began_ms = None;
    }

    fn begin_epoch(&mut self, now_ms: u64) {
        self.epoch_began_ms = Some(now_ms);
        self.epoch_bytes = 0;
        self.epoch_parts = 0;
        self.epoch_slowest_ms = 0;
    }

    fn judge(&mut self, bytes_per_sec: u64) {
        let is_worth =
            |before: u64| bytes_per_sec.saturating_mul(100) >= before.saturating_mul(WORTH_PERCENT);
        match self.trial {
            Trial::Grown {
                before_bytes_per_sec,
            } if !is_worth(before_bytes_per_sec) => {
                self.sends = (self.sends - 1).max(1);
                self.trial = Trial::Hold(HOLD);
            }
            Trial::Hold(left) if left > 1 => self.trial = Trial::Hold(left - 1),
            Trial::Open | Trial::Grown { .. } | Trial::Hold(_) => self.grow(bytes_per_sec),
        }
    }

    fn grow(&mut self, before_bytes_per_sec: u64) {
        if self.sends < FIRST.min(self.most) {
            self.sends += 1;
            self.trial = Trial::Open;
        } else if self.sends < self.most && self.epoch_slowest_ms < NO_GROWTH_MS {
            self.sends += 1;
            self.trial = Trial::Grown {
                before_bytes_per_sec,
            };
        } else {
            self.trial = Trial::Hold(HOLD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets parts of 1 MB arrive at `rate(sends)` MB a second.
    fn run(window: &mut Window, parts: u32, rate: impl Fn(u32) -> u64) {
        let mut now_ms = 0;
        for _ in 0..parts {
            now_ms += 1_000 / rate(window.sends());
            window.arrived(now_ms, 1_000_000, 1_000);
        }
    }

    /// A line in virtual time: `rate` bytes a second for all together, `per_send` for one, `delay_ms` there and back.
    struct SimLine {
        bytes_per_sec: u64,
        per_send_bytes_per_sec: u64,
        delay_ms: u64,
    }

    impl SimLine {
        /// Sends parts of one size for a while; the window at the end, and the time the last part took.
        fn run(&self, window: &mut Window, part_bytes: u64, parts: u32) -> (u32, u64) {
            let (mut now_ms, mut last_ms) = (0, 0);
            let mut arrived = 0;
            while arrived < parts {
                let sends = u64::from(window.sends());
                let each = (self.bytes_per_sec / sends).min(self.per_send_bytes_per_sec);
                last_ms = self.delay_ms + part_bytes * 1_000 / each.max(1);
                now_ms += last_ms;
                for _ in 0..sends {
                    window.arrived(now_ms, part_bytes, last_ms);
                    arrived += 1;
                }
            }
            (window.sends(), last_ms)
        }
    }

    proptest::proptest! {
        /// On a line where one part takes seconds there is never a crowd: a cut costs little, parts arrive one by one.
        #[test]
        fn on_a_slow_line_one_or_two_parts_are_under_way(
            kib_per_sec in 8_u64..100,
            delay_ms in 0_u64..600,
        ) {
            let rate = kib_per_sec * 1024;
            let line = SimLine { bytes_per_sec: rate, per_send_bytes_per_sec: rate, delay_ms };
            let mut window = Window::new(4);
            let (sends, _) = line.run(&mut window, 768 * 1024, 60);
            proptest::prop_assert!(sends <= 2, "{} sends", sends);
        }

        /// Where each connection is held back by the delay and not by the line, the window opens whole.
        #[test]
        fn on_a_fast_long_line_it_opens(
            mib_per_sec in 20_u64..200,
            delay_ms in 50_u64..300,
        ) {
            let line = SimLine {
                bytes_per_sec: mib_per_sec << 20,
                per_send_bytes_per_sec: (mib_per_sec << 20) / 8,
                delay_ms,
            };
            let mut window = Window::new(4);
            let (sends, _) = line.run(&mut window, 8 << 20, 120);
            proptest::prop_assert_eq!(sends, 4);
        }

        /// Whatever the line does, there is at least one send and never more than allowed.
        #[test]
        fn it_stays_within_its_bounds(
            events in proptest::collection::vec((0_u64..40_000, proptest::bool::ANY), 0..200),
            most in 0_u32..8,
        ) {
            let mut window = Window::new(most);
            let mut now_ms = 0;
            for (took_ms, stumbles) in events {
                now_ms += took_ms;
                if stumbles {
                    window.stumbled();
                } else {
                    window.arrived(now_ms, 1 << 20, took_ms);
                }
                proptest::prop_assert!((1..=most.max(1)).contains(&window.sends()));
            }
        }
    }

    #[test]
    fn a_part_that_takes_too_long_gives_its_place_up_at_once() {
        let mut window = Window::new(4);
        run(&mut window, 60, |sends| 5 * u64::from(sends));
        for (part, left) in [(1, 3), (2, 2), (3, 2)] {
            window.arrived(part * 40_000, 1 << 20, 20_000);
            assert_eq!(window.sends(), left);
        }
        (0..100).for_each(|part| window.arrived(160_000 + part * 6_000, 1 << 20, 6_000));
        assert_eq!(window.sends(), 2, "more sends would only be slower");
    }

    #[test]
    fn after_a_stumble_a_slow_line_gets_its_second_send_back() {
        let mut window = Window::new(4);
        window.stumbled();
        assert_eq!(window.sends(), 1);
        (0..20).for_each(|part| window.arrived(part * 9_000, 1 << 20, 9_000));
        assert_eq!(window.sends(), 2);
    }

    #[test]
    fn it_grows_to_the_limit_where_each_send_brings_its_share() {
        let mut window = Window::new(4);
        assert_eq!(window.sends(), 2);
        run(&mut window, 60, |sends| 5 * u64::from(sends));
        assert_eq!(window.sends(), 4);
    }

    #[test]
    fn it_stays_where_more_brings_nothing() {
        let mut window = Window::new(4);
        run(&mut window, 60, |_| 8);
        assert!(window.sends() <= 3, "at most on trial: {}", window.sends());
    }

    #[test]
    fn it_halves_when_the_line_stumbles_and_never_reaches_zero() {
        let mut window = Window::new(4);
        run(&mut window, 60, |sends| 5 * u64::from(sends));
        window.stumbled();
        assert_eq!(window.sends(), 2);
        (0..5).for_each(|_| window.stumbled());
        assert_eq!(window.sends(), 1);
        assert_eq!(Window::new(0).sends(), 1);
    }
}
