//! The short-lived worker that runs Argon2: it takes its 64 MiB with it when it ends, and the coordinator stays responsive.

use ferry_core::{
    envelope::{
        keys::{Password, Prk, StretchError, stretch},
        slot::SlotPrefix,
    },
    wire::B64,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::link::{self, FromWorker, Parcel, WorkerLink};
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::deferred,
};

/// The one thing it is asked.
#[derive(Serialize, Deserialize)]
struct StretchRequest {
    password: String,
    prefix: B64<28>,
}

/// The one thing it answers.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StretchReply {
    Stretched(B64<32>),
    OutOfMemory,
    NotAPasswordSlot,
    BadPrefix,
}

/// What a password became, or why not.
pub(crate) enum Stretched {
    Done(Prk),
    /// Registration may try a cheaper derivation.
    OutOfMemory,
}

/// Serves its one request.
pub(crate) fn run_stretch() {
    link::serve(|message| {
        let posted =
            link::head(&message).and_then(|request| Parcel::new(&answer(request))?.post_up());
        if let Err(error) = posted {
            wasm_bindgen::throw_str(&error.to_string());
        }
    });
}

fn answer(request: StretchRequest) -> StretchReply {
    let Ok(prefix) = SlotPrefix::parse(&request.prefix.0) else {
        return StretchReply::BadPrefix;
    };
    match stretch(&Password::new(&request.password), &prefix) {
        Ok(prk) => StretchReply::Stretched(B64(*prk.expose())),
        Err(StretchError::OutOfMemory) => StretchReply::OutOfMemory,
        Err(StretchError::NotAPasswordSlot) => StretchReply::NotAPasswordSlot,
    }
}

/// Stretches a password in a worker of its own.
pub(crate) async fn stretch_apart(
    module: &JsValue,
    password: &str,
    prefix: &SlotPrefix,
) -> Result<Stretched> {
    let (ready, tell_ready) = deferred();
    let (replied, tell_reply) = deferred();
    let worker = WorkerLink::spawn("stretch", module, move |from| {
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
    worker.post(Parcel::new(&StretchRequest {
        password: password.to_owned(),
        prefix: B64(*prefix.as_bytes()),
    })?)?;
    let reply = JsFuture::from(replied).await.map_err(awaited)?;
    // Memory that can't be had ends the worker instead of answering.
    if reply.is_undefined() {
        return Ok(Stretched::OutOfMemory);
    }
    match link::head(&reply)? {
        StretchReply::Stretched(B64(bytes)) => {
            Ok(Stretched::Done(Prk::from_stretched(&bytes, prefix)))
        }
        StretchReply::OutOfMemory => Ok(Stretched::OutOfMemory),
        StretchReply::NotAPasswordSlot | StretchReply::BadPrefix => Err(unknown_slot()),
    }
}

fn unknown_slot() -> ClientError {
    ClientCode::Tampered.because("the key slot is not one that a password opens")
}
