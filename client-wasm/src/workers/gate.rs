//! A counting gate: work waits in order until its share of a bounded amount is free. What the amount means is the caller's business.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use js_sys::{Array, Function, Promise};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use crate::interop::deferred;

/// The gate; clones are the same gate.
#[derive(Clone)]
pub(crate) struct Gate(Rc<RefCell<State>>);

struct State {
    capacity: u64,
    used: u64,
    waiting: VecDeque<(u64, Function)>,
}

/// A share of the amount, given back when it is dropped.
pub(crate) struct Permit {
    gate: Gate,
    amount: u64,
}

impl Gate {
    pub(crate) fn new(capacity: u64) -> Self {
        Gate(Rc::new(RefCell::new(State {
            capacity,
            used: 0,
            waiting: VecDeque::new(),
        })))
    }

    /// Waits for its turn. What is larger than the whole amount passes alone.
    pub(crate) async fn enter(&self, amount: u64) -> Permit {
        if let Some(turn) = self.queue(amount) {
            // Never rejected; whoever lets it in has counted the amount already.
            let _ = JsFuture::from(turn).await;
        }
        Permit {
            gate: self.clone(),
            amount,
        }
    }

    /// The same, given up when `cancelled` is fulfilled with something before.
    pub(crate) async fn enter_unless(&self, amount: u64, cancelled: &Promise) -> Option<Permit> {
        let Some(turn) = self.queue(amount) else {
            return Some(Permit {
                gate: self.clone(),
                amount,
            });
        };
        let first = JsFuture::from(Promise::race(&Array::of2(&turn, cancelled))).await;
        if first.is_ok_and(|first| first.is_undefined()) {
            return Some(Permit {
                gate: self.clone(),
                amount,
            });
        }
        // The turn still comes: pass it on then.
        let gate = self.clone();
        spawn_local(async move {
            let _ = JsFuture::from(turn).await;
            gate.leave(amount);
        });
        None
    }

    /// Counts the amount at once where there is room, else gives the promise of a turn.
    fn queue(&self, amount: u64) -> Option<Promise> {
        let mut state = self.0.borrow_mut();
        if state.waiting.is_empty() && state.has_room(amount) {
            state.used += amount;
            return None;
        }
        let (turn, tell) = deferred();
        state.waiting.push_back((amount, tell));
        Some(turn)
    }

    /// Passes at once, over the amount where it must be: for who would otherwise never get on.
    pub(crate) fn push_in(&self, amount: u64) -> Permit {
        self.0.borrow_mut().used += amount;
        Permit {
            gate: self.clone(),
            amount,
        }
    }

    fn leave(&self, amount: u64) {
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

impl State {
    fn has_room(&self, amount: u64) -> bool {
        self.used == 0 || self.used + amount <= self.capacity
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.leave(self.amount);
    }
}
