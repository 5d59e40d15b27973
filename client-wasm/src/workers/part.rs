//! A part worker: MACs, seals and sends one part, or fetches, opens and checks one. It decides nothing: every job is told
//! exactly what to do, and every outcome is reported.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use ferry_core::{
    digest::BodyHasher,
    envelope::{
        IV_BYTES, Iv,
        keys::MacKey,
        packing,
        part::{PART_OVERHEAD_BYTES, PartAad, PartHasher, PartRecord, accept_opened, is_possible_body},
    },
    plan::PartSpan,
    wire::{B64, Compression, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC},
};
use js_sys::{Array, ArrayBuffer, Uint8Array};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Blob, CryptoKey};

use super::{
    buffers::{for_each_segment, release},
    link::{self, Parcel},
    xhr::{Answer, Exchange},
};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{SystemEntropy, field, js_bytes, now_ms},
    subtle,
};

/// Most reports of bytes on the wire, a job.
const PROGRESS_EVERY_MS: u64 = 100;

/// Where a part is and what keys its MAC. The sealing key comes as an attached CryptoKey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) file_id: Uuid,
    pub(crate) number: u32,
    pub(crate) offset_bytes: u64,
    pub(crate) len_bytes: u32,
    pub(crate) mac_key: B64<32>,
}

/// What the list says of a stored part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) iv: B64<12>,
    pub(crate) tag: B64<16>,
    pub(crate) stored_len_bytes: u32,
    pub(crate) compression: Compression,
    pub(crate) part_mac: B64<32>,
}

/// What the coordinator asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum PartRequest {
    /// Only the MAC of the attached bytes.
    Mac { job: u32, place: Place },
    /// MAC, seal and send the attached bytes.
    Send { job: u32, place: Place, compress: bool, url: String, if_match: Option<u32> },
    /// Fetch and open.
    Fetch { job: u32, place: Place, listed: Listed, compression_allowed: bool, url: String },
    /// Send the attached bytes as they are: the measure that sealing is compared with.
    Plain { job: u32, url: String },
    /// End a job; it answers once more.
    Abort { job: u32 },
}

/// What it gets. Every job ends with exactly one of `Maced`, `Answered`, `Opened`, `Failed`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum PartReply {
    /// The MAC.
    Maced { job: u32, mac: B64<32> },
    /// Sealed; the body leaves now.
    Sealed { job: u32, sealed: Listed },
    /// Bytes of the body that left or arrived.
    Progress { job: u32, bytes: u64 },
    /// The server's answer, whatever it is.
    Answered { job: u32, status: u16, retry_after: Option<String>, body: String },
    /// The plaintext, attached.
    Opened { job: u32 },
    /// It came to no answer.
    Failed { job: u32, failure: PartFailure, detail: String },
}

/// Why a job came to no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartFailure {
    Network,
    Stalled,
    Aborted,
    /// The body is not the listed one; another attempt may bring it.
    NotAsListed,
    /// The body is the listed one and does not open.
    Tampered,
    Fault,
}

impl PartReply {
    pub(crate) fn job(&self) -> u32 {
        match self {
            PartReply::Maced { job, .. }
            | PartReply::Sealed { job, .. }
            | PartReply::Progress { job, .. }
            | PartReply::Answered { job, .. }
            | PartReply::Opened { job }
            | PartReply::Failed { job, .. } => *job,
        }
    }

    pub(crate) fn is_last(&self) -> bool {
        !matches!(self, PartReply::Sealed { .. } | PartReply::Progress { .. })
    }
}

impl Place {
    fn span(&self) -> PartSpan {
        PartSpan { number: self.number, offset_bytes: self.offset_bytes, len_bytes: self.len_bytes }
    }

    fn mac_key(&self) -> MacKey {
        MacKey::from_bytes(&self.mac_key.0)
    }

    fn mac(&self, bytes: &ArrayBuffer) -> [u8; 32] {
        let mut hasher = PartHasher::new(&self.mac_key(), self.number);
        for_each_segment(bytes, |segment| hasher.update(segment));
        hasher.finish()
    }
}

impl Listed {
    fn record(&self) -> PartRecord {
        PartRecord {
            iv: self.iv.0,
            tag: self.tag.0,
            stored_len_bytes: self.stored_len_bytes,
            compression: self.compression,
            part_mac: self.part_mac.0,
        }
    }
}

/// What ends a running exchange, by job.
type Aborters = Rc<RefCell<HashMap<u32, Box<dyn Fn()>>>>;

/// Serves for as long as the worker lives.
pub(crate) fn run_part_worker() {
    let aborters = Aborters::default();
    link::serve(move |message| match link::head::<PartRequest>(&message) {
        Ok(PartRequest::Abort { job }) => {
            if let Some(abort) = aborters.borrow().get(&job) {
                abort();
            }
        }
        Ok(request) => spawn_local(work(request, message, aborters.clone())),
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    });
}

