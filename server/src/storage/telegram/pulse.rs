//! The sign of life of a process that sends, and what the others make of its silence. Without it the places of a killed
//! server would stay taken until its sends would have ended: minutes, for a pool of a few bots a standstill.
//!
//! Nothing rests on the judgement being right: a send that is given up counts against every limit until its deadline,
//! as one does whose answer was lost; and a process that was only slow is told that its success came too late.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::pool::Pool;
use crate::clock::Clock;
use crate::db::bot_senders;
use crate::storage::StorageError;

/// Between two beats.
pub const BEAT_EVERY: Duration = Duration::from_secs(5);
/// Silent for this long, a process counts as dead: three beats failed, and clocks may differ by a beat.
const SILENCE: TimeDelta = TimeDelta::seconds(20);
/// Whoever pauses for longer can not tell whether the others did, too: Postgres may have been away, or the machine asleep.
const GAP: TimeDelta = TimeDelta::seconds(10);

/// The pulse of one process's pool.
#[derive(Clone)]
pub struct Pulse {
    pool: Pool,
    clock: Clock,
    /// First and last of the beats without a gap.
    steady: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl Pulse {
    /// Of this pool, which has not sent yet.
    pub fn new(pool: Pool, clock: Clock) -> Self {
        Pulse {
            pool,
            clock,
            steady: None,
        }
    }

    /// To be called every [`BEAT_EVERY`]. Buries the silent, once it has been steady for as long as it asks of others.
    /// Returns how many sends of theirs were given up.
    pub async fn beat(&mut self) -> Result<usize, StorageError> {
        let now = (self.clock)();
        let id = self.pool.sender_id();
        self.pool
            .with(async |conn| bot_senders::seen(conn, id, now).await)
            .await?;
        let since = match self.steady {
            Some((since, last)) if now - last <= GAP => since,
            _ => now,
        };
        self.steady = Some((since, now));
        if now - since < SILENCE {
            return Ok(0);
        }
        self.pool
            .with(async |conn| bot_senders::bury(conn, now - SILENCE, now).await)
            .await
    }
}
