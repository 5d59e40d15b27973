//! The download machine. `contract` is all that a driver needs to read.
//!
//! In reading order: `opening` takes manifest and part list and refuses what does not fit together, `receiving`
//! fetches with a bounded look-ahead and writes in order. This file joins them.

mod contract;
mod opening;
mod receiving;

pub use contract::*;

use self::opening::Opening;
use self::receiving::Receiving;
use super::desk::{Desk, Out, Routed};
use super::{Failure, Ticket, Trouble};
use crate::progress::{Meter, Phase, Progress};

type DownloadDesk = Desk<Request, Action>;

#[derive(Debug)]
enum State {
    New,
    Opening(Opening),
    Receiving(Receiving),
    Ended(Outcome),
}

/// Why a state is left.
#[derive(Debug)]
enum Leave {
    End(Outcome),
    Receive(Box<Receiving>),
}

impl Leave {
    fn failed(trouble: Trouble) -> Self {
        Leave::End(Outcome::Failed(trouble))
    }
}

/// One download of one file, from its manifest to the closed sink.
#[derive(Debug)]
pub struct DownloadMachine {
    setup: DownloadSetup,
    state: State,
    desk: DownloadDesk,
    meter: Meter,
}

impl DownloadMachine {
    /// Nothing happens before [`Event::Begin`].
    pub fn new(setup: DownloadSetup) -> Self {
        DownloadMachine {
            state: State::New,
            desk: Desk::new(setup.jitter_seed),
            meter: Meter::new(0),
            setup,
        }
    }

    /// Takes what happened, says what to do, in order.
    pub fn step(&mut self, now_ms: u64, event: Event) -> Vec<Action> {
        self.desk.begin_step(now_ms);
        if let Err(leave) = self.take(event) {
            self.leave(leave);
        }
        if let State::Receiving(receiving) = &mut self.state {
            receiving.proceed(&mut self.desk);
        }
        self.desk.run_errand();
        let part_wake_ms = match &self.state {
            State::Receiving(receiving) => receiving.next_wake_ms(),
            _ => None,
        };
        self.desk.end_step(part_wake_ms)
    }

    /// What a person sees now.
    pub fn progress(&self, now_ms: u64) -> Progress {
        self.meter
            .progress(self.phase(), now_ms.max(self.desk.now_ms()))
    }

    fn phase(&self) -> Phase {
        match &self.state {
            State::Ended(Outcome::Done) => Phase::Done,
            State::Ended(Outcome::Stopped) => Phase::Stopped,
            State::Ended(Outcome::Failed(trouble)) => Phase::Failed(*trouble),
            State::Receiving(receiving) => receiving.phase(&self.desk),
            State::New => Phase::Queued,
            State::Opening(_) => self.desk.waiting_phase().unwrap_or(Phase::Checking),
        }
    }

    fn take(&mut self, event: Event) -> Result<(), Leave> {
        match event {
            Event::Begin if matches!(self.state, State::New) => {
                self.state = State::Opening(Opening::begin(&self.setup, &mut self.desk));
            }
            Event::Begin => {}
            Event::Answered { ticket, answer } => return self.answered(ticket, answer),
            Event::Failed { ticket, failure } => return self.failed(ticket, &failure),
            Event::Tick => self.desk.timer_fired(),
            Event::Offline => self.desk.line.offline(),
            Event::SignedIn => self.desk.line.signed_in(),
            Event::Online => self.try_now(|desk| desk.line.online()),
            Event::RetryNow => self.try_now(|desk| desk.line.retry_now()),
            Event::Stop if !matches!(self.state, State::Ended(_)) => {
                return Err(Leave::End(Outcome::Stopped));
            }
            Event::Stop => {}
        }
        Ok(())
    }

    fn try_now(&mut self, open: impl FnOnce(&mut DownloadDesk)) {
        open(&mut self.desk);
        if let State::Receiving(receiving) = &mut self.state {
            receiving.wake_all();
        }
    }

    fn answered(&mut self, ticket: Ticket, answer: Answer) -> Result<(), Leave> {
        let errand = self.desk.take_errand(ticket);
        if errand.as_ref().is_some_and(Routed::needs_server) {
            self.desk.line.succeeded();
        }
        match &mut self.state {
            State::Opening(opening) if errand.is_some() => {
                opening.answered(&mut self.desk, &mut self.meter, answer)
            }
            State::Receiving(receiving) => {
                receiving.answered(&mut self.desk, &mut self.meter, ticket, errand, answer)
            }
            _ => Ok(()),
        }
    }

    fn failed(&mut self, ticket: Ticket, failure: &Failure) -> Result<(), Leave> {
        match (self.desk.take_errand(ticket), &mut self.state) {
            (Some(request), _) => self
                .desk
                .repeat_errand(request, failure)
                .map_err(Leave::failed),
            (None, State::Receiving(receiving)) => {
                receiving.fetch_failed(&mut self.desk, ticket, failure)
            }
            (None, _) => Ok(()),
        }
    }

    fn leave(&mut self, leave: Leave) {
        match leave {
            Leave::Receive(receiving) => self.state = State::Receiving(*receiving),
            Leave::End(outcome) => self.end(outcome),
        }
    }

    fn end(&mut self, outcome: Outcome) {
        self.desk.drop_errand();
        if let State::Receiving(receiving) = &mut self.state {
            receiving.cancel(&mut self.desk);
        }
        if outcome != Outcome::Done {
            self.desk.act(Action::AbortSink);
        }
        self.state = State::Ended(outcome);
        self.desk.act(Action::Ended(outcome));
    }
}

impl Routed for Request {
    fn needs_server(&self) -> bool {
        match self {
            Request::Open { .. } | Request::FetchParts { .. } | Request::Fetch { .. } => true,
            Request::Write { .. } | Request::FinishHash | Request::CloseSink => false,
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