async fn work(request: PartRequest, message: JsValue, aborters: Aborters) {
    let key: CryptoKey = field(&message, "key").unchecked_into();
    let bytes = link::buffer(&message);
    // The only references from here on are the ones of the job.
    drop(message);
    match request {
        PartRequest::Mac { job, place } => {
            post(&PartReply::Maced { job, mac: B64(place.mac(&bytes)) });
            release(bytes);
        }
        PartRequest::Send { job, place, compress, url, if_match } => {
            let order = SendOrder { job, place, compress, url, if_match };
            finish(job, order.carry_out(bytes, &key, &aborters).await, &aborters);
        }
        PartRequest::Plain { job, url } => {
            let blob = blob_of(&Array::of1(&bytes));
            release(bytes);
            let exchange = Exchange::open("PUT", &url, &[]).map(|exchange| (exchange, blob));
            let outcome = match exchange {
                Ok((exchange, Ok(blob))) => converse(job, exchange, Some(&blob), &aborters).await.map(|a| answered(job, &a)),
                Ok((_, Err(error))) | Err(error) => Err(error),
            };
            finish(job, outcome, &aborters);
        }
        PartRequest::Fetch { job, place, listed, compression_allowed, url } => {
            let order = FetchOrder { job, place, listed, compression_allowed, url };
            match order.carry_out(&key, &aborters).await {
                Ok(Fetched::Opened(plain)) => {
                    aborters.borrow_mut().remove(&job);
                    let posted = Parcel::new(&PartReply::Opened { job }).and_then(|parcel| parcel.with_buffer(&plain).post_up());
                    or_die(posted);
                }
                Ok(Fetched::Refused(reply)) => finish(job, Ok(reply), &aborters),
                Err(error) => finish(job, Err(error), &aborters),
            }
        }
        PartRequest::Abort { .. } => unreachable!("aborts are handled where they arrive"),
    }
}

struct SendOrder {
    job: u32,
    place: Place,
    compress: bool,
    url: String,
    if_match: Option<u32>,
}

impl SendOrder {
    async fn carry_out(self, bytes: ArrayBuffer, key: &CryptoKey, aborters: &Aborters) -> Result<PartReply> {
        let (sealed, blob, digest) = self.seal(bytes, key).await?;
        let mut headers = vec![
            (HEADER_PART_MAC, sealed.part_mac.to_string()),
            (HEADER_PART_COMPRESSION, compression_name(sealed.compression).to_owned()),
            (HEADER_BODY_BLAKE3, digest.to_string()),
            ("Content-Type", "application/octet-stream".to_owned()),
        ];
        headers.extend(self.if_match.map(|generation| ("If-Match", format!("\"{generation}\""))));
        post(&PartReply::Sealed { job: self.job, sealed });
        let exchange = Exchange::open("PUT", &self.url, &headers)?;
        converse(self.job, exchange, Some(&blob), aborters).await.map(|answer| answered(self.job, &answer))
    }

    /// One buffer, once: MAC, packing where asked for, SubtleCrypto, digest of the body. The buffers end here.
    async fn seal(&self, bytes: ArrayBuffer, key: &CryptoKey) -> Result<(Listed, Blob, B64<32>)> {
        let part_mac = self.place.mac(&bytes);
        let packed = if self.compress { packing::pack(&Uint8Array::new(&bytes).to_vec()) } else { None };
        let (plain, compression) = match packed {
            Some(packed) => {
                release(bytes);
                (js_bytes(&packed).buffer(), Compression::DeflateRaw)
            }
            None => (bytes, Compression::None),
        };
        let iv = Iv::generate(&mut SystemEntropy);
        let aad = PartAad::new(&self.place.file_id, &self.place.span(), compression, &part_mac);
        let sealed = subtle::seal(key, iv.as_bytes(), aad.as_bytes(), &plain).await?;
        release(plain);
        let mut digest = BodyHasher::new();
        digest.update(iv.as_bytes());
        for_each_segment(&sealed, |segment| digest.update(segment));
        let listed = Listed {
            iv: B64(*iv.as_bytes()),
            tag: B64(tag_of(&sealed)),
            stored_len_bytes: sealed.byte_length() + IV_BYTES as u32,
            compression,
            part_mac: B64(part_mac),
        };
        let blob = blob_of(&Array::of2(&js_bytes(iv.as_bytes()), &sealed))?;
        release(sealed);
        Ok((listed, blob, B64(digest.finish())))
    }
}

struct FetchOrder {
    job: u32,
    place: Place,
    listed: Listed,
    compression_allowed: bool,
    url: String,
}

enum Fetched {
    Opened(ArrayBuffer),
    Refused(PartReply),
}

impl FetchOrder {
    async fn carry_out(self, key: &CryptoKey, aborters: &Aborters) -> Result<Fetched> {
        self.check_possible()?;
        let exchange = Exchange::open("GET", &self.url, &[])?;
        let answer = converse(self.job, exchange, None, aborters).await?;
        if answer.status != 200 {
            return Ok(Fetched::Refused(answered(self.job, &answer)));
        }
        let body: ArrayBuffer = answer.body.unchecked_into();
        self.check_listed(&body)?;
        let aad =
            PartAad::new(&self.place.file_id, &self.place.span(), self.listed.compression, &self.listed.part_mac.0);
        let sealed = Uint8Array::new_with_byte_offset(&body, IV_BYTES as u32);
        let opened = subtle::open(key, &self.listed.iv.0, aad.as_bytes(), &sealed).await?;
        release(body);
        self.accept(opened).map(Fetched::Opened)
    }

