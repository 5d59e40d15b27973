//! Waits, for a bounded time, for a destination that is full or a side that is gone.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::Copy;
use crate::{
    engine::fault::{Class, Fault},
    exit::ExitCode,
    phases::Event,
};

/// How often a waiting file is tried again.
const TRIED_EVERY: Duration = Duration::from_secs(2);

/// Since when something is wrong that concerns all files.
#[derive(Debug)]
pub(super) struct Gate {
    wait: Duration,
    since: Mutex<Option<Instant>>,
    met: Mutex<Option<Fault>>,
}

impl Gate {
    pub(super) fn new(wait: Duration) -> Self {
        Gate {
            wait,
            since: Mutex::new(None),
            met: Mutex::new(None),
        }
    }

    /// It works again.
    pub(super) fn open(&self) {
        *self.since.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether a full or absent side is waited for.
    pub(super) fn is_waiting(&self) -> bool {
        self.since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    /// A file met it.
    pub(super) fn note(&self, fault: Fault) {
        *self.met.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }

    /// What was met since the last call.
    pub(super) fn take(&self) -> Option<Fault> {
        self.met
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// What is left of the time that is waited; none: it is over.
    fn left(&self) -> Option<Duration> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = since.get_or_insert_with(Instant::now).elapsed();
        self.wait.checked_sub(waited).filter(|left| !left.is_zero())
    }
}

impl Copy<'_, '_> {
    /// Files met a full or absent side: waits, or ends the run when the time is over.
    pub(super) fn wait_at_gate(&self, fault: &Fault) {
        let (code, what) = match fault.class {
            Class::Full => (ExitCode::Refused, "the destination is full: make room"),
            _ => (
                ExitCode::GaveUp,
                "a disk is gone or read-only: connect it again",
            ),
        };
        match self.gate.left() {
            Some(left) => {
                let message = format!("{what}; {fault}");
                self.work.listener.tell(&Event::Waiting {
                    message,
                    left_secs: left.as_secs(),
                });
                self.work.stop.wait(TRIED_EVERY.min(left));
            }
            None => {
                if !self.work.stop.is_asked() {
                    self.work
                        .warn(format!("stopped: {fault}. {}", fault.cause.advice()));
                }
                self.end_with(code);
            }
        }
    }
}
