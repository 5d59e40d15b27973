//! What driving either machine of `ferry_core::transfer` takes: events go in one at a time, its timer is kept, answers that
//! are late are dropped, its progress is shown a few times a second. What actions do is each driver's business.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet, VecDeque},
    rc::Rc,
};

use ferry_core::{
    progress::Progress,
    transfer::{Failure, Ticket, download, upload},
};
use futures_channel::oneshot;
use gloo_timers::callback::Interval;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

use crate::{
    error::{ClientCode, ClientError, Result},
    failure::{error_of_end, failure_of},
    interop::now_ms,
    progress::ProgressView,
    workers::pool::{Job, Pool},
};

/// The page wants progress at most ten times a second; new phases, which are shown at once, have the rest.
const PROGRESS_EVERY_MS: u32 = 125;

/// A machine of `ferry_core::transfer`.
pub(crate) trait Machine {
    type Event;
    type Action;
    type Answer;
    type Outcome: Clone;
    /// The time that it asked for has come.
    const TICK: Self::Event;
    /// What came of the request with this ticket.
    fn reported(ticket: Ticket, answered: Result<Self::Answer, Failure>) -> Self::Event;
    fn step(&mut self, now_ms: u64, event: Self::Event) -> Vec<Self::Action>;
    fn progress(&self, now_ms: u64) -> Progress;
    /// Once there is one.
    fn file_id(&self) -> Option<Uuid>;
    /// What the page shows as the error of such an end; none after one that was asked for.
    fn shown_error(outcome: &Self::Outcome) -> Option<ClientError>;
}

/// What the page hears of a transfer.
pub(crate) trait Observer {
    fn progress(&self, progress: ProgressView);
    /// A person must sign in before it goes on.
    fn sign_in(&self);
}

/// Carries out the actions of one machine.
pub(crate) trait Driver: Sized + 'static {
    type Machine: Machine;

    fn machine(&self) -> &MachineLoop<Self::Machine>;
    fn observer(&self) -> &dyn Observer;
    fn execute(self: &Rc<Self>, action: <Self::Machine as Machine>::Action);
    /// Drops what an answer kept under its ticket.
    fn drop_buffer(&self, ticket: Ticket);
    /// After every step, before the page hears of it.
    fn stepped(&self) {}

    /// One run, from its first event to the end that the machine says.
    async fn run_machine(
        self: &Rc<Self>,
        first: <Self::Machine as Machine>::Event,
    ) -> Result<<Self::Machine as Machine>::Outcome> {
        let this = Rc::downgrade(self);
        let on_interval = move || {
            if let Some(driver) = this.upgrade() {
                driver.on_interval();
            }
        };
        let outcome = self.machine().run(|| self.feed(first), on_interval).await;
        self.show();
        outcome
    }

    /// Hands over one event, and those that its actions cause at once.
    fn feed(self: &Rc<Self>, event: <Self::Machine as Machine>::Event) {
        self.machine().feed(event, |action| self.execute(action));
        self.stepped();
        if let Some(view) = self.machine().new_phase() {
            if view.needs_sign_in() {
                self.observer().sign_in();
            }
            self.observer().progress(view);
        }
    }

    /// Carries out a request; what comes of it goes back to the machine, unless it was cancelled meanwhile.
    fn answer_with(
        self: &Rc<Self>,
        ticket: Ticket,
        request: impl Future<Output = Result<<Self::Machine as Machine>::Answer>> + 'static,
    ) {
        self.machine().expect(ticket);
        let driver = self.clone();
        spawn_local(async move {
            let answered = request.await;
            if driver.machine().arrived(ticket) {
                driver.feed(Self::Machine::reported(
                    ticket,
                    answered.map_err(failure_of),
                ));
            } else {
                driver.drop_buffer(ticket);
            }
        });
    }

    fn on_interval(self: &Rc<Self>) {
        if self.machine().is_due() {
            self.feed(Self::Machine::TICK);
        }
        self.show();
    }

    fn show(&self) {
        if let Some(view) = self.machine().changed_view() {
            self.observer().progress(view);
        }
    }
}

