//! One run of an upload from the page's call to its end: how it is got out of the line, and who waits for its end.

use std::cell::Cell;

use js_sys::{Function, Promise};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

use crate::{error::Result, interop::deferred, lock};

#[derive(Clone, Copy, PartialEq)]
enum RunStage {
    Waiting,
    Cancelled,
    Driving,
}

pub(super) struct RunHandle {
    stage: Cell<RunStage>,
    /// Whose keys it will work with, once that is known.
    user_id: Cell<Option<Uuid>>,
    waiting_for_lock: AbortController,
    cancelled: Promise,
    tell_cancelled: Function,
    ended: Promise,
    tell_ended: Function,
}

impl RunHandle {
    pub(super) fn new() -> Result<Self> {
        let (cancelled, tell_cancelled) = deferred();
        let (ended, tell_ended) = deferred();
        let waiting_for_lock = lock::abort_controller()?;
        Ok(RunHandle {
            stage: Cell::new(RunStage::Waiting),
            user_id: Cell::new(None),
            waiting_for_lock,
            cancelled,
            tell_cancelled,
            ended,
            tell_ended,
        })
    }

    pub(super) fn belong_to(&self, user_id: Uuid) {
        self.user_id.set(Some(user_id));
    }

    pub(super) fn user_id(&self) -> Option<Uuid> {
        self.user_id.get()
    }

    /// From now on the machine is told, not the run.
    pub(super) fn start_driving(&self) {
        self.stage.set(RunStage::Driving);
    }

    pub(super) fn is_driving(&self) -> bool {
        self.stage.get() == RunStage::Driving
    }

    /// Gets it out of the line.
    pub(super) fn cancel(&self) {
        self.stage.set(RunStage::Cancelled);
        self.waiting_for_lock.abort();
        let _ = self.tell_cancelled.call1(&JsValue::NULL, &JsValue::TRUE);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.stage.get() == RunStage::Cancelled
    }

    /// Fulfilled with `true` by [`RunHandle::cancel`].
    pub(super) fn cancelled(&self) -> &Promise {
        &self.cancelled
    }

    /// Aborted by [`RunHandle::cancel`].
    pub(super) fn signal(&self) -> AbortSignal {
        self.waiting_for_lock.signal()
    }

    pub(super) fn end(&self) {
        let _ = self.tell_ended.call0(&JsValue::NULL);
    }

    /// Waits for [`RunHandle::end`].
    pub(super) async fn ended(&self) {
        // Never rejected.
        let _ = JsFuture::from(self.ended.clone()).await;
    }
}
