//! The download machine. [`contract`] is all that a driver needs to read.

mod contract;

pub use contract::*;

use crate::progress::{Phase, Progress};

/// One download of one file, from its manifest to the closed sink.
#[derive(Debug)]
pub struct DownloadMachine {
    setup: DownloadSetup,
}

impl DownloadMachine {
    /// Nothing happens before [`Event::Begin`].
    pub fn new(setup: DownloadSetup) -> Self {
        DownloadMachine { setup }
    }

    /// Takes what happened, says what to do, in order.
    pub fn step(&mut self, _now_ms: u64, _event: Event) -> Vec<Action> {
        Vec::new()
    }

    /// What a person sees now.
    pub fn progress(&self, _now_ms: u64) -> Progress {
        Progress::new(Phase::Checking, self.setup.max_fetches.into())
    }
}
