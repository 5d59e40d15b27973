//! A part worker: MACs parts, seals and sends them, fetches, opens and checks them. It decides nothing: every job is told
//! exactly what to do, and every outcome is reported.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use ferry_core::{
    digest::BodyHasher,
    envelope::{
        IV_BYTES, Iv,
        keys::MacKey,
        packing,
        part::{
            PART_OVERHEAD_BYTES, PartAad, PartHasher, PartRecord, accept_opened, is_possible_body,
        },
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
    link::{self, Parcel, or_die},
    xhr::{Answer, Exchange},
};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{SystemEntropy, field, js_bytes, now_ms},
    subtle,
};

/// Time between two reports of bytes on the wire, a job.
const PROGRESS_EVERY_MS: u64 = 100;
/// [`IV_BYTES`] as JavaScript counts.
const IV_LEN_BYTES: u32 = 12;

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
    /// MAC of the attached bytes; with `keep` they stay here under the job's number.
    Mac { job: u32, place: Place, keep: bool },
    /// Seal and send what the job `kept` keeps here.
    Send {
        job: u32,
        kept: u32,
        place: Place,
        mac: B64<32>,
        compress: bool,
        url: String,
        if_match: Option<u32>,
    },
    /// Fetch and open.
    Fetch {
        job: u32,
        place: Place,
        listed: Listed,
        compression_allowed: bool,
        url: String,
    },
    /// Send the attached bytes as they are: the measure that sealing is compared with.
    Plain { job: u32, url: String },
    /// Drop what a job keeps here.
    Drop { kept: u32 },
    /// End a job; it answers once more.
    Abort { job: u32 },
}

/// What it gets. Every job ends with exactly one of `Maced`, `Sent`, `Opened`, `Refused`, `Failed`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum PartReply {
    /// The MAC.
    Maced { job: u32, mac: B64<32> },
    /// Bytes of the body that left or arrived.
    Progress { job: u32, bytes: u64 },
    /// The server took the body; its answer, and how the body was sealed.
    Sent {
        job: u32,
        body: String,
        iv: B64<12>,
        tag: B64<16>,
    },
    /// The plaintext, attached.
    Opened { job: u32 },
    /// The server answered with another status.
    Refused {
        job: u32,
        status: u16,
        retry_after: Option<String>,
        body: String,
    },
    /// It came to no answer.
    Failed {
        job: u32,
        failure: PartFailure,
        detail: String,
    },
}

/// Why a job came to no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartFailure {
    Network,
    Stalled,
    Aborted,
    /// The fetched body is not the listed one, or does not open.
    NotGenuine,
    Fault,
}

impl PartReply {
    pub(crate) fn job(&self) -> u32 {
        match self {
            PartReply::Maced { job, .. }
            | PartReply::Progress { job, .. }
            | PartReply::Sent { job, .. }
            | PartReply::Opened { job }
            | PartReply::Refused { job, .. }
            | PartReply::Failed { job, .. } => *job,
        }
    }
}

