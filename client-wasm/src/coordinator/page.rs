//! Messages to the page: answers, refusals, and the events of one transfer under its topic.

use ferry_core::transfer::upload::{Changed, Decision};
use js_sys::{Array, ArrayBuffer, Object};
use serde::Serialize;
use wasm_bindgen::JsValue;

use crate::{
    download::Sink,
    error::{ClientCode, ClientError, Result},
    interop::{scope, set_field, to_js},
    machine_loop::Observer,
    progress::ProgressView,
    upload::UploadObserver,
};

/// The page's number for one upload or download.
pub(crate) type Topic = u32;

/// The page's end of one transfer.
pub(super) struct Listener {
    pub(super) topic: Topic,
    pub(super) name: String,
}

/// `Changed` of the page.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedView {
    name: String,
    differing_parts: u32,
    total_parts: u32,
    stored_size_bytes: u64,
    size_bytes: u64,
    complete: bool,
    choices: Vec<&'static str>,
}

pub(super) fn post_answer(id: &JsValue, value: &JsValue) {
    post(&[("id", id), ("ok", value)], &[]);
}

pub(super) fn post_refusal(id: &JsValue, error: &ClientError) {
    let view = to_js(&error.to_view()).unwrap_or(JsValue::NULL);
    post(&[("id", id), ("error", &view)], &[]);
}

/// The session changed in another way than by a call: the page asks for it.
pub(super) fn post_session() {
    post(&[("session", &JsValue::TRUE)], &[]);
}

/// How far the verification of a file is.
pub(super) fn post_verified(topic: Topic, verified: u32, total: u32) {
    let progress = Object::new();
    set_field(&progress, "verifiedParts", &verified.into());
    set_field(&progress, "totalParts", &total.into());
    post(&[("topic", &topic.into()), ("progress", &progress)], &[]);
}

impl Listener {
    fn post(&self, name: &str, value: &JsValue, transfer: &[&JsValue]) {
        post(
            &[("topic", &JsValue::from(self.topic)), (name, value)],
            transfer,
        );
    }
}

impl Observer for Listener {
    fn progress(&self, progress: ProgressView) {
        if let Ok(view) = to_js(&progress) {
            self.post("progress", &view, &[]);
        }
    }

    fn sign_in(&self) {
        post_session();
    }
}

impl UploadObserver for Listener {
    fn changed(&self, changed: Changed) {
        let view = ChangedView {
            name: self.name.clone(),
            differing_parts: changed.differing_parts,
            total_parts: changed.total_parts,
            stored_size_bytes: changed.stored_size_bytes,
            size_bytes: changed.size_bytes,
            complete: changed.complete,
            choices: changed
                .choices()
                .iter()
                .map(|choice| decision_name(*choice))
                .collect(),
        };
        if let Ok(view) = to_js(&view) {
            self.post("changed", &view, &[]);
        }
    }
}

impl Sink for Listener {
    fn write(&self, bytes: &ArrayBuffer) -> Result<()> {
        self.post("chunk", bytes, &[bytes]);
        Ok(())
    }
}

fn decision_name(decision: Decision) -> &'static str {
    match decision {
        Decision::Replace => "replace",
        Decision::Fresh => "fresh",
        Decision::Stop => "stop",
    }
}

/// The answer of `onChanged`.
pub(super) fn decision_of(name: &str) -> Result<Decision> {
    [Decision::Replace, Decision::Fresh, Decision::Stop]
        .into_iter()
        .find(|decision| decision_name(*decision) == name)
        .ok_or(ClientCode::ClientFault.because("onChanged answered something else"))
}

fn post(fields: &[(&str, &JsValue)], transfer: &[&JsValue]) {
    let message = Object::new();
    for (name, value) in fields {
        set_field(&message, name, value);
    }
    let transfer: Array = transfer.iter().copied().cloned().collect();
    if let Err(exception) = scope().post_message_with_transfer(&message, &transfer) {
        wasm_bindgen::throw_val(exception);
    }
}
