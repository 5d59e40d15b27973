//! The reader and the part workers as the coordinator sees them: each job is a future. Bounds bytes in memory and sends at
//! once over all transfers; what is done with a job's outcome is the transfer's business.

mod jobs;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use js_sys::ArrayBuffer;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::{Blob, CryptoKey};

use self::jobs::{Running, Worker};
use super::{
    link::{self, Message},
    part::{FetchOrder, PartPlace, PartReply, PartRequest, SendOrder},
    reader::{PassPosition, ReaderReply, ReaderRequest},
    semaphore::{Permit, Semaphore},
    send_gate::{Admission, SendGate},
};
use crate::{
    error::{ClientCode, Result},
    interop::scope,
};

/// Plaintext and sealed bytes of uploads in all workers together.
pub(crate) const UPLOAD_BYTES_IN_FLIGHT: u64 = 80 << 20;
/// The same of downloads: their own, so that one which waits for its sink holds up no upload, nor the other way round.
const DOWNLOAD_BYTES_IN_FLIGHT: u64 = 48 << 20;
/// HTTP/1.1 gives about six connections to a host; the others are for everything else.
pub(crate) const SENDS_AT_ONCE: u32 = 4;

/// The number of a job, unique in this coordinator.
pub(crate) type Job = u32;

/// Which worker.
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

/// Plaintext that a part worker keeps for a send. Dropping it gives the memory back.
pub(crate) struct WorkerBuffer {
    pool: Rc<Pool>,
    slot: WorkerSlot,
    job: Job,
    _bytes: Permit,
}

/// Bytes in this worker's hands, counted.
pub(crate) struct LeasedBytes {
    pub(crate) bytes: ArrayBuffer,
    permit: Permit,
}

/// One part to be read.
pub(crate) struct ReadOrder {
    pub(crate) transfer: u32,
    pub(crate) offset_bytes: u64,
    pub(crate) len_bytes: u32,
    pub(crate) position: Option<PassPosition>,
    /// The transfer has nothing in memory: it must not wait for others who may wait for a person.
    pub(crate) first: bool,
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

    /// A picked file, under the transfer's number. The workers that it will need start meanwhile.
    pub(crate) fn open(self: &Rc<Self>, transfer: u32, blob: &Blob) -> Result<()> {
        let message = Message::new(&ReaderRequest::Open { transfer })?.with("blob", blob);
        self.post(WorkerSlot::Reader, message)?;
        (0..self.part_workers).try_for_each(|number| self.start(WorkerSlot::Part(number)))
    }

    /// A transfer without a file: bytes will be fed to its SHA-256.
    pub(crate) fn begin(self: &Rc<Self>, transfer: u32) -> Result<()> {
        self.tell(WorkerSlot::Reader, &ReaderRequest::Begin { transfer })
    }

    /// The transfer is over.
    pub(crate) fn close(self: &Rc<Self>, transfer: u32) -> Result<()> {
        self.tell(WorkerSlot::Reader, &ReaderRequest::Close { transfer })
    }

    /// Reads a slice; `FileNotReadable` where the browser refuses.
    pub(crate) async fn read(self: &Rc<Self>, order: ReadOrder) -> Result<LeasedBytes> {
        let amount = u64::from(order.len_bytes);
        let permit = if order.first {
            self.upload_bytes.acquire_over(amount)
        } else {
            self.upload_bytes.acquire(amount).await
        };
        let ReadOrder {
            transfer,
            offset_bytes,
            len_bytes,
            position,
            ..
        } = order;
        let job = self.new_job();
        let request = ReaderRequest::Read {
            transfer,
            job,
            offset_bytes,
            len_bytes,
            position,
        };
        let reply = self
            .run(job, WorkerSlot::Reader, Message::new(&request)?, None)
            .await?;
        match link::head(&reply)? {
            ReaderReply::Failed { why, .. } => Err(why.into()),
            _ => Ok(LeasedBytes {
                bytes: link::buffer(&reply),
                permit,
            }),
        }
    }

    /// Feeds bytes to the transfer's SHA-256 and gives them back.
    pub(crate) async fn feed(
        self: &Rc<Self>,
        transfer: u32,
        leased: LeasedBytes,
    ) -> Result<LeasedBytes> {
        let job = self.new_job();
        let message =
            Message::new(&ReaderRequest::Feed { transfer, job })?.with_buffer(&leased.bytes);
        let reply = self.run(job, WorkerSlot::Reader, message, None).await?;
        match link::head(&reply)? {
            ReaderReply::Bytes { .. } => Ok(LeasedBytes {
                bytes: link::buffer(&reply),
                permit: leased.permit,
            }),
            ReaderReply::Failed { why, .. } => Err(why.into()),
            ReaderReply::Digest { .. } => Err(unexpected()),
        }
    }

