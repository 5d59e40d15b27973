//! Where requests go out and actions are collected, for both machines: tickets, the line, and the one request at a time
//! that is not about a part. It repeats what failed and may be repeated; it knows nothing of files.

use super::retry::{Line, Verdict};
use super::ticket::Tickets;
use super::{Failure, Ticket, Trouble, WaitReason};
use crate::progress::Phase;

/// The actions that every machine has.
#[derive(Debug)]
pub(super) enum Out<R> {
    Do { ticket: Ticket, request: R },
    Cancel { ticket: Ticket },
    WakeAt { at_ms: u64 },
}

/// A request knows whether it needs the server; the others run while the line is closed.
pub(super) trait Routed {
    fn needs_server(&self) -> bool;
}

/// The one request that is not about a part.
#[derive(Debug)]
enum Errand<R> {
    None,
    /// To be made once the line is open.
    Due(R),
    /// Under way.
    Out(Ticket, R),
}

/// What became of a failed request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// It may be tried again; a part waits `delay_ms` after its `attempt`th failure.
    Again { after_secs: Option<u32> },
    /// It is over.
    Over(Trouble),
}

#[derive(Debug)]
pub(super) struct Desk<R, A> {
    pub(super) line: Line,
    now_ms: u64,
    tickets: Tickets,
    errand: Errand<R>,
    actions: Vec<A>,
    wake_ms: Option<u64>,
    last_reason: WaitReason,
}

impl<R: Routed + Clone, A: From<Out<R>>> Desk<R, A> {
    pub(super) fn new(jitter_seed: u64) -> Self {
        Desk {
            line: Line::new(jitter_seed),
            now_ms: 0,
            tickets: Tickets::default(),
            errand: Errand::None,
            actions: Vec::new(),
            wake_ms: None,
            last_reason: WaitReason::Network,
        }
    }

    /// A step begins. A clock that goes back is held.
    pub(super) fn begin_step(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// The timer is used up, even where it fired too early.
    pub(super) fn timer_fired(&mut self) {
        self.wake_ms = None;
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// The step is over: what the driver must do. `part_wake_ms`: when a delayed part is due.
    pub(super) fn end_step(&mut self, part_wake_ms: Option<u64>) -> Vec<A> {
        let line_wake_ms = self
            .line
            .waiting(self.now_ms)
            .and_then(|(_, until_ms)| until_ms);
        let wake_ms = [line_wake_ms, part_wake_ms]
            .into_iter()
            .flatten()
            .filter(|at_ms| *at_ms > self.now_ms)
            .min();
        if let Some(at_ms) = wake_ms
            && self.wake_ms != wake_ms
        {
            self.act(Out::WakeAt { at_ms }.into());
        }
        self.wake_ms = wake_ms;
        std::mem::take(&mut self.actions)
    }

    pub(super) fn act(&mut self, action: A) {
        self.actions.push(action);
    }

    /// Makes a request now.
    pub(super) fn send_out(&mut self, request: R) -> Ticket {
        let ticket = self.tickets.next();
        self.act(Out::Do { ticket, request }.into());
        ticket
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.act(Out::Cancel { ticket }.into());
    }

    /// Wants a request that is not about a part; it replaces the one before.
    pub(super) fn want(&mut self, request: R) {
        self.drop_errand();
        self.errand = Errand::Due(request);
    }

    pub(super) fn drop_errand(&mut self) {
        if let Errand::Out(ticket, _) = std::mem::replace(&mut self.errand, Errand::None) {
            self.cancel(ticket);
        }
    }

    /// Makes the wanted request where the line allows it.
    pub(super) fn run_errand(&mut self) {
        self.errand = match std::mem::replace(&mut self.errand, Errand::None) {
            Errand::Due(request) if !request.needs_server() || self.line.is_open(self.now_ms) => {
                Errand::Out(self.send_out(request.clone()), request)
            }
            other => other,
        };
    }

    pub(super) fn has_errand(&self) -> bool {
        !matches!(self.errand, Errand::None)
    }

    pub(super) fn errand_is_out(&self) -> bool {
        matches!(self.errand, Errand::Out(..))
    }

    /// The request under way with this ticket; from now on it is not under way.
    pub(super) fn take_errand(&mut self, ticket: Ticket) -> Option<R> {
        match std::mem::replace(&mut self.errand, Errand::None) {
            Errand::Out(out, request) if out == ticket => Some(request),
            other => {
                self.errand = other;
                None
            }
        }
    }

    /// The rule for failures that mean nothing special to the asker: closes the line where that is due.
    pub(super) fn after_failure(&mut self, failure: &Failure) -> AfterFailure {
        match Verdict::of(failure) {
            Verdict::Retry { reason, after_secs } => {
                self.last_reason = reason;
                self.line.pause(self.now_ms, reason, after_secs);
                AfterFailure::Again { after_secs }
            }
            Verdict::SignIn => {
                self.last_reason = WaitReason::SignIn;
                self.line.pause_for_sign_in();
                AfterFailure::Again { after_secs: None }
            }
            Verdict::Give(trouble) => AfterFailure::Over(trouble),
        }
    }

    /// Wants the same request again after a failure, or says why not.
    pub(super) fn repeat_errand(&mut self, request: R, failure: &Failure) -> Result<(), Trouble> {
        match self.after_failure(failure) {
            AfterFailure::Again { .. } => {
                self.errand = Errand::Due(request);
                Ok(())
            }
            AfterFailure::Over(trouble) => Err(trouble),
        }
    }

    /// When a part that failed for the `attempt`th time may be tried again.
    pub(super) fn due_ms(&mut self, attempt: u32, after_secs: Option<u32>) -> u64 {
        self.now_ms
            .saturating_add(self.line.delay_ms(attempt, after_secs))
    }

    /// An errand that the line holds up.
    pub(super) fn waiting_phase(&self) -> Option<Phase> {
        let is_due = matches!(&self.errand, Errand::Due(request) if request.needs_server());
        let (reason, until_ms) = self.line.waiting(self.now_ms).filter(|_| is_due)?;
        Some(Phase::Waiting { reason, until_ms })
    }

    /// What the last retryable failure was.
    pub(super) fn last_reason(&self) -> WaitReason {
        self.last_reason
    }
}
