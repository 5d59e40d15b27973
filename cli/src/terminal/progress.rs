//! How far a command is, from its events. Knows nothing of how it is drawn, and holds every event against the
//! promise: what became of the files adds up to all files, and the percentage never falls and never passes 100.

use std::time::Duration;

use super::words;
use crate::{
    job::{Counts, Share},
    phases::{Event, Phase},
};

/// What a file costs beside its bytes, in bytes of the same time: only for the time that is left.
const FILE_WORTH_BYTES: u64 = 64 * 1024;
/// Share of the work from which on a time that is left can be said.
const SAID_FROM: f64 = 0.02;

/// An event that breaks the promise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Files appeared or vanished while they were copied.
    #[error("the files add up to {now}, there were {before}")]
    Sum {
        /// Of the event before.
        before: u64,
        /// Of this one.
        now: u64,
    },
    /// It was further already.
    #[error("progress fell from {} to {}", words::percent(*before), words::percent(*now))]
    Fell {
        /// Hundredths of a percent.
        before: u32,
        /// Hundredths of a percent.
        now: u32,
    },
}

/// How far it is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    command: String,
    phase: Option<Phase>,
    phase_total: Share,
    counts: Counts,
    /// Highest so far, hundredths of a percent.
    percent: u32,
    /// Of the phase, so far.
    moved: Share,
    /// When the phase began.
    phase_began: Duration,
    /// All files while they are copied.
    fixed_total: Option<u64>,
}

impl Progress {
    /// Takes an event that happened `at` after the start.
    ///
    /// # Errors
    /// It breaks the promise; what is shown stays as it was.
    pub fn take(&mut self, event: &Event, at: Duration) -> Result<(), Broken> {
        match event {
            Event::Started {
                command, counts, ..
            } => {
                self.command.clone_from(command);
                self.counts = *counts;
                self.percent = 0;
                self.fixed_total = None;
            }
            Event::PhaseChanged {
                phase,
                total_files,
                total_bytes,
            } => {
                self.begin_phase(
                    *phase,
                    total_files.unwrap_or(0),
                    total_bytes.unwrap_or(0),
                    at,
                );
            }
            Event::Scanned { files, size_bytes } => {
                self.moved = Share {
                    files: *files,
                    size_bytes: *size_bytes,
                };
            }
            Event::Moved {
                phase_bytes,
                phase_files,
            } => {
                self.moved.files = self.moved.files.max(*phase_files);
                self.moved.size_bytes = self.moved.size_bytes.max(*phase_bytes);
            }
            Event::File { counts, .. } => return self.settle(counts),
            Event::Reopened { counts, .. } => {
                self.counts = *counts;
                self.percent = counts.hundredths_of_percent();
            }
            Event::Finished { counts, .. } => {
                self.fixed_total = None;
                return self.settle(counts);
            }
            _ => {}
        }
        Ok(())
    }

    fn begin_phase(&mut self, phase: Phase, files: u64, size_bytes: u64, at: Duration) {
        self.phase = Some(phase);
        self.phase_total = Share { files, size_bytes };
        self.phase_began = at;
        self.moved = Share::default();
        self.fixed_total = None;
        if phase == Phase::Copying {
            self.percent = self.percent.max(self.counts.hundredths_of_percent());
        }
    }

    fn settle(&mut self, counts: &Counts) -> Result<(), Broken> {
        let now = counts.total().files;
        if self.phase != Some(Phase::Copying) {
            self.counts = *counts;
            return Ok(());
        }
        let before = *self.fixed_total.get_or_insert(now);
        if before != now {
            return Err(Broken::Sum { before, now });
        }
        let percent = counts.hundredths_of_percent();
        self.counts = *counts;
        if percent < self.percent {
            return Err(Broken::Fell {
                before: self.percent,
                now: percent,
            });
        }
        self.percent = percent;
        Ok(())
    }

    /// Hundredths of a percent: while copying of all files of the job, else of the phase.
    pub fn hundredths_of_percent(&self) -> u32 {
        if self.phase == Some(Phase::Copying) {
            return self.percent;
        }
        let share = self.share().unwrap_or(0.0);
        (share * 10_000.0) as u32
    }

