//! The queue of requests, for both machines: it gives out tickets, collects actions, and holds the one request that is
//! not about a part until the connection allows it. It repeats what failed and may be repeated; it knows nothing of files.

use super::retry::{Connection, RetryDecision};
use super::ticket::Tickets;
use super::{Failure, Ticket, TransferError, WaitReason};
use crate::progress::Phase;

/// The actions that every machine has. Each has them in its own list, which a driver matches on, and says how they go there.
#[derive(Debug)]
pub(super) enum CommonAction<R> {
    Do { ticket: Ticket, request: R },
    Cancel { ticket: Ticket },
    WakeAt { at_ms: u64 },
}

/// Whether a request is one to the server; the others run while the connection is closed.
pub(super) trait NeedsServer {
    fn needs_server(&self) -> bool;
}

/// The one request that is not about a part.
#[derive(Debug)]
enum PendingRequest<R> {
    None,
    /// To be issued once the connection is open.
    Due(R),
    /// Under way, with this ticket.
    Issued(Ticket, R),
}

/// What follows a failed request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AfterFailure {
    /// It may be tried again; `after_secs` is what the server asked for.
    Retry { after_secs: Option<u32> },
    /// Repeating would not help.
    GiveUp(TransferError),
}

#[derive(Debug)]
pub(super) struct RequestQueue<R, A> {
    pub(super) connection: Connection,
    now_ms: u64,
    tickets: Tickets,
    pending: PendingRequest<R>,
    actions: Vec<A>,
    wake_ms: Option<u64>,
    last_reason: WaitReason,
}

impl<R: NeedsServer + Clone, A: From<CommonAction<R>>> RequestQueue<R, A> {
    pub(super) fn new(jitter_seed: u64) -> Self {
        RequestQueue {
            connection: Connection::new(jitter_seed),
            now_ms: 0,
            tickets: Tickets::default(),
            pending: PendingRequest::None,
            actions: Vec::new(),
            wake_ms: None,
            last_reason: WaitReason::Network,
        }
    }

    /// Begins a step. A clock that goes back stands still.
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

    /// Ends a step: what the driver must do. `part_wake_ms`: when a delayed part is due.
    pub(super) fn end_step(&mut self, part_wake_ms: Option<u64>) -> Vec<A> {
        let connection_wake_ms = self
            .connection
            .waiting(self.now_ms)
            .and_then(|(_, until_ms)| until_ms);
        let wake_ms = [connection_wake_ms, part_wake_ms]
            .into_iter()
            .flatten()
            .filter(|at_ms| *at_ms > self.now_ms)
            .min();
        if let Some(at_ms) = wake_ms
            && self.wake_ms != wake_ms
        {
            self.emit(CommonAction::WakeAt { at_ms }.into());
        }
        self.wake_ms = wake_ms;
        std::mem::take(&mut self.actions)
    }

    pub(super) fn emit(&mut self, action: A) {
        self.actions.push(action);
    }

    /// Issues a request now.
    pub(super) fn issue(&mut self, request: R) -> Ticket {
        let ticket = self.tickets.next();
        self.emit(CommonAction::Do { ticket, request }.into());
        ticket
    }

    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.emit(CommonAction::Cancel { ticket }.into());
    }

    /// Takes a request that is not about a part; it replaces the one before.
    pub(super) fn submit(&mut self, request: R) {
        self.cancel_pending();
        self.pending = PendingRequest::Due(request);
    }

    pub(super) fn cancel_pending(&mut self) {
        if let PendingRequest::Issued(ticket, _) =
            std::mem::replace(&mut self.pending, PendingRequest::None)
        {
            self.cancel(ticket);
        }
    }

    /// Issues the pending request where the connection allows it.
    pub(super) fn issue_pending(&mut self) {
        self.pending = match std::mem::replace(&mut self.pending, PendingRequest::None) {
            PendingRequest::Due(request)
                if !request.needs_server() || self.connection.is_open(self.now_ms) =>
            {
                PendingRequest::Issued(self.issue(request.clone()), request)
            }
            other => other,
        };
    }

    pub(super) fn has_pending(&self) -> bool {
        !matches!(self.pending, PendingRequest::None)
    }

    pub(super) fn pending_is_issued(&self) -> bool {
        matches!(self.pending, PendingRequest::Issued(..))
    }

    /// The request under way with this ticket; from now on it is not under way.
    pub(super) fn take_pending(&mut self, ticket: Ticket) -> Option<R> {
        match std::mem::replace(&mut self.pending, PendingRequest::None) {
            PendingRequest::Issued(issued, request) if issued == ticket => Some(request),
            other => {
                self.pending = other;
                None
            }
        }
    }

    /// The rule for failures that mean nothing special to the asker: closes the connection where that is due.
    pub(super) fn after_failure(&mut self, failure: &Failure) -> AfterFailure {
        match RetryDecision::of(failure) {
            RetryDecision::Retry { reason, after_secs } => {
                self.last_reason = reason;
                self.connection.pause(self.now_ms, reason, after_secs);
                AfterFailure::Retry { after_secs }
            }
            RetryDecision::SignIn => {
                self.last_reason = WaitReason::SignIn;
                self.connection.pause_for_sign_in();
                AfterFailure::Retry { after_secs: None }
            }
            RetryDecision::GiveUp(error) => AfterFailure::GiveUp(error),
        }
    }

    /// Takes the same request again after a failure, or says why not.
    pub(super) fn retry_pending(
        &mut self,
        request: R,
        failure: &Failure,
    ) -> Result<(), TransferError> {
        match self.after_failure(failure) {
            AfterFailure::Retry { .. } => {
                self.pending = PendingRequest::Due(request);
                Ok(())
            }
            AfterFailure::GiveUp(error) => Err(error),
        }
    }

    /// When a part that failed for the `attempt`th time may be tried again.
    pub(super) fn due_ms(&mut self, attempt: u32, after_secs: Option<u32>) -> u64 {
        self.now_ms
            .saturating_add(self.connection.delay_ms(attempt, after_secs))
    }

    /// The pending request waits for the connection.
    pub(super) fn waiting_phase(&self) -> Option<Phase> {
        let is_due =
            matches!(&self.pending, PendingRequest::Due(request) if request.needs_server());
        let (reason, until_ms) = self.connection.waiting(self.now_ms).filter(|_| is_due)?;
        Some(Phase::Waiting { reason, until_ms })
    }

    /// What the last retryable failure was.
    pub(super) fn last_reason(&self) -> WaitReason {
        self.last_reason
    }
}
