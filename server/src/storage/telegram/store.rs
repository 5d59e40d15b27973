//! [`TelegramStore`]: a part is a document that one of the pool's bots sent into one of its chats. Which bot may send is
//! the pool's to say, what the API answers is `fault`'s to read; here is what follows from it for a part.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::api::{BotApis, DELETABLE_FOR, MAX_DOCUMENT_BYTES, Sent};
use super::fault::Fault;
use super::locator::{Address, Message};
use super::metrics::TelegramMetrics;
use super::pool::{Advice, Lease, Leased, Pool};
use super::range::within;
use super::reads::Reads;
use super::token::BotToken;
use crate::clock::{Clock, Timer};
use crate::storage::{ByteStream, Erasure, Locator, PartStore, StorageError, StorageLimits, WHOLE};

/// What a queued deletion may wait: a part that the store calls deletable still is when it is reached.
const DELETION_QUEUE: TimeDelta = TimeDelta::hours(1);

/// What surrounds the store: a send takes minutes on a slow line, and the API answers `getFile` when it has the file.
pub const LIMITS: StorageLimits = StorageLimits {
    concurrency: 64,
    put_timeout: Duration::from_secs(400),
    delete_timeout: Duration::from_secs(300),
    call_timeout: Duration::from_secs(120),
};

/// A client that is told to come back sends the whole part again: not at once.
const LEAST_REST: TimeDelta = TimeDelta::seconds(5);

/// What a put and a get bear.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Waiting for a bot before a put is told to come back.
    pub lease: TimeDelta,
    /// Sends of one put, on one bot after the other.
    pub sends: u32,
    /// After this a put begins no other send: its client has waited long, and asks again.
    pub retries: TimeDelta,
    /// Waits between the tries of a read whose failure proves nothing.
    pub retry_delays: [TimeDelta; 4],
    /// The beginning of a read: the API fetches the whole document first.
    pub open: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            lease: TimeDelta::seconds(20),
            sends: 6,
            retries: TimeDelta::seconds(60),
            retry_delays: [500, 1_000, 2_000, 4_000].map(TimeDelta::milliseconds),
            open: Duration::from_secs(60),
        }
    }
}

/// Parts as documents in chats.
#[derive(Clone)]
pub struct TelegramStore {
    pub(super) pool: Pool,
    pub(super) apis: BotApis,
    pub(super) clock: Clock,
    pub(super) timer: Timer,
    pub(super) timeouts: Timeouts,
    pub(super) metrics: TelegramMetrics,
    pub(super) reads: Reads,
}

impl TelegramStore {
    /// Joins the parts; calls no API.
    pub fn new(
        pool: Pool,
        apis: BotApis,
        (clock, timer): (Clock, Timer),
        timeouts: Timeouts,
        metrics: TelegramMetrics,
    ) -> Self {
        TelegramStore {
            reads: Reads::new(clock.clone(), timer.clone()),
            pool,
            apis,
            clock,
            timer,
            timeouts,
            metrics,
        }
    }

    /// A lease, waited for as long as a put waits.
    async fn lease(
        &self,
        put_id: Uuid,
        attempt_id: Uuid,
        size_bytes: u32,
        until: DateTime<Utc>,
    ) -> Result<Lease, StorageError> {
        let mut waiting = None;
        loop {
            let ready = match self.pool.lease(put_id, attempt_id, size_bytes).await? {
                Leased::Go(lease) => return Ok(lease),
                Leased::Nobody { why } => return Err(StorageError::Unavailable(why)),
                Leased::Wait { until: ready } => ready,
            };
            self.metrics.waits.inc();
            if ready > until {
                return Err(busy(
                    (ready - (self.clock)()).max(LEAST_REST),
                    "every bot of the pool is busy or rests",
                ));
            }
            waiting.get_or_insert_with(|| self.metrics.one_waits());
            (self.timer)(ready).await;
        }
    }

    /// One send. None where another bot is to try; what may have arrived of this one is swept.
    async fn send(
        &self,
        lease: &Lease,
        body: Bytes,
    ) -> Result<Result<Message, Fault>, StorageError> {
        let name = format!("{}.bin", lease.attempt_id.simple());
        let api = self.apis.of(&lease.token);
        let timeout = lease.time_left((self.clock)());
        match api.send(lease.chat_id, &name, body, timeout).await {
            Ok(sent) => self.sent(lease, sent).await.map(Ok),
            Err(fault) => {
                self.metrics.send_failed(&fault);
                self.send_failed(lease, &fault).await?;
                Ok(Err(fault))
            }
        }
    }

    async fn sent(&self, lease: &Lease, sent: Sent) -> Result<Message, StorageError> {
        if !self.pool.settle_stored(lease, &sent).await? {
            return Err(StorageError::Unavailable(
                "the send took so long that it was given up".to_owned(),
            ));
        }
        self.metrics.sends_stored.inc();
        Ok(Message::of(lease, sent))
    }

    /// Tells the pool how a send failed.
    pub(super) async fn send_failed(
        &self,
        lease: &Lease,
        fault: &Fault,
    ) -> Result<(), StorageError> {
        let (bot_id, chat_id) = (lease.bot_id, lease.chat_id);
        tracing::info!(bot_id, chat_id, %fault, "a send to Telegram failed");
        let advice = self.pool.settle_failed(lease, fault).await?;
        self.follow(advice, bot_id).await
    }

