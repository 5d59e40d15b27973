//! Counts the bytes of one transfer. It is told what happened; it decides nothing.

use super::rate::Rate;
use super::{Phase, Progress, Resumed};

/// Confirmations come every few seconds on a slow line: a shorter window would jump.
const SENDING_WINDOW_MS: u64 = 30_000;
const READING_WINDOW_MS: u64 = 10_000;
/// On a line that moves, something is confirmed sooner.
const LONG_SILENCE_SECS: u64 = 15;

/// Bytes and parts of one transfer, across its runs.
#[derive(Debug)]
pub(crate) struct Meter {
    size_bytes: u64,
    stored_bytes: u64,
    stored_before_bytes: u64,
    /// Of parts under way: what the server has of them.
    begun_bytes: u64,
    /// The most that was shown: what a send that broke off had brought does not make it fall, the server keeps it.
    shown_bytes: u64,
    compared_bytes: u64,
    set_back_bytes: u64,
    parts_total: u32,
    parts_stored: u32,
    parts_stored_before: u32,
    resumed: Option<Resumed>,
    sending: Rate,
    reading: Rate,
    /// When something was confirmed last, or the first send began.
    silent_since_ms: Option<u64>,
}

impl Meter {
    pub(crate) fn new(size_bytes: u64) -> Self {
        Meter {
            size_bytes,
            stored_bytes: 0,
            stored_before_bytes: 0,
            begun_bytes: 0,
            shown_bytes: 0,
            compared_bytes: 0,
            set_back_bytes: 0,
            parts_total: 0,
            parts_stored: 0,
            parts_stored_before: 0,
            resumed: None,
            sending: Rate::over(SENDING_WINDOW_MS),
            reading: Rate::over(READING_WINDOW_MS),
            silent_since_ms: None,
        }
    }

    /// A new run: what is acknowledged stays, parts that had begun are forgotten.
    pub(crate) fn begin_run(&mut self) {
        self.begun_bytes = 0;
        self.shown_bytes = self.stored_bytes;
        self.stored_before_bytes = self.stored_bytes;
        self.parts_stored_before = self.parts_stored;
        self.set_back_bytes = 0;
        self.compared_bytes = 0;
        self.resumed = None;
        self.sending = Rate::over(SENDING_WINDOW_MS);
        self.reading = Rate::over(READING_WINDOW_MS);
        self.silent_since_ms = None;
    }

    /// The size is known now (downloads), or the parts are.
    pub(crate) fn measure(&mut self, size_bytes: u64, parts_total: u32) {
        self.size_bytes = size_bytes;
        self.parts_total = parts_total;
    }

    /// An earlier upload is resumed: this much of it is stored. `first_part`: the first one that is not.
    pub(crate) fn adopt(&mut self, parts_stored: u32, stored_bytes: u64, first_part: Option<u32>) {
        self.restate(parts_stored, stored_bytes);
        self.stored_before_bytes = stored_bytes;
        self.parts_stored_before = parts_stored;
        self.resumed = first_part
            .filter(|_| parts_stored > 0)
            .map(|first_part| Resumed {
                first_part,
                total_parts: self.parts_total,
                stored_percent: percent(stored_bytes, self.size_bytes),
            });
    }

    /// An earlier upload is resumed.
    pub(crate) fn is_resumed(&self) -> bool {
        self.resumed.is_some()
    }

    /// A pass over the file begins: nothing of it is compared yet.
    pub(crate) fn begin_pass(&mut self) {
        self.compared_bytes = 0;
    }

    /// What is stored was counted anew; where that is less, it says so.
    pub(crate) fn restate(&mut self, parts_stored: u32, stored_bytes: u64) {
        self.set_back(self.stored_bytes.saturating_sub(stored_bytes));
        self.stored_bytes = stored_bytes;
        self.parts_stored = parts_stored;
        self.stored_before_bytes = self.stored_before_bytes.min(stored_bytes);
        self.parts_stored_before = self.parts_stored_before.min(parts_stored);
        self.settle();
    }

    /// Nothing of this file is stored any more.
    pub(crate) fn start_over(&mut self) {
        self.begun_bytes = 0;
        self.set_back(self.shown_bytes);
        self.restate(0, 0);
        self.resumed = None;
        self.compared_bytes = 0;
    }

