//! What the reader worker does for a transfer: slices of the picked file, within the bytes that may be in memory, and the
//! SHA-256 over all of it.

use std::rc::Rc;

use js_sys::ArrayBuffer;
use web_sys::Blob;

use super::state::{Job, LeasedBytes, Pool, WorkerSlot, unexpected};
use crate::{
    error::{ClientCode, Result},
    workers::{
        link::{self, Message},
        reader::{PassPosition, ReaderReply, ReaderRequest},
    },
};

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
            self.upload_bytes.acquire_over_capacity(amount)
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
        let bytes = self.ask_reader_for_bytes(job, Message::new(&request)?);
        let bytes = bytes.await?;
        Ok(LeasedBytes { bytes, permit })
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
        let bytes = self.ask_reader_for_bytes(job, message).await?;
        Ok(LeasedBytes {
            bytes,
            permit: leased.permit,
        })
    }

    async fn ask_reader_for_bytes(
        self: &Rc<Self>,
        job: Job,
        message: Message,
    ) -> Result<ArrayBuffer> {
        let reply = self.run(job, WorkerSlot::Reader, message, None).await?;
        match link::head(&reply)? {
            ReaderReply::Bytes { .. } => Ok(link::buffer(&reply)),
            ReaderReply::Failed { error, .. } => Err(error),
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
        ReaderReply::Failed { error, .. } => Err(error),
        ReaderReply::Bytes { .. } => Err(unexpected()),
    }
}

#[cfg(test)]
mod tests {
    use ferry_core::wire::B64;

    use super::*;

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
            error: ClientCode::ClientFault.into(),
        };
        for reply in [hash_of(0), hash_of(11), forgotten] {
            let error = whole_file(reply, 10).expect_err("not the file's");
            assert_eq!(error.code(), "client_fault");
        }
    }
}
