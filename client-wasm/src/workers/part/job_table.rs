//! The jobs of a part worker: what is kept between two messages, what can be aborted. Not what a job does.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    rc::Rc,
};

use ferry_core::{transfer::PieceSize, wire::B64};
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
    workers::{
        buffers::release,
        xhr::{Exchange, HttpAnswer, Timeouts},
    },
};

/// Bodies that broke off and are kept, a worker.
const MOST_BEGUN: usize = 2;

/// What lives from one message to another.
#[derive(Default)]
pub(super) struct JobTable {
    /// Jobs that can be aborted, from their arrival to their last reply.
    jobs: RefCell<HashMap<u32, JobState>>,
    /// Plaintext that waits for its `Send`.
    kept: RefCell<HashMap<u32, ArrayBuffer>>,
    /// Sealed bodies that broke off on their way, the oldest first: the next job of the part goes on with them.
    begun: RefCell<VecDeque<((Uuid, u32), SealedBody)>>,
    /// How much goes in one request.
    pub(super) piece: RefCell<PieceSize>,
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

    /// This file's bodies will not be continued.
    pub(super) fn forget(&self, file_id: Uuid) {
        self.begun
            .borrow_mut()
            .retain(|((of, _), _)| *of != file_id);
    }

    pub(super) fn take_kept(&self, kept: u32) -> Option<ArrayBuffer> {
        self.kept.borrow_mut().remove(&kept)
    }

    /// Sends an exchange that can be aborted.
    pub(super) async fn exchange(
        &self,
        job: u32,
        exchange: Exchange,
        body: Option<&Blob>,
        timeouts: Timeouts,
    ) -> Result<HttpAnswer> {
        if let Some(JobState::Aborted) = self.jobs.borrow().get(&job) {
            return Err(ClientCode::Stopped.into());
        }
        self.jobs
            .borrow_mut()
            .insert(job, JobState::OnTheWire(Box::new(exchange.aborter())));
        let answer = exchange.send(body, timeouts).await;
        // Between two exchanges there is nothing to abort but what comes next.
        if let Some(state) = self.jobs.borrow_mut().get_mut(&job) {
            *state = JobState::Preparing;
        }
        answer
    }
}
