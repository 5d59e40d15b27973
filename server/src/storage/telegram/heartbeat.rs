//! The sign of life of a process that sends, and what the others make of its silence. Without it the places of a killed
//! server would stay taken until its sends would have ended: minutes, for a pool of a few bots a standstill.
//!
//! Signs are counted, not dated: a process that watches needs only its own clock. And nothing rests on the judgement being
//! right: a send that is given up counts against the limits of the service until its deadline, as one does whose answer
//! was lost; and a process that was only slow is told that its success came too late.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::pool::Pool;
use crate::clock::Clock;
use crate::db::bot_senders;
use crate::storage::StorageError;

/// Between two beats.
pub const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// Silent for this long, a process counts as dead: three beats failed.
const SILENCE: TimeDelta = TimeDelta::seconds(20);
/// A process that pauses for longer cannot tell whether the others did, too: Postgres may have been away, or the machine asleep.
const GAP: TimeDelta = TimeDelta::seconds(10);

/// The heartbeat of one process's pool.
#[derive(Clone)]
pub struct Heartbeat {
    pool: Pool,
    clock: Clock,
    last: Option<DateTime<Utc>>,
    /// What was heard of each of the others, and since when nothing else.
    heard: HashMap<Uuid, (i64, DateTime<Utc>)>,
}

impl Heartbeat {
    /// Of this pool, which has not sent yet.
    pub fn new(pool: Pool, clock: Clock) -> Self {
        Heartbeat {
            pool,
            clock,
            last: None,
            heard: HashMap::new(),
        }
    }

    /// To be called every [`HEARTBEAT_INTERVAL`]. Marks those dead that were silent for as long as it listened without a gap.
    /// Returns how many sends of theirs were given up.
    pub async fn send(&mut self) -> Result<usize, StorageError> {
        let now = (self.clock)();
        let id = self.pool.sender_id();
        let others = self
            .pool
            .with(async |conn| {
                bot_senders::count_heartbeat(conn, id).await?;
                bot_senders::others(conn, id).await
            })
            .await?;
        if self.last.is_none_or(|last| now - last > GAP) {
            self.heard.clear();
        }
        self.last = Some(now);
        let mut given_up = 0;
        for silent in self.listen(others, now) {
            let given_up_now = self
                .pool
                .with(async |conn| bot_senders::mark_dead(conn, silent, now).await);
            given_up += given_up_now.await?;
        }
        Ok(given_up)
    }

    /// Remembers what is new, and tells who said nothing new for too long.
    fn listen(&mut self, others: Vec<(Uuid, i64)>, now: DateTime<Utc>) -> Vec<(Uuid, i64)> {
        let heard = others.into_iter().map(|(id, beats)| {
            let since = match self.heard.get(&id) {
                Some((same, since)) if *same == beats => *since,
                _ => now,
            };
            (id, (beats, since))
        });
        self.heard = heard.collect();
        let silent = self
            .heard
            .iter()
            .filter(|(_, (_, since))| now - *since >= SILENCE);
        silent.map(|(id, (beats, _))| (*id, *beats)).collect()
    }
}
