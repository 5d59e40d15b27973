//! The pool itself: its workers, the jobs under way, its bounds. What is done with them is in the files beside this one.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use futures_channel::oneshot;
use js_sys::ArrayBuffer;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use crate::{
    error::{ClientCode, ClientError},
    interop::scope,
    workers::{
        link::{Message, WorkerDied, WorkerLink},
        part::PartRequest,
        semaphore::{Permit, Semaphore},
        send_gate::SendGate,
    },
};

/// Plaintext and sealed bytes of uploads in all workers together.
pub(crate) const UPLOAD_BYTES_IN_FLIGHT: u64 = 80 << 20;
/// The same of downloads: their own, so that one which waits for its sink holds up no upload, nor the other way round.
pub(crate) const DOWNLOAD_BYTES_IN_FLIGHT: u64 = 48 << 20;
/// HTTP/1.1 gives about six connections to a host; the others are for everything else.
pub(crate) const SENDS_AT_ONCE: u32 = 4;
/// Of one download: one is opened while others are on their way.
pub(crate) const FETCHES_AT_ONCE: u32 = 3;

/// The number of a job, unique in this coordinator.
pub(crate) type Job = u32;

/// A worker of the pool, whether it runs or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum WorkerSlot {
    Reader,
    Part(usize),
}

/// All of them; workers are started when they are first needed, and again when one died.
pub(crate) struct Pool {
    pub(super) module: JsValue,
    pub(super) part_workers: usize,
    pub(super) workers: RefCell<HashMap<WorkerSlot, Worker>>,
    pub(super) running: RefCell<HashMap<Job, Running>>,
    next_job: Cell<Job>,
    next_part_worker: Cell<usize>,
    pub(super) upload_bytes: Semaphore,
    pub(super) download_bytes: Semaphore,
    pub(crate) sends: SendGate,
    /// Parts whose body broke off, and the worker that keeps it.
    pub(super) begun: RefCell<HashMap<(Uuid, u32), usize>>,
}

/// Bytes in this worker's hands, counted.
pub(crate) struct LeasedBytes {
    pub(crate) bytes: ArrayBuffer,
    pub(super) permit: Permit,
}

/// Hears how many bytes of a body have left.
pub(super) type OnProgress = Box<dyn Fn(u64)>;

/// A job that is under way.
pub(super) struct Running {
    pub(super) slot: WorkerSlot,
    pub(super) reply: oneshot::Sender<Result<JsValue, WorkerDied>>,
    pub(super) on_progress: Option<OnProgress>,
}

/// A worker and what was said to it before it was ready.
pub(super) struct Worker {
    pub(super) link: WorkerLink,
    pub(super) ready: bool,
    pub(super) early: Vec<Message>,
}

impl Pool {
    pub(crate) fn new(module: JsValue) -> Rc<Self> {
        // Two keep two cores busy; more help where there are more.
        let cores = scope().navigator().hardware_concurrency() as usize;
        Rc::new(Pool {
            module,
            part_workers: (cores / 2).clamp(2, 4),
            workers: RefCell::default(),
            running: RefCell::default(),
            next_job: Cell::new(1),
            next_part_worker: Cell::new(0),
            upload_bytes: Semaphore::new(UPLOAD_BYTES_IN_FLIGHT),
            download_bytes: Semaphore::new(DOWNLOAD_BYTES_IN_FLIGHT),
            sends: SendGate::new(SENDS_AT_ONCE),
            begun: RefCell::default(),
        })
    }

    pub(crate) fn new_job(&self) -> Job {
        self.next_job.replace(self.next_job.get() + 1)
    }

    /// Ends a job on the wire; it still answers.
    pub(crate) fn abort(self: &Rc<Self>, job: Job) {
        let slot = self.running.borrow().get(&job).map(|running| running.slot);
        if let Some(slot @ WorkerSlot::Part(_)) = slot {
            // A worker that cannot be told is dead, and so is its job.
            let _ = self.tell(slot, &PartRequest::Abort { job });
        }
    }

    pub(super) fn next_part_slot(&self) -> WorkerSlot {
        let slot = self.next_part_worker.get();
        self.next_part_worker.set((slot + 1) % self.part_workers);
        WorkerSlot::Part(slot)
    }
}

pub(super) fn unexpected() -> ClientError {
    ClientCode::ClientFault.because("a worker answered something else")
}
