//! The upload machine: events go to the state they are for; where a state is left, `transitions` says what follows.

use std::ops::ControlFlow::{Break, Continue};

use uuid::Uuid;

use super::active::ActiveUpload;
use super::contract::{Action, Answer, Decision, Event, Outcome, Request, UploadSetup};
use super::resume_search::ResumeSearch;
use super::step::{Flow, Handled, Step, Transition, UploadQueue, client_fault, fail, fail_because};
use crate::plan::{Plan, PlanParams};
use crate::progress::{Meter, Phase, Progress};
use crate::transfer::queue::{NeedsServer as _, RequestQueue};
use crate::transfer::{Checkpoint, Failure, Ticket, TransferError};

#[derive(Debug)]
pub(super) enum State {
    New,
    Searching(ResumeSearch),
    Starting,
    Active(Box<ActiveUpload>),
    Discarding,
    Ended(Outcome),
}

/// One upload of one file, from the first `check` to the completed manifest.
#[derive(Debug)]
pub struct UploadMachine {
    pub(super) setup: UploadSetup,
    pub(super) state: State,
    pub(super) queue: UploadQueue,
    pub(super) meter: Meter,
    /// What earlier runs of this machine know about the upload.
    pub(super) remembered: Option<Checkpoint>,
    pub(super) restarts: u32,
}

impl UploadMachine {
    /// Nothing happens before [`Event::Begin`].
    pub fn new(setup: UploadSetup) -> Self {
        UploadMachine {
            state: State::New,
            queue: RequestQueue::new(setup.jitter_seed),
            meter: Meter::new(setup.size_bytes),
            remembered: None,
            restarts: 0,
            setup,
        }
    }

