//! What every state of the download machine works with: the queue of its requests, and why a state is left.

use std::ops::ControlFlow;

use super::contract::{Action, Outcome, Request};
use crate::plan::Plan;
use crate::progress::Meter;
use crate::transfer::queue::{CommonAction, NeedsServer, RequestQueue};
use crate::transfer::{Failure, SealedRow, TransferError};

pub(super) type DownloadQueue = RequestQueue<Request, Action>;

/// Why a state is left.
#[derive(Debug)]
pub(super) enum Transition {
    End(Outcome),
    /// Manifest and list fit together: the content can come.
    Receive {
        plan: Plan,
        rows: Vec<SealedRow>,
        sha256: [u8; 32],
    },
}

/// Stays in the state, or leaves it.
pub(super) type Flow = ControlFlow<Transition>;

/// What the machine lends to the state that takes an event.
pub(super) struct Step<'a> {
    pub(super) queue: &'a mut DownloadQueue,
    pub(super) meter: &'a mut Meter,
}

/// Ends the run with an error that the machine found itself.
pub(super) fn fail(error: TransferError) -> Flow {
    ControlFlow::Break(Transition::End(Outcome::Failed { error, cause: None }))
}

/// Ends the run with what a failure came to.
pub(super) fn fail_because(error: TransferError, failure: &Failure) -> Flow {
    let cause = Some(Box::new(failure.clone()));
    ControlFlow::Break(Transition::End(Outcome::Failed { error, cause }))
}

impl NeedsServer for Request {
    fn needs_server(&self) -> bool {
        match self {
            Request::Open { .. } | Request::FetchParts { .. } | Request::Fetch { .. } => true,
            Request::Write { .. } | Request::FinishHash => false,
        }
    }
}

// Written in both machines: each has an `Action` of its own, and a trait to join them would be longer than this.
impl From<CommonAction<Request>> for Action {
    fn from(action: CommonAction<Request>) -> Self {
        match action {
            CommonAction::Do { ticket, request } => Action::Do { ticket, request },
            CommonAction::Cancel { ticket } => Action::Cancel { ticket },
            CommonAction::WakeAt { at_ms } => Action::WakeAt { at_ms },
        }
    }
}
