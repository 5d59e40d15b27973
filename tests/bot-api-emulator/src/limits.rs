//! The limits of the real service, on the emulator's clock. It decides and counts; it neither waits nor answers.

use std::{
    collections::{HashMap, VecDeque},
    net::IpAddr,
};

use serde::{Deserialize, Serialize};

use crate::world::{BotId, ChatId};

/// Which limits are kept. `POST /control/limits` changes single ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// About one message a second of a bot in a chat; bursts of `chat_burst` are let through.
    pub chat_second: bool,
    /// 20 messages in any 60 seconds of a bot in a group or channel.
    pub chat_minute: bool,
    /// 30 messages in any second of a bot.
    pub bot_second: bool,
    /// Uploads of exactly equal size over 100 000 bytes of a bot are paced.
    pub same_size: bool,
    /// 100 uploads or 4 GiB at a time of a bot.
    pub active_uploads: bool,
    /// 20 tokens a minute, 600 an hour, that an address uses for the first time.
    pub new_tokens: bool,
    /// A call in spite of an earlier 429, before its time.
    pub early_retry: bool,
    /// Messages at once before `chat_second` counts.
    pub chat_burst: u32,
}

impl Limits {
    /// All of them.
    pub fn on() -> Limits {
        Limits::all(true)
    }

    /// None; early retries are still counted, not refused.
    pub fn off() -> Limits {
        Limits::all(false)
    }

    fn all(on: bool) -> Limits {
        Limits {
            chat_second: on,
            chat_minute: on,
            bot_second: on,
            same_size: on,
            active_uploads: on,
            new_tokens: on,
            early_retry: on,
            chat_burst: 5,
        }
    }
}

/// The limit that a call exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// See [`Limits::chat_second`].
    ChatSecond,
    /// See [`Limits::chat_minute`].
    ChatMinute,
    /// See [`Limits::bot_second`].
    BotSecond,
    /// See [`Limits::same_size`].
    SameSize,
    /// See [`Limits::active_uploads`].
    ActiveUploads,
    /// See [`Limits::new_tokens`].
    NewTokens,
    /// See [`Limits::early_retry`].
    EarlyRetry,
}

/// A call over a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) rule: Rule,
    pub(crate) retry_after_secs: u64,
    /// False: it is counted and let through.
    pub(crate) refused: bool,
}

/// What an own limit of the server answers, after [`OWN_LIMIT_WAIT_SECS`].
pub(crate) const OWN_LIMIT_RETRY_SECS: u64 = 60;
/// The server lets a client that exceeds its own limits wait first.
pub(crate) const OWN_LIMIT_WAIT_SECS: f64 = 3.0;

const CHAT_MINUTE_MESSAGES: usize = 20;
const BOT_SECOND_MESSAGES: usize = 30;
const NEW_TOKENS_A_MINUTE: usize = 20;
const NEW_TOKENS_AN_HOUR: usize = 600;
const PACED_FROM_BYTES: u64 = 100_000;
const PACING_BUCKET_SECS: f64 = 1.0;
const PACING_QUEUE_SECS: f64 = 5.0;
const ACTIVE_UPLOADS: u64 = 100;
const ACTIVE_UPLOAD_BYTES: u64 = 1 << 32;

/// What was sent lately, by whom.
#[derive(Default)]
pub(crate) struct Book {
    pairs: HashMap<(BotId, ChatId), Pair>,
    bots: HashMap<BotId, VecDeque<f64>>,
    sizes: HashMap<(BotId, u64), f64>,
    active: HashMap<BotId, Active>,
    addresses: HashMap<IpAddr, VecDeque<f64>>,
    /// Tokens in use, and since when.
    clients: HashMap<String, f64>,
    cooling: HashMap<(BotId, Option<ChatId>), f64>,
}

struct Pair {
    sent: VecDeque<f64>,
    allowance: f64,
    at: f64,
}

#[derive(Default)]
struct Active {
    uploads: u64,
    bytes: u64,
}

