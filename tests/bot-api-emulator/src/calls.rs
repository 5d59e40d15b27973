//! The emulator's memory of calls and of limits exceeded. For tests to count, independently of what clients believe.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::{
    limits::Rule,
    world::{BotId, ChatId},
};

/// Older calls are forgotten beyond this many.
const KEPT_CALLS: usize = 200_000;

/// One call that ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// When it ended, Unix seconds of the emulator's clock.
    pub at: f64,
    /// Whose token it had, if that is one.
    pub bot: Option<BotId>,
    /// Lower case; `file` for a download.
    pub method: String,
    /// The chat it named.
    pub chat: Option<ChatId>,
    /// Of files, sent or asked for.
    pub bytes: u64,
    /// HTTP status that was answered; 0 when the connection was ended instead.
    pub status: u16,
    /// `ok`, the description of the error, or the name of the fault.
    pub outcome: String,
}

/// A call that exceeded a limit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Violation {
    /// Unix seconds of the emulator's clock.
    pub at: f64,
    pub bot: Option<BotId>,
    /// Where, if the call named a chat.
    pub chat: Option<ChatId>,
    /// Which limit.
    pub rule: Rule,
    /// What was answered, in seconds.
    pub retry_after: u64,
}

/// Both lists.
#[derive(Default)]
pub(crate) struct Memory {
    calls: VecDeque<Call>,
    violations: Vec<Violation>,
}

impl Memory {
    pub(crate) fn add(&mut self, call: Call) {
        if self.calls.len() == KEPT_CALLS {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(crate) fn add_violation(&mut self, violation: Violation) {
        self.violations.push(violation);
    }

    pub(crate) fn calls(&self) -> impl Iterator<Item = &Call> {
        self.calls.iter()
    }

    pub(crate) fn violations(&self) -> &[Violation] {
        &self.violations
    }

    pub(crate) fn forget(&mut self) {
        self.calls.clear();
        self.violations.clear();
    }
}
