//! How a run is told to end, and waits that end with it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI32, Ordering},
    },
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender};

/// Shared by all threads of a run. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Stop {
    why: Arc<AtomicI32>,
    bell: Arc<(Sender<()>, Receiver<()>)>,
}

/// `why` when the run stops itself (space, device, too many errors), not by a signal.
const BY_ITSELF: i32 = -1;

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl Stop {
    /// Nobody asked yet.
    pub fn new() -> Self {
        // nothing is ever received: a bell that is never rung, so that waits are waits for time only
        Stop {
            why: Arc::default(),
            bell: Arc::new(crossbeam_channel::bounded(0)),
        }
    }

    /// A signal came.
    pub fn by_signal(&self, signal: i32) {
        self.why.store(signal, Ordering::SeqCst);
    }

    /// The run ends itself; a signal that came before stays the reason.
    pub fn by_itself(&self) {
        let _ = self
            .why
            .compare_exchange(0, BY_ITSELF, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Whether it is time to end.
    pub fn is_asked(&self) -> bool {
        self.why.load(Ordering::SeqCst) != 0
    }

    /// The signal that asked, if it was one.
    pub fn signal(&self) -> Option<i32> {
        Some(self.why.load(Ordering::SeqCst)).filter(|why| *why > 0)
    }

    /// Waits, in slices of at most 100 ms, and says whether it was told to stop meanwhile.
    pub fn wait(&self, how_long: Duration) -> bool {
        const SLICE: Duration = Duration::from_millis(100);
        let mut left = how_long;
        while !self.is_asked() && !left.is_zero() {
            let now = left.min(SLICE);
            // always times out: that is the wait
            let _ = self.bell.1.recv_timeout(now);
            left -= now;
        }
        self.is_asked()
    }
}
