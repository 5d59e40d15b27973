//! What follows when a state of the upload machine is left: adopting, starting fresh, looking again, ending.
//! Not which events lead there.

use super::choosing::refuse_contradiction;
use super::contract::{Action, Outcome, Request};
use super::found::Found;
use super::working::Working;
use super::{Leave, MOST_RESTARTS, State, UploadMachine};
use crate::progress::Meter;
use crate::transfer::{Failure, Trouble};
use crate::wire::ErrorCode;

impl UploadMachine {
    pub(super) fn proceed(&mut self) -> Result<(), Leave> {
        match &mut self.state {
            State::Working(working) => working.proceed(&mut self.desk),
            _ => Ok(()),
        }
    }

    pub(super) fn leave(&mut self, leave: Leave) -> Result<(), Leave> {
        match leave {
            Leave::End(outcome) => self.end(outcome),
            Leave::Fresh => {
                self.meter.start_over();
                self.start_fresh();
            }
            Leave::FreshByChoice => {
                self.meter = Meter::new(self.setup.size_bytes);
                self.start_fresh();
            }
            Leave::CheckAgain(code) => return self.check_again(code),
            Leave::Adopt(found) => return self.adopt(*found),
        }
        Ok(())
    }

    fn adopt(&mut self, found: Found) -> Result<(), Leave> {
        refuse_contradiction(&found, self.remembered.as_ref())?;
        let working = Working::adopt(
            found,
            &self.setup.label,
            self.setup.limits,
            &self.desk,
            &mut self.meter,
        );
        self.state = State::Working(Box::new(working));
        Ok(())
    }

    pub(super) fn start_fresh(&mut self) {
        self.cancel_all();
        self.remembered = None;
        self.state = State::Starting;
        self.desk.want(Request::Start { renew: true });
    }

    fn check_again(&mut self, code: ErrorCode) -> Result<(), Leave> {
        self.count_restart(code)?;
        self.cancel_all();
        self.remember();
        if let (ErrorCode::UploadExpired, Some(gone)) = (code, &self.remembered) {
            self.desk.act(Action::DropCheckpoint {
                file_id: gone.file_id(),
            });
            self.remembered = None;
        }
        self.meter.on_wire(self.desk.now_ms(), 0, 0);
        self.check();
        Ok(())
    }

    pub(super) fn count_restart(&mut self, code: ErrorCode) -> Result<(), Leave> {
        self.restarts += 1;
        if self.restarts > MOST_RESTARTS {
            Err(Leave::failed(Trouble::Refused(code)))
        } else {
            Ok(())
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.cancel_all();
        self.remember();
        match (outcome, &self.state, &self.remembered) {
            (Outcome::Done(_) | Outcome::Discarded, _, Some(checkpoint)) => {
                self.desk.act(Action::DropCheckpoint {
                    file_id: checkpoint.file_id(),
                });
            }
            (Outcome::Stopped | Outcome::Failed(_), State::Working(_), Some(checkpoint)) => {
                self.desk
                    .act(Action::SaveCheckpoint(Box::new(checkpoint.clone())));
            }
            _ => {}
        }
        if outcome == Outcome::Discarded {
            self.remembered = None;
        }
        self.state = State::Ended(outcome);
        self.desk.act(Action::Ended(outcome));
    }

    fn cancel_all(&mut self) {
        self.desk.drop_errand();
        match &mut self.state {
            State::Choosing(choosing) => choosing.cancel(&mut self.desk),
            State::Working(working) => working.cancel(&mut self.desk),
            _ => {}
        }
    }

    fn remember(&mut self) {
        if let State::Working(working) = &self.state {
            self.remembered = Some(working.checkpoint());
        }
    }

    /// Where it is not known which upload this is (not yet, or a run ended before it was), nothing is deleted: that is a stop.
    pub(super) fn discard(&mut self) -> Result<(), Leave> {
        if matches!(
            self.state,
            State::Discarding | State::Ended(Outcome::Done(_) | Outcome::Discarded)
        ) {
            return Ok(());
        }
        if matches!(self.state, State::Ended(_)) {
            self.desk.line.begin_run();
        }
        if matches!(self.state, State::Starting) && self.desk.errand_is_out() {
            // Its answer names what has to be deleted.
            self.state = State::Discarding;
            return Ok(());
        }
        let Some(file_id) = self.file_id() else {
            // A fresh one, and no answer says that it ever began.
            let is_fresh = matches!(self.state, State::Starting);
            return Err(Leave::End(if is_fresh {
                Outcome::Discarded
            } else {
                Outcome::Stopped
            }));
        };
        self.cancel_all();
        self.remember();
        self.state = State::Discarding;
        self.desk.want(Request::Discard { file_id });
        Ok(())
    }
}

/// What is gone already is discarded; an unanswered start has stored nothing, and expires by itself.
pub(super) fn discard_failed(request: &Request, failure: &Failure) -> Result<bool, Leave> {
    let is_gone = matches!(failure, Failure::Problem(problem)
        if matches!(problem.code, ErrorCode::NotFound | ErrorCode::UploadExpired));
    if is_gone || matches!(request, Request::Start { .. }) {
        return Err(Leave::End(Outcome::Discarded));
    }
    Ok(false)
}