impl Place {
    fn span(&self) -> PartSpan {
        PartSpan {
            number: self.number,
            offset_bytes: self.offset_bytes,
            len_bytes: self.len_bytes,
        }
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

/// What lives from one message to another.
#[derive(Default)]
struct Desk {
    /// Jobs that can be aborted, from their arrival to their last reply.
    stages: RefCell<HashMap<u32, Stage>>,
    /// Plaintext that waits for its `Send`.
    kept: RefCell<HashMap<u32, ArrayBuffer>>,
}

/// How far a job on its way to the server is.
enum Stage {
    Preparing,
    /// Before it was on the wire: it never will be.
    Aborted,
    /// Calling it ends the exchange.
    OnTheWire(Box<dyn Fn()>),
}

/// Serves for as long as the worker lives.
pub(crate) fn run_part_worker() {
    let desk = Rc::new(Desk::default());
    link::serve(move |message| match link::head::<PartRequest>(&message) {
        Ok(request) => desk.clone().handle(request, &message),
        Err(error) => wasm_bindgen::throw_str(&error.to_string()),
    });
}

impl Desk {
    fn handle(self: Rc<Self>, request: PartRequest, message: &JsValue) {
        let key = || field(message, "key").unchecked_into::<CryptoKey>();
        match request {
            PartRequest::Mac { job, place, keep } => {
                self.mac(job, &place, keep, link::buffer(message))
            }
            PartRequest::Send {
                job,
                kept,
                place,
                mac,
                compress,
                url,
                if_match,
            } => {
                let order = SendOrder {
                    job,
                    place,
                    mac,
                    compress,
                    url,
                    if_match,
                };
                let Some(plain) = self.kept.borrow_mut().remove(&kept) else {
                    return post(&failed(
                        job,
                        &ClientCode::ClientFault.because("the part's bytes are gone"),
                    ));
                };
                let key = key();
                self.begin(job);
                spawn_local(
                    async move { self.finish(job, order.carry_out(plain, &key, &self).await) },
                );
            }
            PartRequest::Fetch {
                job,
                place,
                listed,
                compression_allowed,
                url,
            } => {
                let order = FetchOrder {
                    job,
                    place,
                    listed,
                    compression_allowed,
                    url,
                };
                let key = key();
                self.begin(job);
                spawn_local(async move {
                    match order.carry_out(&key, &self).await {
                        Ok(Fetched::Opened(plain)) => self.hand_over(job, &plain),
                        Ok(Fetched::Refused(reply)) => self.finish(job, Ok(reply)),
                        Err(error) => self.finish(job, Err(error)),
                    }
                });
            }
            PartRequest::Plain { job, url } => {
                let bytes = link::buffer(message);
                spawn_local(
                    async move { self.finish(job, send_plain(job, bytes, &url, &self).await) },
                );
            }
            PartRequest::Drop { kept } => {
                if let Some(plain) = self.kept.borrow_mut().remove(&kept) {
                    release(plain);
                }
            }
            PartRequest::Abort { job } => self.abort(job),
        }
    }

    fn begin(&self, job: u32) {
        self.stages.borrow_mut().insert(job, Stage::Preparing);
    }

    fn abort(&self, job: u32) {
        match self.stages.borrow_mut().get_mut(&job) {
            Some(Stage::OnTheWire(abort)) => abort(),
            Some(stage) => *stage = Stage::Aborted,
            None => {}
        }
    }

    fn mac(&self, job: u32, place: &Place, keep: bool, bytes: ArrayBuffer) {
        post(&PartReply::Maced {
            job,
            mac: B64(place.mac(&bytes)),
        });
        if keep {
            self.kept.borrow_mut().insert(job, bytes);
        } else {
            release(bytes);
        }
    }

    fn hand_over(&self, job: u32, plain: &ArrayBuffer) {
        self.stages.borrow_mut().remove(&job);
        or_die(
            Parcel::new(&PartReply::Opened { job })
                .and_then(|parcel| parcel.with_buffer(plain).post_up()),
        );
    }

    fn finish(&self, job: u32, outcome: Result<PartReply>) {
        self.stages.borrow_mut().remove(&job);
        post(&outcome.unwrap_or_else(|error| failed(job, &error)));
    }

    /// Sends an exchange that can be aborted, and reports its progress.
    async fn converse(&self, job: u32, exchange: Exchange, body: Option<&Blob>) -> Result<Answer> {
        if let Some(Stage::Aborted) = self.stages.borrow().get(&job) {
            return Err(ClientCode::Stopped.into());
        }
        self.stages
            .borrow_mut()
            .insert(job, Stage::OnTheWire(Box::new(exchange.aborter())));
        let reported_ms = Rc::new(Cell::new(0));
        let report = move |bytes: f64| {
            if now_ms().saturating_sub(reported_ms.get()) >= PROGRESS_EVERY_MS {
                reported_ms.set(now_ms());
                post(&PartReply::Progress {
                    job,
                    bytes: bytes as u64,
                });
            }
        };
        exchange.send(body, report).await
    }
}

struct SendOrder {
    job: u32,
    place: Place,
    mac: B64<32>,
    compress: bool,
    url: String,
    if_match: Option<u32>,
}

/// A body that can leave.
struct SealedBody {
    blob: Blob,
    digest: B64<32>,
    compression: Compression,
    iv: B64<12>,
    tag: B64<16>,
}

impl SendOrder {
    async fn carry_out(
        self,
        plain: ArrayBuffer,
        key: &CryptoKey,
        desk: &Desk,
    ) -> Result<PartReply> {
        let sealed = self.seal(plain, key).await?;
        let mut headers = vec![
            (HEADER_PART_MAC, self.mac.to_string()),
            (
                HEADER_PART_COMPRESSION,
                compression_name(sealed.compression).to_owned(),
            ),
            (HEADER_BODY_BLAKE3, sealed.digest.to_string()),
            ("Content-Type", "application/octet-stream".to_owned()),
        ];
        headers.extend(
            self.if_match
                .map(|generation| ("If-Match", format!("\"{generation}\""))),
        );
        let exchange = Exchange::open("PUT", &self.url, &headers)?;
        let answer = desk
            .converse(self.job, exchange, Some(&sealed.blob))
            .await?;
        Ok(match answer.status {
            200 | 201 => PartReply::Sent {
                job: self.job,
                body: text(&answer),
                iv: sealed.iv,
                tag: sealed.tag,
            },
            _ => refused(self.job, &answer),
        })
    }

    /// Packing where asked for, SubtleCrypto with a fresh IV, digest of the body. The buffers end here.
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

async fn send_plain(job: u32, bytes: ArrayBuffer, url: &str, desk: &Desk) -> Result<PartReply> {
    let blob = blob_of(&Array::of1(&bytes))?;
    release(bytes);
    let answer = desk
        .converse(job, Exchange::open("PUT", url, &[])?, Some(&blob))
        .await?;
    Ok(refused(job, &answer))
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
    async fn carry_out(self, key: &CryptoKey, desk: &Desk) -> Result<Fetched> {
        self.check_possible()?;
        let answer = desk
            .converse(self.job, Exchange::open("GET", &self.url, &[])?, None)
            .await?;
        if answer.status != 200 {
            return Ok(Fetched::Refused(refused(self.job, &answer)));
        }
        let body: ArrayBuffer = answer.body.unchecked_into();
        self.check_listed(&body)?;
        let aad = PartAad::new(
            &self.place.file_id,
            &self.place.span(),
            self.listed.compression,
            &self.listed.part_mac.0,
        );
        let sealed = Uint8Array::new_with_byte_offset(&body, IV_LEN_BYTES);
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

    /// The body carries the length, IV and tag of the list.
    fn check_listed(&self, body: &ArrayBuffer) -> Result<()> {
        let mut iv = [0; IV_BYTES];
        let long_enough = body.byte_length() >= PART_OVERHEAD_BYTES
            && body.byte_length() == self.listed.stored_len_bytes;
        if long_enough {
            Uint8Array::new_with_byte_offset_and_length(body, 0, IV_LEN_BYTES).copy_to(&mut iv);
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

fn failed(job: u32, error: &ClientError) -> PartReply {
    let failure = match error {
        ClientError::Local {
            code: ClientCode::Network,
            ..
        } => PartFailure::Network,
        ClientError::Local {
            code: ClientCode::Stalled,
            ..
        } => PartFailure::Stalled,
        ClientError::Local {
            code: ClientCode::Stopped,
            ..
        } => PartFailure::Aborted,
        ClientError::Local {
            code: ClientCode::Tampered,
            ..
        } => PartFailure::NotGenuine,
        _ => PartFailure::Fault,
    };
    PartReply::Failed {
        job,
        failure,
        detail: error.detail().unwrap_or_default(),
    }
}

fn refused(job: u32, answer: &Answer) -> PartReply {
    PartReply::Refused {
        job,
        status: answer.status,
        retry_after: answer.retry_after.clone(),
        body: text(answer),
    }
}

fn text(answer: &Answer) -> String {
    match answer.body.dyn_ref::<ArrayBuffer>() {
        Some(body) => String::from_utf8_lossy(&Uint8Array::new(body).to_vec()).into_owned(),
        None => String::new(),
    }
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
