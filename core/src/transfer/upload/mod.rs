//! The upload machine. `contract` is all that a driver needs to read.
//!
//! In reading order: `choosing` looks for an earlier upload of the file (with `found`, one candidate), `working`
//! sends, compares and completes it, `parts` is its ledger. This file joins them: events go to the state they are
//! for; where a state is left, `runs` says what follows.

mod choosing;
mod contract;
mod found;
mod parts;
mod runs;
mod working;

pub use contract::*;

use uuid::Uuid;

use self::choosing::Choosing;
use self::found::Found;
use self::runs::discard_failed;
use self::working::Working;
use super::desk::{Desk, Out, Routed};
use super::{Checkpoint, Failure, Ticket, Trouble};
use crate::plan::{Plan, PlanParams};
use crate::progress::{Meter, Phase, Progress};
use crate::wire::ErrorCode;

/// Times that a run begins anew by itself before it ends with the reason.
const MOST_RESTARTS: u32 = 3;

type UploadDesk = Desk<Request, Action>;

/// Why a state is left.
#[derive(Debug)]
enum Leave {
    End(Outcome),
    /// No earlier upload is to be gone on with.
    Fresh,
    /// The person chose a new file: what is stored of the earlier one is not lost, it is another's.
    FreshByChoice,
    /// The upload is not what it was: look again.
    CheckAgain(ErrorCode),
    Adopt(Box<Found>),
}

impl Leave {
    fn failed(trouble: Trouble) -> Self {
        Leave::End(Outcome::Failed(trouble))
    }

    /// A part of the file could not be read.
    fn unread(failure: &Failure) -> Self {
        match failure {
            Failure::NotReadable => Leave::failed(Trouble::NotReadable),
            _ => Leave::fault(),
        }
    }

    /// The driver answered another question than it was asked.
    fn fault() -> Self {
        Leave::failed(Trouble::ClientFault)
    }
}

#[derive(Debug)]
enum State {
    New,
    Choosing(Choosing),
    Starting,
    Working(Box<Working>),
    Discarding,
    Ended(Outcome),
}

/// One upload of one file, from the first `check` to the completed manifest.
#[derive(Debug)]
pub struct UploadMachine {
    setup: UploadSetup,
    state: State,
    desk: UploadDesk,
    meter: Meter,
    /// What earlier runs of this machine know about the upload.
    remembered: Option<Checkpoint>,
    restarts: u32,
}

impl UploadMachine {
    /// Nothing happens before [`Event::Begin`].
    pub fn new(setup: UploadSetup) -> Self {
        UploadMachine {
            state: State::New,
            desk: Desk::new(setup.jitter_seed),
            meter: Meter::new(setup.size_bytes),
            remembered: None,
            restarts: 0,
            setup,
        }
    }

