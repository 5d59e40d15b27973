//! What every state of the upload machine works with: the queue of its requests, and why a state is left.

use std::ops::ControlFlow;

use super::candidate_probes::ResumeCandidate;
use super::contract::{Action, Outcome, Request};
use crate::progress::Meter;
use crate::transfer::queue::{CommonAction, NeedsServer, RequestQueue};
use crate::transfer::{Failure, TransferError};
use crate::wire::ErrorCode;

pub(super) type UploadQueue = RequestQueue<Request, Action>;

/// Why a state is left.
#[derive(Debug)]
pub(super) enum Transition {
    End(Outcome),
    /// There is no earlier upload to resume.
    Fresh,
    /// The person chose a new file: what is stored of the earlier one stays with that one.
    FreshByChoice,
    /// The upload is not what it was: look again.
    CheckAgain {
        code: ErrorCode,
        /// The failure that said so, where it was one.
        cause: Option<Box<Failure>>,
    },
    Adopt(Box<ResumeCandidate>),
}

/// Stays in the state with a `T`, or leaves it.
pub(super) type Flow<T = ()> = ControlFlow<Transition, T>;

/// Who dealt with a failed request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handled {
    /// The state that made it: nothing is left to do.
    Here,
    /// Not yet dealt with: it is repeated, or ends the run, by the rule for all requests.
    ByCommonRule,
}

/// What the machine lends to the state that takes an event.
pub(super) struct Step<'a> {
    pub(super) queue: &'a mut UploadQueue,
    pub(super) meter: &'a mut Meter,
}

/// Ends the run with an error that the machine found itself.
pub(super) fn fail<T>(error: TransferError) -> Flow<T> {
    ControlFlow::Break(Transition::End(Outcome::Failed { error, cause: None }))
}

/// Ends the run with what a failure came to.
pub(super) fn fail_because<T>(error: TransferError, failure: &Failure) -> Flow<T> {
    let cause = Some(Box::new(failure.clone()));
    ControlFlow::Break(Transition::End(Outcome::Failed { error, cause }))
}

/// Looks for the upload again, because of what the server says of it.
pub(super) fn check_again<T>(code: ErrorCode, failure: &Failure) -> Flow<T> {
    let cause = Some(Box::new(failure.clone()));
    ControlFlow::Break(Transition::CheckAgain { code, cause })
}

/// The driver answered another question than it was asked.
pub(super) fn client_fault<T>() -> Flow<T> {
    fail(TransferError::ClientFault)
}

/// A part of the file could not be read.
pub(super) fn unread(failure: &Failure) -> Flow {
    let error = match failure {
        Failure::NotReadable { .. } => TransferError::NotReadable,
        _ => TransferError::ClientFault,
    };
    fail_because(error, failure)
}

impl Request {
    /// How it is repeated after a failure: with the very same bytes.
    pub(super) fn again(self) -> Self {
        match self {
            Request::Start { .. } => Request::Start { renew: false },
            other => other,
        }
    }
}

impl NeedsServer for Request {
    fn needs_server(&self) -> bool {
        match self {
            Request::Check
            | Request::FetchParts { .. }
            | Request::Start { .. }
            | Request::Resize { .. } => true,
            Request::Send { .. }
            | Request::Complete { .. }
            | Request::Rename { .. }
            | Request::Discard { .. } => true,
            Request::OpenCandidate(_) | Request::Read { .. } | Request::FinishHash => false,
            Request::SealManifest { .. } | Request::OpenManifest { .. } => false,
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
