//! How fast one bot's documents are fetched by this process: Telegram answers floods from 12 to 15 `getFile` a second and
//! token (tdlib/telegram-bot-api#755), and says so only as "temporarily unavailable". It knows nothing of parts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::{Clock, Timer};

/// Between two `getFile` of one bot: at most ten a second, and two processes still stay below what is answered by floods.
const SPACING: TimeDelta = TimeDelta::milliseconds(100);
/// Documents of one bot that are being opened at once: the last called is served first (tdlib/td#2705).
const AT_ONCE: usize = 8;

/// The permits of all bots. Cheap to clone.
#[derive(Clone)]
pub(super) struct Reads {
    clock: Clock,
    timer: Timer,
    bots: Arc<Mutex<HashMap<i64, Bot>>>,
}

struct Bot {
    permits: Arc<Semaphore>,
    next_at: DateTime<Utc>,
}

impl Reads {
    pub(super) fn new(clock: Clock, timer: Timer) -> Self {
        Reads {
            clock,
            timer,
            bots: Arc::default(),
        }
    }

    /// Waits until this bot may be asked for a document; the permit is for as long as it is being opened.
    pub(super) async fn permit(&self, bot_id: i64) -> Option<OwnedSemaphorePermit> {
        let permits = self.with(bot_id, |bot| Arc::clone(&bot.permits));
        let permit = permits.acquire_owned().await.ok();
        let now = (self.clock)();
        let at = self.with(bot_id, |bot| {
            let at = bot.next_at.max(now);
            bot.next_at = at + SPACING;
            at
        });
        if at > now {
            (self.timer)(at).await;
        }
        permit
    }

    /// Nobody asks this bot for a document before then.
    pub(super) fn hold(&self, bot_id: i64, until: DateTime<Utc>) {
        self.with(bot_id, |bot| bot.next_at = bot.next_at.max(until));
    }

    fn with<T>(&self, bot_id: i64, work: impl FnOnce(&mut Bot) -> T) -> T {
        let mut bots = self.bots.lock().unwrap_or_else(PoisonError::into_inner);
        work(bots.entry(bot_id).or_insert_with(|| Bot {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            next_at: DateTime::<Utc>::MIN_UTC,
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    /// A clock that stands, and a timer that moves it.
    fn at_hand() -> (Clock, Timer, Arc<Mutex<DateTime<Utc>>>) {
        let now = Arc::new(Mutex::new(
            DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        ));
        let (read, turned) = (Arc::clone(&now), Arc::clone(&now));
        let timer: Timer = Arc::new(move |until| {
            let now = Arc::clone(&turned);
            async move {
                let mut now = now.lock().unwrap();
                *now = (*now).max(until);
            }
            .boxed()
        });
        (Arc::new(move || *read.lock().unwrap()), timer, now)
    }

    #[tokio::test]
    async fn a_bot_is_asked_ten_times_a_second_and_another_at_once() {
        let (clock, timer, now) = at_hand();
        let start = *now.lock().unwrap();
        let reads = Reads::new(clock, timer);
        for _ in 0..25 {
            drop(reads.permit(1).await);
        }
        assert_eq!(*now.lock().unwrap() - start, TimeDelta::milliseconds(2_400));
        drop(reads.permit(2).await);
        assert_eq!(*now.lock().unwrap() - start, TimeDelta::milliseconds(2_400));
        reads.hold(2, start + TimeDelta::seconds(60));
        drop(reads.permit(2).await);
        assert_eq!(*now.lock().unwrap() - start, TimeDelta::seconds(60));
    }

    #[tokio::test]
    async fn so_many_are_opened_at_once_and_no_more() {
        let (clock, timer, _) = at_hand();
        let reads = Reads::new(clock, timer);
        let mut held = Vec::new();
        for _ in 0..AT_ONCE {
            held.push(reads.permit(1).await);
        }
        assert!(reads.permit(1).now_or_never().is_none());
        held.pop();
        assert!(reads.permit(1).now_or_never().is_some());
    }
}
