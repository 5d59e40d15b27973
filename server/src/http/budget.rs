//! The bytes of part bodies that may be in memory at once, and each user's fair share of them. It reads no body.
//!
//! Who holds nothing gets the next part as soon as there is room for it, in the order of asking, and nobody overtakes him
//! meanwhile. Who holds something gets another part only if he then holds at most [`MOST_OF_FREE`] times what he leaves
//! free; of these the one who holds least comes first. So one user with any number of slow uploads leaves the others a
//! third: with the usual 64 MiB more than one largest part, while four parts of one browser are in flight undisturbed.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ferry_core::wire::ErrorCode;
use tokio::sync::oneshot;
use uuid::Uuid;

use super::error::{HttpError, HttpResult};

/// Beyond his first part a user holds at most this many times what he leaves to everybody else.
const MOST_OF_FREE: u64 = 2;

/// The bytes of part bodies that may be in memory at once.
#[derive(Debug, Clone)]
pub(crate) struct BodyBudget {
    shared: Arc<Shared>,
    wait: Duration,
}

/// A share of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Reserved {
    shared: Arc<Shared>,
    user_id: Uuid,
    bytes: u64,
}

#[derive(Debug)]
struct Shared(Mutex<Books>);

#[derive(Debug)]
struct Books {
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

/// Somebody who waits. Whoever stops waiting makes way for those behind him.
struct Asking<'a> {
    shared: &'a Arc<Shared>,
    granted: oneshot::Receiver<Reserved>,
}

impl BodyBudget {
    pub(crate) fn new(total_bytes: u32, wait: Duration) -> Self {
        let books = Books {
            free_bytes: total_bytes.into(),
            held_bytes: HashMap::new(),
            waiting: VecDeque::new(),
        };
        BodyBudget {
            shared: Arc::new(Shared(Mutex::new(books))),
            wait,
        }
    }

    /// Waits for a share; `busy` when none came free in time.
    pub(crate) async fn reserve(&self, user_id: Uuid, bytes: u32) -> HttpResult<Reserved> {
        let mut asking = self.shared.ask(user_id, bytes.into());
        match tokio::time::timeout(self.wait, &mut asking.granted).await {
            Ok(Ok(reserved)) => Ok(reserved),
            Ok(Err(_)) | Err(_) => Err(HttpError::new(ErrorCode::Busy)),
        }
    }

    /// Bytes not reserved.
    pub(crate) fn free_bytes(&self) -> usize {
        usize::try_from(self.shared.books().free_bytes).unwrap_or(usize::MAX)
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing in here leaves the books half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(self: &Arc<Self>, user_id: Uuid, bytes: u64) -> Asking<'_> {
        let (tell, granted) = oneshot::channel();
        self.books().waiting.push_back(Waiting {
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
        let mut books = self.books();
        while let Some(Waiting {
            user_id,
            bytes,
            tell,
        }) = books.take_next()
        {
            let shared = Arc::clone(self);
            let reserved = Reserved {
                shared,
                user_id,
                bytes,
            };
            admitted.push((tell, reserved));
        }
        drop(books);
        for (tell, reserved) in admitted {
            // Who went away just now gets it back here, and gives it back by dropping it.
            drop(tell.send(reserved));
        }
    }
}

impl Books {
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
            // What he waits for is not given to those who hold something already.
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
        self.shared.books().give_back(self.user_id, self.bytes);
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

    fn budget(total_bytes: u32) -> BodyBudget {
        BodyBudget::new(total_bytes, Duration::from_secs(600))
    }

    /// What is there without waiting.
    fn now<T>(asking: Pin<&mut impl Future<Output = HttpResult<T>>>) -> Option<T> {
        // Else tokio would let a task that asks often wait although there is something.
        let asking = pin!(tokio::task::unconstrained(asking));
        match asking.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reserved) => Some(reserved.unwrap()),
            Poll::Pending => None,
        }
    }

