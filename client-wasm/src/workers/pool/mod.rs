//! The reader and the part workers as the coordinator sees them: each job is a future. Bounds bytes in memory and sends at
//! once over all transfers; what is done with a job's outcome is the transfer's business.

mod jobs;

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use js_sys::ArrayBuffer;
use wasm_bindgen::JsValue;
use web_sys::{Blob, CryptoKey};

use self::jobs::{Running, Worker};
use super::{
    gate::{Gate, Permit},
    link::{self, Parcel},
    part::{FetchOrder, PartReply, PartRequest, Place, SendOrder},
    reader::{ReaderReply, ReaderRequest, Turn},
};
use crate::{
    error::{ClientCode, Result},
    interop::scope,
};

/// Plaintext and sealed bytes of uploads in all workers together.
const UPLOAD_BYTES_IN_FLIGHT: u64 = 80 << 20;
/// The same of downloads: their own, so that one which waits for its sink holds up no upload, nor the other way round.
const DOWNLOAD_BYTES_IN_FLIGHT: u64 = 48 << 20;
/// HTTP/1.1 gives about six connections to a host; the others are for everything else.
const SENDS_AT_ONCE: u64 = 4;

/// The number of a job, unique in this coordinator.
pub(crate) type Job = u32;

/// Which worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Seat {
    Reader,
    Part(usize),
}

/// All of them; workers are started when they are first needed, and again when one died.
pub(crate) struct Pool {
    module: JsValue,
    part_workers: usize,
    workers: RefCell<HashMap<Seat, Worker>>,
    running: RefCell<HashMap<Job, Running>>,
    next_job: Cell<Job>,
    next_part_worker: Cell<usize>,
    upload_bytes: Gate,
    download_bytes: Gate,
    sends: Gate,
}

/// Plaintext that a part worker keeps for a send. Dropping it gives the memory back.
pub(crate) struct Kept {
    pool: Rc<Pool>,
    seat: Seat,
    job: Job,
    _bytes: Permit,
}

/// Bytes in this worker's hands, counted.
pub(crate) struct Held {
    pub(crate) bytes: ArrayBuffer,
    permit: Permit,
}

