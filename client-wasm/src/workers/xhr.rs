//! One XMLHttpRequest as a future, with stall detection. `fetch` reports no upload progress, hence this. What it reports was
//! handed to the network and is no sign that the server has it: only answers are.

use std::{cell::Cell, rc::Rc};

use ferry_core::wire::{HEADER_ERROR_CODE, HEADER_UPLOAD_OFFSET};
use futures_channel::oneshot;
use gloo_timers::callback::Interval;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Blob, ProgressEvent, XmlHttpRequest, XmlHttpRequestResponseType};

use crate::{
    error::{ClientCode, Result},
    interop::now_ms,
    once::OnceSender,
};

/// Longest time without a byte moving.
const STALL_MS: u64 = 30_000;
const STALL_CHECK_MS: u32 = 1_000;

type EventHandler = Closure<dyn FnMut(ProgressEvent)>;

/// What came back; a refusal is an answer too.
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// Where the server's bytes of the body end.
    pub(crate) upload_offset: Option<u64>,
    /// The code of a refusal; the answer to HEAD has it nowhere else.
    pub(crate) error_code: Option<String>,
    /// An ArrayBuffer, or null where there is none.
    pub(crate) body: JsValue,
}

/// How long a request may take, besides that bytes must move.
#[derive(Clone, Copy)]
pub(crate) struct Timeouts {
    /// Until all of its body was handed over.
    pub(crate) sending_ms: u64,
    /// From then on, until the answer.
    pub(crate) answer_ms: u64,
}

impl Timeouts {
    /// For as long as bytes move; an answer that is stored first may take its time.
    pub(crate) const LONG: Timeouts = Timeouts {
        sending_ms: u64::MAX,
        answer_ms: 120_000,
    };
}

/// What happened on the wire last.
#[derive(Clone, Copy, PartialEq)]
enum WireState {
    Moving { since_ms: u64 },
    AwaitingAnswer { since_ms: u64 },
    Stalled,
}

/// The event that ended a request.
#[derive(Clone, Copy, PartialEq)]
enum RequestEnd {
    Loaded,
    Aborted,
    Broken,
}

/// A request that can be aborted from outside; the future then ends with `Stopped`.
pub(crate) struct Exchange {
    xhr: XmlHttpRequest,
    wire: Rc<Cell<WireState>>,
}

impl Exchange {
    /// Opens the request and sends nothing yet.
    pub(crate) fn open(method: &str, url: &str, headers: &[(&str, String)]) -> Result<Self> {
        let fault = |e: JsValue| ClientCode::ClientFault.thrown(&e);
        let xhr = XmlHttpRequest::new().map_err(fault)?;
        xhr.open(method, url).map_err(fault)?;
        xhr.set_response_type(XmlHttpRequestResponseType::Arraybuffer);
        for (name, value) in headers {
            xhr.set_request_header(name, value).map_err(fault)?;
        }
        Ok(Exchange {
            xhr,
            wire: Rc::new(Cell::new(WireState::Moving { since_ms: now_ms() })),
        })
    }

    /// Something that aborts the request when it is called.
    pub(crate) fn aborter(&self) -> impl Fn() + 'static {
        let xhr = self.xhr.clone();
        move || {
            // Aborting a finished request does nothing.
            let _ = xhr.abort();
        }
    }

    /// Sends it.
    pub(crate) async fn send(self, body: Option<&Blob>, timeouts: Timeouts) -> Result<HttpAnswer> {
        let handlers = self.listen(body.is_some());
        let watch = self.watch(timeouts);
        let (on_end, end) = self.listen_for_end();
        let sent = match body {
            Some(blob) => self.xhr.send_with_opt_blob(Some(blob)),
            None => self.xhr.send(),
        };
        sent.map_err(|e| ClientCode::Network.thrown(&e))?;
        let end = end.await.unwrap_or(RequestEnd::Broken);
        drop((watch, handlers, on_end));
        self.detach();
        match (end, self.wire.get()) {
            (RequestEnd::Loaded, _) => Ok(self.answer()),
            (RequestEnd::Aborted, WireState::Stalled) => Err(ClientCode::Stalled.into()),
            (RequestEnd::Aborted, _) => Err(ClientCode::Stopped.into()),
            (RequestEnd::Broken, _) => Err(ClientCode::Network.into()),
        }
    }

    fn answer(&self) -> HttpAnswer {
        HttpAnswer {
            status: self.xhr.status().unwrap_or(0),
            retry_after: self.header("Retry-After"),
            upload_offset: self
                .header(HEADER_UPLOAD_OFFSET)
                .and_then(|offset| offset.trim().parse().ok()),
            error_code: self.header(HEADER_ERROR_CODE),
            body: self.xhr.response().unwrap_or(JsValue::NULL),
        }
    }

    fn header(&self, name: &str) -> Option<String> {
        self.xhr.get_response_header(name).ok().flatten()
    }

    fn listen(&self, uploads: bool) -> Vec<EventHandler> {
        let wire = self.wire.clone();
        let moved = EventHandler::new(move |_| wire.set(WireState::Moving { since_ms: now_ms() }));
        let wire = self.wire.clone();
        let all_sent =
            EventHandler::new(move |_| wire.set(WireState::AwaitingAnswer { since_ms: now_ms() }));
        match (uploads, self.xhr.upload()) {
            (true, Ok(upload)) => {
                upload.set_onprogress(Some(moved.as_ref().unchecked_ref()));
                upload.set_onload(Some(all_sent.as_ref().unchecked_ref()));
            }
            _ => self
                .xhr
                .set_onprogress(Some(moved.as_ref().unchecked_ref())),
        }
        vec![moved, all_sent]
    }

    fn watch(&self, timeouts: Timeouts) -> Interval {
        let (xhr, wire) = (self.xhr.clone(), self.wire.clone());
        let began_ms = now_ms();
        Interval::new(STALL_CHECK_MS, move || {
            let since = |at_ms| now_ms().saturating_sub(at_ms);
            let is_over = match wire.get() {
                WireState::Moving { since_ms } => {
                    since(since_ms) > STALL_MS || since(began_ms) > timeouts.sending_ms
                }
                WireState::AwaitingAnswer { since_ms } => since(since_ms) > timeouts.answer_ms,
                WireState::Stalled => return,
            };
            if is_over {
                wire.set(WireState::Stalled);
                let _ = xhr.abort();
            }
        })
    }

    /// The handler of the events that end the request, and which one came.
    fn listen_for_end(&self) -> (EventHandler, oneshot::Receiver<RequestEnd>) {
        let (sender, end) = OnceSender::channel();
        let on_end = EventHandler::new(move |event: ProgressEvent| {
            sender.send(match event.type_().as_str() {
                "load" => RequestEnd::Loaded,
                "abort" => RequestEnd::Aborted,
                _ => RequestEnd::Broken,
            });
        });
        let handler = Some(on_end.as_ref().unchecked_ref());
        self.xhr.set_onload(handler);
        self.xhr.set_onerror(handler);
        self.xhr.set_onabort(handler);
        self.xhr.set_ontimeout(handler);
        (on_end, end)
    }

    /// A late event must not call a closure that is gone.
    fn detach(&self) {
        self.xhr.set_onload(None);
        self.xhr.set_onerror(None);
        self.xhr.set_onabort(None);
        self.xhr.set_ontimeout(None);
        self.xhr.set_onprogress(None);
        if let Ok(upload) = self.xhr.upload() {
            upload.set_onprogress(None);
            upload.set_onload(None);
        }
    }
}