    /// Tells the pool how a call that is no send failed.
    pub(super) async fn report(
        &self,
        bot_id: i64,
        chat_id: i64,
        fault: &Fault,
    ) -> Result<(), StorageError> {
        tracing::info!(bot_id, chat_id, %fault, "a call of Telegram failed");
        let advice = self.pool.report(bot_id, Some(chat_id), fault).await?;
        self.follow(advice, bot_id).await
    }

    /// A token counts as refused only when the bot cannot even say who it is.
    async fn follow(&self, advice: Advice, bot_id: i64) -> Result<(), StorageError> {
        if advice == Advice::Nothing {
            return Ok(());
        }
        let Some(token) = self.pool.bot(bot_id).await? else {
            return Ok(());
        };
        match self.apis.of(&token).me().await {
            Err(confirmed @ (Fault::BotUnauthorized { .. } | Fault::BotLoggedOut)) => {
                self.pool.switch_off(bot_id, &confirmed).await
            }
            _ => Ok(()),
        }
    }

    /// Asks a bot's `getMe`, and tells the pool what follows for the bot.
    async fn says_who_it_is(&self, token: &BotToken) -> Result<Result<(), Fault>, StorageError> {
        let bot_id = token.bot_id();
        let Err(fault) = self.apis.of(token).me().await else {
            return Ok(Ok(()));
        };
        match &fault {
            Fault::BotUnauthorized { .. } | Fault::BotLoggedOut => {
                self.pool.switch_off(bot_id, &fault).await?;
            }
            fault => {
                let _ = self.pool.report(bot_id, None, fault).await?;
            }
        }
        Ok(Err(fault))
    }
}

pub(super) fn busy(wait: TimeDelta, why: &str) -> StorageError {
    let millis = wait.num_milliseconds().max(0);
    StorageError::Busy {
        retry_after_secs: u32::try_from((millis + 999) / 1_000)
            .unwrap_or(u32::MAX)
            .max(1),
        why: why.to_owned(),
    }
}

#[async_trait]
impl PartStore for TelegramStore {
    fn locate(&self) -> Locator {
        Locator(serde_json::json!({ "attempt": Uuid::new_v4() }))
    }

    async fn put(&self, locator: Locator, body: Bytes) -> Result<Locator, StorageError> {
        let put_id = Address::of(&locator)?.put_id;
        let size_bytes = u32::try_from(body.len())
            .ok()
            .filter(|_| body.len() <= MAX_DOCUMENT_BYTES);
        let Some(size_bytes) = size_bytes else {
            return Err(StorageError::TooLarge {
                limit_bytes: u64::try_from(MAX_DOCUMENT_BYTES).unwrap_or(u64::MAX),
            });
        };
        let begun = (self.clock)();
        let until = begun + self.timeouts.lease;
        let mut attempt_id = put_id;
        let mut last: Option<Fault> = None;
        for nth in 0..self.timeouts.sends.max(1) {
            if nth > 0 && (self.clock)() - begun > self.timeouts.retries {
                break;
            }
            let leased = self.lease(put_id, attempt_id, size_bytes, until).await;
            let lease = match (leased, &last) {
                // Nobody is left to try because nobody was answered: that is no matter of pace.
                (Err(StorageError::Busy { .. }), Some(fault)) if fault.is_unanswered() => {
                    return Err(StorageError::Unavailable(fault.to_string()));
                }
                (leased, _) => leased?,
            };
            match self.send(&lease, body.clone()).await? {
                Ok(message) => {
                    let address = Address {
                        put_id,
                        message: Some(message),
                    };
                    return address.locator();
                }
                // A web server in front of the API that takes less than Telegram does: no other bot fares better.
                Err(fault @ Fault::TooBig { .. }) => {
                    return Err(StorageError::Unavailable(fault.to_string()));
                }
                Err(fault) => last = Some(fault),
            }
            attempt_id = Uuid::new_v4();
        }
        let said = last.map_or_else(String::new, |fault| fault.to_string());
        Err(StorageError::Unavailable(format!(
            "all sends of a part failed, the last one so: {said}"
        )))
    }

    async fn get(
        &self,
        locator: &Locator,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let address = Address::of(locator)?;
        let Some(message) = address.message else {
            return Err(StorageError::NotFound);
        };
        let bytes = self.open(address.put_id, &message).await?;
        Ok(within(bytes, range.unwrap_or(WHOLE)))
    }

    async fn delete(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        self.erase(locators).await
    }

    fn deletable_for(&self) -> Option<TimeDelta> {
        Some(DELETABLE_FOR - DELETION_QUEUE)
    }

    /// Some bot can be asked, and says who it is. What one of them is told says little about the others: a second one is
    /// asked before the answer is no.
    async fn health(&self) -> Result<(), StorageError> {
        let first = self.pool.health(None).await?;
        let Err(fault) = self.says_who_it_is(&first).await? else {
            return Ok(());
        };
        let unavailable = |fault: Fault| StorageError::Unavailable(fault.to_string());
        match self.pool.health(Some(first.bot_id())).await {
            Ok(second) => self.says_who_it_is(&second).await?.map_err(unavailable),
            Err(_) => Err(unavailable(fault)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_seconds() {
        let secs = |millis| match busy(TimeDelta::milliseconds(millis), "") {
            StorageError::Busy {
                retry_after_secs, ..
            } => retry_after_secs,
            other => panic!("{other:?}"),
        };
        assert_eq!([secs(-5), secs(1), secs(1_000), secs(1_001)], [1, 1, 1, 2]);
    }
}
