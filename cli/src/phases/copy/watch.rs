//! Says when nothing moves: a network drive that hangs keeps a system call for ever, and nobody can take it back.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use super::Copy;

/// Silence that is worth a line, and again every so long.
const SILENCE: Duration = Duration::from_secs(60);

impl Copy<'_, '_> {
    /// Until the run is over.
    pub(super) fn watch(&self) {
        let mut before = self.moved();
        let mut since = Instant::now();
        while !self.over.load(Ordering::SeqCst) {
            std::thread::park_timeout(Duration::from_millis(20));
            let now = self.moved();
            if now != before {
                (before, since) = (now, Instant::now());
            } else if since.elapsed() >= SILENCE {
                since = Instant::now();
                self.work.warn(format!(
                    "nothing has moved for {} seconds: if a disk or network hangs, Ctrl-C twice stops at once; what is done stays done",
                    SILENCE.as_secs()
                ));
            }
        }
    }

    /// Bytes and files so far.
    fn moved(&self) -> (u64, u64) {
        (
            self.pace.passed_bytes(),
            self.ended_files.load(Ordering::SeqCst),
        )
    }
}