    /// The SHA-256 of everything that the transfer fed, which must be the whole file.
    pub(crate) async fn digest(
        self: &Rc<Self>,
        transfer: u32,
        size_bytes: u64,
    ) -> Result<[u8; 32]> {
        let job = self.new_job();
        let message = Message::new(&ReaderRequest::Digest { transfer, job })?;
        let reply = self.run(job, WorkerSlot::Reader, message, None).await?;
        whole_file(link::head(&reply)?, size_bytes)
    }

    /// The MAC of a part; the bytes end here.
    pub(crate) async fn mac(
        self: &Rc<Self>,
        place: &PartPlace,
        leased: LeasedBytes,
    ) -> Result<[u8; 32]> {
        let slot = self.next_part_slot();
        self.mac_at(slot, self.new_job(), place, &leased, false)
            .await
    }

    /// The MAC of a part; the bytes stay with the worker that will send them.
    pub(crate) async fn mac_and_keep(
        self: &Rc<Self>,
        place: &PartPlace,
        leased: LeasedBytes,
    ) -> Result<([u8; 32], WorkerBuffer)> {
        let (slot, job) = (self.slot_for(place), self.new_job());
        let mac = self.mac_at(slot, job, place, &leased, true).await?;
        Ok((
            mac,
            WorkerBuffer {
                pool: self.clone(),
                slot,
                job,
                _bytes: leased.permit,
            },
        ))
    }

    async fn mac_at(
        self: &Rc<Self>,
        slot: WorkerSlot,
        job: Job,
        place: &PartPlace,
        leased: &LeasedBytes,
        keep: bool,
    ) -> Result<[u8; 32]> {
        let request = PartRequest::Mac {
            job,
            place: place.clone(),
            keep,
        };
        let message = Message::new(&request)?.with_buffer(&leased.bytes);
        match link::head(&self.run(job, slot, message, None).await?)? {
            PartReply::Maced { mac, .. } => Ok(mac.0),
            _ => Err(unexpected()),
        }
    }

    /// Seals and sends what was kept, if that is still wanted when it is admitted. The reply is `Sent`, `Refused` or
    /// `Failed`.
    pub(crate) async fn send(
        self: &Rc<Self>,
        job: Job,
        kept: WorkerBuffer,
        order: SendOrder,
        key: &CryptoKey,
        admission: Admission<impl Fn() -> bool>,
        on_progress: impl Fn(u64) + 'static,
    ) -> Result<PartReply> {
        let sending = self.sends.enter(admission.rank).await;
        if !(admission.is_wanted)() {
            return Err(ClientCode::Stopped.into());
        }
        let part = (order.place.file_id, order.place.number);
        let len_bytes = u64::from(order.place.len_bytes);
        let request = PartRequest::Send {
            job,
            kept: kept.job,
            order,
        };
        let message = Message::new(&request)?.with("key", key);
        let reply = self
            .run(job, kept.slot, message, Some(Box::new(on_progress)))
            .await?;
        let reply = link::head(&reply)?;
        match &reply {
            PartReply::Sent { .. } => sending.arrived(len_bytes),
            PartReply::Failed { failure, .. } if failure.is_of_the_line() => sending.stumbled(),
            PartReply::Refused { status: 400, .. } => sending.stumbled(),
            _ => {}
        }
        self.note_begun(part, kept.slot, matches!(reply, PartReply::Sent { .. }));
        Ok(reply)
    }

    /// The worker that may keep a beginning of the part's body.
    fn slot_for(&self, place: &PartPlace) -> WorkerSlot {
        let begun = self.begun.borrow();
        let keeper = begun.get(&(place.file_id, place.number)).copied();
        keeper.map_or_else(|| self.next_part_slot(), WorkerSlot::Part)
    }

    fn note_begun(&self, part: (Uuid, u32), slot: WorkerSlot, is_stored: bool) {
        let mut begun = self.begun.borrow_mut();
        match slot {
            WorkerSlot::Part(number) if !is_stored => {
                begun.insert(part, number);
            }
            WorkerSlot::Part(_) | WorkerSlot::Reader => {
                begun.remove(&part);
            }
        }
    }

