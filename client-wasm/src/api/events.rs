//! Server-sent events of one call: each is heard as it comes, and only silence ends the waiting. What they mean is the caller's business.

use std::{cell::Cell, rc::Rc};

use ferry_core::wire::EVENT_KEEP_ALIVE_SECS;
use gloo_timers::callback::Interval;
use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, ReadableStreamDefaultReader, Response};

use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{field, now_ms},
};

/// Longest silence: four signs of life that did not come.
const SILENCE_MS: u64 = 4 * 1_000 * EVENT_KEEP_ALIVE_SECS;
const SILENCE_CHECK_MS: u32 = 2_000;

/// Aborts a call that says nothing for too long.
pub(super) struct SilenceTimeout {
    abort: AbortController,
    heard_ms: Rc<Cell<u64>>,
    has_ended: Rc<Cell<bool>>,
    _watch: Interval,
}

impl SilenceTimeout {
    pub(super) fn new() -> Result<Self> {
        let abort =
            AbortController::new().map_err(|e| ClientCode::UnsupportedBrowser.thrown(&e))?;
        let (heard_ms, has_ended) = (Rc::new(Cell::new(now_ms())), Rc::new(Cell::new(false)));
        let (heard, ended, aborting) = (heard_ms.clone(), has_ended.clone(), abort.clone());
        let watch = Interval::new(SILENCE_CHECK_MS, move || {
            if now_ms().saturating_sub(heard.get()) > SILENCE_MS && !ended.replace(true) {
                aborting.abort();
            }
        });
        Ok(SilenceTimeout {
            abort,
            heard_ms,
            has_ended,
            _watch: watch,
        })
    }

    pub(super) fn signal(&self) -> web_sys::AbortSignal {
        self.abort.signal()
    }

    /// Why a read or the call failed.
    pub(super) fn blame(&self, exception: &JsValue) -> ClientError {
        if self.has_ended.get() {
            ClientCode::Stalled.into()
        } else {
            ClientCode::Network.thrown(exception)
        }
    }

    fn heard(&self) {
        self.heard_ms.set(now_ms());
    }
}

/// Hands every event (its name, its data) to `hear`, to the end of the answer.
pub(super) async fn read(
    response: &Response,
    silence: &SilenceTimeout,
    mut hear: impl FnMut(&str, &str),
) -> Result<()> {
    let body = response
        .body()
        .ok_or(ClientCode::BadAnswer.because("no body"))?;
    let reader: ReadableStreamDefaultReader = body.get_reader().unchecked_into();
    let mut unread = Vec::new();
    loop {
        let read = JsFuture::from(reader.read()).await;
        let read = read.map_err(|e| silence.blame(&e))?;
        silence.heard();
        if field(&read, "done").is_truthy() {
            return Ok(());
        }
        unread.extend(
            field(&read, "value")
                .unchecked_into::<Uint8Array>()
                .to_vec(),
        );
        for event in whole_events(&mut unread) {
            let (name, data) = parsed(&event);
            hear(name, data);
        }
    }
}

/// Takes what has ended, each with an empty line.
fn whole_events(unread: &mut Vec<u8>) -> Vec<String> {
    let mut events = Vec::new();
    while let Some(at) = unread.windows(2).position(|two| two == b"\n\n") {
        let event: Vec<u8> = unread.drain(..at + 2).collect();
        events.push(String::from_utf8_lossy(&event).into_owned());
    }
    events
}

/// Name and data; both empty in a comment.
fn parsed(event: &str) -> (&str, &str) {
    let value = |name| event.lines().find_map(|line| line.strip_prefix(name));
    let (name, data) = (value("event:"), value("data:"));
    (
        name.unwrap_or_default().trim(),
        data.unwrap_or_default().trim(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_heard_whole_however_they_are_cut() {
        let sent =
            b"event: progress\ndata: {\"checked\":1}\n\n: still at it\n\nevent: done\ndata: {}\n\n";
        for size in [1, 7, 1_000] {
            let mut unread = Vec::new();
            let mut events = Vec::new();
            for piece in sent.chunks(size) {
                unread.extend(piece);
                events.extend(whole_events(&mut unread));
            }
            let heard: Vec<_> = events.iter().map(|event| parsed(event)).collect();
            let expected = [("progress", "{\"checked\":1}"), ("", ""), ("done", "{}")];
            assert_eq!(heard, expected);
            assert!(unread.is_empty());
        }
    }
}