    /// Of the phase's work, from 0 to 1; none where the phase has no known end.
    fn share(&self) -> Option<f64> {
        let total = worth(self.phase_total);
        let known = self.phase_total.files > 0 || self.phase_total.size_bytes > 0;
        known.then(|| (worth(self.moved) / total).min(1.0))
    }

    /// Whether there is an end to be drawn.
    pub fn has_end(&self) -> bool {
        self.phase == Some(Phase::Copying) || self.share().is_some()
    }

    /// Bytes a second of this phase.
    fn rate(&self, at: Duration) -> Option<f64> {
        let secs = at.saturating_sub(self.phase_began).as_secs_f64();
        (secs > 0.2).then(|| self.moved.size_bytes as f64 / secs)
    }

    /// Until the phase ends, at the pace it had so far.
    pub fn secs_left(&self, at: Duration) -> Option<f64> {
        let share = self.share()?;
        let secs = at.saturating_sub(self.phase_began).as_secs_f64();
        (share >= SAID_FROM).then(|| secs * (1.0 - share) / share)
    }

    /// One line: `copying 42.10 %, 421 of 1,000 files, 1.20 GiB of 5.00 GiB, 120 MiB/s, 2 min left`.
    pub fn line(&self, at: Duration) -> String {
        let phase = self.phase.map_or("starting", Phase::name);
        let mut parts = Vec::new();
        let (mut files, mut total) = (self.moved.files, self.phase_total.files);
        if self.phase == Some(Phase::Copying) {
            let all = self.counts.total().files;
            (files, total) = (all - self.counts.pending.files, all);
        }
        let nothing_yet = (files, total, self.moved.size_bytes) == (0, 0, 0);
        match total {
            0 if nothing_yet => {}
            0 => parts.push(words::files(files)),
            _ => parts.push(format!(
                "{} of {}",
                words::grouped(files),
                words::files(total)
            )),
        }
        let moved = words::bytes(self.moved.size_bytes);
        match self.phase_total.size_bytes {
            0 if nothing_yet => {}
            0 => parts.push(moved),
            total => parts.push(format!("{moved} of {}", words::bytes(total))),
        }
        parts.extend(self.rate(at).filter(|rate| *rate >= 1.0).map(words::rate));
        let left = self
            .secs_left(at)
            .map(|secs| format!("{} left", words::seconds(secs)));
        parts.extend(left);
        let failed = self.counts.errored.files;
        if failed > 0 {
            parts.push(format!("{} failed", words::grouped(failed)));
        }
        let percent = match self.has_end() {
            true => format!(" {}", words::percent(self.hundredths_of_percent())),
            false => String::new(),
        };
        parts.insert(0, format!("{phase}{percent}"));
        parts.join(", ")
    }
}

