//! Bytes that may be held at once, and each user's fair share of them: of memory for part bodies, of disk for parts that are
//! still on their way. It reads no body and writes no file.
//!
//! A user who holds nothing gets the next share as soon as there is room for it, in the order of asking, and nobody overtakes them
//! meanwhile. Who holds something gets more only if they then hold at most [`MOST_OF_FREE`] times what they leave free; of
//! these the one who holds least comes first. So one user with any number of slow uploads leaves the others a third: with
//! the usual 64 MiB more than one largest part, while four parts of one browser are in flight undisturbed.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;
use uuid::Uuid;

/// Beyond their first share a user holds at most this many times what they leave to everybody else.
const MOST_OF_FREE: u64 = 2;

/// Bytes that may be held at once. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub struct Reserved {
    shared: Arc<Shared>,
    user_id: Uuid,
    bytes: u64,
}

#[derive(Debug)]
struct Shared(Mutex<Allocations>);

#[derive(Debug)]
struct Allocations {
    free_bytes: u64,
    /// Only users who hold something.
    held_bytes: HashMap<Uuid, u64>,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    user_id: Uuid,
    bytes: u64,
    tell: oneshot::Sender<Reserved>,
}

/// A request that waits. One that stops waiting makes way for those behind.
struct Asking<'a> {
    shared: &'a Arc<Shared>,
    granted: oneshot::Receiver<Reserved>,
}

impl Budget {
    /// A budget of which nothing is held.
    pub fn new(total_bytes: u64) -> Self {
        let allocations = Allocations {
            free_bytes: total_bytes,
            held_bytes: HashMap::new(),
            waiting: VecDeque::new(),
        };
        Budget {
            shared: Arc::new(Shared(Mutex::new(allocations))),
        }
    }

    /// Waits for a share; none when it did not come free in time.
    pub async fn reserve(&self, user_id: Uuid, bytes: u64, wait: Duration) -> Option<Reserved> {
        let mut asking = self.shared.ask(user_id, bytes);
        tokio::time::timeout(wait, &mut asking.granted)
            .await
            .ok()?
            .ok()
    }

    /// A share, if it is to be had at once.
    pub fn reserve_now(&self, user_id: Uuid, bytes: u64) -> Option<Reserved> {
        self.shared.ask(user_id, bytes).granted.try_recv().ok()
    }

    /// Bytes not reserved.
    pub fn free_bytes(&self) -> u64 {
        self.shared.allocations().free_bytes
    }
}

impl Reserved {
    /// How much it is.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the share larger, if that is to be had at once.
    pub fn grow(&mut self, more_bytes: u64) -> bool {
        let mut asked = self.shared.ask(self.user_id, more_bytes);
        let Ok(mut more) = asked.granted.try_recv() else {
            return false;
        };
        // The addition gives back nothing when it is dropped: the share does.
        self.bytes = self.bytes.saturating_add(std::mem::take(&mut more.bytes));
        true
    }

    /// Gives a part of the share back.
    pub fn shrink_to(&mut self, bytes: u64) {
        let spare_bytes = self.bytes.saturating_sub(bytes);
        self.bytes = self.bytes.saturating_sub(spare_bytes);
        self.shared
            .allocations()
            .give_back(self.user_id, spare_bytes);
        self.shared.admit();
    }
}

impl Shared {
    fn allocations(&self) -> MutexGuard<'_, Allocations> {
        // Nothing in here leaves the allocations half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(self: &Arc<Self>, user_id: Uuid, bytes: u64) -> Asking<'_> {
        let (tell, granted) = oneshot::channel();
        self.allocations().waiting.push_back(Waiting {
            user_id,
            bytes,
            tell,
        });
        self.admit();
        Asking {
            shared: self,
            granted,
        }
    }

    /// Lets in everybody whose turn it is.
    fn admit(self: &Arc<Self>) {
        let mut admitted = Vec::new();
        let mut allocations = self.allocations();
        while let Some(Waiting {
            user_id,
            bytes,
            tell,
        }) = allocations.take_next()
        {
            let shared = Arc::clone(self);
            let reserved = Reserved {
                shared,
                user_id,
                bytes,
            };
            admitted.push((tell, reserved));
        }
        drop(allocations);
        for (tell, reserved) in admitted {
            // Who went away just now gets it back here, and gives it back by dropping it.
            drop(tell.send(reserved));
        }
    }
}

