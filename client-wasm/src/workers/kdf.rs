//! The short-lived worker that runs Argon2: it takes its 64 MiB with it when it ends, and the coordinator stays responsive.

use ferry_core::{
    envelope::{
        keys::{KdfError, Password, Prk, derive_prk},
        slot::{SLOT_PREFIX_BYTES, SlotPrefix},
    },
    wire::B64,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use super::link::{self, FromWorker, Message, WorkerDied, WorkerLink};
use crate::{
    error::{ClientCode, ClientError, Result},
    once::OnceSender,
};

/// What it is asked, once.
#[derive(Serialize, Deserialize)]
struct KdfRequest {
    password: String,
    prefix: B64<SLOT_PREFIX_BYTES>,
}

/// What it answers, once.
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

/// Derives a password's key in a worker of its own.
pub(crate) async fn derive_in_worker(
    module: &JsValue,
    password: &str,
    prefix: &SlotPrefix,
) -> Result<Derived> {
    let (ready, is_ready) = OnceSender::channel();
    let (reply, replied) = OnceSender::channel();
    let worker = WorkerLink::spawn("kdf", module, move |from| match from {
        FromWorker::Ready => ready.send(Ok(())),
        FromWorker::Message(message) => reply.send(Ok(message)),
        FromWorker::Died(died) => {
            ready.send(Err(died.clone()));
            reply.send(Err(died));
        }
    })?;
    let gone = |_| WorkerDied("it was let go".to_owned());
    if let Err(WorkerDied(reason)) = is_ready.await.map_err(gone).flatten() {
        // It says nothing about memory: a new password must not get the cheaper derivation because a script did not load.
        let why = format!("the password's worker could not be started: {reason}");
        return Err(ClientCode::ClientFault.because(why));
    }
    worker.post(Message::new(&KdfRequest {
        password: password.to_owned(),
        prefix: B64(*prefix.as_bytes()),
    })?)?;
    // Memory that cannot be had ends the worker instead of answering.
    let Ok(reply) = replied.await.map_err(gone).flatten() else {
        return Ok(Derived::OutOfMemory);
    };
    match link::head(&reply)? {
        KdfReply::Derived(B64(bytes)) => Ok(Derived::Done(Prk::from_derived(&bytes, prefix))),
        KdfReply::OutOfMemory => Ok(Derived::OutOfMemory),
        KdfReply::NotAPasswordSlot | KdfReply::BadPrefix => Err(unknown_slot()),
    }
}

fn unknown_slot() -> ClientError {
    ClientCode::Tampered.because("the key slot is not one that a password opens")
}
