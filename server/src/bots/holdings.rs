//! What the bots hold: parts and bytes of each. The sums read an entry of an index for every part there is, and the
//! page asks every other second: Postgres is asked once a minute at most. Whether a bot may be removed is not decided by
//! them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};

use super::{Bots, BotsResult};
use crate::db;

/// How long sums are good enough.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(60);

/// Parts and bytes by bot.
pub(super) type Sums = Arc<BTreeMap<i64, (i64, i64)>>;

/// The latest sums of this instance. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct Holdings {
    latest: Arc<Mutex<Option<Counted>>>,
    /// Held while Postgres is asked.
    asking: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Clone)]
struct Counted {
    asked_at: DateTime<Utc>,
    sums: Sums,
}

impl Holdings {
    fn latest(&self) -> Option<Counted> {
        let latest = self.latest.lock();
        latest.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, counted: Counted) {
        let latest = self.latest.lock();
        *latest.unwrap_or_else(PoisonError::into_inner) = Some(counted);
    }
}

impl Bots {
    /// The sums of at most a minute ago. Where they are older, they are told once more while new ones are asked for: a
    /// picture of what goes on now does not wait for them. Only the first time it does.
    pub(super) async fn holdings(&self) -> BotsResult<Sums> {
        match self.holdings.latest() {
            Some(counted) => {
                if !self.is_good(&counted) {
                    self.count_beside();
                }
                Ok(counted.sums)
            }
            None => {
                let _asking = self.holdings.asking.lock().await;
                match self.holdings.latest() {
                    Some(counted) => Ok(counted.sums),
                    None => self.count_holdings().await,
                }
            }
        }
    }

    fn is_good(&self, counted: &Counted) -> bool {
        ((self.clock)() - counted.asked_at).abs() < GOOD_FOR
    }

    /// Asks Postgres on a task of its own, unless one does already: the request may be gone before the answer is there.
    fn count_beside(&self) {
        let Ok(asking) = Arc::clone(&self.holdings.asking).try_lock_owned() else {
            return;
        };
        let bots = self.clone();
        tokio::spawn(async move {
            let _asking = asking;
            match bots.holdings.latest() {
                Some(counted) if !bots.is_good(&counted) => {
                    if let Err(error) = bots.count_holdings().await {
                        tracing::warn!(%error, "what the bots hold was not counted; the earlier sums are shown");
                        let asked_at = (bots.clock)();
                        bots.holdings.keep(Counted {
                            asked_at,
                            ..counted
                        });
                    }
                }
                _ => {}
            }
        });
    }

    async fn count_holdings(&self) -> BotsResult<Sums> {
        let asked_at = (self.clock)();
        let rows = self
            .db
            .transact_patiently(async |tx| db::parts::sums_by_bot(tx).await);
        let sums = rows.await?.into_iter();
        let sums: Sums = Arc::new(
            sums.map(|(bot_id, parts, bytes)| (bot_id, (parts, bytes)))
                .collect(),
        );
        self.holdings.keep(Counted {
            asked_at,
            sums: Arc::clone(&sums),
        });
        Ok(sums)
    }
}
