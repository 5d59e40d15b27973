//! Seals one part and sends it: packing where asked for, SubtleCrypto with a fresh IV, a Blob by XHR. Every buffer ends here.

use std::cell::RefCell;

use ferry_core::{
    digest::BodyHasher,
    envelope::{Iv, packing, part::PartAad},
    transfer::BodyCourse,
    wire::{
        B64, Compression, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC, HEADER_USER,
    },
};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use uuid::Uuid;
use web_sys::CryptoKey;

use super::{
    delivery::{Delivery, can_go_on},
    job_table::JobTable,
    messages::{PartReply, SendOrder},
    reply::{Reply, refused, text},
    sealed_body::{SealedBody, tag_of},
};
use crate::{
    error::Result,
    interop::{SystemEntropy, js_bytes},
    subtle,
    workers::buffers::{blob_of, for_each_segment, release},
};

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
            None => (self.seal(plain, key, table).await?, false),
        };
        let delivered = Delivery {
            order: &self,
            body: &body,
            job,
            table,
        }
        .run(begun)
        .await;
        let stored = delivered.and_then(|answer| match answer.status {
            200 | 201 => Ok(text(&answer)),
            _ => Err(refused(&answer)),
        });
        let (iv, tag) = (body.iv, body.tag);
        if stored.as_ref().is_err_and(can_go_on) {
            table.keep_begun(self.part(), body);
        }
        let body = stored?;
        Ok(PartReply::Sent { job, body, iv, tag }.into())
    }

    fn part(&self) -> (Uuid, u32) {
        (self.place.file_id, self.place.number)
    }

    async fn seal(
        &self,
        plain: ArrayBuffer,
        key: &CryptoKey,
        table: &JobTable,
    ) -> Result<SealedBody> {
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
        let course = BodyCourse::new(blob.size() as u64, &mut table.piece.borrow_mut());
        Ok(SealedBody {
            mac: self.mac,
            blob,
            digest: B64(digest.finish()),
            compression,
            iv: B64(*iv.as_bytes()),
            tag,
            course: RefCell::new(course),
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

fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::DeflateRaw => "deflate-raw",
    }
}
