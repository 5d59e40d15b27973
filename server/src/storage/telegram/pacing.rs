//! The numbers of the pool's policy, where each comes from, and what follows from them. Pure: the limits are kept by one
//! statement of `db::bot_leases`, for all processes at once. How long who failed cools down is in `pool/cooling`.
//!
//! Telegram says "no more than 20 messages a minute to the same group" and counts a message when it arrives. Ferry knows
//! when a send may begin and when its answer was there; in between lies an upload of seconds or minutes, so that a
//! bucket alone, however careful, keeps no limit. Two things together do:
//! - a **bucket** for each pair of bot and chat gives the rhythm: 18 a minute, three at once at most;
//! - a **window** gives the limit: a send counts from its lease until a minute after its end, and fewer than 20 such let
//!   the next one begin. Of the messages that arrive within one minute, take the one that was leased last: each of the
//!   others was leased before it, and arrived, so ended, no more than a minute before it: it was counted. So there
//!   are never more than 20, whatever the network does.

use chrono::{DateTime, TimeDelta, Utc};

use crate::db::bot_leases::Limits;

/// The most that one bot may weigh against the others; the table says the same.
pub const MAX_WEIGHT: f32 = 1_000.0;

/// Whether a bot may have this weight: more than 0, at most [`MAX_WEIGHT`].
pub fn is_weight(weight: f32) -> bool {
    weight > 0.0 && weight <= MAX_WEIGHT
}

/// What a pool allows.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Rhythm of a pair. Telegram's "20 or so" with one tenth in hand.
    pub sends_per_minute: f64,
    /// Of a pair, after a rest. Keeps the rhythm where senders come late.
    pub burst: f64,
    /// Of a pair, may arrive within `minute`. The documented limit of a bot in a group; channels were seen to have the same.
    pub minute_sends: u32,
    /// A minute, and what two servers' clocks may differ by.
    pub minute: TimeDelta,
    /// Of a pair, may arrive within `moment`. One a second is documented, "short bursts" are let through: five in any
    /// five seconds are never more than a burst of five and one a second.
    pub moment_sends: u32,
    /// As many seconds, and what two servers' clocks may differ by.
    pub moment: TimeDelta,
    /// Of a bot, at once. The Bot API server takes uploads of exactly equal size one after another (0.9 s each from 9 MB),
    /// and refuses the bot for a minute once that line is 5 s long: the ninth of a burst is refused.
    pub in_flight_per_bot: u32,
    /// Of a chat. Groups show their last million, channels were seen to hold half of it.
    pub full_at_messages: u32,
    /// Least time of a send; it gets more for its size.
    pub least_timeout: TimeDelta,
    /// A document gets the time that it takes at this speed on top.
    pub slowest_bytes_per_sec: u32,
    /// Between two looks for what cannot be foreseen, such as the end of a send.
    pub look_again: TimeDelta,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            sends_per_minute: 18.0,
            burst: 3.0,
            minute_sends: 20,
            minute: TimeDelta::seconds(61),
            moment_sends: 5,
            moment: TimeDelta::milliseconds(5_500),
            in_flight_per_bot: 6,
            full_at_messages: 400_000,
            least_timeout: TimeDelta::seconds(30),
            slowest_bytes_per_sec: 100_000,
            look_again: TimeDelta::milliseconds(500),
        }
    }
}

impl Policy {
    /// For a Bot API server without limits of its own. Only what protects the machine stays.
    pub fn unlimited() -> Self {
        Policy {
            sends_per_minute: 6e9,
            burst: 1e9,
            minute_sends: u32::MAX,
            moment_sends: u32::MAX,
            in_flight_per_bot: 64,
            look_again: TimeDelta::milliseconds(20),
            ..Policy::default()
        }
    }

    /// Sends of one pair that can arrive within a minute: what the bucket lets out, and no more than the window allows.
    /// None where there is no window.
    pub fn pair_sends_per_minute(&self) -> Option<u32> {
        if self.minute_sends == u32::MAX {
            return None;
        }
        let bucket = (self.sends_per_minute + self.burst).floor();
        Some(
            (1..self.minute_sends)
                .find(|sends| f64::from(*sends) >= bucket)
                .unwrap_or(self.minute_sends),
        )
    }

    /// When a send of that size that begins now will have been given up.
    pub fn deadline(&self, now: DateTime<Utc>, size_bytes: u32) -> DateTime<Utc> {
        let upload_secs = size_bytes / self.slowest_bytes_per_sec.max(1);
        now + self.least_timeout + TimeDelta::seconds(upload_secs.into())
    }

    /// The limits as they are now.
    pub(super) fn limits(&self, now: DateTime<Utc>) -> Limits {
        Limits {
            tokens_per_sec: self.sends_per_minute / 60.0,
            burst: self.burst,
            minute_sends: self.minute_sends.into(),
            minute_since: now - self.minute,
            moment_sends: self.moment_sends.into(),
            moment_since: now - self.moment,
            in_flight: self.in_flight_per_bot.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_document_has_more_time_than_a_small_one() {
        let policy = Policy::default();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let secs = |size| (policy.deadline(now, size) - now).num_seconds();
        assert_eq!(secs(0), 30);
        assert_eq!(secs(16 << 20), 30 + 167);
        assert_eq!(secs(u32::MAX), 30 + 42_949);
    }

    #[test]
    fn a_minute_of_a_pair_is_the_buckets_or_the_windows_whichever_is_less() {
        let paced = |sends_per_minute| {
            Policy {
                sends_per_minute,
                ..Policy::default()
            }
            .pair_sends_per_minute()
        };
        assert_eq!(Policy::default().pair_sends_per_minute(), Some(20));
        assert_eq!(paced(20.0), Some(20));
        assert_eq!(paced(5.0), Some(8), "five and a burst of three");
        assert_eq!(Policy::unlimited().pair_sends_per_minute(), None);
    }
}
