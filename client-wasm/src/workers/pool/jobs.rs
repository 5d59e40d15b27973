//! How a job reaches its worker and its last reply comes back; what happens when the worker dies instead.

use std::rc::Rc;

use js_sys::Function;
use serde::Serialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::{Job, Pool, Seat, unexpected};
use crate::{
    error::{ClientCode, Result},
    interop::deferred,
    workers::{
        link::{self, FromWorker, Parcel, WorkerLink},
        part::PartReply,
        reader::ReaderReply,
    },
};

/// A job that is under way.
pub(super) struct Running {
    pub(super) seat: Seat,
    fulfil: Function,
    on_progress: Option<Box<dyn Fn(u64)>>,
}

/// A worker and what was said to it before it was ready.
pub(super) struct Worker {
    link: WorkerLink,
    ready: bool,
    early: Vec<Parcel>,
}

impl Pool {
    /// Posts a job and waits for its last reply.
    pub(super) async fn run(
        self: &Rc<Self>,
        job: Job,
        seat: Seat,
        parcel: Parcel,
        on_progress: Option<Box<dyn Fn(u64)>>,
    ) -> Result<JsValue> {
        let (replied, fulfil) = deferred();
        self.running.borrow_mut().insert(
            job,
            Running {
                seat,
                fulfil,
                on_progress,
            },
        );
        self.post(seat, parcel)?;
        let reply = JsFuture::from(replied)
            .await
            .map_err(|e| ClientCode::ClientFault.thrown(&e))?;
        match reply.as_string() {
            Some(why) => Err(ClientCode::ClientFault.because(format!("a worker died: {why}"))),
            None => Ok(reply),
        }
    }

    pub(super) fn tell(self: &Rc<Self>, seat: Seat, request: &impl Serialize) -> Result<()> {
        self.post(seat, Parcel::new(request)?)
    }

    /// Starts the worker, unless it is there.
    pub(super) fn start(self: &Rc<Self>, seat: Seat) -> Result<()> {
        if !self.workers.borrow().contains_key(&seat) {
            let worker = self.spawn(seat)?;
            self.workers.borrow_mut().insert(seat, worker);
        }
        Ok(())
    }

    pub(super) fn post(self: &Rc<Self>, seat: Seat, parcel: Parcel) -> Result<()> {
        self.start(seat)?;
        match self.workers.borrow_mut().get_mut(&seat) {
            Some(worker) if worker.ready => worker.link.post(parcel),
            Some(worker) => {
                worker.early.push(parcel);
                Ok(())
            }
            None => Err(unexpected()),
        }
    }

    fn spawn(self: &Rc<Self>, seat: Seat) -> Result<Worker> {
        let role = match seat {
            Seat::Reader => "reader",
            Seat::Part(_) => "part",
        };
        let pool = self.clone();
        let link = WorkerLink::spawn(role, &self.module, move |from| match from {
            FromWorker::Ready => pool.flush(seat),
            FromWorker::Message(message) => pool.hear(seat, &message),
            FromWorker::Dead(why) => pool.bury(seat, &why),
        })?;
        Ok(Worker {
            link,
            ready: false,
            early: Vec::new(),
        })
    }

    fn flush(&self, seat: Seat) {
        let mut workers = self.workers.borrow_mut();
        let Some(worker) = workers.get_mut(&seat) else {
            return;
        };
        worker.ready = true;
        for parcel in std::mem::take(&mut worker.early) {
            // What can't be posted would be a fault of this code; its job ends when the worker does.
            let _ = worker.link.post(parcel);
        }
    }

    fn hear(&self, seat: Seat, message: &JsValue) {
        let job = match seat {
            Seat::Reader => link::head::<ReaderReply>(message).map(|reply| reply.job()),
            Seat::Part(_) => match link::head::<PartReply>(message) {
                Ok(PartReply::Progress { job, bytes }) => return self.report(job, bytes),
                reply => reply.map(|reply| reply.job()),
            },
        };
        let running = job
            .ok()
            .and_then(|job| self.running.borrow_mut().remove(&job));
        if let Some(running) = running {
            let _ = running.fulfil.call1(&JsValue::NULL, message);
        }
    }

    fn report(&self, job: Job, bytes: u64) {
        if let Some(on_progress) = self
            .running
            .borrow()
            .get(&job)
            .and_then(|running| running.on_progress.as_ref())
        {
            on_progress(bytes);
        }
    }

    /// A worker died: its jobs end, and the next job starts another one.
    fn bury(&self, seat: Seat, why: &str) {
        let worker = self.workers.borrow_mut().remove(&seat);
        let jobs: Vec<_> = self
            .running
            .borrow_mut()
            .extract_if(|_, running| running.seat == seat)
            .collect();
        for (_, running) in jobs {
            let _ = running.fulfil.call1(&JsValue::NULL, &JsValue::from(why));
        }
        // Not now: this runs inside one of its closures.
        if let Some(worker) = worker {
            spawn_local(async move { drop(worker) });
        }
    }
}
