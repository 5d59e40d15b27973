//! The short-lived worker that runs Argon2: it takes its 64 MiB with it when it ends, and the coordinator stays responsive.

use ferry_core::{
    envelope::{
        keys::{KdfError, Password, Prk, derive_prk},
        slot::SlotPrefix,
    },
    wire::B64,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::link::{self, FromWorker, Message, WorkerLink};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::deferred,
};

/// The one thing it is asked.
#[derive(Serialize, Deserialize)]
struct KdfRequest {
    password: String,
    prefix: B64<28>,
}

/// The one thing it answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KdfReply {
    Derived(B64<32>),
    OutOfMemory,
    NotAPasswordSlot,
    BadPrefix,
}

/// What a password became, or why not.
pub(crate) enum Derived {
    Done(Prk),
    /// Registration may try a cheaper derivation.
    OutOfMemory,
}

/// Serves its one request.
pub(crate) fn run_kdf_worker() {
    link::serve(|message| {
        let posted =
            link::head(&message).and_then(|request| Message::new(&answer(request))?.post_up());
        if let Err(error) = posted {
            wasm_bindgen::throw_str(&error.to_string());
        }
    });
}

fn answer(request: KdfRequest) -> KdfReply {
    let Ok(prefix) = SlotPrefix::parse(&request.prefix.0) else {
        return KdfReply::BadPrefix;
    };
    match derive_prk(&Password::new(&request.password), &prefix) {
        Ok(prk) => KdfReply::Derived(B64(*prk.expose())),
        Err(KdfError::OutOfMemory) => KdfReply::OutOfMemory,
        Err(KdfError::NotAPasswordSlot) => KdfReply::NotAPasswordSlot,
    }
}

/// Stretches a password in a worker of its own.
pub(crate) async fn derive_in_worker(
    module: &JsValue,
    password: &str,
    prefix: &SlotPrefix,
) -> Result<Derived> {
    let (ready, tell_ready) = deferred();
    let (replied, tell_reply) = deferred();
    let worker = WorkerLink::spawn("kdf", module, move |from| {
        let _ = match from {
            FromWorker::Ready => tell_ready.call0(&JsValue::NULL),
            FromWorker::Message(message) => tell_reply.call1(&JsValue::NULL, &message),
            // The first of the two counts: whether it was ready before it died.
            FromWorker::Dead(why) => tell_ready
                .call1(&JsValue::NULL, &why.into())
                .and(tell_reply.call0(&JsValue::NULL)),
        };
    })?;
    let awaited = |e: JsValue| ClientCode::ClientFault.thrown(&e);
    let refused = JsFuture::from(ready).await.map_err(awaited)?;
    if let Some(why) = refused.as_string() {
        // It says nothing about memory: a new password must not get the cheaper derivation because a script did not load.
        let why = format!("the password's worker could not be started: {why}");
        return Err(ClientCode::ClientFault.because(why));
    }
    worker.post(Message::new(&KdfRequest {
        password: password.to_owned(),
        prefix: B64(*prefix.as_bytes()),
    })?)?;
    let reply = JsFuture::from(replied).await.map_err(awaited)?;
    // Memory that can't be had ends the worker instead of answering.
    if reply.is_undefined() {
        return Ok(Derived::OutOfMemory);
    }
    match link::head(&reply)? {
        KdfReply::Derived(B64(bytes)) => Ok(Derived::Done(Prk::from_derived(&bytes, prefix))),
        KdfReply::OutOfMemory => Ok(Derived::OutOfMemory),
        KdfReply::NotAPasswordSlot | KdfReply::BadPrefix => Err(unknown_slot()),
    }
}

fn unknown_slot() -> ClientError {
    ClientCode::Tampered.because("the key slot is not one that a password opens")
}
