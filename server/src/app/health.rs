//! The rooms that readiness asks: Postgres, and the store for new parts. Anybody may ask whether the server is ready, and
//! the store's answer may cost a call of a provider that counts calls: it is kept for some seconds.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};

use crate::{
    clock::Clock,
    db::Db,
    http::{Health, StoreState},
    storage::{StorageError, Stores},
};

/// How long an answer of the store is good enough.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(5);

/// What readiness asks.
pub(super) struct Rooms {
    db: Db,
    store: StoreHealth,
}

impl Rooms {
    pub(super) fn new(db: Db, stores: Stores, clock: Clock) -> Self {
        Rooms {
            db,
            store: StoreHealth::new(stores, clock),
        }
    }
}

#[async_trait::async_trait]
impl Health for Rooms {
    async fn database(&self) -> bool {
        self.db.ping().await.is_ok()
    }

    async fn storage(&self) -> StoreState {
        self.store.state().await
    }

    fn database_connections(&self) -> (u32, u32) {
        self.db.pool_size()
    }
}

/// The health of the store for new parts: one question at a time, and none while the last answer is good.
struct StoreHealth {
    stores: Stores,
    clock: Clock,
    question: Mutex<Option<Question>>,
    /// What the store last complained of, so that each complaint is logged once.
    complaint: Arc<Mutex<Option<String>>>,
}

/// Each request that waits for an answer has one of these.
type Question = Shared<BoxFuture<'static, Answer>>;

#[derive(Clone, Copy)]
struct Answer {
    at: DateTime<Utc>,
    state: StoreState,
}

impl StoreHealth {
    fn new(stores: Stores, clock: Clock) -> Self {
        StoreHealth {
            stores,
            clock,
            question: Mutex::default(),
            complaint: Arc::default(),
        }
    }

    async fn state(&self) -> StoreState {
        loop {
            let answer = self.question().await;
            // an answer that no request waited for may be old
            if self.is_good(&answer) {
                return answer.state;
            }
        }
    }

    fn is_good(&self, answer: &Answer) -> bool {
        ((self.clock)() - answer.at).abs() < GOOD_FOR
    }

    /// The one that is being asked or whose answer is good, or a new one.
    fn question(&self) -> Question {
        let question = self.question.lock();
        let mut question = question.unwrap_or_else(PoisonError::into_inner);
        match question.as_ref() {
            Some(asked) if asked.peek().is_none_or(|answer| self.is_good(answer)) => asked.clone(),
            _ => question.insert(self.ask()).clone(),
        }
    }

    /// On its own, so that a probe that hangs up does not make the next one ask again.
    fn ask(&self) -> Question {
        let (stores, clock) = (self.stores.clone(), Arc::clone(&self.clock));
        let complaint = Arc::clone(&self.complaint);
        let asking = tokio::spawn(async move {
            let outcome = stores.health().await;
            let state = match &outcome {
                Ok(()) => StoreState::Well,
                Err(StorageError::Full) => StoreState::Full,
                Err(_) => StoreState::Away,
            };
            note(&complaint, outcome.err().map(|error| error.to_string()));
            state
        });
        let answer = async move {
            let state = asking.await.unwrap_or(StoreState::Away);
            Answer { at: clock(), state }
        };
        answer.boxed().shared()
    }
}

/// Logs a complaint that is new.
fn note(last: &Mutex<Option<String>>, complaint: Option<String>) {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = complaint.as_ref().filter(|_| *last != complaint) {
        tracing::warn!(error, "the store for new parts cannot be used");
    }
    *last = complaint;
}

#[cfg(test)]
mod tests {
    use std::{
        ops::Range,
        sync::atomic::{AtomicI64, AtomicUsize, Ordering},
    };

    use bytes::Bytes;
    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::storage::{ByteStream, Erasure, Locator, PartStore};

    /// A store that counts who asks how it is, and answers when it is allowed to: well the first time, then not.
    struct Asked {
        times: AtomicUsize,
        answers: Semaphore,
    }

    #[async_trait::async_trait]
    impl PartStore for Asked {
        fn locate(&self) -> Locator {
            Locator(serde_json::Value::Null)
        }
        async fn put(&self, _: Locator, _: Bytes) -> Result<Locator, StorageError> {
            Err(StorageError::Full)
        }
        async fn get(
            &self,
            _: &Locator,
            _: Option<Range<u64>>,
        ) -> Result<ByteStream, StorageError> {
            Err(StorageError::NotFound)
        }
        async fn delete(&self, _: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
            Vec::new()
        }
        fn deletable_for(&self) -> Option<TimeDelta> {
            None
        }
        async fn health(&self) -> Result<(), StorageError> {
            let before = self.times.fetch_add(1, Ordering::SeqCst);
            self.answers.acquire().await.unwrap().forget();
            match before {
                0 => Ok(()),
                _ => Err(StorageError::Unavailable("no".to_owned())),
            }
        }
    }

    #[tokio::test]
    async fn the_store_is_asked_once_however_many_want_to_know() {
        let store = Arc::new(Asked {
            times: AtomicUsize::new(0),
            answers: Semaphore::new(0),
        });
        let millis = Arc::new(AtomicI64::new(0));
        let passed = Arc::clone(&millis);
        let clock: Clock = Arc::new(move || {
            DateTime::UNIX_EPOCH + TimeDelta::milliseconds(passed.load(Ordering::SeqCst))
        });
        let asked: Arc<dyn PartStore> = store.clone();
        let health = StoreHealth::new(Stores::new("asked", asked), clock);
        let times = || store.times.load(Ordering::SeqCst);

        // one that hangs up leaves its question to the others
        let gone = tokio::time::timeout(std::time::Duration::ZERO, health.state());
        assert!(gone.await.is_err());
        let all = join_all((0..100).map(|_| health.state()));
        let (all, ()) = tokio::join!(all, async { store.answers.add_permits(1) });
        assert_eq!((all, times()), (vec![StoreState::Well; 100], 1));

        millis.store(4_999, Ordering::SeqCst);
        assert_eq!(health.state().await, StoreState::Well);
        assert_eq!(times(), 1, "asked again within five seconds");
        millis.store(5_000, Ordering::SeqCst);
        store.answers.add_permits(1);
        let all = join_all((0..100).map(|_| health.state())).await;
        assert_eq!((all, times()), (vec![StoreState::Away; 100], 2));
    }
}