    /// Nobody goes on with this file: what broke off of its bodies is dropped.
    pub(crate) fn forget(self: &Rc<Self>, file_id: Uuid) {
        self.begun.borrow_mut().retain(|(of, _), _| *of != file_id);
        for number in 0..self.part_workers {
            // A worker that can't be told is dead, and keeps nothing.
            let _ = self.tell(WorkerSlot::Part(number), &PartRequest::Forget { file_id });
        }
    }

    /// Fetches and opens a part. Without plaintext the reply is `Refused` or `Failed`.
    pub(crate) async fn fetch(
        self: &Rc<Self>,
        job: Job,
        order: FetchOrder,
        key: &CryptoKey,
    ) -> Result<Result<LeasedBytes, PartReply>> {
        let permit = self
            .download_bytes
            .acquire(u64::from(order.place.len_bytes))
            .await;
        let request = PartRequest::Fetch { job, order };
        let message = Message::new(&request)?.with("key", key);
        let reply = self.run(job, self.next_part_slot(), message, None).await?;
        Ok(match link::head(&reply)? {
            PartReply::Opened { .. } => Ok(LeasedBytes {
                bytes: link::buffer(&reply),
                permit,
            }),
            other => Err(other),
        })
    }

    /// Sends bytes as they are.
    #[cfg(feature = "bench")]
    pub(crate) async fn send_plain(
        self: &Rc<Self>,
        leased: LeasedBytes,
        url: String,
    ) -> Result<PartReply> {
        let first = super::send_gate::Rank {
            is_large: false,
            transfer: 0,
        };
        let _sending = self.sends.enter(first).await;
        let job = self.new_job();
        let message = Message::new(&PartRequest::Plain { job, url })?.with_buffer(&leased.bytes);
        link::head(&self.run(job, self.next_part_slot(), message, None).await?)
    }

    /// Ends a job on the wire; it still answers.
    pub(crate) fn abort(self: &Rc<Self>, job: Job) {
        let slot = self.running.borrow().get(&job).map(|running| running.slot);
        if let Some(slot @ WorkerSlot::Part(_)) = slot {
            // A worker that can't be told is dead, and so is its job.
            let _ = self.tell(slot, &PartRequest::Abort { job });
        }
    }

    fn next_part_slot(&self) -> WorkerSlot {
        let slot = self.next_part_worker.get();
        self.next_part_worker.set((slot + 1) % self.part_workers);
        WorkerSlot::Part(slot)
    }
}

impl Drop for WorkerBuffer {
    fn drop(&mut self) {
        // What was sent is gone already, and a dead worker keeps nothing.
        let _ = self
            .pool
            .tell(self.slot, &PartRequest::Drop { kept: self.job });
    }
}

/// A hash counts only when it is of every byte.
fn whole_file(reply: ReaderReply, size_bytes: u64) -> Result<[u8; 32]> {
    match reply {
        ReaderReply::Digest {
            sha256, fed_bytes, ..
        } if fed_bytes == size_bytes => Ok(sha256.0),
        ReaderReply::Digest { fed_bytes, .. } => Err(ClientCode::ClientFault.because(format!(
            "{fed_bytes} bytes were hashed instead of {size_bytes}"
        ))),
        ReaderReply::Failed { why, .. } => Err(why.into()),
        ReaderReply::Bytes { .. } => Err(unexpected()),
    }
}

fn unexpected() -> crate::error::ClientError {
    ClientCode::ClientFault.because("a worker answered something else")
}

#[cfg(test)]
mod tests {
    use ferry_core::wire::B64;

    use super::*;
    use crate::workers::reader::ReadFailure;

    #[test]
    fn a_hash_is_of_the_whole_file_or_none() {
        let hash_of = |fed_bytes| ReaderReply::Digest {
            job: 1,
            sha256: B64([9; 32]),
            fed_bytes,
        };
        assert_eq!(whole_file(hash_of(10), 10), Ok([9; 32]));
        let forgotten = ReaderReply::Failed {
            job: 1,
            why: ReadFailure::UnknownTransfer,
        };
        for reply in [hash_of(0), hash_of(11), forgotten] {
            let error = whole_file(reply, 10).expect_err("not the file's");
            assert_eq!(error.code(), "client_fault");
        }
    }
}
