//! The reader worker: reads slices of picked files and keeps each transfer's whole-file SHA-256, fed in order. It knows no keys.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use ferry_core::{digest::FileHasher, wire::B64};
use js_sys::ArrayBuffer;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::Blob;

use super::{
    buffers::for_each_segment,
    link::{self, Message, or_die},
};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::field,
};

/// What the coordinator asks for. `transfer` is its number for one upload or download.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum ReaderRequest {
    /// A picked file, attached as `blob`; a second one under the same number replaces the first.
    Open { transfer: u32 },
    /// No file, only a SHA-256 that bytes will be fed to.
    Begin { transfer: u32 },
    /// A slice; with a position it is part of a pass.
    Read {
        transfer: u32,
        job: u32,
        offset_bytes: u64,
        len_bytes: u32,
        position: Option<PassPosition>,
    },
    /// Feed the attached bytes to the SHA-256 and give them back.
    Feed { transfer: u32, job: u32 },
    /// The SHA-256 of everything fed so far.
    Digest { transfer: u32, job: u32 },
    /// The transfer is over: forget its file and hash.
    Close { transfer: u32 },
}

/// The place of a slice in the order in which a transfer's SHA-256 is fed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct PassPosition {
    /// From 0, without gaps.
    pub(crate) number: u32,
    /// The hash begins anew with it.
    pub(crate) anew: bool,
}

/// What it gets. Every job ends with one reply.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum ReaderReply {
    /// The slice, attached as a buffer.
    Bytes { job: u32 },
    /// The hash, and of how many bytes it is.
    Digest {
        job: u32,
        sha256: B64<32>,
        fed_bytes: u64,
    },
    /// It came to neither.
    Failed { job: u32, error: ClientError },
}

impl ReaderReply {
    pub(crate) fn job(&self) -> u32 {
        match self {
            ReaderReply::Bytes { job }
            | ReaderReply::Digest { job, .. }
            | ReaderReply::Failed { job, .. } => *job,
        }
    }
}

/// A slice that was read, or could not be, and waits for its position.
struct Arrived {
    job: u32,
    anew: bool,
    bytes: Result<ArrayBuffer>,
}

#[derive(Default)]
struct Transfer {
    blob: Option<Blob>,
    hasher: FileHasher,
    /// Bytes that the hash was fed.
    fed_bytes: u64,
    next_position: u32,
    early: BTreeMap<u32, Arrived>,
}

impl Transfer {
    fn begin_anew(&mut self) {
        self.hasher = FileHasher::new();
        self.fed_bytes = 0;
    }

    fn feed(&mut self, bytes: &ArrayBuffer) {
        for_each_segment(bytes, |segment| self.hasher.update(segment));
        self.fed_bytes += u64::from(bytes.byte_length());
    }
}

#[derive(Default)]
struct Reader {
    transfers: RefCell<HashMap<u32, Transfer>>,
}

/// Serves for as long as the worker lives.
pub(crate) fn run_reader() {
    let reader = Rc::new(Reader::default());
    link::serve(move |message| match link::head::<ReaderRequest>(&message) {
        Ok(request) => reader.clone().handle(request, &message),
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    });
}

impl Reader {
    fn handle(self: Rc<Self>, request: ReaderRequest, message: &JsValue) {
        match request {
            ReaderRequest::Open { transfer } => {
                let mut transfers = self.transfers.borrow_mut();
                transfers.entry(transfer).or_default().blob =
                    Some(field(message, "blob").unchecked_into());
            }
            ReaderRequest::Begin { transfer } => {
                let mut transfers = self.transfers.borrow_mut();
                transfers.insert(transfer, Transfer::default());
            }
            ReaderRequest::Read {
                transfer,
                job,
                offset_bytes,
                len_bytes,
                position,
            } => spawn_local(async move {
                let bytes = self.read(transfer, offset_bytes, len_bytes).await;
                match position {
                    Some(position) => self.feed_in_order(
                        transfer,
                        position,
                        Arrived {
                            job,
                            anew: position.anew,
                            bytes,
                        },
                    ),
                    None => reply_read(job, bytes),
                }
            }),
            ReaderRequest::Feed { transfer, job } => {
                reply_read(job, self.feed(transfer, link::buffer(message)));
            }
            ReaderRequest::Digest { transfer, job } => reply(&self.digest(transfer, job)),
            ReaderRequest::Close { transfer } => self.close(transfer),
        }
    }

