//! The sealed body of a part, as it goes over HTTP. It is made in `sending`.

use std::cell::RefCell;

use ferry_core::{
    envelope::{IV_BYTES, TAG_BYTES},
    transfer::BodyCourse,
    wire::{B64, Compression},
};
use js_sys::{ArrayBuffer, Uint8Array};
use web_sys::Blob;

use crate::error::{ClientCode, Result};

/// A body that can leave. It is the same for as long as it is kept, so that a cut costs bytes and not the part.
pub(super) struct SealedBody {
    /// Another plaintext of the part is another body.
    pub(super) mac: B64<32>,
    pub(super) blob: Blob,
    pub(super) digest: B64<32>,
    pub(super) compression: Compression,
    pub(super) iv: B64<IV_BYTES>,
    pub(super) tag: B64<TAG_BYTES>,
    pub(super) course: RefCell<BodyCourse>,
}

impl SealedBody {
    pub(super) fn len_bytes(&self) -> u64 {
        self.blob.size() as u64
    }

    pub(super) fn is_of(&self, mac: &B64<32>) -> bool {
        self.mac == *mac
    }

    /// Bytes `from` up to `to` of it, without a copy.
    pub(super) fn slice(&self, from: u64, to: u64) -> Result<Blob> {
        self.blob
            .slice_with_f64_and_f64(from as f64, to as f64)
            .map_err(|e| ClientCode::ClientFault.thrown(&e))
    }
}

/// The tag at the end of a body; the body must be at least so long.
pub(super) fn tag_of(sealed: &ArrayBuffer) -> [u8; TAG_BYTES] {
    let mut tag = [0; TAG_BYTES];
    let begin = sealed.byte_length() - TAG_BYTES as u32;
    Uint8Array::new_with_byte_offset(sealed, begin).copy_to(&mut tag);
    tag
}