/// One machine and what belongs to every run of it.
pub(crate) struct MachineLoop<M: Machine> {
    /// Where it is known before the machine tells.
    file_id: Option<Uuid>,
    machine: RefCell<M>,
    inbox: RefCell<VecDeque<M::Event>>,
    stepping: Cell<bool>,
    wake_at_ms: Cell<Option<u64>>,
    outcome: RefCell<Option<M::Outcome>>,
    end: RefCell<Option<oneshot::Sender<M::Outcome>>>,
    awaited: RefCell<HashSet<Ticket>>,
    jobs: RefCell<HashMap<Ticket, Job>>,
    /// Why an earlier upload that was found is not resumed.
    earlier_refused: RefCell<Option<ClientError>>,
    shown: RefCell<Option<ProgressView>>,
}

impl<M: Machine> MachineLoop<M> {
    pub(crate) fn new(machine: M, file_id: Option<Uuid>) -> Self {
        MachineLoop {
            file_id,
            machine: RefCell::new(machine),
            inbox: RefCell::default(),
            stepping: Cell::new(false),
            wake_at_ms: Cell::new(None),
            outcome: RefCell::default(),
            end: RefCell::default(),
            awaited: RefCell::default(),
            jobs: RefCell::default(),
            earlier_refused: RefCell::default(),
            shown: RefCell::default(),
        }
    }

    /// One run: `begin` feeds its first event, `on_interval` is called regularly until it has ended.
    async fn run(
        &self,
        begin: impl FnOnce(),
        on_interval: impl Fn() + 'static,
    ) -> Result<M::Outcome> {
        let (sender, end) = oneshot::channel();
        *self.end.borrow_mut() = Some(sender);
        *self.outcome.borrow_mut() = None;
        *self.earlier_refused.borrow_mut() = None;
        let interval = Interval::new(PROGRESS_EVERY_MS, on_interval);
        begin();
        let outcome = end.await;
        drop(interval);
        outcome.map_err(|_| ClientCode::ClientFault.because("another run of it began"))
    }

    fn feed(&self, event: M::Event, execute: impl Fn(M::Action)) {
        self.inbox.borrow_mut().push_back(event);
        if self.stepping.replace(true) {
            return;
        }
        loop {
            let next = self.inbox.borrow_mut().pop_front();
            let Some(event) = next else { break };
            let actions = self.machine.borrow_mut().step(now_ms(), event);
            actions.into_iter().for_each(&execute);
        }
        self.stepping.set(false);
    }

    /// The run is over.
    pub(crate) fn end(&self, outcome: M::Outcome) {
        *self.outcome.borrow_mut() = Some(outcome.clone());
        self.wake_at_ms.set(None);
        if let Some(end) = self.end.borrow_mut().take() {
            // A run that is not waited for any more has shown its end all the same.
            let _ = end.send(outcome);
        }
    }

    /// How the last run ended.
    pub(crate) fn outcome(&self) -> Option<M::Outcome> {
        self.outcome.borrow().clone()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.outcome.borrow().is_some()
    }

    pub(crate) fn file_id(&self) -> Option<Uuid> {
        self.machine.borrow().file_id().or(self.file_id)
    }

    // The timer.

    pub(crate) fn wake_at(&self, at_ms: u64) {
        self.wake_at_ms.set(Some(at_ms));
    }

    /// Whether the time has come; it comes once.
    fn is_due(&self) -> bool {
        let due = self.wake_at_ms.get().is_some_and(|at_ms| at_ms <= now_ms());
        if due {
            self.wake_at_ms.set(None);
        }
        due
    }

    // Requests under way.

    fn expect(&self, ticket: Ticket) {
        self.awaited.borrow_mut().insert(ticket);
    }

    pub(crate) fn is_expected(&self, ticket: Ticket) -> bool {
        self.awaited.borrow().contains(&ticket)
    }

    /// An answer came; false where it is not awaited any more.
    fn arrived(&self, ticket: Ticket) -> bool {
        self.awaited.borrow_mut().remove(&ticket)
    }

