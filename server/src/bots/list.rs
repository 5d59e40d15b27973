//! The pool as it is now: bots, chats, rates, cool-downs, and what is on its way; what the bots hold is told as it was up
//! to a minute ago. Reads only; asks Telegram nothing.

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::{BotChatEntry, BotEntry, BotQueue, BotsResponse, TelegramChatEntry};

use super::{Bots, BotsResult, holdings::Sums};
use crate::db::{self, bot_chats::PairRow, bots::BotRow, telegram_chats::ChatRow, units::u64_of};

/// What "a minute" of rates is.
const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// The store's name in the queue of deletions.
const PROVIDER: &str = "telegram";

/// Everything that the picture is made of.
struct Seen {
    bots: Vec<BotRow>,
    pairs: Vec<PairRow>,
    chats: Vec<ChatRow>,
    /// Of a minute ago at most.
    holdings: Sums,
    unanswered: i64,
    pending_deletions: i64,
}

impl Bots {
    /// All bots and chats.
    pub async fn list(&self) -> BotsResult<BotsResponse> {
        let now = (self.clock)();
        let seen = self.look(now).await?;
        let of_all = |value: fn(&PairRow) -> i64| u64_of(seen.pairs.iter().map(value).sum());
        Ok(BotsResponse {
            at: now,
            api_url: self.apis.api_url().to_owned(),
            pair_sends_per_minute: self.pair_sends_per_minute,
            queue: BotQueue {
                waiting: u64_of(self.metrics.waiting.get()),
                in_flight: of_all(|pair| pair.in_flight),
                unanswered: u64_of(seen.unanswered),
                pending_deletions: u64_of(seen.pending_deletions),
                sends_last_minute: of_all(|pair| pair.sent),
                bytes_last_minute: of_all(|pair| pair.sent_bytes),
            },
            bots: seen.bots.iter().map(|row| bot(row, &seen, now)).collect(),
            chats: seen.chats.iter().map(chat).collect(),
        })
    }

    async fn look(&self, now: DateTime<Utc>) -> BotsResult<Seen> {
        let holdings = self.holdings().await?;
        self.db
            .run(async |connection| {
                let pending = db::deletions::pending_by_provider(connection).await?;
                Ok(Seen {
                    bots: db::bots::list(connection).await?,
                    pairs: db::bot_chats::list(connection, now - MINUTE, now).await?,
                    chats: db::telegram_chats::list(connection).await?,
                    holdings,
                    unanswered: db::bot_sweeps::unanswered(connection).await?,
                    pending_deletions: pending
                        .into_iter()
                        .find_map(|(provider, waiting)| (provider == PROVIDER).then_some(waiting))
                        .unwrap_or_default(),
                })
            })
            .await
    }
}

fn bot(row: &BotRow, seen: &Seen, now: DateTime<Utc>) -> BotEntry {
    let pairs: Vec<&PairRow> = seen
        .pairs
        .iter()
        .filter(|pair| pair.bot_id == row.id)
        .collect();
    let of_all = |value: fn(&PairRow) -> i64| pairs.iter().map(|pair| value(pair)).sum();
    let (parts, stored_bytes) = seen.holdings.get(&row.id).copied().unwrap_or_default();
    BotEntry {
        bot_id: row.id,
        username: row.username.clone(),
        state: row.state.0,
        reason: row.reason.clone(),
        cooled_until: row.cooled_until.filter(|until| *until > now),
        weight: row.weight,
        source: row.source.0,
        created_at: row.created_at,
        checked_at: row.checked_at,
        in_flight: count(of_all(|pair| pair.in_flight)),
        sends_last_minute: count(of_all(|pair| pair.sent)),
        parts: u64_of(parts),
        stored_bytes: u64_of(stored_bytes),
        chats: pairs.into_iter().map(|row| pair(row, now)).collect(),
    }
}

fn pair(row: &PairRow, now: DateTime<Utc>) -> BotChatEntry {
    BotChatEntry {
        chat_id: row.chat_id,
        state: row.state.0,
        reason: row.reason.clone(),
        cooled_until: row.cooled_until.filter(|until| *until > now),
        sends_last_minute: count(row.sent),
    }
}

fn chat(row: &ChatRow) -> TelegramChatEntry {
    TelegramChatEntry {
        chat_id: row.chat_id,
        title: row.title.clone(),
        kind: row.kind.clone(),
        dedicated: row.dedicated,
        state: row.state.0,
        messages: u64_of(row.messages),
        high_message_id: row.high_message_id,
        swept_to: row.swept_to,
    }
}

fn count(value: i64) -> u32 {
    u32::try_from(value).unwrap_or_default()
}
