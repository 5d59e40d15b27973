//! Where the server stands between start and end, and how many parts it holds in hand. The composition root turns it;
//! readiness and part uploads ask it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

/// Shared by everything that must know. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    tables_are_ready: Arc<AtomicBool>,
    is_stopping: Arc<AtomicBool>,
    parts_in_hand: watch::Sender<usize>,
}

/// A part that is being received or stored; shutdown waits until it is dropped.
#[derive(Debug)]
pub struct PartInHand(watch::Sender<usize>);

impl Default for Lifecycle {
    fn default() -> Self {
        Lifecycle {
            tables_are_ready: Arc::default(),
            is_stopping: Arc::default(),
            parts_in_hand: watch::Sender::new(0),
        }
    }
}

impl Lifecycle {
    /// The tables are up to date: requests may use them.
    pub fn tables_are_ready(&self) -> bool {
        self.tables_are_ready.load(Ordering::Acquire)
    }

    /// Notes that the tables are up to date.
    pub fn set_tables_ready(&self) {
        self.tables_are_ready.store(true, Ordering::Release);
    }

    /// The server was told to stop.
    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Acquire)
    }

    /// From now on no part is begun.
    pub fn begin_stopping(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Takes a part in hand, unless the server is stopping.
    pub fn take_part(&self) -> Option<PartInHand> {
        // Counted before the flag is read: a wait for zero after setting the flag misses none.
        self.parts_in_hand.send_modify(|count| *count += 1);
        let part = PartInHand(self.parts_in_hand.clone());
        (!self.is_stopping()).then_some(part)
    }

    /// Parts being received or stored.
    pub fn parts_in_hand(&self) -> usize {
        *self.parts_in_hand.borrow()
    }

    /// Waits until no part is in hand; false when that took longer than `timeout`.
    pub async fn parts_are_done(&self, timeout: Duration) -> bool {
        let mut count = self.parts_in_hand.subscribe();
        tokio::time::timeout(timeout, count.wait_for(|count| *count == 0))
            .await
            .is_ok()
    }
}

impl Drop for PartInHand {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count = count.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stopping_waits_for_the_parts_in_hand_and_begins_none() {
        let lifecycle = Lifecycle::default();
        let part = lifecycle.take_part().unwrap();
        lifecycle.begin_stopping();
        assert!(lifecycle.take_part().is_none());
        assert_eq!(lifecycle.parts_in_hand(), 1);
        assert!(!lifecycle.parts_are_done(Duration::from_millis(20)).await);
        drop(part);
        assert!(lifecycle.parts_are_done(Duration::from_secs(5)).await);
    }
}