fn worth(share: Share) -> f64 {
    share
        .size_bytes
        .saturating_add(share.files.saturating_mul(FILE_WORTH_BYTES)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{job::FileState, path::JsonPath};

    const SECOND: Duration = Duration::from_secs(1);

    fn pending(files: u64) -> Counts {
        Counts {
            pending: Share {
                files,
                size_bytes: files * 10,
            },
            ..Counts::default()
        }
    }

    fn started(counts: Counts) -> Progress {
        let mut progress = Progress::default();
        let started = Event::Started {
            operation: "1".into(),
            command: "copy".into(),
            counts,
            resumed: None,
        };
        progress.take(&started, Duration::ZERO).unwrap();
        let copying = Event::PhaseChanged {
            phase: Phase::Copying,
            total_files: Some(counts.pending.files),
            total_bytes: Some(counts.pending.size_bytes),
        };
        progress.take(&copying, Duration::ZERO).unwrap();
        progress
    }

    fn file(counts: Counts, state: FileState) -> Event {
        Event::File {
            path: JsonPath {
                path: "a".into(),
                path_hex: None,
            },
            state,
            size_bytes: 10,
            attempts: 1,
            cause: None,
            message: None,
            same_as: None,
            counts,
        }
    }

    #[test]
    fn r48_every_outcome_counts_and_the_sum_stays() {
        let mut counts = pending(1_000);
        let mut progress = started(counts);
        let outcomes = [
            FileState::Done,
            FileState::Skipped,
            FileState::Missing,
            FileState::Error,
            FileState::Deduplicated,
        ];
        let mut last = 0;
        for at in 0..1_000 {
            let state = outcomes[at % outcomes.len()];
            counts.moved(FileState::Pending, state, 10);
            progress.take(&file(counts, state), SECOND).unwrap();
            let percent = progress.hundredths_of_percent();
            assert!(
                percent >= last && (percent == 10_000) == (at == 999),
                "{percent} at {at}"
            );
            last = percent;
        }
        assert_eq!(counts.total().files, 1_000);
    }

    #[test]
    fn r48_a_sum_that_changes_is_noticed() {
        let mut counts = pending(2);
        let mut progress = started(counts);
        counts.moved(FileState::Pending, FileState::Done, 10);
        progress
            .take(&file(counts, FileState::Done), SECOND)
            .unwrap();
        counts.missing.files += 1;
        let broken = progress
            .take(&file(counts, FileState::Missing), SECOND)
            .unwrap_err();
        assert_eq!(broken.to_string(), "the files add up to 3, there were 2");
    }

    #[test]
    fn r51_a_resumed_bar_starts_at_the_true_share_and_never_falls() {
        let mut counts = pending(653);
        counts.copied = Share {
            files: 347,
            size_bytes: 3_470,
        };
        let mut progress = started(counts);
        assert_eq!(progress.hundredths_of_percent(), 3_470);
        counts.moved(FileState::Done, FileState::Pending, 10);
        let broken = progress
            .take(&file(counts, FileState::Pending), SECOND)
            .unwrap_err();
        assert_eq!(broken.to_string(), "progress fell from 34.70 % to 34.60 %");
        assert_eq!(progress.hundredths_of_percent(), 3_470);
    }

    #[test]
    fn r25_files_that_are_gone_are_the_one_reason_to_fall_and_are_told_first() {
        let mut counts = pending(2);
        let mut progress = started(counts);
        counts.moved(FileState::Pending, FileState::Done, 10);
        progress
            .take(&file(counts, FileState::Done), SECOND)
            .unwrap();
        counts.moved(FileState::Done, FileState::Pending, 10);
        let reopened = Event::Reopened { files: 1, counts };
        progress.take(&reopened, SECOND).unwrap();
        assert_eq!(progress.hundredths_of_percent(), 0);
        counts.moved(FileState::Pending, FileState::Done, 10);
        progress
            .take(&file(counts, FileState::Done), SECOND)
            .unwrap();
        assert_eq!(progress.hundredths_of_percent(), 5_000);
    }

    #[test]
    fn r48_a_steady_run_says_the_time_that_is_left() {
        let mut counts = pending(1_000);
        let mut progress = started(counts);
        for done in 1..=1_000_u64 {
            counts.moved(FileState::Pending, FileState::Done, 10);
            let at = SECOND * u32::try_from(done).unwrap();
            let moved = Event::Moved {
                phase_bytes: done * 10,
                phase_files: done,
            };
            progress.take(&moved, at).unwrap();
            progress.take(&file(counts, FileState::Done), at).unwrap();
            if (100..1_000).contains(&done) {
                let (left, truth) = (progress.secs_left(at).unwrap(), 1_000.0 - done as f64);
                assert!((left - truth).abs() <= 0.2 * truth, "{left} for {truth}");
            }
            if done == 500 {
                assert_eq!(
                    progress.line(at),
                    "copying 50.00 %, 500 of 1,000 files, 4.88 KiB of 9.77 KiB, 10 B/s, 8 min 20 s left"
                );
            }
        }
        assert_eq!(progress.hundredths_of_percent(), 10_000);
    }

    #[test]
    fn a_scan_has_no_percentage() {
        let mut progress = started(pending(0));
        let scanning = Event::PhaseChanged {
            phase: Phase::Scanning,
            total_files: None,
            total_bytes: None,
        };
        progress.take(&scanning, SECOND).unwrap();
        assert_eq!(progress.line(SECOND), "scanning");
        progress
            .take(
                &Event::Scanned {
                    files: 12,
                    size_bytes: 2048,
                },
                SECOND * 2,
            )
            .unwrap();
        assert_eq!(
            progress.line(SECOND * 2),
            "scanning, 12 files, 2.00 KiB, 2.00 KiB/s"
        );
    }
}
