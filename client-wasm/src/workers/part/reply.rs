//! How a job's reply leaves the worker, and what an answer of the server becomes in it.

use ferry_core::wire::{ErrorCode, Problem};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsCast;

use super::messages::PartReply;
use crate::{
    api::refusal,
    error::ClientError,
    workers::{
        link::{Message, or_die},
        xhr::HttpAnswer,
    },
};

/// A reply with the buffer that it hands over, if any.
pub(super) struct Reply {
    head: PartReply,
    bytes: Option<ArrayBuffer>,
}

impl From<PartReply> for Reply {
    fn from(head: PartReply) -> Self {
        Reply { head, bytes: None }
    }
}

impl Reply {
    pub(super) fn with_bytes(head: PartReply, bytes: ArrayBuffer) -> Self {
        Reply {
            head,
            bytes: Some(bytes),
        }
    }

    pub(super) fn post(self) {
        or_die(
            Message::new(&self.head).and_then(|message| match &self.bytes {
                Some(bytes) => message.with_buffer(bytes).post_up(),
                None => message.post_up(),
            }),
        );
    }
}

/// The error of an answer with another status than the order hopes for.
pub(super) fn refused(answer: &HttpAnswer) -> ClientError {
    let error = refusal(answer.status, &text(answer), answer.retry_after.as_deref());
    match (&error, refused_with(answer)) {
        (ClientError::OddStatus { .. }, Some(code)) => {
            ClientError::Refused(Box::new(Problem::new(code, answer.status, None)))
        }
        _ => error,
    }
}

/// The code that the answer has in its headers.
pub(super) fn refused_with(answer: &HttpAnswer) -> Option<ErrorCode> {
    let told = answer.error_code.as_deref()?;
    let mut all = ErrorCode::ALL.iter().copied();
    all.find(|code| code.as_str() == told)
}

pub(super) fn text(answer: &HttpAnswer) -> String {
    match answer.body.dyn_ref::<ArrayBuffer>() {
        Some(body) => String::from_utf8_lossy(&Uint8Array::new(body).to_vec()).into_owned(),
        None => String::new(),
    }
}
