//! One run of an upload from the page's call to its end: how it leaves the queue, and what waits for its end.

use std::cell::Cell;

use uuid::Uuid;
use web_sys::{AbortController, AbortSignal};

use crate::{error::Result, lock, once::Signal};

#[derive(Clone, Copy, PartialEq)]
enum RunState {
    Waiting,
    Cancelled,
    Driving,
}

pub(super) struct RunHandle {
    state: Cell<RunState>,
    /// Whose keys it will work with, once that is known.
    user_id: Cell<Option<Uuid>>,
    waiting_for_lock: AbortController,
    cancelled: Signal,
    ended: Signal,
}

impl RunHandle {
    pub(super) fn new() -> Result<Self> {
        Ok(RunHandle {
            state: Cell::new(RunState::Waiting),
            user_id: Cell::new(None),
            waiting_for_lock: lock::abort_controller()?,
            cancelled: Signal::default(),
            ended: Signal::default(),
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
        self.state.set(RunState::Driving);
    }

    pub(super) fn is_driving(&self) -> bool {
        self.state.get() == RunState::Driving
    }

    /// Takes it out of the queue.
    pub(super) fn cancel(&self) {
        self.state.set(RunState::Cancelled);
        self.waiting_for_lock.abort();
        self.cancelled.set();
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.state.get() == RunState::Cancelled
    }

    /// Set by [`RunHandle::cancel`].
    pub(super) fn cancelled(&self) -> &Signal {
        &self.cancelled
    }

    /// Aborted by [`RunHandle::cancel`].
    pub(super) fn signal(&self) -> AbortSignal {
        self.waiting_for_lock.signal()
    }

    pub(super) fn end(&self) {
        self.ended.set();
    }

    /// Waits for [`RunHandle::end`].
    pub(super) async fn ended(&self) {
        self.ended.wait().await;
    }
}
