//! Drives one upload machine and carries out its actions. Its requests are in `requests`; nothing is decided here.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use ferry_core::{
    transfer::{
        Checkpoint, Ticket,
        upload::{Action, Changed, Event, Outcome, Request, UploadMachine, UploadSetup},
    },
    wire::{CompleteRequest, StartRequest},
};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{current_file::CurrentFile, picked::Picked};
use crate::{
    context::Context,
    error::Result,
    labels::Labels,
    lock::LockGuard,
    machine_loop::{Driver, MachineLoop, Observer},
    vault::Vault,
    workers::{pool::WorkerBuffer, reader::PassPosition},
};

/// What the page hears of an upload.
pub(crate) trait UploadObserver: Observer {
    fn changed(&self, changed: Changed);
}

/// What is uploaded, for whom and under which names.
pub(crate) struct UploadTask {
    pub(crate) vault: Vault,
    pub(crate) picked: Picked,
    pub(crate) labels: Labels,
    /// A FileSystemFileHandle, or undefined.
    pub(crate) handle: JsValue,
}

/// One machine and everything that is under way for it.
pub(crate) struct UploadDriver {
    pub(super) context: Rc<Context>,
    pub(super) task: UploadTask,
    pub(super) machine: MachineLoop<UploadMachine>,
    observer: Rc<dyn UploadObserver>,
    /// Buffers that reads kept.
    pub(super) kept: RefCell<HashMap<Ticket, WorkerBuffer>>,
    pub(super) reading: Cell<u32>,
    /// The pool's number for this run: reads of an earlier one cannot get into its hash.
    pub(super) transfer: Cell<u32>,
    next_position: Cell<u32>,
    pub(super) current: RefCell<Option<Rc<CurrentFile>>>,
    /// The file that this run may write to; no other upload in this browser may meanwhile.
    pub(super) file_lock: RefCell<Option<(Uuid, LockGuard)>>,
    pub(super) start: RefCell<Option<StartRequest>>,
    pub(super) complete: RefCell<Option<CompleteRequest>>,
    handle_kept_for: Cell<Option<Uuid>>,
}

impl UploadDriver {
    pub(crate) fn new(
        context: Rc<Context>,
        task: UploadTask,
        setup: UploadSetup,
        observer: Rc<dyn UploadObserver>,
    ) -> Rc<Self> {
        Rc::new(UploadDriver {
            context,
            task,
            machine: MachineLoop::new(UploadMachine::new(setup), None),
            observer,
            kept: RefCell::default(),
            reading: Cell::new(0),
            transfer: Cell::new(0),
            next_position: Cell::new(0),
            current: RefCell::default(),
            file_lock: RefCell::default(),
            start: RefCell::default(),
            complete: RefCell::default(),
            handle_kept_for: Cell::new(None),
        })
    }

    /// Whose keys it works with.
    pub(crate) fn user_id(&self) -> Uuid {
        self.task.vault.user_id()
    }

    /// Whether this machine is about that file of that person.
    pub(crate) fn is_for(&self, user_id: Uuid, labels: &Labels, picked: &Picked) -> bool {
        let UploadTask { labels: own, .. } = &self.task;
        self.user_id() == user_id
            && own == labels
            && self.task.picked.size_bytes == picked.size_bytes
    }

    /// The same without its labels: as far as can be told without keys.
    pub(crate) fn is_about(&self, picked: &Picked) -> bool {
        let own = &self.task.picked;
        (&own.name, &own.path, own.size_bytes) == (&picked.name, &picked.path, picked.size_bytes)
    }

    /// One run over the picked bytes.
    pub(crate) async fn run(self: &Rc<Self>, blob: &Blob, first: Event) -> Result<Outcome> {
        self.transfer.set(self.context.new_transfer());
        self.next_position.set(0);
        self.context.pool.open(self.transfer.get(), blob)?;
        let outcome = self.run_machine(first).await;
        self.unlock_file();
        if let Some(file_id) = self.machine.file_id() {
            self.context.pool.forget(file_id);
        }
        self.context.pool.close(self.transfer.get())?;
        outcome
    }

    pub(super) fn unlock_file(&self) {
        self.file_lock.borrow_mut().take();
    }

    fn begin(self: &Rc<Self>, ticket: Ticket, request: Request) {
        // Positions are given out here, in the order of the actions; the reads themselves may overtake one another.
        let position = match &request {
            Request::Read { part, purpose } if purpose.feeds_hash() => {
                let number = self.next_position.replace(self.next_position.get() + 1);
                Some(PassPosition {
                    number,
                    anew: part.number == 1,
                })
            }
            _ => None,
        };
        let driver = self.clone();
        self.answer_with(ticket, async move {
            driver.perform(ticket, request, position).await
        });
    }

    fn save_checkpoint(&self, checkpoint: &Checkpoint) {
        let current = self.current.borrow().clone();
        let Some(sealed) = current.and_then(|current| current.seal_checkpoint(checkpoint).ok())
        else {
            return;
        };
        let (store, user, file_id) = (
            self.task.vault.store.clone(),
            self.task.vault.user_id(),
            checkpoint.file_id(),
        );
        // A checkpoint that cannot be written costs only its warning about a lying server.
        spawn_local(async move { drop(store.save_checkpoint(user, file_id, &sealed).await) });
    }

    /// So that `uploads()` can offer to resume with one click.
    fn keep_handle(&self) {
        let file_id = self.machine.file_id();
        let Some(file_id) = file_id.filter(|_| self.task.handle.is_object()) else {
            return;
        };
        if self.machine.has_ended() || self.handle_kept_for.replace(Some(file_id)) == Some(file_id)
        {
            return;
        }
        let (store, user, handle) = (
            self.task.vault.store.clone(),
            self.task.vault.user_id(),
            self.task.handle.clone(),
        );
        spawn_local(async move { drop(store.save_handle(user, file_id, &handle).await) });
    }
}

impl Driver for UploadDriver {
    type Machine = UploadMachine;

    fn machine(&self) -> &MachineLoop<UploadMachine> {
        &self.machine
    }

    fn observer(&self) -> &dyn Observer {
        &*self.observer
    }

    fn stepped(&self) {
        self.keep_handle();
    }

    fn execute(self: &Rc<Self>, action: Action) {
        match action {
            Action::Do { ticket, request } => self.begin(ticket, request),
            Action::Cancel { ticket } => {
                self.machine.cancel(ticket, &self.context.pool);
                self.drop_buffer(ticket);
            }
            Action::WakeAt { at_ms } => self.machine.wake_at(at_ms),
            Action::AskChanged(changed) => self.observer.changed(changed),
            Action::SaveCheckpoint(checkpoint) => self.save_checkpoint(&checkpoint),
            Action::DropCheckpoint { file_id } => {
                let (store, user) = (self.task.vault.store.clone(), self.task.vault.user_id());
                // What stays is sealed and only takes a little room.
                spawn_local(async move { drop(store.forget_upload(user, file_id).await) });
            }
            Action::Ended(outcome) => self.machine.end(outcome),
        }
    }

    fn drop_buffer(&self, ticket: Ticket) {
        self.kept.borrow_mut().remove(&ticket);
    }
}