    fn check_possible(&self) -> Result<()> {
        let allowed = self.listed.compression == Compression::None || self.compression_allowed;
        let stored = u64::from(self.listed.stored_len_bytes);
        if allowed && is_possible_body(self.place.len_bytes, self.listed.compression, stored) {
            return Ok(());
        }
        Err(ClientCode::Tampered.because("the list names a part that this file can not have"))
    }

    /// The body carries the IV and tag of the list. Told apart from tampering: a fresh fetch may bring the right one.
    fn check_listed(&self, body: &ArrayBuffer) -> Result<()> {
        let long_enough = body.byte_length() >= PART_OVERHEAD_BYTES && body.byte_length() == self.listed.stored_len_bytes;
        let listed = long_enough && {
            let mut iv = [0; IV_BYTES];
            Uint8Array::new_with_byte_offset_and_length(body, 0, IV_BYTES as u32).copy_to(&mut iv);
            iv == self.listed.iv.0 && tag_of(body) == self.listed.tag.0
        };
        if listed { Ok(()) } else { Err(ClientCode::BadAnswer.because("the body is not the listed one")) }
    }

    fn accept(&self, opened: ArrayBuffer) -> Result<ArrayBuffer> {
        let tampered = || ClientCode::Tampered.because("the part's plaintext is not the one that was sealed");
        match self.listed.compression {
            Compression::None => {
                let equal = opened.byte_length() == self.place.len_bytes && self.place.mac(&opened) == self.listed.part_mac.0;
                if equal { Ok(opened) } else { Err(tampered()) }
            }
            Compression::DeflateRaw => {
                let packed = Uint8Array::new(&opened).to_vec();
                release(opened);
                let plain = accept_opened(&self.place.mac_key(), &self.place.span(), &self.listed.record(), packed);
                plain.map(|plain| js_bytes(&plain).buffer()).map_err(|_| tampered())
            }
        }
    }
}

/// Sends an exchange that can be aborted, and reports its progress.
async fn converse(job: u32, exchange: Exchange, body: Option<&Blob>, aborters: &Aborters) -> Result<Answer> {
    aborters.borrow_mut().insert(job, Box::new(exchange.aborter()));
    let reported_ms = Rc::new(std::cell::Cell::new(0));
    let report = move |bytes: f64| {
        if now_ms().saturating_sub(reported_ms.get()) >= PROGRESS_EVERY_MS {
            reported_ms.set(now_ms());
            post(&PartReply::Progress { job, bytes: bytes as u64 });
        }
    };
    exchange.send(body, report).await
}

fn finish(job: u32, outcome: Result<PartReply>, aborters: &Aborters) {
    aborters.borrow_mut().remove(&job);
    post(&outcome.unwrap_or_else(|error| failed(job, &error)));
}

fn failed(job: u32, error: &ClientError) -> PartReply {
    let failure = match error {
        ClientError::Local { code: ClientCode::Network, .. } => PartFailure::Network,
        ClientError::Local { code: ClientCode::Stalled, .. } => PartFailure::Stalled,
        ClientError::Local { code: ClientCode::Stopped, .. } => PartFailure::Aborted,
        ClientError::Local { code: ClientCode::BadAnswer, .. } => PartFailure::NotAsListed,
        ClientError::Local { code: ClientCode::Tampered, .. } => PartFailure::Tampered,
        _ => PartFailure::Fault,
    };
    PartReply::Failed { job, failure, detail: error.detail().unwrap_or_default().to_owned() }
}

fn answered(job: u32, answer: &Answer) -> PartReply {
    let bytes = match answer.body.dyn_ref::<ArrayBuffer>() {
        Some(body) => Uint8Array::new(body).to_vec(),
        None => Vec::new(),
    };
    let body = String::from_utf8_lossy(&bytes).into_owned();
    PartReply::Answered { job, status: answer.status, retry_after: answer.retry_after.clone(), body }
}

fn tag_of(sealed: &ArrayBuffer) -> [u8; 16] {
    let mut tag = [0; 16];
    Uint8Array::new_with_byte_offset(sealed, sealed.byte_length() - 16).copy_to(&mut tag);
    tag
}

fn blob_of(pieces: &Array) -> Result<Blob> {
    Blob::new_with_u8_array_sequence(pieces).map_err(|e| ClientCode::ClientFault.thrown(&e))
}

fn compression_name(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "none",
        Compression::DeflateRaw => "deflate-raw",
    }
}

fn post(reply: &PartReply) {
    or_die(Parcel::new(reply).and_then(Parcel::post_up));
}

/// A worker that can't speak is of no use: the error event tells the coordinator.
fn or_die(posted: Result<()>) {
    if let Err(error) = posted {
        wasm_bindgen::throw_str(&error.to_string());
    }
}
