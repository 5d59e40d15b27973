//! Drives one upload machine: hands it events, carries out its actions. Requests are in `requests`; nothing is decided here.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet, VecDeque},
    rc::Rc,
};

use ferry_core::transfer::{
    Ticket,
    upload::{Action, Changed, Event, Outcome, Request, UploadMachine, UploadSetup},
};
use ferry_core::wire::{CompleteRequest, StartRequest};
use gloo::timers::callback::Interval;
use js_sys::Function;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::{
    current::Current,
    picked::{Labels, Picked},
};
use crate::{
    context::Context,
    error::{ClientCode, ClientError, Result},
    failure::failure_of,
    interop::{deferred, now_ms},
    progress::ProgressView,
    vault::Vault,
    workers::{
        pool::{Job, Kept},
        reader::Turn,
    },
};

/// Progress and timers are looked at this often: ten times a second is all that the page wants.
const BEAT_MS: u32 = 100;

/// What the page hears.
pub(crate) trait Audience {
    fn progress(&self, progress: ProgressView);
    fn changed(&self, changed: Changed);
    /// Somebody must sign in before it goes on.
    fn sign_in(&self);
}

/// What is uploaded, for whom and under which names.
pub(crate) struct Work {
    pub(crate) vault: Vault,
    pub(crate) picked: Picked,
    pub(crate) labels: Labels,
    /// A FileSystemFileHandle, or undefined.
    pub(crate) handle: JsValue,
}

/// One machine and everything that is under way for it.
pub(crate) struct Driver {
    pub(super) context: Rc<Context>,
    pub(super) work: Work,
    machine: RefCell<UploadMachine>,
    inbox: RefCell<VecDeque<Event>>,
    stepping: Cell<bool>,
    wake_at_ms: Cell<Option<u64>>,
    ended: RefCell<Option<Function>>,
    outcome: Cell<Option<Outcome>>,
    audience: Rc<dyn Audience>,
    shown: RefCell<Option<ProgressView>>,
    pub(super) last_error: RefCell<Option<ClientError>>,
    /// Tickets whose answer is waited for.
    awaited: RefCell<HashSet<Ticket>>,
    /// Sends that can be aborted.
    pub(super) jobs: RefCell<HashMap<Ticket, Job>>,
    /// Buffers that reads kept.
    pub(super) kept: RefCell<HashMap<Ticket, Kept>>,
    pub(super) reading: Cell<u32>,
    /// The pool's number for this run: reads of an earlier one can't meddle with its hash.
    pub(super) transfer: Cell<u32>,
    next_turn: Cell<u32>,
    pub(super) current: RefCell<Option<Rc<Current>>>,
    pub(super) start: RefCell<Option<StartRequest>>,
    pub(super) complete: RefCell<Option<CompleteRequest>>,
    handle_kept_for: Cell<Option<Uuid>>,
}

impl Driver {
    pub(crate) fn new(
        context: Rc<Context>,
        work: Work,
        setup: UploadSetup,
        audience: Rc<dyn Audience>,
    ) -> Rc<Self> {
        Rc::new(Driver {
            context,
            work,
            machine: RefCell::new(UploadMachine::new(setup)),
            inbox: RefCell::default(),
            stepping: Cell::new(false),
            wake_at_ms: Cell::new(None),
            ended: RefCell::default(),
            outcome: Cell::new(None),
            audience,
            shown: RefCell::default(),
            last_error: RefCell::default(),
            awaited: RefCell::default(),
            jobs: RefCell::default(),
            kept: RefCell::default(),
            reading: Cell::new(0),
            transfer: Cell::new(0),
            next_turn: Cell::new(0),
            current: RefCell::default(),
            start: RefCell::default(),
            complete: RefCell::default(),
            handle_kept_for: Cell::new(None),
        })
    }

    /// Whose keys it works with.
    pub(crate) fn user_id(&self) -> Uuid {
        self.work.vault.user_id()
    }

    /// Whether this machine is about that file of that person.
    pub(crate) fn is_for(&self, user_id: Uuid, labels: &Labels, picked: &Picked) -> bool {
        let Work { labels: own, .. } = &self.work;
        self.user_id() == user_id
            && own == labels
            && self.work.picked.size_bytes == picked.size_bytes
    }

    /// One run over the picked bytes.
    pub(crate) async fn run(self: &Rc<Self>, blob: &Blob, first: Event) -> Result<Outcome> {
        self.transfer.set(self.context.new_transfer());
        self.next_turn.set(0);
        self.context.pool.open(self.transfer.get(), blob)?;
        let outcome = self.to_its_end(first).await;
        self.context.pool.close(self.transfer.get())?;
        outcome
    }

    /// From `Begin`, `Resume` or `Discard` to the end that the machine says.
    pub(crate) async fn to_its_end(self: &Rc<Self>, first: Event) -> Result<Outcome> {
        let (end, tell_end) = deferred();
        *self.ended.borrow_mut() = Some(tell_end);
        self.outcome.set(None);
        *self.last_error.borrow_mut() = None;
        let beating = Rc::downgrade(self);
        let beat = Interval::new(BEAT_MS, move || {
            if let Some(driver) = beating.upgrade() {
                driver.beat();
            }
        });
        self.feed(first);
        let _ = JsFuture::from(end).await;
        drop(beat);
        self.show();
        self.outcome.get().ok_or(ClientCode::ClientFault.into())
    }