/// A message that is about to be stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sending {
    pub(crate) bot: BotId,
    pub(crate) chat: ChatId,
    pub(crate) private: bool,
}

impl Book {
    /// Counts a message, unless it is one too many.
    pub(crate) fn admit(
        &mut self,
        limits: &Limits,
        sending: Sending,
        now: f64,
    ) -> Result<(), Exceeded> {
        let burst = f64::from(limits.chat_burst.max(1));
        let pair = self
            .pairs
            .entry((sending.bot, sending.chat))
            .or_insert_with(|| Pair {
                sent: VecDeque::new(),
                allowance: burst,
                at: now,
            });
        let bot = self.bots.entry(sending.bot).or_default();
        pair.pass(now, burst);
        forget_before(bot, now - 1.0);
        let mut exceeded = None;
        if limits.bot_second && bot.len() >= BOT_SECOND_MESSAGES {
            exceeded = Some((Rule::BotSecond, left(bot, 1.0, now), None));
        }
        if limits.chat_second && pair.allowance < 1.0 {
            exceeded = Some((Rule::ChatSecond, 1, Some(sending.chat)));
        }
        if limits.chat_minute && !sending.private && pair.sent.len() >= CHAT_MINUTE_MESSAGES {
            exceeded = Some((
                Rule::ChatMinute,
                left(&pair.sent, 60.0, now),
                Some(sending.chat),
            ));
        }
        let Some((rule, retry_after_secs, chat)) = exceeded else {
            pair.sent.push_back(now);
            pair.allowance -= 1.0;
            bot.push_back(now);
            return Ok(());
        };
        self.cool(sending.bot, chat, retry_after_secs, now);
        Err(Exceeded {
            rule,
            retry_after_secs,
            refused: true,
        })
    }

    /// A client was told to stay away from a chat, or with `None` altogether.
    pub(crate) fn cool(&mut self, bot: BotId, chat: Option<ChatId>, secs: u64, now: f64) {
        let until = now + u32::try_from(secs).map_or(f64::MAX, f64::from);
        let known = self.cooling.entry((bot, chat)).or_insert(until);
        *known = known.max(until);
    }

    /// Whether the bot was told to stay away for longer.
    pub(crate) fn early(
        &mut self,
        limits: &Limits,
        bot: BotId,
        chat: ChatId,
        now: f64,
    ) -> Option<Exceeded> {
        self.cooling.retain(|_, until| *until > now);
        let until = [None, Some(chat)]
            .into_iter()
            .filter_map(|chat| self.cooling.get(&(bot, chat)))
            .fold(now, |latest, until| latest.max(*until));
        (until > now).then(|| Exceeded {
            rule: Rule::EarlyRetry,
            retry_after_secs: whole_secs(until - now),
            refused: limits.early_retry,
        })
    }

    /// How long an upload of `bytes` has to wait for its turn among those of its size.
    /// As `Client::on_cmd` of tdlib/telegram-bot-api does it.
    pub(crate) fn pace(
        &mut self,
        limits: &Limits,
        bot: BotId,
        bytes: u64,
        now: f64,
    ) -> Result<f64, Exceeded> {
        if !limits.same_size || bytes <= PACED_FROM_BYTES {
            return Ok(0.0);
        }
        let delay = (bytes as f64 * 1e-7).clamp(0.2, 0.9);
        let last = self.sizes.entry((bot, bytes)).or_insert(0.0);
        if *last > now + PACING_QUEUE_SECS {
            return Err(own_limit(Rule::SameSize));
        }
        *last = (*last + delay).max(now - PACING_BUCKET_SECS);
        let wait = (*last - now).max(0.0);
        // What is older than the bucket says nothing any more.
        self.sizes
            .retain(|_, last| *last > now - PACING_BUCKET_SECS - 1.0);
        Ok(wait)
    }

