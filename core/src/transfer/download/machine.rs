//! The download machine: events go to the state they are for.

use std::ops::ControlFlow::{Break, Continue};

use super::contract::{Action, Answer, DownloadSetup, Event, Outcome};
use super::opening::Opening;
use super::receiving::Receiving;
use super::step::{DownloadQueue, Flow, Step, Transition, fail_because};
use crate::progress::{Meter, Phase, Progress};
use crate::transfer::queue::{NeedsServer, RequestQueue};
use crate::transfer::{Failure, Ticket};

#[derive(Debug)]
enum State {
    New,
    Opening(Opening),
    Receiving(Receiving),
    Ended(Outcome),
}

/// One download of one file, from its manifest to the last byte.
#[derive(Debug)]
pub struct DownloadMachine {
    setup: DownloadSetup,
    state: State,
    queue: DownloadQueue,
    meter: Meter,
}

impl DownloadMachine {
    /// Nothing happens before [`Event::Begin`].
    pub fn new(setup: DownloadSetup) -> Self {
        DownloadMachine {
            state: State::New,
            queue: RequestQueue::new(setup.jitter_seed),
            meter: Meter::new(0),
            setup,
        }
    }

    /// Takes what happened, says what to do, in order.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Action> {
        self.queue.begin_step(now_ms);
        if let Break(transition) = self.take(event) {
            self.change_state(transition);
        }
        if let (State::Receiving(receiving), mut step) = self.split() {
            receiving.proceed(&mut step);
        }
        self.queue.issue_pending();
        let part_wake_ms = match &self.state {
            State::Receiving(receiving) => receiving.next_wake_ms(),
            _ => None,
        };
        self.queue.end_step(part_wake_ms)
    }

    /// What a person sees now.
    pub fn progress(&self, now_ms: u64) -> Progress {
        self.meter
            .progress(self.phase(), now_ms.max(self.queue.now_ms()))
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::Ended(Outcome::Done) => Phase::Done,
            State::Ended(Outcome::Stopped) => Phase::Stopped,
            State::Ended(Outcome::Failed { error, .. }) => Phase::Failed(*error),
            State::Receiving(receiving) => receiving.phase(&self.queue),
            State::New => Phase::Queued,
            State::Opening(_) => self.queue.waiting_phase().unwrap_or(Phase::Checking),
        }
    }

    /// The state, and what the machine lends it.
    fn split(&mut self) -> (&mut State, Step<'_>) {
        let DownloadMachine {
            state,
            queue,
            meter,
            ..
        } = self;
        (state, Step { queue, meter })
    }

    fn take(&mut self, event: Event) -> Flow {
        match event {
            Event::Begin if matches!(self.state, State::New) => {
                let setup = self.setup.clone();
                let (state, mut step) = self.split();
                *state = State::Opening(Opening::begin(&mut step, setup));
            }
            Event::Begin => {}
            Event::Answered { ticket, answer } => return self.answered(ticket, answer),
            Event::Failed { ticket, failure } => return self.failed(ticket, &failure),
            Event::Tick => self.queue.timer_fired(),
            Event::Offline => self.queue.connection.offline(),
            Event::SignedIn => self.queue.connection.signed_in(),
            Event::Online => self.try_now(|queue| queue.connection.online()),
            Event::RetryNow => self.try_now(|queue| queue.connection.retry_now()),
            Event::Stop if !matches!(self.state, State::Ended(_)) => {
                return Break(Transition::End(Outcome::Stopped));
            }
            Event::Stop => {}
        }
        Continue(())
    }

    fn try_now(&mut self, open: impl FnOnce(&mut DownloadQueue)) {
        open(&mut self.queue);
        if let State::Receiving(receiving) = &mut self.state {
            receiving.wake_all();
        }
    }

    fn answered(&mut self, ticket: Ticket, answer: Answer) -> Flow {
        let request = self.queue.take_pending(ticket);
        if request.as_ref().is_some_and(NeedsServer::needs_server) {
            self.queue.connection.succeeded();
        }
        match self.split() {
            (State::Opening(opening), mut step) if request.is_some() => {
                opening.answered(&mut step, answer)
            }
            (State::Receiving(receiving), mut step) => {
                receiving.answered(&mut step, ticket, request, answer)
            }
            _ => Continue(()),
        }
    }

    fn failed(&mut self, ticket: Ticket, failure: &Failure) -> Flow {
        if let Some(request) = self.queue.take_pending(ticket) {
            return match self.queue.retry_pending(request, failure) {
                Ok(()) => Continue(()),
                Err(error) => fail_because(error, failure),
            };
        }
        match self.split() {
            (State::Receiving(receiving), mut step) => {
                receiving.part_failed(&mut step, ticket, failure)
            }
            _ => Continue(()),
        }
    }

    fn change_state(&mut self, transition: Transition) {
        match transition {
            Transition::Receive { plan, rows, sha256 } => {
                let receiving = Receiving::new(&self.setup, plan, rows, sha256);
                self.state = State::Receiving(receiving);
            }
            Transition::End(outcome) => self.end(outcome),
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.queue.cancel_pending();
        if let (State::Receiving(receiving), mut step) = self.split() {
            receiving.cancel(&mut step);
        }
        self.state = State::Ended(outcome.clone());
        self.queue.emit(Action::Ended(outcome));
    }
}