    /// The request runs as this job of the pool.
    pub(crate) fn runs_as(&self, ticket: Ticket, job: Job) {
        self.jobs.borrow_mut().insert(ticket, job);
    }

    pub(crate) fn ran(&self, ticket: Ticket) {
        self.jobs.borrow_mut().remove(&ticket);
    }

    /// The answer is not awaited any more.
    pub(crate) fn cancel(&self, ticket: Ticket, pool: &Rc<Pool>) {
        self.awaited.borrow_mut().remove(&ticket);
        if let Some(job) = self.jobs.borrow_mut().remove(&ticket) {
            pool.abort(job);
        }
    }

    // What the page sees.

    /// An earlier upload fails its check: the machine passes it by, and the person is told.
    pub(crate) fn refuse_earlier(&self, error: ClientError) {
        *self.earlier_refused.borrow_mut() = Some(error);
    }

    /// The progress, where anything in it changed since it was shown.
    fn changed_view(&self) -> Option<ProgressView> {
        let view = self.view();
        let before = self.shown.replace(Some(view.clone()));
        (before.as_ref() != Some(&view)).then_some(view)
    }

    /// The progress, where its phase is another than the one shown.
    fn new_phase(&self) -> Option<ProgressView> {
        let view = self.view();
        let same = self
            .shown
            .borrow()
            .as_ref()
            .is_some_and(|shown| shown.is_same_phase(&view));
        if same { None } else { self.changed_view() }
    }

    pub(crate) fn view(&self) -> ProgressView {
        let progress = self.machine.borrow().progress(now_ms());
        let error = self.outcome.borrow().as_ref().and_then(M::shown_error);
        ProgressView::new(&progress, self.file_id(), error.as_ref())
            .passing_by(self.earlier_refused.borrow().as_ref())
    }
}

impl Machine for upload::UploadMachine {
    type Event = upload::Event;
    type Action = upload::Action;
    type Answer = upload::Answer;
    type Outcome = upload::Outcome;
    const TICK: upload::Event = upload::Event::Tick;

    fn reported(ticket: Ticket, answered: Result<upload::Answer, Failure>) -> upload::Event {
        match answered {
            Ok(answer) => upload::Event::Answered { ticket, answer },
            Err(failure) => upload::Event::Failed { ticket, failure },
        }
    }

    fn step(&mut self, now_ms: u64, event: upload::Event) -> Vec<upload::Action> {
        self.step(now_ms, event)
    }

    fn progress(&self, now_ms: u64) -> Progress {
        self.progress(now_ms)
    }

    fn file_id(&self) -> Option<Uuid> {
        self.file_id()
    }

    fn shown_error(outcome: &upload::Outcome) -> Option<ClientError> {
        match outcome {
            upload::Outcome::Failed { error, cause } => {
                Some(error_of_end(*error, cause.as_deref()))
            }
            upload::Outcome::Discarded => Some(ClientCode::Discarded.into()),
            upload::Outcome::Done(_) | upload::Outcome::Stopped => None,
        }
    }
}

impl Machine for download::DownloadMachine {
    type Event = download::Event;
    type Action = download::Action;
    type Answer = download::Answer;
    type Outcome = download::Outcome;
    const TICK: download::Event = download::Event::Tick;

    fn reported(ticket: Ticket, answered: Result<download::Answer, Failure>) -> download::Event {
        match answered {
            Ok(answer) => download::Event::Answered { ticket, answer },
            Err(failure) => download::Event::Failed { ticket, failure },
        }
    }

    fn step(&mut self, now_ms: u64, event: download::Event) -> Vec<download::Action> {
        self.step(now_ms, event)
    }

    fn progress(&self, now_ms: u64) -> Progress {
        self.progress(now_ms)
    }

    fn file_id(&self) -> Option<Uuid> {
        None
    }

    fn shown_error(outcome: &download::Outcome) -> Option<ClientError> {
        match outcome {
            download::Outcome::Failed { error, cause } => {
                Some(error_of_end(*error, cause.as_deref()))
            }
            download::Outcome::Done | download::Outcome::Stopped => None,
        }
    }
}
