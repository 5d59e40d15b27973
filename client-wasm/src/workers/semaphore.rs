//! A counting semaphore: work waits in order until its share of a bounded amount is free. What the amount means is the caller's business.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use futures_channel::oneshot;

use crate::once::{First, Signal, first_of};

/// The semaphore; clones are the same semaphore.
#[derive(Clone)]
pub(crate) struct Semaphore(Rc<RefCell<SemaphoreState>>);

struct SemaphoreState {
    capacity: u64,
    used: u64,
    waiting: VecDeque<Waiter>,
}

struct Waiter {
    amount: u64,
    permit: oneshot::Sender<Permit>,
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
        let (sender, permit) = oneshot::channel();
        let waiter = Waiter {
            amount,
            permit: sender,
        };
        self.0.borrow_mut().waiting.push_back(waiter);
        self.admit();
        // The sender stays in the queue until it has sent.
        permit
            .await
            .unwrap_or_else(|_| self.acquire_over_capacity(amount))
    }

    /// The same; none where `cancelled` was set before.
    pub(crate) async fn acquire_unless(&self, amount: u64, cancelled: &Signal) -> Option<Permit> {
        match first_of(self.acquire(amount), cancelled.wait()).await {
            First::Left(permit) => Some(permit),
            First::Right(()) => None,
        }
    }

    /// Passes at once, above the capacity where it must be: for work that those with permits may be waiting for.
    pub(crate) fn acquire_over_capacity(&self, amount: u64) -> Permit {
        self.0.borrow_mut().used += amount;
        Permit {
            semaphore: self.clone(),
            amount,
        }
    }

    fn admit(&self) {
        loop {
            let next = self.0.borrow_mut().take_next();
            let Some(Waiter { amount, permit }) = next else {
                return;
            };
            // A waiter that gave up does not take it: dropped here, it lets the next one in.
            let _ = permit.send(self.acquire_over_capacity(amount));
        }
    }
}

impl SemaphoreState {
    fn take_next(&mut self) -> Option<Waiter> {
        self.waiting.retain(|waiter| !waiter.permit.is_canceled());
        let first = self.waiting.front()?;
        if self.has_room(first.amount) {
            self.waiting.pop_front()
        } else {
            None
        }
    }

    fn has_room(&self, amount: u64) -> bool {
        self.used == 0 || self.used + amount <= self.capacity
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.semaphore.0.borrow_mut().used -= self.amount;
        self.semaphore.admit();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;
    use crate::once::tests::poll_now;

    #[test]
    fn work_waits_in_order_and_what_is_given_back_admits_the_next() {
        let semaphore = Semaphore::new(4);
        let first = poll_now(pin!(semaphore.acquire(3))).expect("there is room");
        let mut second = pin!(semaphore.acquire(2));
        let mut third = pin!(semaphore.acquire(1));
        assert!(poll_now(second.as_mut()).is_none());
        assert!(poll_now(third.as_mut()).is_none(), "not before the second");
        drop(first);
        let permits = (poll_now(second), poll_now(third));
        assert!(permits.0.is_some() && permits.1.is_some());
    }

    #[test]
    fn what_is_larger_than_the_whole_amount_passes_alone() {
        let semaphore = Semaphore::new(4);
        let small = poll_now(pin!(semaphore.acquire(1))).expect("there is room");
        let mut large = pin!(semaphore.acquire(9));
        assert!(poll_now(large.as_mut()).is_none());
        drop(small);
        let large = poll_now(large).expect("it is alone");
        assert!(poll_now(pin!(semaphore.acquire(1))).is_none());
        drop(large);
    }

    #[test]
    fn a_waiter_that_gave_up_takes_no_permit_and_holds_up_no_other() {
        let semaphore = Semaphore::new(4);
        let cancelled = Signal::default();
        let running = poll_now(pin!(semaphore.acquire(3))).expect("there is room");
        {
            let mut given_up = pin!(semaphore.acquire_unless(4, &cancelled));
            assert!(poll_now(given_up.as_mut()).is_none());
            cancelled.set();
            assert!(matches!(poll_now(given_up), Some(None)));
        }
        let next = poll_now(pin!(semaphore.acquire(1)));
        assert!(next.is_some(), "the one before it is gone");
        drop((running, next));
        assert_eq!(semaphore.0.borrow().used, 0);
    }

    #[test]
    fn a_permit_that_comes_too_late_goes_to_the_next() {
        let semaphore = Semaphore::new(1);
        let running = poll_now(pin!(semaphore.acquire(1))).expect("there is room");
        let mut gone = Box::pin(semaphore.acquire(1));
        assert!(poll_now(gone.as_mut()).is_none());
        drop(running);
        drop(gone);
        assert!(poll_now(pin!(semaphore.acquire(1))).is_some());
    }
}
