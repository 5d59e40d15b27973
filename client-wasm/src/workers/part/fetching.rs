//! Fetches one part and opens it: first against the list, then its tag, then its plaintext's MAC. No plaintext comes out of
//! anything else.

use ferry_core::{
    envelope::{
        IV_BYTES,
        part::{BodyLength, PART_OVERHEAD_BYTES, PartAad, accept_opened},
    },
    wire::{Compression, HEADER_USER},
};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::CryptoKey;

use super::{
    job_table::JobTable,
    messages::{FetchOrder, PartPlace, PartReply},
    reply::{Reply, refused},
    sealed_body::tag_of,
};
use crate::{
    error::{ClientCode, Result},
    interop::js_bytes,
    subtle,
    workers::{
        buffers::release,
        xhr::{Exchange, Timeouts},
    },
};

/// Where the sealed bytes begin in a body, as JavaScript counts.
const SEALED_FROM: u32 = IV_BYTES as u32;

impl FetchOrder {
    pub(super) async fn execute(
        self,
        job: u32,
        key: &CryptoKey,
        table: &JobTable,
    ) -> Result<Reply> {
        self.check_possible()?;
        let headers = [(HEADER_USER, self.user_id.to_string())];
        let exchange = Exchange::open("GET", &self.url, &headers)?;
        let answer = table.exchange(job, exchange, None, Timeouts::LONG).await?;
        if answer.status != 200 {
            return Err(refused(&answer));
        }
        let body: ArrayBuffer = answer.body.unchecked_into();
        self.check_listed(&body)?;
        let PartPlace { file_id, .. } = &self.place;
        let aad = PartAad::new(
            file_id,
            &self.place.span(),
            self.listed.compression,
            &self.listed.part_mac.0,
        );
        let sealed = Uint8Array::new_with_byte_offset(&body, SEALED_FROM);
        let opened = subtle::open(key, &self.listed.iv.0, aad.as_bytes(), &sealed).await?;
        release(body);
        Ok(Reply::with_bytes(
            PartReply::Opened { job },
            self.accept(opened)?,
        ))
    }

    fn check_possible(&self) -> Result<()> {
        let allowed = self.listed.compression == Compression::None || self.compression_allowed;
        let length = BodyLength::of(self.place.len_bytes, self.listed.compression);
        if allowed && length.allows(self.listed.stored_len_bytes.into()) {
            return Ok(());
        }
        Err(ClientCode::Tampered.because("the list names a part that this file cannot have"))
    }

    /// The body carries the length, IV and tag of the list.
    fn check_listed(&self, body: &ArrayBuffer) -> Result<()> {
        let mut iv = [0; IV_BYTES];
        let length = body.byte_length();
        let long_enough = length >= PART_OVERHEAD_BYTES && length == self.listed.stored_len_bytes;
        if long_enough {
            Uint8Array::new_with_byte_offset_and_length(body, 0, SEALED_FROM).copy_to(&mut iv);
        }
        if long_enough && iv == self.listed.iv.0 && tag_of(body) == self.listed.tag.0 {
            return Ok(());
        }
        Err(ClientCode::Tampered.because("the body is not the listed one"))
    }

    fn accept(&self, opened: ArrayBuffer) -> Result<ArrayBuffer> {
        let tampered =
            || ClientCode::Tampered.because("the part's plaintext is not the one that was sealed");
        match self.listed.compression {
            Compression::None => {
                let planned = opened.byte_length() == self.place.len_bytes;
                let equal = planned && self.place.mac(&opened) == self.listed.part_mac.0;
                if equal { Ok(opened) } else { Err(tampered()) }
            }
            Compression::DeflateRaw => {
                let packed = Uint8Array::new(&opened).to_vec();
                release(opened);
                let plain = accept_opened(
                    &self.place.mac_key(),
                    &self.place.span(),
                    &self.listed.record(),
                    packed,
                );
                plain
                    .map(|plain| js_bytes(&plain).buffer())
                    .map_err(|_| tampered())
            }
        }
    }
}