    /// A send began. `had_to_wait`: until then it was the turn of others.
    pub(crate) fn send_began(&mut self, now_ms: u64, had_to_wait: bool) {
        self.sending.add(now_ms, 0);
        if had_to_wait || self.silent_since_ms.is_none() {
            self.silent_since_ms = Some(now_ms);
        }
    }

    /// What the server has of all parts under way, and how much it confirmed since the last call.
    pub(crate) fn confirmed(&mut self, now_ms: u64, begun_bytes: u64, more_bytes: u64) {
        self.begun_bytes = begun_bytes;
        self.sending.add(now_ms, more_bytes);
        if more_bytes > 0 {
            self.silent_since_ms = Some(now_ms);
        }
        self.settle();
    }

    /// A person was waited for: that is no silence of the server.
    pub(crate) fn forget_silence(&mut self) {
        self.silent_since_ms = None;
    }

    /// The store refused a part that had begun: only what is stored is shown.
    pub(crate) fn fall_to_stored(&mut self) {
        self.shown_bytes = self.stored_bytes;
    }

    /// The pass read this much more.
    pub(crate) fn compared(&mut self, now_ms: u64, len_bytes: u64) {
        self.compared_bytes += len_bytes;
        self.reading.add(now_ms, len_bytes);
    }

    fn set_back(&mut self, len_bytes: u64) {
        let fall_bytes = len_bytes.min(self.shown_bytes);
        self.shown_bytes -= fall_bytes;
        self.set_back_bytes += fall_bytes;
    }

    fn settle(&mut self) {
        let now_bytes = (self.stored_bytes + self.begun_bytes).min(self.size_bytes);
        self.shown_bytes = self.shown_bytes.max(now_bytes);
    }

    fn silent_secs(&self, phase: Phase, now_ms: u64) -> Option<u64> {
        let sends = matches!(phase, Phase::Sending | Phase::Resuming);
        let since_ms = self.silent_since_ms.filter(|_| sends)?;
        let silent_secs = now_ms.saturating_sub(since_ms) / 1_000;
        (silent_secs >= LONG_SILENCE_SECS).then_some(silent_secs)
    }

    /// What a person sees.
    pub(crate) fn progress(&self, phase: Phase, now_ms: u64) -> Progress {
        let sending = self.sending.bytes_per_sec(now_ms);
        let reading = self.reading.bytes_per_sec(now_ms);
        let unread_bytes = self.size_bytes.saturating_sub(self.compared_bytes);
        let (rate_bytes_per_sec, eta_secs) = match phase {
            Phase::Sending | Phase::Resuming => {
                let send_secs = secs(self.size_bytes.saturating_sub(self.shown_bytes), sending);
                (
                    sending,
                    send_secs
                        .map(|send_secs| send_secs.max(secs(unread_bytes, reading).unwrap_or(0))),
                )
            }
            Phase::Comparing => (reading, secs(unread_bytes, reading)),
            _ => (None, None),
        };
        Progress {
            done_bytes: self.shown_bytes,
            stored_bytes: self.stored_bytes,
            stored_before_bytes: self.stored_before_bytes,
            compared_bytes: self.compared_bytes,
            set_back_bytes: self.set_back_bytes,
            rate_bytes_per_sec,
            eta_secs,
            silent_secs: self.silent_secs(phase, now_ms),
            parts_total: self.parts_total,
            parts_stored: self.parts_stored,
            parts_stored_before: self.parts_stored_before,
            resumed: self.resumed,
            ..Progress::new(phase, self.size_bytes)
        }
    }
}

fn secs(left_bytes: u64, bytes_per_sec: Option<u64>) -> Option<u64> {
    bytes_per_sec
        .filter(|rate| *rate > 0)
        .map(|rate| left_bytes.div_ceil(rate))
}

