//! Says when nothing moves: a network drive that hangs keeps a system call for ever, and nobody can take it back. When
//! that lasts as long as a full or absent disk would be waited for, the process is left as a kill would leave it.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use super::Copy;
use crate::exit::ExitCode;

/// Silence that is worth a line, and again every so long.
pub(super) const SILENCE: Duration = Duration::from_secs(60);

impl Copy<'_, '_> {
    /// Until the run is over.
    pub(super) fn watch(&self) {
        let give_up = self.work.settings.wait().max(self.hang.silence);
        let mut before = self.moved();
        let (mut since, mut told) = (Instant::now(), Instant::now());
        while !self.over.load(Ordering::SeqCst) {
            std::thread::park_timeout(Duration::from_millis(20));
            let now = self.moved();
            // a limit that holds bytes back, or a wait that was announced, is no hanging disk
            if now != before || self.pace.holds_back() || self.gate.is_waiting() {
                (before, since, told) = (now, Instant::now(), Instant::now());
            } else if since.elapsed() >= self.patience(give_up)
                && let Some(leave) = self.hang.leave
            {
                self.work.warn(format!(
                    "gave up: nothing has moved for {} seconds, so a disk or network hangs. What is done stays done; go on with: ferry resume {}",
                    since.elapsed().as_secs(),
                    self.work.job.place.database().display()
                ));
                leave(ExitCode::GaveUp);
                return;
            } else if told.elapsed() >= self.hang.silence {
                told = Instant::now();
                self.work.warn(format!(
                    "nothing has moved for {} seconds: if a disk or network hangs, Ctrl-C twice stops at once; what is done stays done",
                    since.elapsed().as_secs()
                ));
            }
        }
    }

    /// How far a sync is nobody sees, and a slow disk with much to write takes its time: ten times as long.
    fn patience(&self, give_up: Duration) -> Duration {
        match self.work.activity.is_syncing() {
            true => give_up.saturating_mul(10),
            false => give_up,
        }
    }

    /// Bytes that passed to the destination or were read anywhere, files, and looks at files that were done, so far.
    fn moved(&self) -> [u64; 4] {
        [
            self.work.activity.moved(),
            self.pace.passed_bytes(),
            self.ended_files.load(Ordering::SeqCst),
            self.looked_at.load(Ordering::Relaxed),
        ]
    }
}
