//! One budget of sends for the tab, not one for each file: on a slow line one part after another, of one file after another;
//! more where that brings something. How many is [`Window`]'s decision; this is the queue that parts wait in.

use std::{cell::RefCell, rc::Rc};

use ferry_core::transfer::Window;
use futures_channel::oneshot;

use crate::interop::now_ms;

/// The line is forgotten after this time without a part: the device may be on another one.
const FRESH_MS: u64 = 600_000;

/// What a send is let in under.
pub(crate) struct Admission<W: Fn() -> bool> {
    pub(crate) rank: Rank,
    /// Asked when its position comes: a file may have been stopped meanwhile.
    pub(crate) is_wanted: W,
}

/// Who goes first: small files before large ones, then in the order in which they were begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) is_large: bool,
    pub(crate) transfer: u32,
}

/// The gate; clones are the same gate.
#[derive(Clone)]
pub(crate) struct SendGate(Rc<RefCell<GateState>>);

struct GateState {
    window: Window,
    under_way: u32,
    next: u32,
    waiting: Vec<Waiter>,
    line: Option<LineRate>,
}

struct Waiter {
    rank: Rank,
    /// In the order of arrival.
    number: u32,
    sending: oneshot::Sender<Sending>,
}

/// What was seen of the line last.
#[derive(Debug, Clone, Copy)]
struct LineRate {
    bytes_per_sec: u64,
    at_ms: u64,
}

/// A place on the line, given up when it is dropped.
pub(crate) struct Sending {
    gate: SendGate,
    began_ms: u64,
}

impl SendGate {
    pub(crate) fn new(most: u32) -> Self {
        SendGate(Rc::new(RefCell::new(GateState {
            window: Window::new(most),
            under_way: 0,
            next: 0,
            waiting: Vec::new(),
            line: None,
        })))
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self, rank: Rank) -> Sending {
        let (sender, sending) = oneshot::channel();
        self.0.borrow_mut().push(rank, sender);
        self.admit();
        // The sender stays in the queue until it has sent.
        sending.await.unwrap_or_else(|_| self.begin())
    }

    /// Bytes a second that the line was seen to carry lately; none where nothing is known of it.
    pub(crate) fn bytes_per_sec(&self) -> Option<u64> {
        let line = self.0.borrow().line?;
        (now_ms().saturating_sub(line.at_ms) < FRESH_MS).then_some(line.bytes_per_sec)
    }

    /// A probe of the line took so long.
    pub(crate) fn probed(&self, len_bytes: u64, took_ms: u64) {
        self.0.borrow_mut().see(len_bytes, took_ms, 1);
    }

    fn begin(&self) -> Sending {
        self.0.borrow_mut().under_way += 1;
        Sending {
            gate: self.clone(),
            began_ms: now_ms(),
        }
    }

    fn admit(&self) {
        loop {
            let next = self.0.borrow_mut().take_next();
            let Some(waiter) = next else { return };
            // A waiter that gave up does not take it: dropped here, it lets the next one in.
            let _ = waiter.sending.send(self.begin());
        }
    }
}

impl GateState {
    fn push(&mut self, rank: Rank, sending: oneshot::Sender<Sending>) {
        let number = self.next;
        self.next = number.wrapping_add(1);
        self.waiting.push(Waiter {
            rank,
            number,
            sending,
        });
    }

    fn take_next(&mut self) -> Option<Waiter> {
        if self.under_way >= self.window.sends() {
            return None;
        }
        let waiting = self.waiting.iter().enumerate();
        let (first, _) = waiting.min_by_key(|(_, waiter)| (waiter.rank, waiter.number))?;
        Some(self.waiting.swap_remove(first))
    }

    fn see(&mut self, len_bytes: u64, took_ms: u64, sends: u32) {
        self.line = Some(LineRate {
            bytes_per_sec: len_bytes * 1_000 * u64::from(sends.max(1)) / took_ms.max(1),
            at_ms: now_ms(),
        });
    }
}

impl Sending {
    /// The part arrived: the window and the rate of the line learn from it.
    pub(crate) fn arrived(&self, len_bytes: u64) {
        let now_ms = now_ms();
        let took_ms = now_ms.saturating_sub(self.began_ms);
        let mut state = self.gate.0.borrow_mut();
        let sends = state.under_way;
        state.window.arrived(now_ms, len_bytes, took_ms);
        // A tiny part says more about the delay than about the line.
        if len_bytes >= LEAST_SEEN_BYTES {
            state.see(len_bytes, took_ms, sends);
        }
    }

    /// It broke off or stalled.
    pub(crate) fn stumbled(&self) {
        self.gate.0.borrow_mut().window.stumbled();
    }
}

/// Parts below this do not measure the line.
const LEAST_SEEN_BYTES: u64 = 256 * 1024;

impl Drop for Sending {
    fn drop(&mut self) {
        {
            let mut state = self.gate.0.borrow_mut();
            state.under_way = state.under_way.saturating_sub(1);
        }
        self.gate.admit();
    }
}
