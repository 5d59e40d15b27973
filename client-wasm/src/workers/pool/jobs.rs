//! How a job reaches its worker and its last reply comes back; what happens when the worker dies instead.

use std::rc::Rc;

use futures_channel::oneshot;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

use super::state::{Job, OnProgress, Pool, Running, Worker, WorkerSlot, unexpected};
use crate::{
    error::Result,
    workers::{
        link::{self, FromWorker, Message, WorkerDied, WorkerLink},
        part::PartReply,
        reader::ReaderReply,
    },
};

impl Pool {
    /// Posts a job and waits for its last reply.
    pub(super) async fn run(
        self: &Rc<Self>,
        job: Job,
        slot: WorkerSlot,
        message: Message,
        on_progress: Option<OnProgress>,
    ) -> Result<JsValue> {
        let (reply, replied) = oneshot::channel();
        let running = Running {
            slot,
            reply,
            on_progress,
        };
        self.running.borrow_mut().insert(job, running);
        self.post(slot, message)?;
        let replied = replied.await;
        // The sender stays among the running jobs until it has sent.
        Ok(replied.unwrap_or_else(|_| Err(WorkerDied("its job was let go".to_owned())))?)
    }

    pub(super) fn tell(self: &Rc<Self>, slot: WorkerSlot, request: &impl Serialize) -> Result<()> {
        self.post(slot, Message::new(request)?)
    }

    /// Starts the worker, unless it is there.
    pub(super) fn start(self: &Rc<Self>, slot: WorkerSlot) -> Result<()> {
        if !self.workers.borrow().contains_key(&slot) {
            let worker = self.spawn(slot)?;
            self.workers.borrow_mut().insert(slot, worker);
        }
        Ok(())
    }

    pub(super) fn post(self: &Rc<Self>, slot: WorkerSlot, message: Message) -> Result<()> {
        self.start(slot)?;
        match self.workers.borrow_mut().get_mut(&slot) {
            Some(worker) if worker.ready => worker.link.post(message),
            Some(worker) => {
                worker.early.push(message);
                Ok(())
            }
            None => Err(unexpected()),
        }
    }

    fn spawn(self: &Rc<Self>, slot: WorkerSlot) -> Result<Worker> {
        let role = match slot {
            WorkerSlot::Reader => "reader",
            WorkerSlot::Part(_) => "part",
        };
        let pool = self.clone();
        let link = WorkerLink::spawn(role, &self.module, move |from| match from {
            FromWorker::Ready => pool.flush(slot),
            FromWorker::Message(message) => pool.hear(slot, &message),
            FromWorker::Died(died) => pool.end_jobs_of(slot, &died),
        })?;
        Ok(Worker {
            link,
            ready: false,
            early: Vec::new(),
        })
    }

    fn flush(&self, slot: WorkerSlot) {
        let mut workers = self.workers.borrow_mut();
        let Some(worker) = workers.get_mut(&slot) else {
            return;
        };
        worker.ready = true;
        for message in std::mem::take(&mut worker.early) {
            // What cannot be posted would be a fault of this code; its job ends when the worker does.
            let _ = worker.link.post(message);
        }
    }

    fn hear(&self, slot: WorkerSlot, message: &JsValue) {
        let job = match slot {
            WorkerSlot::Reader => link::head::<ReaderReply>(message).map(|reply| reply.job()),
            WorkerSlot::Part(_) => match link::head::<PartReply>(message) {
                Ok(PartReply::Progress {
                    job,
                    confirmed_bytes,
                }) => return self.report(job, confirmed_bytes),
                reply => reply.map(|reply| reply.job()),
            },
        };
        let running = job
            .ok()
            .and_then(|job| self.running.borrow_mut().remove(&job));
        if let Some(running) = running {
            // A job that is not waited for any more has ended all the same.
            let _ = running.reply.send(Ok(message.clone()));
        }
    }

    fn report(&self, job: Job, confirmed_bytes: u64) {
        if let Some(on_progress) = self
            .running
            .borrow()
            .get(&job)
            .and_then(|running| running.on_progress.as_ref())
        {
            on_progress(confirmed_bytes);
        }
    }

    /// A worker died: its jobs end, and the next job starts another one.
    fn end_jobs_of(&self, slot: WorkerSlot, died: &WorkerDied) {
        let worker = self.workers.borrow_mut().remove(&slot);
        let jobs: Vec<_> = self
            .running
            .borrow_mut()
            .extract_if(|_, running| running.slot == slot)
            .collect();
        for (_, running) in jobs {
            let _ = running.reply.send(Err(died.clone()));
        }
        // Not now: this runs inside one of its closures.
        if let Some(worker) = worker {
            spawn_local(async move { drop(worker) });
        }
    }
}
