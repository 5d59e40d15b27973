//! The jobs of a part worker: what is kept between two messages, what can be aborted. Not what a job does.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    rc::Rc,
};

use ferry_core::wire::B64;
use js_sys::ArrayBuffer;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;
use web_sys::Blob;

use super::{
    messages::{PartPlace, PartReply},
    reply::Reply,
    sealed_body::SealedBody,
};
use crate::{
    error::{ClientCode, Result},
    interop::now_ms,
    workers::{
        buffers::release,
        xhr::{Exchange, HttpAnswer},
    },
};

/// Time between two reports of bytes on the wire, a job.
const PROGRESS_EVERY_MS: u64 = 100;
/// Bodies that broke off and are kept, a worker.
const MOST_BEGUN: usize = 2;
/// Shorter pieces are not tried.
const LEAST_PIECE_BYTES: u64 = 64 * 1024;

/// What lives from one message to another.
#[derive(Default)]
pub(super) struct JobTable {
    /// Jobs that can be aborted, from their arrival to their last reply.
    jobs: RefCell<HashMap<u32, JobState>>,
    /// Plaintext that waits for its `Send`.
    kept: RefCell<HashMap<u32, ArrayBuffer>>,
    /// Sealed bodies that broke off on their way, the oldest first: the next job of the part goes on with them.
    begun: RefCell<VecDeque<((Uuid, u32), SealedBody)>>,
    /// The longest request body that something between here and the server takes; none where none is known.
    piece_limit: Cell<Option<u64>>,
}

/// How far a job on its way to the server is.
enum JobState {
    Preparing,
    /// Before it was on the wire: it never will be.
    Aborted,
    /// Calling it ends the exchange.
    OnTheWire(Box<dyn Fn()>),
}

impl JobTable {
    /// A job that can be aborted and ends with a reply.
    pub(super) fn spawn(
        self: Rc<Self>,
        job: u32,
        work: impl AsyncFnOnce(&JobTable) -> Result<Reply> + 'static,
    ) {
        self.jobs.borrow_mut().insert(job, JobState::Preparing);
        spawn_local(async move {
            let outcome = work(&self).await;
            self.jobs.borrow_mut().remove(&job);
            outcome
                .unwrap_or_else(|error| PartReply::Failed { job, error }.into())
                .post();
        });
    }

    pub(super) fn abort(&self, job: u32) {
        match self.jobs.borrow_mut().get_mut(&job) {
            Some(JobState::OnTheWire(abort)) => abort(),
            Some(state) => *state = JobState::Aborted,
            None => {}
        }
    }

    pub(super) fn mac(&self, job: u32, place: &PartPlace, keep: bool, bytes: ArrayBuffer) {
        let mac = B64(place.mac(&bytes));
        if keep {
            self.kept.borrow_mut().insert(job, bytes);
        } else {
            release(bytes);
        }
        Reply::from(PartReply::Maced { job, mac }).post();
    }

    /// A body of this part that broke off earlier.
    pub(super) fn take_begun(&self, part: (Uuid, u32), mac: &B64<32>) -> Option<SealedBody> {
        let mut begun = self.begun.borrow_mut();
        let at = begun.iter().position(|(of, _)| *of == part)?;
        begun
            .remove(at)
            .map(|(_, body)| body)
            .filter(|body| body.is_of(mac))
    }

    pub(super) fn keep_begun(&self, part: (Uuid, u32), body: SealedBody) {
        let mut begun = self.begun.borrow_mut();
        if begun.len() >= MOST_BEGUN {
            begun.pop_front();
        }
        begun.push_back((part, body));
    }

    /// Where a piece that begins at `offset` ends.
    pub(super) fn piece_end(&self, offset: u64, len_bytes: u64) -> u64 {
        self.piece_limit
            .get()
            .map_or(len_bytes, |limit| len_bytes.min(offset + limit))
    }

    /// A request of this length was refused by something before the server: shorter ones from now on. False where they would
    /// be too short to be tried.
    pub(super) fn shrink_pieces(&self, refused_bytes: u64) -> bool {
        // Powers of two, as limits are: the default of many a proxy is 1 MiB exactly.
        let shorter = refused_bytes.saturating_sub(1).checked_ilog2();
        let limit = shorter.map_or(0, |exponent| 1 << exponent);
        self.piece_limit.set(Some(limit));
        limit >= LEAST_PIECE_BYTES
    }

    /// This file's bodies will not be continued.
    pub(super) fn forget(&self, file_id: Uuid) {
        self.begun
            .borrow_mut()
            .retain(|((of, _), _)| *of != file_id);
    }

    pub(super) fn take_kept(&self, kept: u32) -> Option<ArrayBuffer> {
        self.kept.borrow_mut().remove(&kept)
    }

    /// Sends an exchange that can be aborted, and reports its progress.
    /// `before`: bytes of the job's body that the server has already.
    pub(super) async fn exchange(
        &self,
        job: u32,
        exchange: Exchange,
        body: Option<&Blob>,
        before: u64,
    ) -> Result<HttpAnswer> {
        if let Some(JobState::Aborted) = self.jobs.borrow().get(&job) {
            return Err(ClientCode::Stopped.into());
        }
        self.jobs
            .borrow_mut()
            .insert(job, JobState::OnTheWire(Box::new(exchange.aborter())));
        let reported_ms = Rc::new(Cell::new(0));
        let report = move |bytes: f64| {
            if now_ms().saturating_sub(reported_ms.get()) >= PROGRESS_EVERY_MS {
                reported_ms.set(now_ms());
                Reply::from(PartReply::Progress {
                    job,
                    bytes: before + bytes as u64,
                })
                .post();
            }
        };
        let answer = exchange.send(body, report).await;
        // Between two exchanges there is nothing to abort but what comes next.
        if let Some(state) = self.jobs.borrow_mut().get_mut(&job) {
            *state = JobState::Preparing;
        }
        answer
    }
}
