//! Seals one part and sends it: packing where asked for, SubtleCrypto with a fresh IV, a Blob by XHR. Every buffer ends here.

use ferry_core::{
    digest::BodyHasher,
    envelope::{Iv, TAG_BYTES, packing, part::PartAad},
    wire::{
        B64, Compression, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC, HEADER_USER,
    },
};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web_sys::{Blob, CryptoKey};

use super::{
    PartPlace, PartReply,
    delivery::{Delivery, goes_on},
    job_table::{JobTable, Reply, refused, text},
};
use crate::{
    error::{ClientCode, Result},
    interop::{SystemEntropy, js_bytes},
    subtle,
    workers::buffers::{blob_of, for_each_segment, release},
};

/// How a kept part is to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendOrder {
    pub(crate) place: PartPlace,
    /// Of the plaintext, as it was computed when it was kept.
    pub(crate) mac: B64<32>,
    pub(crate) compress: bool,
    pub(crate) url: String,
    /// For whom it is sent.
    pub(crate) user_id: Uuid,
    /// Generation that may be replaced.
    pub(crate) if_match: Option<u32>,
}

/// A body that can leave. It is the same for as long as it is kept, so that a cut costs bytes and not the part.
pub(super) struct SealedBody {
    /// Another plaintext of the part is another body.
    mac: B64<32>,
    blob: Blob,
    digest: B64<32>,
    compression: Compression,
    iv: B64<12>,
    tag: B64<16>,
}

impl SealedBody {
    pub(super) fn len_bytes(&self) -> u64 {
        self.blob.size() as u64
    }

    pub(super) fn is_of(&self, mac: &B64<32>) -> bool {
        self.mac == *mac
    }
}

impl SendOrder {
    pub(super) async fn execute(
        self,
        job: u32,
        plain: ArrayBuffer,
        key: &CryptoKey,
        table: &JobTable,
    ) -> Result<Reply> {
        let (body, begun) = match table.take_begun(self.part(), &self.mac) {
            Some(body) => {
                release(plain);
                (body, true)
            }
            None => (self.seal(plain, key).await?, false),
        };
        let delivered = Delivery {
            order: &self,
            body: &body,
            job,
            table,
        }
        .run(begun)
        .await;
        let is_stored = matches!(&delivered, Ok(answer) if matches!(answer.status, 200 | 201));
        let (iv, tag) = (body.iv, body.tag);
        if !is_stored && goes_on(&delivered) {
            table.keep_begun(self.part(), body);
        }
        let answer = delivered?;
        if !is_stored {
            return Ok(refused(job, &answer));
        }
        Ok(PartReply::Sent {
            job,
            body: text(&answer),
            iv,
            tag,
        }
        .into())
    }

    fn part(&self) -> (Uuid, u32) {
        (self.place.file_id, self.place.number)
    }

    async fn seal(&self, plain: ArrayBuffer, key: &CryptoKey) -> Result<SealedBody> {
        let (packed, compression) = self.pack(plain);
        let iv = Iv::generate(&mut SystemEntropy);
        let aad = PartAad::new(
            &self.place.file_id,
            &self.place.span(),
            compression,
            &self.mac.0,
        );
        let sealed = subtle::seal(key, iv.as_bytes(), aad.as_bytes(), &packed).await?;
        release(packed);
        let mut digest = BodyHasher::new();
        digest.update(iv.as_bytes());
        for_each_segment(&sealed, |segment| digest.update(segment));
        let tag = B64(tag_of(&sealed));
        let blob = blob_of(&Array::of2(&js_bytes(iv.as_bytes()), &sealed))?;
        release(sealed);
        Ok(SealedBody {
            mac: self.mac,
            blob,
            digest: B64(digest.finish()),
            compression,
            iv: B64(*iv.as_bytes()),
            tag,
        })
    }

    fn pack(&self, plain: ArrayBuffer) -> (ArrayBuffer, Compression) {
        let packed = if self.compress {
            packing::pack(&Uint8Array::new(&plain).to_vec())
        } else {
            None
        };
        match packed {
            Some(packed) => {
                release(plain);
                (js_bytes(&packed).buffer(), Compression::DeflateRaw)
            }
            None => (plain, Compression::None),
        }
    }
}

/// The tag at the end of a body; the body must be at least so long.
pub(super) fn tag_of(sealed: &ArrayBuffer) -> [u8; TAG_BYTES] {
    let mut tag = [0; TAG_BYTES];
    let begin = sealed.byte_length() - TAG_BYTES as u32;
    Uint8Array::new_with_byte_offset(sealed, begin).copy_to(&mut tag);
    tag
}

impl SendOrder {
    /// The headers that each piece of the body carries.
    pub(super) fn headers(&self, body: &SealedBody) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            (HEADER_PART_MAC, self.mac.to_string()),
            (
                HEADER_PART_COMPRESSION,
                compression_name(body.compression).to_owned(),
            ),
            (HEADER_BODY_BLAKE3, body.digest.to_string()),
            (HEADER_USER, self.user_id.to_string()),
        ];
        headers.extend(
            self.if_match
                .map(|generation| ("If-Match", format!("\"{generation}\""))),
        );
        headers
    }
}

impl SealedBody {
    /// A stretch of it.
    pub(super) fn slice(&self, from: u64, to: u64) -> Result<Blob> {
        self.blob
            .slice_with_f64_and_f64(from as f64, to as f64)
            .map_err(|e| ClientCode::ClientFault.thrown(&e))
    }
}

fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::DeflateRaw => "deflate-raw",
    }
}
