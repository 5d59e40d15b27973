//! Messages between workers: a serde head plus attachments that serde cannot carry (buffers, blobs, keys). No meaning here.

use js_sys::{Array, ArrayBuffer, Object};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Event, MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::{
    error::{ClientCode, ClientError, Result},
    interop::{field, from_js, scope, set_field, to_js},
};

/// A message with its attachments; buffers are transferred, not copied.
pub(crate) struct Message {
    object: Object,
    transfer: Array,
}

impl Message {
    pub(crate) fn new(head: &impl Serialize) -> Result<Self> {
        let object = Object::new();
        set_field(&object, "head", &to_js(head)?);
        Ok(Message {
            object,
            transfer: Array::new(),
        })
    }

    /// Attaches something that is cloned by the browser (a File, a CryptoKey).
    pub(crate) fn with(self, name: &str, value: &JsValue) -> Self {
        set_field(&self.object, name, value);
        self
    }

    /// Attaches a buffer, which this worker loses.
    pub(crate) fn with_buffer(self, buffer: &ArrayBuffer) -> Self {
        self.transfer.push(buffer);
        self.with("bytes", buffer)
    }

    /// Posts it to the worker or page that started this one.
    pub(crate) fn post_up(self) -> Result<()> {
        let posted = scope().post_message_with_transfer(&self.object, &self.transfer);
        posted.map_err(|e| ClientCode::ClientFault.thrown(&e))
    }
}

/// The head of a message that came in.
pub(crate) fn head<T: DeserializeOwned>(message: &JsValue) -> Result<T> {
    from_js(field(message, "head"))
}

/// The buffer that came with a message.
pub(crate) fn buffer(message: &JsValue) -> ArrayBuffer {
    field(message, "bytes").unchecked_into()
}

/// Hands every message from above to `handle`, for as long as this worker lives.
pub(crate) fn serve(mut handle: impl FnMut(JsValue) + 'static) {
    let on_message =
        Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| handle(event.data()));
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
}

/// A worker that cannot post is of no use: throwing tells the one that started it.
pub(crate) fn or_die(posted: Result<()>) {
    if let Err(error) = posted {
        wasm_bindgen::throw_str(&error.to_string());
    }
}

/// A worker could not start or ended before it answered, for this reason.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct WorkerDied(pub(crate) String);

impl From<WorkerDied> for ClientError {
    fn from(WorkerDied(reason): WorkerDied) -> Self {
        ClientCode::ClientFault.because(format!("a worker died: {reason}"))
    }
}

/// What a worker below says.
pub(crate) enum FromWorker {
    /// It is ready for messages.
    Ready,
    /// A message of its role.
    Message(JsValue),
    Died(WorkerDied),
}

/// Where a script could not be loaded, the browser gives no reason.
const NOT_LOADED: &str = "its script could not be loaded";

/// A worker that this one started.
pub(crate) struct WorkerLink {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl WorkerLink {
    /// Starts `role` with the compiled module; `hear` gets everything it says.
    pub(crate) fn spawn(
        role: &str,
        module: &JsValue,
        hear: impl Fn(FromWorker) + Clone + 'static,
    ) -> Result<Self> {
        let fault = |e: JsValue| ClientCode::UnsupportedBrowser.thrown(&e);
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        options.set_name(&format!("ferry-{role}"));
        let worker =
            Worker::new_with_options(&scope().location().href(), &options).map_err(fault)?;
        let on_message = on_message(hear.clone());
        let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
            // Not prevented, it would be an error of this worker too.
            event.prevent_default();
            let reason = field(&event, "message").as_string();
            let reason = reason.filter(|reason| !reason.is_empty());
            let reason = reason.unwrap_or_else(|| NOT_LOADED.to_owned());
            hear(FromWorker::Died(WorkerDied(reason)));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let boot = Object::new();
        set_field(&boot, "role", &role.into());
        set_field(&boot, "module", module);
        worker.post_message(&boot).map_err(fault)?;
        Ok(WorkerLink {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    pub(crate) fn post(&self, message: Message) -> Result<()> {
        let posted = self
            .worker
            .post_message_with_transfer(&message.object, &message.transfer);
        posted.map_err(|e| ClientCode::ClientFault.thrown(&e))
    }
}

impl Drop for WorkerLink {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

fn on_message(hear: impl Fn(FromWorker) + 'static) -> Closure<dyn FnMut(MessageEvent)> {
    Closure::new(move |event: MessageEvent| {
        let message = event.data();
        match field(&message, "ready").as_bool() {
            Some(true) => hear(FromWorker::Ready),
            Some(false) => {
                let reason = field(&message, "reason").as_string();
                hear(FromWorker::Died(WorkerDied(reason.unwrap_or_default())));
            }
            None => hear(FromWorker::Message(message)),
        }
    })
}