    fn at_once(budget: &BodyBudget, user_id: Uuid, bytes: u32) -> Option<Reserved> {
        now(pin!(budget.reserve(user_id, bytes)))
    }

    /// As many as are to be had at once.
    fn as_many(budget: &BodyBudget, user_id: Uuid, bytes: u32) -> Vec<Reserved> {
        std::iter::from_fn(|| at_once(budget, user_id, bytes)).collect()
    }

    #[actix_web::test]
    async fn the_budget_is_given_back_and_who_waits_too_long_hears_busy() {
        let budget = BodyBudget::new(100, Duration::from_millis(20));
        let first = budget.reserve(ADA, 80).await.unwrap();
        let late = budget.reserve(BOB, 30).await;
        assert_eq!(late.unwrap_err().code(), ErrorCode::Busy);
        assert_eq!(budget.free_bytes(), 20);
        drop(first);
        assert!(budget.reserve(BOB, 100).await.is_ok());
        assert_eq!(budget.free_bytes(), 100);
    }

    #[actix_web::test]
    async fn one_user_leaves_room_for_the_largest_part_of_another() {
        let (budget, mib) = (budget(64 << 20), 1 << 20);
        let disk_parts = as_many(&budget, ADA, 9 * mib);
        assert_eq!(disk_parts.len(), 4, "what one browser sends at once");
        let largest = at_once(&budget, BOB, ferry_core::wire::MAX_PART_BODY_BYTES);
        assert!(largest.is_some());
        drop((disk_parts, largest));
        let slow_parts = as_many(&budget, ADA, 3 * mib);
        assert_eq!(slow_parts.len(), 14);
        assert!(at_once(&budget, BOB, ferry_core::wire::MAX_PART_BODY_BYTES).is_some());
    }

    #[actix_web::test]
    async fn every_further_user_still_finds_room() {
        let budget = budget(1_000);
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
        let budget = budget(60);
        let (ada, eve) = (at_once(&budget, ADA, 20), at_once(&budget, EVE, 10));
        let (mut bob, mut more) = (pin!(budget.reserve(BOB, 40)), pin!(budget.reserve(EVE, 5)));
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
        let budget = budget(60);
        let _held = (at_once(&budget, ADA, 20), at_once(&budget, EVE, 10));
        let mut bob = Box::pin(budget.reserve(BOB, 40));
        let mut more = pin!(budget.reserve(EVE, 5));
        assert!(now(bob.as_mut()).is_none() && now(more.as_mut()).is_none());
        drop(bob);
        assert!(now(more).is_some());
    }

    #[actix_web::test]
    async fn a_share_that_nobody_fetches_is_given_back() {
        let budget = budget(10);
        let held = at_once(&budget, ADA, 10);
        let mut bob = Box::pin(budget.reserve(BOB, 10));
        assert!(now(bob.as_mut()).is_none());
        drop(held);
        assert_eq!(budget.free_bytes(), 0, "it is Bob's");
        drop(bob);
        assert_eq!(budget.free_bytes(), 10);
    }

    #[actix_web::test]
    async fn what_comes_free_goes_to_who_holds_least() {
        let (budget, other) = (budget(100), Uuid::from_bytes([4; 16]));
        let _held = [(ADA, 12), (BOB, 10), (other, 40)].map(|(user, bytes)| {
            at_once(&budget, user, bytes).expect("there is room for first parts")
        });
        let eve = at_once(&budget, EVE, 30);
        let mut adas = pin!(budget.reserve(ADA, 20));
        let mut bobs = pin!(budget.reserve(BOB, 20));
        assert!(now(adas.as_mut()).is_none() && now(bobs.as_mut()).is_none());
        drop(eve);
        let second = now(bobs).expect("38 are free");
        assert!(now(adas.as_mut()).is_none(), "Ada asked first");
        drop(second);
        assert!(now(adas).is_some());
    }
}
