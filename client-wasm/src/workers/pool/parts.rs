//! What the part workers do for a transfer: MACs, sends within the gate, fetches within the bytes that may be in memory.

use std::rc::Rc;

use ferry_core::{
    envelope::{IV_BYTES, TAG_BYTES},
    wire::{B64, ErrorCode},
};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use web_sys::CryptoKey;

use super::state::{Job, LeasedBytes, OnProgress, Pool, WorkerSlot, unexpected};
use crate::{
    error::{ClientCode, ClientError, Result},
    workers::{
        link::{self, Message},
        part::{FetchOrder, PartPlace, PartReply, PartRequest, SendOrder},
        semaphore::Permit,
        send_gate::Admission,
    },
};

/// Plaintext that a part worker keeps for a send. Dropping it gives the memory back.
pub(crate) struct WorkerBuffer {
    pool: Rc<Pool>,
    slot: WorkerSlot,
    job: Job,
    _bytes: Permit,
}

/// A part that the server took: its answer, and how the body was sealed.
pub(crate) struct SentPart {
    pub(crate) body: String,
    pub(crate) iv: B64<IV_BYTES>,
    pub(crate) tag: B64<TAG_BYTES>,
}

impl Pool {
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
        match self.ask_part_worker(job, slot, message, None).await? {
            (PartReply::Maced { mac, .. }, _) => Ok(mac.0),
            _ => Err(unexpected()),
        }
    }

    /// Seals and sends what was kept, if that is still wanted when it is admitted. `on_progress` hears how much the server
    /// has of it; with 0 that it was admitted.
    pub(crate) async fn send(
        self: &Rc<Self>,
        job: Job,
        kept: WorkerBuffer,
        order: SendOrder,
        key: &CryptoKey,
        admission: Admission<impl Fn() -> bool>,
        on_progress: impl Fn(u64) + 'static,
    ) -> Result<SentPart> {
        let sending = self.sends.enter(admission.rank).await;
        if !(admission.is_wanted)() {
            return Err(ClientCode::Stopped.into());
        }
        on_progress(0);
        let part = (order.place.file_id, order.place.number);
        let len_bytes = u64::from(order.place.len_bytes);
        let order = SendOrder {
            line_bytes_per_sec: self.sends.bytes_per_sec(),
            ..order
        };
        let request = PartRequest::Send {
            job,
            kept: kept.job,
            order,
        };
        let message = Message::new(&request)?.with("key", key);
        let on_progress: OnProgress = Box::new(on_progress);
        let sent = self.ask_part_worker(job, kept.slot, message, Some(on_progress));
        let sent = match sent.await {
            Ok((PartReply::Sent { body, iv, tag, .. }, _)) => Ok(SentPart { body, iv, tag }),
            Ok(_) => Err(unexpected()),
            Err(error) => Err(error),
        };
        match &sent {
            Ok(_) => sending.arrived(len_bytes),
            Err(error) if is_of_the_line(error) => sending.stumbled(),
            Err(_) => {}
        }
        self.note_begun(part, kept.slot, sent.is_ok());
        sent
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

    /// This file will not be continued: what broke off of its bodies is dropped.
    pub(crate) fn forget(self: &Rc<Self>, file_id: Uuid) {
        self.begun.borrow_mut().retain(|(of, _), _| *of != file_id);
        for number in 0..self.part_workers {
            // A worker that cannot be told is dead, and keeps nothing.
            let _ = self.tell(WorkerSlot::Part(number), &PartRequest::Forget { file_id });
        }
    }

    /// Fetches and opens a part.
    pub(crate) async fn fetch(
        self: &Rc<Self>,
        job: Job,
        order: FetchOrder,
        key: &CryptoKey,
    ) -> Result<LeasedBytes> {
        let permit = self
            .download_bytes
            .acquire(u64::from(order.place.len_bytes))
            .await;
        let request = PartRequest::Fetch { job, order };
        let message = Message::new(&request)?.with("key", key);
        let slot = self.next_part_slot();
        match self.ask_part_worker(job, slot, message, None).await? {
            (PartReply::Opened { .. }, reply) => Ok(LeasedBytes {
                bytes: link::buffer(&reply),
                permit,
            }),
            _ => Err(unexpected()),
        }
    }

    /// The last reply to a job, and the message that it came in.
    async fn ask_part_worker(
        self: &Rc<Self>,
        job: Job,
        slot: WorkerSlot,
        message: Message,
        on_progress: Option<OnProgress>,
    ) -> Result<(PartReply, JsValue)> {
        let reply = self.run(job, slot, message, on_progress).await?;
        match link::head(&reply)? {
            PartReply::Failed { error, .. } => Err(error),
            head => Ok((head, reply)),
        }
    }

    /// Sends bytes as they are.
    #[cfg(feature = "bench")]
    pub(crate) async fn send_plain(
        self: &Rc<Self>,
        leased: LeasedBytes,
        url: String,
    ) -> Result<()> {
        let first = crate::workers::send_gate::Rank {
            is_large: false,
            transfer: 0,
        };
        let _sending = self.sends.enter(first).await;
        let job = self.new_job();
        let message = Message::new(&PartRequest::Plain { job, url })?.with_buffer(&leased.bytes);
        let slot = self.next_part_slot();
        match self.ask_part_worker(job, slot, message, None).await? {
            (PartReply::PlainSent { .. }, _) => Ok(()),
            _ => Err(unexpected()),
        }
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

/// The line broke off or stood still, or the server gave the body up for its slowness.
fn is_of_the_line(error: &ClientError) -> bool {
    error.is_of_the_connection() || error.refused() == Some(ErrorCode::BodyIncomplete)
}
