//! One run of an upload from the page's call to its end: how it is got out of the line, and who waits for its end.

use std::cell::Cell;

use js_sys::{Function, Promise};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

use crate::{error::Result, interop::deferred, lock};

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    InLine,
    Cancelled,
    Driving,
}

pub(super) struct Run {
    stage: Cell<Stage>,
    /// Whose keys it will work with, once that is known.
    user_id: Cell<Option<Uuid>>,
    waiting_for_lock: AbortController,
    cancelled: Promise,
    tell_cancelled: Function,
    ended: Promise,
    tell_ended: Function,
}

impl Run {
    pub(super) fn new() -> Result<Self> {
        let (cancelled, tell_cancelled) = deferred();
        let (ended, tell_ended) = deferred();
        let waiting_for_lock = lock::abort_controller()?;
        Ok(Run {
            stage: Cell::new(Stage::InLine),
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
        self.stage.set(Stage::Driving);
    }

    pub(super) fn is_driving(&self) -> bool {
        self.stage.get() == Stage::Driving
    }

    /// Gets it out of the line.
    pub(super) fn cancel(&self) {
        self.stage.set(Stage::Cancelled);
        self.waiting_for_lock.abort();
        let _ = self.tell_cancelled.call1(&JsValue::NULL, &JsValue::TRUE);
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.stage.get() == Stage::Cancelled
    }

    /// Fulfilled with `true` by [`Run::cancel`].
    pub(super) fn cancelled(&self) -> &Promise {
        &self.cancelled
    }

    /// Aborted by [`Run::cancel`].
    pub(super) fn signal(&self) -> AbortSignal {
        self.waiting_for_lock.signal()
    }

    pub(super) fn end(&self) {
        let _ = self.tell_ended.call0(&JsValue::NULL);
    }

    /// Waits for [`Run::end`].
    pub(super) async fn ended(&self) {
        // Never rejected.
        let _ = JsFuture::from(self.ended.clone()).await;
    }
}