    /// Takes what happened, says what to do, in order.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Action> {
        self.queue.begin_step(now_ms);
        let mut flow = self.take(event);
        loop {
            flow = match flow {
                Break(transition) => self.change_state(transition),
                Continue(()) => match self.proceed() {
                    Continue(()) => break,
                    left => left,
                },
            };
        }
        self.queue.issue_pending();
        let part_wake_ms = self.active().and_then(ActiveUpload::next_wake_ms);
        self.queue.end_step(part_wake_ms)
    }

    /// The upload's file, once there is one.
    pub fn file_id(&self) -> Option<Uuid> {
        self.active()
            .map(ActiveUpload::file_id)
            .or(self.remembered.as_ref().map(Checkpoint::file_id))
    }

    /// What a person sees now.
    pub fn progress(&self, now_ms: u64) -> Progress {
        let now_ms = now_ms.max(self.queue.now_ms());
        self.meter.progress(self.phase(now_ms), now_ms)
    }

    fn phase(&self, now_ms: u64) -> Phase {
        match &self.state {
            State::New => Phase::Queued,
            State::Active(active) => active.phase(&self.queue, self.meter.is_resumed(), now_ms),
            State::Ended(Outcome::Done(_)) => Phase::Done,
            State::Ended(Outcome::Stopped) => Phase::Stopped,
            State::Ended(Outcome::Discarded) => Phase::Discarded,
            State::Ended(Outcome::Failed { error, .. }) => Phase::Failed(*error),
            _ => self.queue.waiting_phase().unwrap_or(Phase::Checking),
        }
    }

    fn active(&self) -> Option<&ActiveUpload> {
        match &self.state {
            State::Active(active) => Some(active),
            _ => None,
        }
    }

    /// The state, and what the machine lends it.
    pub(super) fn split(&mut self) -> (&mut State, Step<'_>) {
        let UploadMachine {
            state,
            queue,
            meter,
            ..
        } = self;
        (state, Step { queue, meter })
    }

    fn proceed(&mut self) -> Flow {
        match self.split() {
            (State::Active(active), mut step) => active.proceed(&mut step),
            _ => Continue(()),
        }
    }

    fn take(&mut self, event: Event) -> Flow {
        match event {
            Event::Begin if matches!(self.state, State::New) => self.begin_run(),
            Event::Resume
                if matches!(
                    self.state,
                    State::Ended(Outcome::Stopped | Outcome::Failed { .. })
                ) =>
            {
                self.begin_run();
            }
            Event::Begin | Event::Resume => {}
            Event::Answered { ticket, answer } => return self.answered(ticket, answer),
            Event::Failed { ticket, failure } => return self.failed(ticket, &failure),
            Event::SendProgress {
                ticket,
                confirmed_bytes,
            } => self.send_moved(ticket, confirmed_bytes),
            Event::Tick => self.queue.timer_fired(),
            Event::Offline => self.queue.connection.offline(),
            Event::SignedIn => self.queue.connection.signed_in(),
            Event::Online => self.try_now(|queue| queue.connection.online()),
            Event::RetryNow => self.try_now(|queue| queue.connection.retry_now()),
            Event::Decide(decision) => return self.decide(decision),
            Event::Stop => return self.stop(),
            Event::Discard => return self.discard(),
        }
        Continue(())
    }

    fn begin_run(&mut self) {
        self.restarts = 0;
        self.queue.connection.begin_run();
        self.meter.begin_run();
        self.check();
    }

    pub(super) fn check(&mut self) {
        let preferred = self.remembered.as_ref().map(Checkpoint::file_id);
        let (label, size_bytes) = (self.setup.label.clone(), self.setup.size_bytes);
        let (state, mut step) = self.split();
        *state = State::Searching(ResumeSearch::begin(&mut step, label, size_bytes, preferred));
    }

    fn try_now(&mut self, open: impl FnOnce(&mut UploadQueue)) {
        open(&mut self.queue);
        if let State::Active(active) = &mut self.state {
            active.wake_all();
        }
    }

    fn send_moved(&mut self, ticket: Ticket, confirmed_bytes: u64) {
        if let (State::Active(active), mut step) = self.split() {
            active.send_moved(&mut step, ticket, confirmed_bytes);
        }
    }

    fn decide(&mut self, decision: Decision) -> Flow {
        match self.split() {
            (State::Active(active), mut step) => active.decide(&mut step, decision),
            _ => Continue(()),
        }
    }

    fn stop(&mut self) -> Flow {
        match self.state {
            State::Ended(_) => Continue(()),
            _ => Break(Transition::End(Outcome::Stopped)),
        }
    }

    fn answered(&mut self, ticket: Ticket, answer: Answer) -> Flow {
        let Some(request) = self.queue.take_pending(ticket) else {
            return self.part_answered(ticket, answer);
        };
        if request.needs_server() {
            self.queue.connection.succeeded();
        }
        let (state, mut step) = self.split();
        match (state, request, answer) {
            (State::Searching(search), _, answer) => search.answered(&mut step, answer),
            (State::Starting, _, Answer::Started { file_id, plan }) => self.started(file_id, plan),
            (State::Active(active), request, answer) => active.answered(&mut step, request, answer),
            (State::Discarding, Request::Start { .. }, Answer::Started { file_id, .. }) => {
                step.queue.submit(Request::Discard { file_id });
                Continue(())
            }
            (State::Discarding, _, Answer::Discarded) => Break(Transition::End(Outcome::Discarded)),
            _ => client_fault(),
        }
    }

    /// Reads and sends. What belongs to nothing under way is late and means nothing.
    fn part_answered(&mut self, ticket: Ticket, answer: Answer) -> Flow {
        let (state, mut step) = self.split();
        match (state, answer) {
            (State::Searching(search), Answer::Read { mac }) => {
                search.probed(&mut step, ticket, mac)
            }
            (State::Searching(search), _) if search.is_probe(ticket) => client_fault(),
            (State::Active(active), Answer::Read { mac }) if active.is_read(ticket) => {
                active.read_done(&mut step, ticket, mac)
            }
            (
                State::Active(active),
                Answer::Sent {
                    row,
                    sealed_iv,
                    sealed_tag,
                },
            ) if active.is_send(ticket) => {
                active.sent(&mut step, ticket, &row, (sealed_iv, sealed_tag))
            }
            (State::Active(active), _) if active.is_read(ticket) || active.is_send(ticket) => {
                client_fault()
            }
            _ => Continue(()),
        }
    }

    fn failed(&mut self, ticket: Ticket, failure: &Failure) -> Flow {
        let Some(request) = self.queue.take_pending(ticket) else {
            return self.part_failed(ticket, failure);
        };
        let (state, mut step) = self.split();
        let handled = match state {
            State::Searching(search) => search.failed(&mut step, failure)?,
            State::Starting => self.start_failed(failure)?,
            State::Active(active) => active.request_failed(&mut step, &request, failure)?,
            State::Discarding => Self::discard_failed(&request, failure)?,
            State::New | State::Ended(_) => Handled::Here,
        };
        match handled {
            Handled::Here => Continue(()),
            Handled::ByCommonRule => match self.queue.retry_pending(request.again(), failure) {
                Ok(()) => Continue(()),
                Err(error) => fail_because(error, failure),
            },
        }
    }

    fn part_failed(&mut self, ticket: Ticket, failure: &Failure) -> Flow {
        match self.split() {
            (State::Searching(search), _) if search.is_probe(ticket) => {
                search.probe_failed(ticket, failure)
            }
            (State::Active(active), _) if active.is_read(ticket) => {
                active.read_failed(ticket, failure)
            }
            (State::Active(active), mut step) => active.send_failed(&mut step, ticket, failure),
            _ => Continue(()),
        }
    }

    fn started(&mut self, file_id: Uuid, plan: PlanParams) -> Flow {
        let limits = self.setup.limits;
        let Ok(plan) = Plan::new(plan, self.setup.size_bytes) else {
            return fail(TransferError::TooManyParts);
        };
        let (state, mut step) = self.split();
        let active = ActiveUpload::fresh(&mut step, file_id, plan, limits);
        *state = State::Active(Box::new(active));
        Continue(())
    }
}
