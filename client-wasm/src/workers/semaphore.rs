//! A counting semaphore: work waits in order until its share of a bounded amount is free. What the amount means is the caller's business.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::interop::deferred;

/// The semaphore; clones are the same semaphore.
#[derive(Clone)]
pub(crate) struct Semaphore(Rc<RefCell<SemaphoreState>>);

struct SemaphoreState {
    capacity: u64,
    used: u64,
    waiting: VecDeque<(u64, Function)>,
}

/// A share of the amount, given back when it is dropped.
pub(crate) struct Permit {
    semaphore: Semaphore,
    amount: u64,
}

impl Semaphore {
    pub(crate) fn new(capacity: u64) -> Self {
        Semaphore(Rc::new(RefCell::new(SemaphoreState {
            capacity,
            used: 0,
            waiting: VecDeque::new(),
        })))
    }

    /// Waits for its permit. What is larger than the whole amount passes alone.
    pub(crate) async fn acquire(&self, amount: u64) -> Permit {
        if let Some(permit) = self.queue(amount) {
            // Never rejected; whoever lets it in has counted the amount already.
            let _ = JsFuture::from(permit).await;
        }
        Permit {
            semaphore: self.clone(),
            amount,
        }
    }

    /// The same, given up when `cancelled` is fulfilled with something before.
    pub(crate) async fn acquire_unless(&self, amount: u64, cancelled: &Promise) -> Option<Permit> {
        let Some(permit) = self.queue(amount) else {
            return Some(Permit {
                semaphore: self.clone(),
                amount,
            });
        };
        let first = JsFuture::from(Promise::race(&Array::of2(&permit, cancelled))).await;
        if first.is_ok_and(|first| first.is_undefined()) {
            return Some(Permit {
                semaphore: self.clone(),
                amount,
            });
        }
        // The permit still comes: pass it on then.
        let semaphore = self.clone();
        spawn_local(async move {
            let _ = JsFuture::from(permit).await;
            semaphore.release(amount);
        });
        None
    }

    /// Counts the amount at once where there is room, else gives the promise of a permit.
    fn queue(&self, amount: u64) -> Option<Promise> {
        let mut state = self.0.borrow_mut();
        if state.waiting.is_empty() && state.has_room(amount) {
            state.used += amount;
            return None;
        }
        let (permit, tell) = deferred();
        state.waiting.push_back((amount, tell));
        Some(permit)
    }

    /// Passes at once, over the amount where it must be: for who would otherwise never get on.
    pub(crate) fn acquire_over(&self, amount: u64) -> Permit {
        self.0.borrow_mut().used += amount;
        Permit {
            semaphore: self.clone(),
            amount,
        }
    }

    fn release(&self, amount: u64) {
        let mut state = self.0.borrow_mut();
        state.used -= amount;
        while let Some((amount, _)) = state.waiting.front() {
            let amount = *amount;
            if !state.has_room(amount) {
                break;
            }
            state.used += amount;
            if let Some((_, tell)) = state.waiting.pop_front() {
                let _ = tell.call0(&JsValue::NULL);
            }
        }
    }
}

impl SemaphoreState {
    fn has_room(&self, amount: u64) -> bool {
        self.used == 0 || self.used + amount <= self.capacity
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.semaphore.release(self.amount);
    }
}