    /// Hands over one event, and those that its actions cause at once.
    pub(crate) fn feed(self: &Rc<Self>, event: Event) {
        self.inbox.borrow_mut().push_back(event);
        if self.stepping.replace(true) {
            return;
        }
        loop {
            let next = self.inbox.borrow_mut().pop_front();
            let Some(event) = next else { break };
            let actions = self.machine.borrow_mut().step(now_ms(), event);
            for action in actions {
                self.carry_out(action);
            }
        }
        self.stepping.set(false);
        self.keep_handle();
        self.show_if_new_phase();
    }

    fn carry_out(self: &Rc<Self>, action: Action) {
        match action {
            Action::Do { ticket, request } => self.begin(ticket, request),
            Action::Cancel { ticket } => self.cancel(ticket),
            Action::WakeAt { at_ms } => self.wake_at_ms.set(Some(at_ms)),
            Action::AskChanged(changed) => self.audience.changed(changed),
            Action::SaveCheckpoint(checkpoint) => self.save_checkpoint(&checkpoint),
            Action::DropCheckpoint { file_id } => {
                let (store, user) = (self.work.vault.store.clone(), self.work.vault.user_id());
                // What stays is sealed and only takes a little room.
                spawn_local(async move { drop(store.forget_upload(user, file_id).await) });
            }
            Action::Ended(outcome) => {
                self.outcome.set(Some(outcome));
                self.wake_at_ms.set(None);
                if let Some(tell) = self.ended.borrow_mut().take() {
                    let _ = tell.call0(&JsValue::NULL);
                }
            }
        }
    }

    fn begin(self: &Rc<Self>, ticket: Ticket, request: Request) {
        self.awaited.borrow_mut().insert(ticket);
        // Turns are given out here, in the order of the actions; the reads themselves may overtake one another.
        let turn = match &request {
            Request::Read { part, purpose } if purpose.feeds_hash() => {
                let number = self.next_turn.replace(self.next_turn.get() + 1);
                Some(Turn {
                    number,
                    anew: part.number == 1,
                })
            }
            _ => None,
        };
        let driver = self.clone();
        spawn_local(async move {
            let answered = driver.perform(ticket, request, turn).await;
            if !driver.awaited.borrow_mut().remove(&ticket) {
                driver.kept.borrow_mut().remove(&ticket);
                return;
            }
            driver.feed(match answered {
                Ok(answer) => Event::Answered { ticket, answer },
                Err(error) => {
                    let failure = failure_of(&error);
                    *driver.last_error.borrow_mut() = Some(error);
                    Event::Failed { ticket, failure }
                }
            });
        });
    }

    fn cancel(&self, ticket: Ticket) {
        self.awaited.borrow_mut().remove(&ticket);
        self.kept.borrow_mut().remove(&ticket);
        if let Some(job) = self.jobs.borrow_mut().remove(&ticket) {
            self.context.pool.abort(job);
        }
    }

    pub(super) fn is_awaited(&self, ticket: Ticket) -> bool {
        self.awaited.borrow().contains(&ticket)
    }

    fn save_checkpoint(&self, checkpoint: &ferry_core::transfer::Checkpoint) {
        let current = self.current.borrow().clone();
        let Some(sealed) = current.and_then(|current| current.seal_checkpoint(checkpoint).ok())
        else {
            return;
        };
        let (store, user, file_id) = (
            self.work.vault.store.clone(),
            self.work.vault.user_id(),
            checkpoint.file_id(),
        );
        // A checkpoint that can't be written costs only its warning about a lying server.
        spawn_local(async move { drop(store.save_checkpoint(user, file_id, &sealed).await) });
    }

    /// So that `uploads()` can offer to go on with one click.
    fn keep_handle(&self) {
        let file_id = self.machine.borrow().file_id();
        let Some(file_id) = file_id.filter(|_| self.work.handle.is_object()) else {
            return;
        };
        if self.outcome.get().is_some()
            || self.handle_kept_for.replace(Some(file_id)) == Some(file_id)
        {
            return;
        }
        let (store, user, handle) = (
            self.work.vault.store.clone(),
            self.work.vault.user_id(),
            self.work.handle.clone(),
        );
        spawn_local(async move { drop(store.save_handle(user, file_id, &handle).await) });
    }

    fn beat(self: &Rc<Self>) {
        if self.wake_at_ms.get().is_some_and(|at_ms| at_ms <= now_ms()) {
            self.wake_at_ms.set(None);
            self.feed(Event::Tick);
        }
        self.show();
    }

    fn view(&self) -> ProgressView {
        let machine = self.machine.borrow();
        ProgressView::new(
            &machine.progress(now_ms()),
            machine.file_id(),
            self.last_error.borrow().as_ref(),
        )
    }

    fn show(&self) {
        let view = self.view();
        if self.shown.borrow().as_ref() != Some(&view) {
            *self.shown.borrow_mut() = Some(view.clone());
            self.audience.progress(view);
        }
    }

    fn show_if_new_phase(&self) {
        let view = self.view();
        let same = self
            .shown
            .borrow()
            .as_ref()
            .is_some_and(|shown| shown.is_same_phase(&view));
        if !same {
            if view.needs_sign_in() {
                self.audience.sign_in();
            }
            self.show();
        }
    }
}
