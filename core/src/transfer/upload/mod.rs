//! The upload machine. [`contract`] is all that a driver needs to read.

mod contract;

pub use contract::*;

use crate::progress::{Phase, Progress};

/// One upload of one file, from the first `check` to the completed manifest.
#[derive(Debug)]
pub struct UploadMachine {
    setup: UploadSetup,
}

impl UploadMachine {
    /// Nothing happens before [`Event::Begin`].
    pub fn new(setup: UploadSetup) -> Self {
        UploadMachine { setup }
    }

    /// Takes what happened, says what to do, in order.
    pub fn step(&mut self, _now_ms: u64, _event: Event) -> Vec<Action> {
        Vec::new()
    }

    /// The upload's file, once there is one.
    pub fn file_id(&self) -> Option<uuid::Uuid> {
        None
    }

    /// What a person sees now.
    pub fn progress(&self, _now_ms: u64) -> Progress {
        Progress::new(Phase::Checking, self.setup.size_bytes)
    }
}