impl Allocations {
    fn held_by(&self, user_id: Uuid) -> u64 {
        self.held_bytes.get(&user_id).copied().unwrap_or(0)
    }

    /// Whether there is room, and the user's share allows it.
    fn may_have(&self, waiting: &Waiting) -> bool {
        let held_bytes = self.held_by(waiting.user_id);
        let Some(left_bytes) = self.free_bytes.checked_sub(waiting.bytes) else {
            return false;
        };
        let would_hold_bytes = held_bytes.saturating_add(waiting.bytes);
        held_bytes == 0 || would_hold_bytes <= left_bytes.saturating_mul(MOST_OF_FREE)
    }

    fn next(&self) -> Option<usize> {
        let places = || self.waiting.iter().enumerate();
        let first = places().find(|(_, waiting)| self.held_by(waiting.user_id) == 0);
        if let Some((place, waiting)) = first {
            // What they wait for is not given to those who hold something already.
            return self.may_have(waiting).then_some(place);
        }
        places()
            .filter(|(_, waiting)| self.may_have(waiting))
            .min_by_key(|(_, waiting)| self.held_by(waiting.user_id))
            .map(|(place, _)| place)
    }

    /// Counts the bytes of the next one who is let in.
    fn take_next(&mut self) -> Option<Waiting> {
        self.waiting.retain(|waiting| !waiting.tell.is_closed());
        let waiting = self.next().and_then(|place| self.waiting.remove(place))?;
        self.free_bytes = self.free_bytes.saturating_sub(waiting.bytes);
        *self.held_bytes.entry(waiting.user_id).or_default() += waiting.bytes;
        Some(waiting)
    }

