//! The reader worker: reads slices of picked files and feeds each file's pass, in order, to its SHA-256. It knows no keys.

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
    link::{self, Parcel},
};
use crate::{error::exception_text, interop::field};

/// What the coordinator asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum ReaderRequest {
    /// A picked file, attached as `blob`; a second one under the same number replaces the first.
    Open { file: u32 },
    /// A slice. With `hash` it is part of the pass: it must begin where the pass ended or will have ended.
    Read { file: u32, job: u32, offset_bytes: u64, len_bytes: u32, hash: bool },
    /// The SHA-256 of the whole pass so far.
    Digest { file: u32, job: u32 },
    /// Forget it.
    Close { file: u32 },
}

/// What it gets.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum ReaderReply {
    /// The slice, attached as a buffer.
    Bytes { job: u32 },
    /// The hash.
    Digest { job: u32, sha256: B64<32> },
    /// The file can't be read any more.
    Failed { job: u32, reason: String },
}

struct OpenFile {
    blob: Blob,
    hasher: FileHasher,
    hashed_bytes: u64,
    /// Slices of the pass that were read before their turn, by offset.
    early: BTreeMap<u64, (u32, ArrayBuffer)>,
}

#[derive(Default)]
struct Reader {
    files: RefCell<HashMap<u32, OpenFile>>,
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
            ReaderRequest::Open { file } => {
                let blob = field(message, "blob").unchecked_into();
                let opened = OpenFile { blob, hasher: FileHasher::new(), hashed_bytes: 0, early: BTreeMap::new() };
                self.files.borrow_mut().insert(file, opened);
            }
            ReaderRequest::Read { file, job, offset_bytes, len_bytes, hash } => spawn_local(async move {
                match self.read(file, offset_bytes, len_bytes).await {
                    Ok(bytes) if hash => self.pass(file, job, offset_bytes, bytes),
                    Ok(bytes) => reply_bytes(job, &bytes),
                    Err(reason) => reply(&ReaderReply::Failed { job, reason }),
                }
            }),
            ReaderRequest::Digest { file, job } => reply(&match self.files.borrow().get(&file) {
                Some(open) => ReaderReply::Digest { job, sha256: B64(open.hasher.clone().finish()) },
                None => ReaderReply::Failed { job, reason: "the file is not open".to_owned() },
            }),
            ReaderRequest::Close { file } => drop(self.files.borrow_mut().remove(&file)),
        }
    }

    async fn read(&self, file: u32, offset_bytes: u64, len_bytes: u32) -> Result<ArrayBuffer, String> {
        let blob = self.files.borrow().get(&file).map(|open| open.blob.clone()).ok_or("the file is not open")?;
        let end_bytes = offset_bytes + u64::from(len_bytes);
        // Offsets of files are below 2^53.
        let slice = blob.slice_with_f64_and_f64(offset_bytes as f64, end_bytes as f64).map_err(|e| exception_text(&e))?;
        let bytes: ArrayBuffer = JsFuture::from(slice.array_buffer()).await.map_err(|e| exception_text(&e))?.unchecked_into();
        match bytes.byte_length() {
            len if len == len_bytes => Ok(bytes),
            len => Err(format!("{len} bytes at {offset_bytes} instead of {len_bytes}")),
        }
    }

    /// Feeds the slice and those that waited for it, and hands them on.
    fn pass(&self, file: u32, job: u32, offset_bytes: u64, bytes: ArrayBuffer) {
        let mut files = self.files.borrow_mut();
        let Some(open) = files.get_mut(&file) else { return };
        open.early.insert(offset_bytes, (job, bytes));
        while let Some((job, bytes)) = open.early.remove(&open.hashed_bytes) {
            // Before the reply, which takes the buffer away.
            open.hashed_bytes += u64::from(bytes.byte_length());
            for_each_segment(&bytes, |segment| open.hasher.update(segment));
            reply_bytes(job, &bytes);
        }
    }
}

fn reply_bytes(job: u32, bytes: &ArrayBuffer) {
    let posted = Parcel::new(&ReaderReply::Bytes { job }).and_then(|parcel| parcel.with_buffer(bytes).post_up());
    if let Err(error) = posted {
        wasm_bindgen::throw_str(&error.to_string());
    }
}

fn reply(reply: &ReaderReply) {
    if let Err(error) = Parcel::new(reply).and_then(Parcel::post_up) {
        wasm_bindgen::throw_str(&error.to_string());
    }
}