/// One part to be read.
pub(crate) struct ReadOrder {
    pub(crate) transfer: u32,
    pub(crate) offset_bytes: u64,
    pub(crate) len_bytes: u32,
    pub(crate) turn: Option<Turn>,
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
            upload_bytes: Gate::new(UPLOAD_BYTES_IN_FLIGHT),
            download_bytes: Gate::new(DOWNLOAD_BYTES_IN_FLIGHT),
            sends: Gate::new(SENDS_AT_ONCE),
        })
    }

    pub(crate) fn new_job(&self) -> Job {
        self.next_job.replace(self.next_job.get() + 1)
    }

    /// A picked file, under the transfer's number. The workers that it will need start meanwhile.
    pub(crate) fn open(self: &Rc<Self>, transfer: u32, blob: &Blob) -> Result<()> {
        let parcel = Parcel::new(&ReaderRequest::Open { transfer })?.with("blob", blob);
        self.post(Seat::Reader, parcel)?;
        (0..self.part_workers).try_for_each(|number| self.start(Seat::Part(number)))
    }

    /// A transfer without a file: bytes will be fed to its SHA-256.
    pub(crate) fn begin(self: &Rc<Self>, transfer: u32) -> Result<()> {
        self.tell(Seat::Reader, &ReaderRequest::Begin { transfer })
    }

    /// The transfer is over.
    pub(crate) fn close(self: &Rc<Self>, transfer: u32) -> Result<()> {
        self.tell(Seat::Reader, &ReaderRequest::Close { transfer })
    }

    /// Reads a slice; `FileNotReadable` where the browser refuses.
    pub(crate) async fn read(self: &Rc<Self>, order: ReadOrder) -> Result<Held> {
        let amount = u64::from(order.len_bytes);
        let permit = if order.first {
            self.upload_bytes.push_in(amount)
        } else {
            self.upload_bytes.enter(amount).await
        };
        let ReadOrder {
            transfer,
            offset_bytes,
            len_bytes,
            turn,
            ..
        } = order;
        let job = self.new_job();
        let request = ReaderRequest::Read {
            transfer,
            job,
            offset_bytes,
            len_bytes,
            turn,
        };
        let reply = self
            .run(job, Seat::Reader, Parcel::new(&request)?, None)
            .await?;
        match link::head(&reply)? {
            ReaderReply::Failed { why, .. } => Err(why.into()),
            _ => Ok(Held {
                bytes: link::buffer(&reply),
                permit,
            }),
        }
    }

    /// Feeds bytes to the transfer's SHA-256 and gives them back.
    pub(crate) async fn feed(self: &Rc<Self>, transfer: u32, held: Held) -> Result<Held> {
        let job = self.new_job();
        let parcel = Parcel::new(&ReaderRequest::Feed { transfer, job })?.with_buffer(&held.bytes);
        let reply = self.run(job, Seat::Reader, parcel, None).await?;
        match link::head(&reply)? {
            ReaderReply::Bytes { .. } => Ok(Held {
                bytes: link::buffer(&reply),
                permit: held.permit,
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
        let parcel = Parcel::new(&ReaderRequest::Digest { transfer, job })?;
        let reply = self.run(job, Seat::Reader, parcel, None).await?;
        whole_file(link::head(&reply)?, size_bytes)
    }

    /// The MAC of a part; the bytes end here.
    pub(crate) async fn mac(self: &Rc<Self>, place: &Place, held: Held) -> Result<[u8; 32]> {
        let seat = self.next_part_seat();
        self.mac_at(seat, self.new_job(), place, &held, false).await
    }

    /// The MAC of a part; the bytes stay with the worker that will send them.
    pub(crate) async fn mac_and_keep(
        self: &Rc<Self>,
        place: &Place,
        held: Held,
    ) -> Result<([u8; 32], Kept)> {
        let (seat, job) = (self.next_part_seat(), self.new_job());
        let mac = self.mac_at(seat, job, place, &held, true).await?;
        Ok((
            mac,
            Kept {
                pool: self.clone(),
                seat,
                job,
                _bytes: held.permit,
            },
        ))
    }

    async fn mac_at(
        self: &Rc<Self>,
        seat: Seat,
        job: Job,
        place: &Place,
        held: &Held,
        keep: bool,
    ) -> Result<[u8; 32]> {
        let request = PartRequest::Mac {
            job,
            place: place.clone(),
            keep,
        };
        let parcel = Parcel::new(&request)?.with_buffer(&held.bytes);
        match link::head(&self.run(job, seat, parcel, None).await?)? {
            PartReply::Maced { mac, .. } => Ok(mac.0),
            _ => Err(unexpected()),
        }
    }

    /// Seals and sends what was kept, if that is still `wanted` when its turn comes. The reply is `Sent`, `Refused` or
    /// `Failed`.
    pub(crate) async fn send(
        self: &Rc<Self>,
        job: Job,
        kept: Kept,
        order: SendOrder,
        key: &CryptoKey,
        wanted: impl Fn() -> bool,
        on_progress: impl Fn(u64) + 'static,
    ) -> Result<PartReply> {
        let _turn = self.sends.enter(1).await;
        if !wanted() {
            return Err(ClientCode::Stopped.into());
        }
        let request = PartRequest::Send {
            job,
            kept: kept.job,
            order,
        };
        let parcel = Parcel::new(&request)?.with("key", key);
        link::head(
            &self
                .run(job, kept.seat, parcel, Some(Box::new(on_progress)))
                .await?,
        )
    }

    /// Fetches and opens a part. Without plaintext the reply is `Refused` or `Failed`.
    pub(crate) async fn fetch(
        self: &Rc<Self>,
        job: Job,
        order: FetchOrder,
        key: &CryptoKey,
    ) -> Result<Result<Held, PartReply>> {
        let permit = self
            .download_bytes
            .enter(u64::from(order.place.len_bytes))
            .await;
        let request = PartRequest::Fetch { job, order };
        let parcel = Parcel::new(&request)?.with("key", key);
        let reply = self.run(job, self.next_part_seat(), parcel, None).await?;
        Ok(match link::head(&reply)? {
            PartReply::Opened { .. } => Ok(Held {
                bytes: link::buffer(&reply),
                permit,
            }),
            other => Err(other),
        })
    }

    /// Sends bytes as they are.
    pub(crate) async fn send_plain(self: &Rc<Self>, held: Held, url: String) -> Result<PartReply> {
        let _turn = self.sends.enter(1).await;
        let job = self.new_job();
        let parcel = Parcel::new(&PartRequest::Plain { job, url })?.with_buffer(&held.bytes);
        link::head(&self.run(job, self.next_part_seat(), parcel, None).await?)
    }

    /// Ends a job on the wire; it still answers.
    pub(crate) fn abort(self: &Rc<Self>, job: Job) {
        let seat = self.running.borrow().get(&job).map(|running| running.seat);
        if let Some(seat @ Seat::Part(_)) = seat {
            // A worker that can't be told is dead, and so is its job.
            let _ = self.tell(seat, &PartRequest::Abort { job });
        }
    }

    fn next_part_seat(&self) -> Seat {
        let seat = self.next_part_worker.get();
        self.next_part_worker.set((seat + 1) % self.part_workers);
        Seat::Part(seat)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // What was sent is gone already, and a dead worker keeps nothing.
        let _ = self
            .pool
            .tell(self.seat, &PartRequest::Drop { kept: self.job });
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
