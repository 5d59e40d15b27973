//! What happens once and is waited for in this worker: a oneshot channel whose sender callbacks can share, a signal for
//! any number of waiters, and the first of two futures. Not queues: those are `workers::semaphore` and `workers::send_gate`.

use std::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
    rc::Rc,
    task::Poll,
};

use futures_channel::oneshot;

/// The sending end of a oneshot channel, for several callbacks: the first value counts, later ones are dropped.
pub(crate) struct OnceSender<T>(Rc<Cell<Option<oneshot::Sender<T>>>>);

impl<T> Clone for OnceSender<T> {
    fn clone(&self) -> Self {
        OnceSender(self.0.clone())
    }
}

impl<T> OnceSender<T> {
    pub(crate) fn channel() -> (Self, oneshot::Receiver<T>) {
        let (sender, receiver) = oneshot::channel();
        (OnceSender(Rc::new(Cell::new(Some(sender)))), receiver)
    }

    pub(crate) fn send(&self, value: T) {
        if let Some(sender) = self.0.take() {
            // A receiver that is gone does not wait for it.
            let _ = sender.send(value);
        }
    }
}

/// Something that happens once, for any number of waiters.
#[derive(Default)]
pub(crate) struct Signal {
    is_set: Cell<bool>,
    waiters: RefCell<Vec<oneshot::Sender<()>>>,
}

impl Signal {
    pub(crate) fn set(&self) {
        self.is_set.set(true);
        for waiter in self.waiters.take() {
            // A waiter that gave up needs no signal.
            let _ = waiter.send(());
        }
    }

    /// Until [`Signal::set`] was called, before or after this.
    pub(crate) async fn wait(&self) {
        if self.is_set.get() {
            return;
        }
        let (sender, receiver) = oneshot::channel();
        self.waiters.borrow_mut().push(sender);
        // The sender stays in this signal until it is set.
        let _ = receiver.await;
    }
}

/// Which of two futures ended first; the other one is dropped.
pub(crate) enum First<A, B> {
    Left(A),
    Right(B),
}

/// Where both are ready, it is the left one.
pub(crate) async fn first_of<A, B>(
    left: impl Future<Output = A>,
    right: impl Future<Output = B>,
) -> First<A, B> {
    let (mut left, mut right) = (pin!(left), pin!(right));
    poll_fn(|context| match left.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(First::Left(value)),
        Poll::Pending => right.as_mut().poll(context).map(First::Right),
    })
    .await
}

#[cfg(test)]
pub(crate) mod tests {
    use std::{
        pin::Pin,
        task::{Context, Waker},
    };

    use super::*;

    /// What a future has come to by now; none while it waits.
    pub(crate) fn poll_now<T>(future: Pin<&mut impl Future<Output = T>>) -> Option<T> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    #[test]
    fn of_several_callbacks_the_first_one_counts() {
        let (sender, receiver) = OnceSender::channel();
        let mut receiver = pin!(receiver);
        assert_eq!(poll_now(receiver.as_mut()), None);
        sender.clone().send(1);
        sender.send(2);
        assert_eq!(poll_now(receiver), Some(Ok(1)));
    }

    #[test]
    fn a_signal_reaches_all_who_wait_and_all_who_come_later() {
        let signal = Signal::default();
        let (mut one, mut two) = (pin!(signal.wait()), pin!(signal.wait()));
        assert_eq!(poll_now(one.as_mut()), None);
        assert_eq!(poll_now(two.as_mut()), None);
        signal.set();
        assert_eq!(poll_now(one), Some(()));
        assert_eq!(poll_now(two), Some(()));
        assert_eq!(poll_now(pin!(signal.wait())), Some(()));
    }

    #[test]
    fn the_first_of_two_wins_and_the_left_one_a_draw() {
        let (signal, other) = (Signal::default(), Signal::default());
        let mut first = pin!(first_of(signal.wait(), other.wait()));
        assert!(poll_now(first.as_mut()).is_none());
        other.set();
        assert!(matches!(poll_now(first), Some(First::Right(()))));
        signal.set();
        let draw = pin!(first_of(signal.wait(), other.wait()));
        assert!(matches!(poll_now(draw), Some(First::Left(()))));
    }
}
