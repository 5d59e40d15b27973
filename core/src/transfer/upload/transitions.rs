//! What follows when a state of the upload machine is left: adopting, starting fresh, looking again, ending.
//! Not which events lead there.

use std::ops::ControlFlow::{Break, Continue};

use super::active::ActiveUpload;
use super::candidate_probes::ResumeCandidate;
use super::contract::{Action, Outcome, Request};
use super::machine::{State, UploadMachine};
use super::resume_search::refuse_contradiction;
use super::step::{Flow, Handled, Transition};
use crate::progress::Meter;
use crate::transfer::{Failure, TransferError};
use crate::wire::ErrorCode;

/// Times that a run begins anew by itself before it ends with the reason.
const MOST_RESTARTS: u32 = 3;

impl UploadMachine {
    pub(super) fn change_state(&mut self, transition: Transition) -> Flow {
        match transition {
            Transition::End(outcome) => self.end(outcome),
            Transition::Fresh => {
                self.meter.start_over();
                self.start_fresh();
            }
            Transition::FreshByChoice => {
                self.meter = Meter::new(self.setup.size_bytes);
                self.start_fresh();
            }
            Transition::CheckAgain { code, cause } => return self.check_again(code, cause),
            Transition::Adopt(found) => return self.adopt(*found),
        }
        Continue(())
    }

    fn adopt(&mut self, found: ResumeCandidate) -> Flow {
        refuse_contradiction(&found, self.remembered.as_ref())?;
        let (label, limits) = (self.setup.label.clone(), self.setup.limits);
        let (state, mut step) = self.split();
        let active = ActiveUpload::adopt(&mut step, found, &label, limits);
        *state = State::Active(Box::new(active));
        Continue(())
    }

    fn start_fresh(&mut self) {
        self.cancel_all();
        self.remembered = None;
        self.state = State::Starting;
        self.queue.submit(Request::Start { renew: true });
    }

    fn check_again(&mut self, code: ErrorCode, cause: Option<Box<Failure>>) -> Flow {
        self.count_restart(code, cause)?;
        self.cancel_all();
        self.remember();
        if let (ErrorCode::UploadExpired, Some(gone)) = (code, &self.remembered) {
            self.queue.emit(Action::DropCheckpoint {
                file_id: gone.file_id(),
            });
            self.remembered = None;
        }
        self.meter.confirmed(self.queue.now_ms(), 0, 0);
        self.check();
        Continue(())
    }

    /// An id that is taken is replaced by a new one, a few times.
    pub(super) fn start_failed(&mut self, failure: &Failure) -> Flow<Handled> {
        match failure {
            Failure::Problem(problem) if problem.code == ErrorCode::FileIdTaken => {
                self.count_restart(problem.code, Some(Box::new(failure.clone())))?;
                self.queue.submit(Request::Start { renew: true });
                Continue(Handled::Here)
            }
            _ => Continue(Handled::ByCommonRule),
        }
    }

    fn count_restart(&mut self, code: ErrorCode, cause: Option<Box<Failure>>) -> Flow {
        self.restarts += 1;
        if self.restarts > MOST_RESTARTS {
            let error = TransferError::Refused(code);
            Break(Transition::End(Outcome::Failed { error, cause }))
        } else {
            Continue(())
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.cancel_all();
        self.remember();
        match (&outcome, &self.state, &self.remembered) {
            (Outcome::Done(_) | Outcome::Discarded, _, Some(checkpoint)) => {
                self.queue.emit(Action::DropCheckpoint {
                    file_id: checkpoint.file_id(),
                });
            }
            (Outcome::Stopped | Outcome::Failed { .. }, State::Active(_), Some(checkpoint)) => {
                self.queue
                    .emit(Action::SaveCheckpoint(Box::new(checkpoint.clone())));
            }
            _ => {}
        }
        if outcome == Outcome::Discarded {
            self.remembered = None;
        }
        self.state = State::Ended(outcome.clone());
        self.queue.emit(Action::Ended(outcome));
    }

    fn cancel_all(&mut self) {
        self.queue.cancel_pending();
        match self.split() {
            (State::Searching(search), mut step) => search.cancel(&mut step),
            (State::Active(active), mut step) => active.cancel(&mut step),
            _ => {}
        }
    }

    fn remember(&mut self) {
        if let State::Active(active) = &self.state {
            self.remembered = Some(active.checkpoint());
        }
    }

    /// Where it is not known which upload this is (not yet, or a run ended before it was), nothing is deleted: that is a stop.
    pub(super) fn discard(&mut self) -> Flow {
        if matches!(
            self.state,
            State::Discarding | State::Ended(Outcome::Done(_) | Outcome::Discarded)
        ) {
            return Continue(());
        }
        if matches!(self.state, State::Ended(_)) {
            self.queue.connection.begin_run();
        }
        if matches!(self.state, State::Starting) && self.queue.pending_is_issued() {
            // Its answer names what has to be deleted.
            self.state = State::Discarding;
            return Continue(());
        }
        let Some(file_id) = self.file_id() else {
            // A fresh one, and no answer says that it ever began.
            let is_fresh = matches!(self.state, State::Starting);
            return Break(Transition::End(if is_fresh {
                Outcome::Discarded
            } else {
                Outcome::Stopped
            }));
        };
        self.cancel_all();
        self.remember();
        self.state = State::Discarding;
        self.queue.submit(Request::Discard { file_id });
        Continue(())
    }

    /// What is gone already is discarded; an unanswered start has stored nothing, and expires by itself.
    pub(super) fn discard_failed(request: &Request, failure: &Failure) -> Flow<Handled> {
        let is_gone = matches!(failure, Failure::Problem(problem)
            if matches!(problem.code, ErrorCode::NotFound | ErrorCode::UploadExpired));
        if is_gone || matches!(request, Request::Start { .. }) {
            return Break(Transition::End(Outcome::Discarded));
        }
        Continue(Handled::ByCommonRule)
    }
}