    /// Takes what happened, says what to do, in order.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Action> {
        self.desk.begin_step(now_ms);
        let mut turn = self.take(event);
        loop {
            turn = match turn {
                Err(leave) => self.leave(leave),
                Ok(()) => match self.proceed() {
                    Ok(()) => break,
                    left => left,
                },
            };
        }
        self.desk.run_errand();
        let part_wake_ms = self.working().and_then(Working::next_wake_ms);
        self.desk.end_step(part_wake_ms)
    }

    /// The upload's file, once there is one.
    pub fn file_id(&self) -> Option<Uuid> {
        self.working()
            .map(Working::file_id)
            .or(self.remembered.as_ref().map(Checkpoint::file_id))
    }

    /// What a person sees now.
    pub fn progress(&self, now_ms: u64) -> Progress {
        self.meter
            .progress(self.phase(), now_ms.max(self.desk.now_ms()))
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::New => Phase::Queued,
            State::Working(working) => working.phase(&self.desk, self.meter.is_resumed()),
            State::Ended(Outcome::Done(_)) => Phase::Done,
            State::Ended(Outcome::Stopped) => Phase::Stopped,
            State::Ended(Outcome::Discarded) => Phase::Discarded,
            State::Ended(Outcome::Failed(trouble)) => Phase::Failed(*trouble),
            _ => self.desk.waiting_phase().unwrap_or(Phase::Checking),
        }
    }

    fn working(&self) -> Option<&Working> {
        match &self.state {
            State::Working(working) => Some(working),
            _ => None,
        }
    }

    // Events.

    fn take(&mut self, event: Event) -> Result<(), Leave> {
        match event {
            Event::Begin if matches!(self.state, State::New) => self.begin_run(),
            Event::Resume
                if matches!(
                    self.state,
                    State::Ended(Outcome::Stopped | Outcome::Failed(_))
                ) =>
            {
                self.begin_run();
            }
            Event::Begin | Event::Resume => {}
            Event::Answered { ticket, answer } => return self.answered(ticket, answer),
            Event::Failed { ticket, failure } => return self.failed(ticket, &failure),
            Event::SendProgress { ticket, sent_bytes } => self.send_moved(ticket, sent_bytes),
            Event::Tick => self.desk.timer_fired(),
            Event::Offline => self.desk.line.offline(),
            Event::SignedIn => self.desk.line.signed_in(),
            Event::Online => self.try_now(|desk| desk.line.online()),
            Event::RetryNow => self.try_now(|desk| desk.line.retry_now()),
            Event::Decide(decision) => return self.decide(decision),
            Event::Stop => return self.stop(),
            Event::Discard => return self.discard(),
        }
        Ok(())
    }

    fn begin_run(&mut self) {
        self.restarts = 0;
        self.desk.line.begin_run();
        self.meter.begin_run();
        self.check();
    }

    fn check(&mut self) {
        let preferred = self.remembered.as_ref().map(Checkpoint::file_id);
        let choosing = Choosing::begin(
            &self.setup.label,
            self.setup.size_bytes,
            preferred,
            &mut self.desk,
        );
        self.state = State::Choosing(choosing);
    }

    fn try_now(&mut self, open: impl FnOnce(&mut UploadDesk)) {
        open(&mut self.desk);
        if let State::Working(working) = &mut self.state {
            working.wake_all();
        }
    }

    fn send_moved(&mut self, ticket: Ticket, sent_bytes: u64) {
        if let State::Working(working) = &mut self.state {
            working.send_moved(&self.desk, &mut self.meter, ticket, sent_bytes);
        }
    }

    fn decide(&mut self, decision: Decision) -> Result<(), Leave> {
        match &mut self.state {
            State::Working(working) => working.decide(&mut self.desk, decision),
            _ => Ok(()),
        }
    }

    fn stop(&mut self) -> Result<(), Leave> {
        match self.state {
            State::Ended(_) => Ok(()),
            _ => Err(Leave::End(Outcome::Stopped)),
        }
    }

    fn answered(&mut self, ticket: Ticket, answer: Answer) -> Result<(), Leave> {
        let Some(request) = self.desk.take_errand(ticket) else {
            return self.part_answered(ticket, answer);
        };
        if request.needs_server() {
            self.desk.line.succeeded();
        }
        match (&mut self.state, request, answer) {
            (State::Choosing(choosing), _, answer) => choosing.answered(&mut self.desk, answer),
            (State::Starting, _, Answer::Started { file_id, plan }) => self.started(file_id, plan),
            (State::Working(working), request, answer) => {
                working.answered(&mut self.desk, &mut self.meter, request, answer)
            }
            (State::Discarding, Request::Start { .. }, Answer::Started { file_id, .. }) => {
                self.desk.want(Request::Discard { file_id });
                Ok(())
            }
            (State::Discarding, _, Answer::Discarded) => Err(Leave::End(Outcome::Discarded)),
            _ => Err(Leave::fault()),
        }
    }

    /// Reads and sends. What belongs to nothing under way is late and means nothing.
    fn part_answered(&mut self, ticket: Ticket, answer: Answer) -> Result<(), Leave> {
        match (&mut self.state, answer) {
            (State::Choosing(choosing), Answer::Read { mac }) => {
                choosing.probed(&mut self.desk, ticket, mac)
            }
            (State::Choosing(choosing), _) if choosing.is_probe(ticket) => Err(Leave::fault()),
            (State::Working(working), Answer::Read { mac }) if working.is_read(ticket) => {
                working.read_done(&mut self.desk, &mut self.meter, ticket, mac)
            }
            (
                State::Working(working),
                Answer::Sent {
                    row,
                    sealed_iv,
                    sealed_tag,
                },
            ) if working.is_send(ticket) => working.sent(
                &mut self.desk,
                &mut self.meter,
                ticket,
                &row,
                (sealed_iv, sealed_tag),
            ),
            (State::Working(working), _) if working.is_read(ticket) || working.is_send(ticket) => {
                Err(Leave::fault())
            }
            _ => Ok(()),
        }
    }

    fn failed(&mut self, ticket: Ticket, failure: &Failure) -> Result<(), Leave> {
        let Some(request) = self.desk.take_errand(ticket) else {
            return self.part_failed(ticket, failure);
        };
        let is_settled = match &mut self.state {
            State::Choosing(choosing) => choosing.failed(&mut self.desk, failure)?,
            State::Starting => self.start_failed(failure)?,
            State::Working(working) => {
                working.errand_failed(&mut self.desk, &mut self.meter, &request, failure)?
            }
            State::Discarding => discard_failed(&request, failure)?,
            State::New | State::Ended(_) => true,
        };
        if is_settled {
            return Ok(());
        }
        self.desk
            .repeat_errand(request.again(), failure)
            .map_err(Leave::failed)
    }

    fn part_failed(&mut self, ticket: Ticket, failure: &Failure) -> Result<(), Leave> {
        match &mut self.state {
            State::Choosing(choosing) if choosing.is_probe(ticket) => {
                Err(choosing.probe_failed(ticket, failure))
            }
            State::Working(working) if working.is_read(ticket) => {
                Err(working.read_failed(ticket, failure))
            }
            State::Working(working) => {
                working.send_failed(&mut self.desk, &mut self.meter, ticket, failure)
            }
            _ => Ok(()),
        }
    }

    fn started(&mut self, file_id: Uuid, plan: PlanParams) -> Result<(), Leave> {
        let plan = Plan::new(plan, self.setup.size_bytes)
            .map_err(|_| Leave::failed(Trouble::TooManyParts))?;
        let working = Working::fresh(
            file_id,
            plan,
            self.setup.limits,
            &self.desk,
            &mut self.meter,
        );
        self.state = State::Working(Box::new(working));
        Ok(())
    }

    /// True: settled here.
    fn start_failed(&mut self, failure: &Failure) -> Result<bool, Leave> {
        match failure {
            Failure::Problem(problem) if problem.code == ErrorCode::FileIdTaken => {
                self.count_restart(problem.code)?;
                self.desk.want(Request::Start { renew: true });
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

impl Request {
    /// How it is repeated after a failure: with the very same bytes.
    fn again(self) -> Self {
        match self {
            Request::Start { .. } => Request::Start { renew: false },
            other => other,
        }
    }
}

impl Routed for Request {
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

impl From<Out<Request>> for Action {
    fn from(out: Out<Request>) -> Self {
        match out {
            Out::Do { ticket, request } => Action::Do { ticket, request },
            Out::Cancel { ticket } => Action::Cancel { ticket },
            Out::WakeAt { at_ms } => Action::WakeAt { at_ms },
        }
    }
}
