//! Where a part worker's jobs arrive and end: what is kept between two messages, what can be aborted, how replies leave.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    rc::Rc,
};

use ferry_core::wire::B64;
use js_sys::{ArrayBuffer, Uint8Array};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, CryptoKey};

use super::{PartFailure, PartPlace, PartReply, PartRequest, sending::SealedBody};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{field, now_ms},
    workers::{
        buffers::release,
        link::{self, Message, or_die},
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
    /// The longest request body that something between here and the server takes; none known.
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

/// Serves for as long as the worker lives.
pub(crate) fn run_part_worker() {
    let table = Rc::new(JobTable::default());
    link::serve(move |message| match link::head::<PartRequest>(&message) {
        Ok(request) => table.clone().handle(request, &message),
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    });
}

impl JobTable {
    fn handle(self: Rc<Self>, request: PartRequest, message: &JsValue) {
        let key: CryptoKey = field(message, "key").unchecked_into();
        match request {
            PartRequest::Mac { job, place, keep } => {
                self.mac(job, &place, keep, link::buffer(message))
            }
            PartRequest::Send { job, kept, order } => {
                let plain = self.take_kept(kept);
                self.spawn(job, async move |table| {
                    let plain = plain
                        .ok_or(ClientCode::ClientFault.because("the part's bytes are gone"))?;
                    order.execute(job, plain, &key, table).await
                });
            }
            PartRequest::Fetch { job, order } => {
                self.spawn(job, async move |table| {
                    order.execute(job, &key, table).await
                });
            }
            #[cfg(feature = "bench")]
            PartRequest::Plain { job, url } => {
                let bytes = link::buffer(message);
                self.spawn(job, async move |table| {
                    table.send_plain(job, bytes, &url).await
                });
            }
            PartRequest::Drop { kept } => drop(self.take_kept(kept).map(release)),
            PartRequest::Abort { job } => self.abort(job),
            PartRequest::Forget { file_id } => self.forget(file_id),
        }
    }

    /// A job that can be aborted and ends with a reply.
    fn spawn(
        self: Rc<Self>,
        job: u32,
        work: impl AsyncFnOnce(&JobTable) -> Result<Reply> + 'static,
    ) {
        self.jobs.borrow_mut().insert(job, JobState::Preparing);
        spawn_local(async move {
            let outcome = work(&self).await;
            self.jobs.borrow_mut().remove(&job);
            outcome
                .unwrap_or_else(|error| failed(job, &error).into())
                .post();
        });
    }

    fn abort(&self, job: u32) {
        match self.jobs.borrow_mut().get_mut(&job) {
            Some(JobState::OnTheWire(abort)) => abort(),
            Some(stage) => *stage = JobState::Aborted,
            None => {}
        }
    }

    fn mac(&self, job: u32, place: &PartPlace, keep: bool, bytes: ArrayBuffer) {
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

    /// A request of this length was refused by something before the server: shorter ones from now on. False: it makes no
    /// sense any more.
    pub(super) fn shrink_pieces(&self, refused_bytes: u64) -> bool {
        // Powers of two, as limits are: the default of many a proxy is 1 MiB exactly.
        let shorter = refused_bytes.saturating_sub(1).checked_ilog2();
        let limit = shorter.map_or(0, |exponent| 1 << exponent);
        self.piece_limit.set(Some(limit));
        limit >= LEAST_PIECE_BYTES
    }

    /// Nobody goes on with this file's bodies.
    fn forget(&self, file_id: Uuid) {
        self.begun
            .borrow_mut()
            .retain(|((of, _), _)| *of != file_id);
    }

    fn take_kept(&self, kept: u32) -> Option<ArrayBuffer> {
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

/// A reply with the buffer that it hands over, if any.
pub(super) struct Reply {
    head: PartReply,
    bytes: Option<ArrayBuffer>,
}

impl From<PartReply> for Reply {
    fn from(head: PartReply) -> Self {
        Reply { head, bytes: None }
    }
}

impl Reply {
    pub(super) fn with_bytes(head: PartReply, bytes: ArrayBuffer) -> Self {
        Reply {
            head,
            bytes: Some(bytes),
        }
    }

    fn post(self) {
        or_die(
            Message::new(&self.head).and_then(|message| match &self.bytes {
                Some(bytes) => message.with_buffer(bytes).post_up(),
                None => message.post_up(),
            }),
        );
    }
}

/// The reply to an answer with another status than the order hopes for.
pub(super) fn refused(job: u32, answer: &HttpAnswer) -> Reply {
    let (status, retry_after) = (answer.status, answer.retry_after.clone());
    PartReply::Refused {
        job,
        status,
        retry_after,
        body: text(answer),
    }
    .into()
}

pub(super) fn text(answer: &HttpAnswer) -> String {
    match answer.body.dyn_ref::<ArrayBuffer>() {
        Some(body) => String::from_utf8_lossy(&Uint8Array::new(body).to_vec()).into_owned(),
        None => String::new(),
    }
}

fn failed(job: u32, error: &ClientError) -> PartReply {
    let failure = match error.local() {
        Some(ClientCode::Network) => PartFailure::Network,
        Some(ClientCode::Stalled) => PartFailure::Stalled,
        Some(ClientCode::Stopped) => PartFailure::Aborted,
        Some(ClientCode::Tampered) => PartFailure::NotGenuine,
        _ => PartFailure::Fault,
    };
    PartReply::Failed {
        job,
        failure,
        detail: error.detail().unwrap_or_default(),
    }
}