fn percent(share_bytes: u64, size_bytes: u64) -> u32 {
    u32::try_from(u128::from(share_bytes) * 100 / u128::from(size_bytes.max(1)))
        .unwrap_or(100)
        .min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_send_is_not_counted_twice_and_does_not_make_it_fall() {
        let mut meter = Meter::new(100);
        meter.confirmed(0, 40, 40);
        assert_eq!(meter.progress(Phase::Sending, 0).done_bytes, 40);
        meter.confirmed(10, 0, 0);
        meter.confirmed(20, 30, 30);
        let seen = meter.progress(Phase::Sending, 20);
        assert_eq!(
            (seen.done_bytes, seen.stored_bytes, seen.set_back_bytes),
            (40, 0, 0)
        );
        meter.restate(1, 60);
        meter.confirmed(30, 0, 0);
        assert_eq!(
            meter.progress(Phase::Sending, 30).done_bytes,
            90,
            "the server has 30 beside the 60 stored ones"
        );
    }

    #[test]
    fn it_falls_by_exactly_what_it_says() {
        let mut meter = Meter::new(100);
        meter.measure(100, 4);
        meter.adopt(3, 75, Some(2));
        let before = meter.progress(Phase::Resuming, 0);
        assert_eq!(
            before.resumed,
            Some(Resumed {
                first_part: 2,
                total_parts: 4,
                stored_percent: 75
            })
        );
        meter.restate(2, 50);
        let after = meter.progress(Phase::Comparing, 0);
        assert_eq!(
            (
                after.done_bytes,
                after.set_back_bytes,
                after.stored_before_bytes
            ),
            (50, 25, 50)
        );
        meter.start_over();
        let fresh = meter.progress(Phase::Checking, 0);
        assert_eq!(
            (fresh.done_bytes, fresh.set_back_bytes, fresh.resumed),
            (0, 75, None)
        );
    }

    #[test]
    fn a_new_run_keeps_what_is_acknowledged_only() {
        let mut meter = Meter::new(100);
        meter.restate(1, 50);
        meter.confirmed(0, 20, 20);
        meter.begin_run();
        let seen = meter.progress(Phase::Checking, 0);
        assert_eq!(
            (
                seen.done_bytes,
                seen.stored_before_bytes,
                seen.parts_stored_before
            ),
            (50, 50, 1)
        );
    }

    #[test]
    fn time_left_is_the_slower_one_of_sending_and_reading() {
        let mut meter = Meter::new(1_000_000);
        for second in 0..=5u64 {
            meter.confirmed(second * 1_000, second * 100_000, 100_000);
            meter.compared(second * 1_000, 10_000);
        }
        let seen = meter.progress(Phase::Sending, 5_000);
        assert_eq!(seen.rate_bytes_per_sec, Some(100_000));
        assert_eq!(
            seen.eta_secs,
            Some(94),
            "940,000 bytes to read at 10,000 a second"
        );
        assert_eq!(
            meter.progress(Phase::Comparing, 5_000).rate_bytes_per_sec,
            Some(10_000)
        );
    }

    #[test]
    fn hundred_percent_only_when_done() {
        let mut meter = Meter::new(10);
        meter.restate(1, 10);
        assert_eq!(
            meter.progress(Phase::Finishing, 0).hundredths_of_percent(),
            9_999
        );
        assert_eq!(
            meter.progress(Phase::Done, 0).hundredths_of_percent(),
            10_000
        );
        assert_eq!(
            Meter::new(0)
                .progress(Phase::Sending, 0)
                .hundredths_of_percent(),
            0
        );
    }

    #[test]
    fn a_long_silence_is_told_while_it_sends_and_ends_with_a_confirmation() {
        let mut meter = Meter::new(100);
        let silent = |meter: &Meter, phase, now_ms| meter.progress(phase, now_ms).silent_secs;
        assert_eq!(
            silent(&meter, Phase::Sending, 99_000),
            None,
            "no send began"
        );
        meter.send_began(1_000, false);
        meter.send_began(9_000, false);
        assert_eq!(silent(&meter, Phase::Sending, 15_999), None);
        assert_eq!(silent(&meter, Phase::Resuming, 16_000), Some(15));
        assert_eq!(silent(&meter, Phase::Finishing, 16_000), None);
        meter.confirmed(20_000, 10, 10);
        meter.confirmed(21_000, 10, 0);
        assert_eq!(silent(&meter, Phase::Sending, 34_999), None);
        assert_eq!(silent(&meter, Phase::Sending, 60_000), Some(40));
        meter.send_began(60_000, true);
        assert_eq!(
            silent(&meter, Phase::Sending, 61_000),
            None,
            "others went first"
        );
    }

    #[test]
    fn a_full_store_shows_what_is_stored() {
        let mut meter = Meter::new(100);
        meter.restate(1, 50);
        meter.confirmed(0, 30, 30);
        meter.confirmed(1, 0, 0);
        assert_eq!(meter.progress(Phase::Sending, 1).done_bytes, 80);
        meter.fall_to_stored();
        assert_eq!(meter.progress(Phase::Sending, 1).done_bytes, 50);
    }
}
