//! The reader and the part workers as the coordinator sees them: each job is a future. Bounds bytes in memory and sends at
//! once over all transfers; what is done with a job's outcome is the transfer's business.
//!
//! `reading` is what the reader does, `parts` what the part workers do, `jobs` how either is asked.

mod jobs;
mod parts;
mod reading;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use js_sys::ArrayBuffer;
use uuid::Uuid;
use wasm_bindgen::JsValue;

use self::jobs::{Running, Worker};
use super::{
    part::PartRequest,
    semaphore::{Permit, Semaphore},
    send_gate::SendGate,
};
use crate::{
    error::{ClientCode, ClientError},
    interop::scope,
};

pub(crate) use self::{
    parts::{SentPart, WorkerBuffer},
    reading::ReadOrder,
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
enum WorkerSlot {
    Reader,
    Part(usize),
}

/// All of them; workers are started when they are first needed, and again when one died.
pub(crate) struct Pool {
    module: JsValue,
    part_workers: usize,
    workers: RefCell<HashMap<WorkerSlot, Worker>>,
    running: RefCell<HashMap<Job, Running>>,
    next_job: Cell<Job>,
    next_part_worker: Cell<usize>,
    upload_bytes: Semaphore,
    download_bytes: Semaphore,
    pub(crate) sends: SendGate,
    /// Parts whose body broke off, and the worker that keeps it.
    begun: RefCell<HashMap<(Uuid, u32), usize>>,
}

/// Bytes in this worker's hands, counted.
pub(crate) struct LeasedBytes {
    pub(crate) bytes: ArrayBuffer,
    permit: Permit,
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

    fn next_part_slot(&self) -> WorkerSlot {
        let slot = self.next_part_worker.get();
        self.next_part_worker.set((slot + 1) % self.part_workers);
        WorkerSlot::Part(slot)
    }
}

fn unexpected() -> ClientError {
    ClientCode::ClientFault.because("a worker answered something else")
}
