//! How many parts may be on the wire at once: grows while that brings throughput, shrinks where it does not and when
//! the line stumbles.

/// Where it begins.
const FIRST: u32 = 2;
/// Growth has to bring this much, in percent, to be kept.
const WORTH_PERCENT: u64 = 110;
/// Judgements for which a refuted growth is not tried again.
const HOLD: u32 = 8;
/// A judgement needs this long.
const LEAST_EPOCH_MS: u64 = 500;

/// Sends at once, adapted.
#[derive(Debug)]
pub(super) struct Window {
    sends: u32,
    most: u32,
    trial: Trial,
    epoch_began_ms: Option<u64>,
    epoch_bytes: u64,
    epoch_parts: u32,
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
    pub(super) fn new(most: u32) -> Self {
        let most = most.max(1);
        Window {
            sends: FIRST.min(most),
            most,
            trial: Trial::Open,
            epoch_began_ms: None,
            epoch_bytes: 0,
            epoch_parts: 0,
        }
    }

    pub(super) fn sends(&self) -> u32 {
        self.sends
    }

    /// A part arrived.
    pub(super) fn arrived(&mut self, now_ms: u64, len_bytes: u64) {
        let Some(began_ms) = self.epoch_began_ms else {
            self.begin_epoch(now_ms);
            return;
        };
        self.epoch_bytes += len_bytes;
        self.epoch_parts += 1;
        let took_ms = now_ms.saturating_sub(began_ms);
        if self.epoch_parts >= self.sends * 2 && took_ms >= LEAST_EPOCH_MS {
            self.judge(self.epoch_bytes.saturating_mul(1_000) / took_ms);
            self.begin_epoch(now_ms);
        }
    }

    /// A send broke off or timed out.
    pub(super) fn stumbled(&mut self) {
        self.sends = (self.sends / 2).max(1);
        self.trial = Trial::Hold(1);
        self.epoch_began_ms = None;
    }

    fn begin_epoch(&mut self, now_ms: u64) {
        self.epoch_began_ms = Some(now_ms);
        self.epoch_bytes = 0;
        self.epoch_parts = 0;
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
        if self.sends < self.most {
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
            window.arrived(now_ms, 1_000_000);
        }
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