    /// Counts an upload until [`Book::end_upload`].
    pub(crate) fn begin_upload(
        &mut self,
        limits: &Limits,
        bot: BotId,
        bytes: u64,
    ) -> Result<(), Exceeded> {
        let active = self.active.entry(bot).or_default();
        active.uploads += 1;
        active.bytes += bytes;
        let too_many = active.uploads > ACTIVE_UPLOADS || active.bytes > ACTIVE_UPLOAD_BYTES;
        if limits.active_uploads && too_many {
            return Err(own_limit(Rule::ActiveUploads));
        }
        Ok(())
    }

    pub(crate) fn end_upload(&mut self, bot: BotId, bytes: u64) {
        if let Some(active) = self.active.get_mut(&bot) {
            active.uploads = active.uploads.saturating_sub(1);
            active.bytes = active.bytes.saturating_sub(bytes);
        }
    }

    /// A call with a token: free when the server has a client for it, else one of the address's few.
    pub(crate) fn meet(
        &mut self,
        limits: &Limits,
        address: IpAddr,
        token: &str,
        now: f64,
    ) -> Result<(), Exceeded> {
        if self.clients.contains_key(token) {
            return Ok(());
        }
        let met = self.addresses.entry(address).or_default();
        forget_before(met, now - 3600.0);
        let in_minute = met.iter().filter(|at| **at > now - 60.0).count();
        if limits.new_tokens && in_minute >= NEW_TOKENS_A_MINUTE {
            let oldest = met.iter().find(|at| **at > now - 60.0);
            let wait = oldest.map_or(1, |at| whole_secs(at + 60.0 - now));
            return Err(Exceeded {
                rule: Rule::NewTokens,
                retry_after_secs: wait,
                refused: true,
            });
        }
        if limits.new_tokens && met.len() >= NEW_TOKENS_AN_HOUR {
            return Err(Exceeded {
                rule: Rule::NewTokens,
                retry_after_secs: left(met, 3600.0, now),
                refused: true,
            });
        }
        met.push_back(now);
        self.clients.insert(token.to_owned(), now);
        Ok(())
    }

    /// Since when the server has a client for a token.
    pub(crate) fn client_since(&self, token: &str) -> Option<f64> {
        self.clients.get(token).copied()
    }

    /// The server's client for a token ends.
    pub(crate) fn part(&mut self, token: &str) {
        self.clients.remove(token);
    }
}

impl Pair {
    fn pass(&mut self, now: f64, burst: f64) {
        self.allowance = (self.allowance + (now - self.at).max(0.0)).min(burst);
        self.at = now;
        forget_before(&mut self.sent, now - 60.0);
    }
}

fn own_limit(rule: Rule) -> Exceeded {
    Exceeded {
        rule,
        retry_after_secs: OWN_LIMIT_RETRY_SECS,
        refused: true,
    }
}

fn forget_before(times: &mut VecDeque<f64>, limit: f64) {
    while times.front().is_some_and(|at| *at <= limit) {
        times.pop_front();
    }
}

/// Until the oldest leaves its window.
fn left(times: &VecDeque<f64>, window_secs: f64, now: f64) -> u64 {
    times
        .front()
        .map_or(1, |oldest| whole_secs(oldest + window_secs - now))
}

/// Rounded up, at least one.
fn whole_secs(secs: f64) -> u64 {
    secs.ceil().clamp(1.0, 1e9) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_uploads_or_four_gibibytes_are_active_at_a_time() {
        let limits = Limits::on();
        let mut book = Book::default();
        for _ in 0..100 {
            assert_eq!(book.begin_upload(&limits, 1, 1000), Ok(()));
        }
        let exceeded = book
            .begin_upload(&limits, 1, 1000)
            .expect_err("one too many");
        assert_eq!(
            (exceeded.rule, exceeded.retry_after_secs),
            (Rule::ActiveUploads, 60)
        );
        assert_eq!(book.begin_upload(&limits, 2, 1 << 32), Ok(()));
        assert!(book.begin_upload(&limits, 2, 1).is_err());
        assert_eq!(book.begin_upload(&Limits::off(), 2, 1), Ok(()));
        for _ in 0..2 {
            book.end_upload(1, 1000);
        }
        assert_eq!(book.begin_upload(&limits, 1, 1000), Ok(()));
    }
}
