//! A body's bytes in memory, while they arrive and afterwards. It knows no request and no budget.

use bytes::{Bytes, BytesMut};
use memmap2::MmapMut;

/// From here on a body has pages of its own.
const OWN_PAGES_FROM_BYTES: usize = 256 * 1024;

/// A body as it arrives. A part's has pages of its own, which the system has back as soon as the body ends: the allocator
/// would keep some for each thread, and a server with a budget of 64 MiB came to hold 170.
pub enum BodyBuffer {
    /// A short one.
    Heap(BytesMut),
    Pages {
        /// As long as it may become.
        pages: MmapMut,
        /// Bytes that are there.
        len: usize,
    },
}

impl BodyBuffer {
    /// Room for `bytes`; the error is the system's, which has no memory.
    pub fn with_capacity(bytes: usize) -> std::io::Result<Self> {
        if bytes < OWN_PAGES_FROM_BYTES {
            return Ok(BodyBuffer::Heap(BytesMut::with_capacity(bytes)));
        }
        let pages = MmapMut::map_anon(bytes)?;
        Ok(BodyBuffer::Pages { pages, len: 0 })
    }

    /// Bytes that are there.
    pub fn len_bytes(&self) -> usize {
        match self {
            BodyBuffer::Heap(bytes) => bytes.len(),
            BodyBuffer::Pages { len, .. } => *len,
        }
    }

    /// None when the chunk reaches beyond the room that was made.
    pub fn extend(&mut self, chunk: &[u8]) -> Option<()> {
        match self {
            BodyBuffer::Heap(bytes) => bytes.extend_from_slice(chunk),
            BodyBuffer::Pages { pages, len } => {
                let end = len.checked_add(chunk.len())?;
                pages.get_mut(*len..end)?.copy_from_slice(chunk);
                *len = end;
            }
        }
        Some(())
    }

    /// No more will come.
    pub fn freeze(self) -> Bytes {
        match self {
            BodyBuffer::Heap(bytes) => bytes.freeze(),
            BodyBuffer::Pages { pages, len } => Bytes::from_owner(pages).slice(..len),
        }
    }
}