    fn give_back(&mut self, user_id: Uuid, bytes: u64) {
        self.free_bytes = self.free_bytes.saturating_add(bytes);
        let left_bytes = self.held_by(user_id).saturating_sub(bytes);
        if left_bytes == 0 {
            self.held_bytes.remove(&user_id);
        } else {
            self.held_bytes.insert(user_id, left_bytes);
        }
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.shared
            .allocations()
            .give_back(self.user_id, self.bytes);
        self.shared.admit();
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.granted.close();
        self.shared.admit();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    const ADA: Uuid = Uuid::from_bytes([1; 16]);
    const BOB: Uuid = Uuid::from_bytes([2; 16]);
    const EVE: Uuid = Uuid::from_bytes([3; 16]);

    const LONG: Duration = Duration::from_secs(600);

    /// What is there without waiting.
    fn now<T>(asking: Pin<&mut impl Future<Output = Option<T>>>) -> Option<T> {
        // Else tokio would let a task that asks often wait although there is something.
        let asking = pin!(tokio::task::unconstrained(asking));
        match asking.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reserved) => Some(reserved.expect("nobody waits so long")),
            Poll::Pending => None,
        }
    }

    fn at_once(budget: &Budget, user_id: Uuid, bytes: u64) -> Option<Reserved> {
        now(pin!(budget.reserve(user_id, bytes, LONG)))
    }

    /// As many as are to be had at once.
    fn as_many(budget: &Budget, user_id: Uuid, bytes: u64) -> Vec<Reserved> {
        std::iter::from_fn(|| at_once(budget, user_id, bytes)).collect()
    }

    #[actix_web::test]
    async fn the_budget_is_given_back_and_nobody_waits_too_long() {
        let (budget, short) = (Budget::new(100), Duration::from_millis(20));
        let first = budget.reserve(ADA, 80, short).await.unwrap();
        assert!(budget.reserve(BOB, 30, short).await.is_none());
        assert!(budget.reserve_now(BOB, 30).is_none());
        assert_eq!(budget.free_bytes(), 20);
        drop(first);
        assert!(budget.reserve(BOB, 100, short).await.is_some());
        assert_eq!(budget.free_bytes(), 100);
    }

    #[test]
    fn a_share_grows_within_what_is_fair_and_is_given_back_whole() {
        let budget = Budget::new(90);
        let mut share = budget.reserve_now(ADA, 10).unwrap();
        assert!(share.grow(50), "60 held, 30 left");
        assert!(!share.grow(1), "61 would be more than twice the 29 left");
        share.shrink_to(20);
        assert_eq!(budget.free_bytes(), 70);
        assert!(share.grow(40));
        drop(share);
        assert_eq!(budget.free_bytes(), 90);
    }

    #[actix_web::test]
    async fn one_user_leaves_room_for_the_largest_part_of_another() {
        let (budget, mib) = (Budget::new(64 << 20), 1 << 20);
        let disk_parts = as_many(&budget, ADA, 9 * mib);
        assert_eq!(disk_parts.len(), 4, "what one browser sends at once");
        let largest = at_once(&budget, BOB, ferry_core::wire::MAX_PART_BODY_BYTES.into());
        assert!(largest.is_some());
        drop((disk_parts, largest));
        let slow_parts = as_many(&budget, ADA, 3 * mib);
        assert_eq!(slow_parts.len(), 14);
        assert!(at_once(&budget, BOB, ferry_core::wire::MAX_PART_BODY_BYTES.into()).is_some());
    }

    #[actix_web::test]
    async fn every_further_user_still_finds_room() {
        let budget = Budget::new(1_000);
        let users = (10..15).map(|user| as_many(&budget, Uuid::from_bytes([user; 16]), 10));
        let held: Vec<usize> = users.map(|parts| parts.len()).collect();
        assert_eq!(held, [66; 5], "each gave it back");
        let users: Vec<_> = (10..14)
            .map(|user| as_many(&budget, Uuid::from_bytes([user; 16]), 10))
            .collect();
        assert!(users.iter().all(|parts| !parts.is_empty()), "{users:?}");
    }

    #[actix_web::test]
    async fn nobody_overtakes_who_waits_for_a_first_part() {
        let budget = Budget::new(60);
        let (ada, eve) = (at_once(&budget, ADA, 20), at_once(&budget, EVE, 10));
        let (mut bob, mut more) = (
            pin!(budget.reserve(BOB, 40, LONG)),
            pin!(budget.reserve(EVE, 5, LONG)),
        );
        assert!(now(bob.as_mut()).is_none(), "30 are free");
        assert!(now(more.as_mut()).is_none(), "they are Bob's");
        drop(ada);
        let first = now(bob).expect("50 are free");
        assert!(now(more.as_mut()).is_none(), "10 are free, 15 are too many");
        drop(first);
        assert!(now(more).is_some());
        drop(eve);
        assert_eq!(budget.free_bytes(), 60);
    }

    #[actix_web::test]
    async fn who_stops_waiting_makes_way() {
        let budget = Budget::new(60);
        let _held = (at_once(&budget, ADA, 20), at_once(&budget, EVE, 10));
        let mut bob = Box::pin(budget.reserve(BOB, 40, LONG));
        let mut more = pin!(budget.reserve(EVE, 5, LONG));
        assert!(now(bob.as_mut()).is_none() && now(more.as_mut()).is_none());
        drop(bob);
        assert!(now(more).is_some());
    }

    #[actix_web::test]
    async fn a_share_that_nobody_fetches_is_given_back() {
        let budget = Budget::new(10);
        let held = at_once(&budget, ADA, 10);
        let mut bob = Box::pin(budget.reserve(BOB, 10, LONG));
        assert!(now(bob.as_mut()).is_none());
        drop(held);
        assert_eq!(budget.free_bytes(), 0, "it is Bob's");
        drop(bob);
        assert_eq!(budget.free_bytes(), 10);
    }

    #[actix_web::test]
    async fn what_comes_free_goes_to_who_holds_least() {
        let (budget, other) = (Budget::new(100), Uuid::from_bytes([4; 16]));
        let _held = [(ADA, 12), (BOB, 10), (other, 40)].map(|(user, bytes)| {
            at_once(&budget, user, bytes).expect("there is room for first parts")
        });
        let eve = at_once(&budget, EVE, 30);
        let mut adas = pin!(budget.reserve(ADA, 20, LONG));
        let mut bobs = pin!(budget.reserve(BOB, 20, LONG));
        assert!(now(adas.as_mut()).is_none() && now(bobs.as_mut()).is_none());
        drop(eve);
        let second = now(bobs).expect("38 are free");
        assert!(now(adas.as_mut()).is_none(), "Ada asked first");
        drop(second);
        assert!(now(adas).is_some());
    }
}