    fn feed(&self, transfer: u32, bytes: ArrayBuffer) -> Result<ArrayBuffer> {
        let mut transfers = self.transfers.borrow_mut();
        let transfer = transfers.get_mut(&transfer);
        transfer.ok_or_else(unknown_transfer)?.feed(&bytes);
        Ok(bytes)
    }

    fn digest(&self, transfer: u32, job: u32) -> ReaderReply {
        match self.transfers.borrow().get(&transfer) {
            Some(transfer) => ReaderReply::Digest {
                job,
                sha256: B64(transfer.hasher.clone().finish()),
                fed_bytes: transfer.fed_bytes,
            },
            None => ReaderReply::Failed {
                job,
                error: unknown_transfer(),
            },
        }
    }

    /// Forgets a transfer; what waits for its position is answered, so that every job ends.
    fn close(&self, transfer: u32) {
        let closed = self.transfers.borrow_mut().remove(&transfer);
        for (_, arrived) in closed.into_iter().flat_map(|transfer| transfer.early) {
            reply_read(arrived.job, arrived.bytes);
        }
    }

    async fn read(&self, transfer: u32, offset_bytes: u64, len_bytes: u32) -> Result<ArrayBuffer> {
        let blob = self
            .transfers
            .borrow()
            .get(&transfer)
            .and_then(|transfer| transfer.blob.clone());
        let blob = blob.ok_or_else(unknown_transfer)?;
        let refused = |e: JsValue| ClientCode::FileNotReadable.thrown(&e);
        let end_bytes = offset_bytes + u64::from(len_bytes);
        // Offsets of files are below 2^53.
        let slice = blob
            .slice_with_f64_and_f64(offset_bytes as f64, end_bytes as f64)
            .map_err(refused)?;
        let bytes = JsFuture::from(slice.array_buffer())
            .await
            .map_err(refused)?;
        let bytes: ArrayBuffer = bytes.unchecked_into();
        match bytes.byte_length() {
            len if len == len_bytes => Ok(bytes),
            len => Err(ClientCode::FileNotReadable.because(format!(
                "{len} bytes at {offset_bytes} instead of {len_bytes}"
            ))),
        }
    }

    /// Feeds the slice and those that waited for it, and hands them on. A slice that could not be read keeps its position.
    fn feed_in_order(&self, transfer: u32, position: PassPosition, arrived: Arrived) {
        let mut transfers = self.transfers.borrow_mut();
        let Some(transfer) = transfers.get_mut(&transfer) else {
            return reply_read(arrived.job, Err(unknown_transfer()));
        };
        transfer.early.insert(position.number, arrived);
        while let Some(arrived) = transfer.early.remove(&transfer.next_position) {
            transfer.next_position += 1;
            if arrived.anew {
                transfer.begin_anew();
            }
            if let Ok(bytes) = &arrived.bytes {
                transfer.feed(bytes);
            }
            reply_read(arrived.job, arrived.bytes);
        }
    }
}

fn reply_read(job: u32, bytes: Result<ArrayBuffer>) {
    match bytes {
        Ok(bytes) => or_die(
            Message::new(&ReaderReply::Bytes { job })
                .and_then(|message| message.with_buffer(&bytes).post_up()),
        ),
        Err(error) => reply(&ReaderReply::Failed { job, error }),
    }
}

/// A worker that was started again knows no transfer. It never hashes on from nothing: that would be the SHA-256 of some
/// other file.
fn unknown_transfer() -> ClientError {
    ClientCode::ClientFault.because("the worker that reads files was started again")
}

fn reply(reply: &ReaderReply) {
    or_die(Message::new(reply).and_then(Message::post_up));
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    #[test]
    fn a_reader_that_was_started_again_does_not_blame_the_file() {
        let reader = Reader::default();
        let reading = pin!(reader.read(7, 0, 1));
        let Poll::Ready(read) = reading.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("there is nothing to wait for");
        };
        let error = read.expect_err("it has no file");
        assert_eq!(error.code(), "client_fault");
    }

    #[test]
    fn it_has_no_hash_of_what_it_was_never_fed() {
        let reader = Reader::default();
        let nothing = reader.digest(7, 1);
        assert!(matches!(nothing, ReaderReply::Failed { .. }), "{nothing:?}");
        let transfer = Transfer {
            fed_bytes: 3,
            ..Transfer::default()
        };
        reader.transfers.borrow_mut().insert(7, transfer);
        let known = reader.digest(7, 1);
        assert!(
            matches!(known, ReaderReply::Digest { fed_bytes: 3, .. }),
            "{known:?}"
        );
    }
}
