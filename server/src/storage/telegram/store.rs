//! [`TelegramStore`]: a part is a document that one of the pool's bots sent into one of its chats. Which bot may send is
//! the pool's to say, what the API answers is `fault`'s to read; here is what follows from it for a part.

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::api::{BotApis, MAX_DOCUMENT_BYTES, Sent};
use super::erase;
use super::fault::Fault;
use super::metrics::TelegramMetrics;
use super::pool::{Advice, Lease, Leased, Pool, Settled};
use super::reads::Reads;
use super::token::BotToken;
use crate::clock::{Clock, Timer};
use crate::storage::{ByteStream, Erasure, Locator, PartStore, StorageError, StorageLimits, WHOLE};

/// How long Telegram lets a bot delete its message, less what a queue may take.
pub(super) const DELETABLE_FOR: TimeDelta = TimeDelta::hours(47);

/// What surrounds the store: a send takes minutes on a slow line, and the API answers `getFile` when it has the file.
pub const LIMITS: StorageLimits = StorageLimits {
    concurrency: 64,
    put_timeout: Duration::from_secs(400),
    delete_timeout: Duration::from_secs(300),
    call_timeout: Duration::from_secs(120),
};

/// Whoever is told to come back sends the whole part again: not at once.
const LEAST_REST: TimeDelta = TimeDelta::seconds(5);

/// What a put and a get bear.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Waiting for a bot's turn before a put is told to come back.
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

/// Where a part is. Before it is sent only the attempt is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// First attempt of the put: what its sends have in common.
    pub(super) put_id: Uuid,
    pub(super) message: Option<Message>,
}

/// The document itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) bot_id: i64,
    pub(super) chat_id: i64,
    pub(super) message_id: i64,
    pub(super) telegram_file_id: String,
    pub(super) telegram_file_unique_id: String,
    pub(super) sent_at: DateTime<Utc>,
}

/// As the locator has it.
#[derive(Serialize, Deserialize)]
struct Written {
    attempt: Uuid,
    #[serde(flatten)]
    message: Option<Message>,
}

impl Address {
    pub(super) fn of(locator: &Locator) -> Result<Self, StorageError> {
        let written: Written =
            serde_json::from_value(locator.0.clone()).map_err(|_| StorageError::ForeignLocator)?;
        Ok(Address {
            put_id: written.attempt,
            message: written.message,
        })
    }

    fn locator(self) -> Result<Locator, StorageError> {
        let written = Written {
            attempt: self.put_id,
            message: self.message,
        };
        serde_json::to_value(written)
            .map(Locator)
            .map_err(|error| StorageError::Unavailable(error.to_string()))
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
    /// Joins the parts; calls nobody.
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

    /// A bot's turn to send, waited for as long as a put waits.
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
                    "every bot of the pool has had its turn",
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
        match api
            .send(lease.chat_id, &name, body, time_left(lease, (self.clock)()))
            .await
        {
            Ok(sent) => self.sent(lease, sent).await.map(Ok),
            Err(fault) => {
                self.metrics.send_failed(&fault);
                // In this order: settling gives the place free, and nobody may take a pair that was told to wait.
                self.report(lease.bot_id, lease.chat_id, &fault).await?;
                self.pool.settle(lease, settled(&fault)).await?;
                Ok(Err(fault))
            }
        }
    }

    async fn sent(&self, lease: &Lease, sent: Sent) -> Result<Message, StorageError> {
        if !self.pool.settle(lease, stored(&sent)).await? {
            return Err(StorageError::Unavailable(
                "the send took so long that it was given up".to_owned(),
            ));
        }
        self.metrics.sends_stored.inc();
        Ok(message_of(lease, sent))
    }

    /// Tells the pool, which cools and judges. A token counts as refused only when the bot can not even say who it is.
    pub(super) async fn report(
        &self,
        bot_id: i64,
        chat_id: i64,
        fault: &Fault,
    ) -> Result<(), StorageError> {
        tracing::info!(bot_id, chat_id, %fault, "a call of Telegram failed");
        if self.pool.report(bot_id, Some(chat_id), fault).await? == Advice::Nothing {
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

/// What the pool writes down of a send that arrived.
pub(super) fn stored(sent: &Sent) -> Settled<'_> {
    Settled::Stored {
        message_id: sent.message_id,
        file_id: &sent.file_id,
        file_unique_id: &sent.file_unique_id,
    }
}

/// And of one that failed.
pub(super) fn settled(fault: &Fault) -> Settled<'static> {
    match fault.may_have_stored() {
        true => Settled::Unknown,
        false => Settled::Refused,
    }
}

/// How long a send may take: its success must be written down before it counts no more.
fn time_left(lease: &Lease, now: DateTime<Utc>) -> Duration {
    (lease.deadline - now - TimeDelta::seconds(1))
        .to_std()
        .unwrap_or_default()
}

fn message_of(lease: &Lease, sent: Sent) -> Message {
    Message {
        bot_id: lease.bot_id,
        chat_id: lease.chat_id,
        message_id: sent.message_id,
        telegram_file_id: sent.file_id,
        telegram_file_unique_id: sent.file_unique_id,
        sent_at: sent.date,
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
        let mut last = None;
        for nth in 0..self.timeouts.sends.max(1) {
            if nth > 0 && (self.clock)() - begun > self.timeouts.retries {
                break;
            }
            let leased = self.lease(put_id, attempt_id, size_bytes, until).await;
            let lease = match (leased, &last) {
                // Nobody is left to try because nobody was answered: that is no matter of pace.
                (
                    Err(StorageError::Busy { .. }),
                    Some(fault @ (Fault::Outage { .. } | Fault::Unknown { .. })),
                ) => {
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
        erase::erase(self, locators).await
    }

    fn deletable_for(&self) -> Option<TimeDelta> {
        Some(DELETABLE_FOR)
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

/// The range of a document: Telegram promises no ranges, so that the whole one is asked for and no more of it is read than
/// needed.
fn within(bytes: ByteStream, range: Range<u64>) -> ByteStream {
    let cut =
        futures_util::stream::unfold((bytes, range, 0_u64), |(mut bytes, range, at)| async move {
            let mut at = at;
            loop {
                if at >= range.end {
                    return None;
                }
                let piece = match bytes.next().await? {
                    Ok(piece) => piece,
                    Err(error) => return Some((Err(error), (bytes, at..at, at))),
                };
                let begin = at;
                at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
                let inside = cut_out(piece, begin, &range);
                if !inside.is_empty() {
                    return Some((Ok(inside), (bytes, range, at)));
                }
            }
        });
    cut.boxed()
}

/// What of a piece that begins at `begin` lies in the range.
fn cut_out(mut piece: Bytes, begin: u64, range: &Range<u64>) -> Bytes {
    let within_piece = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX);
    piece.truncate(within_piece(range.end));
    piece.split_off(within_piece(range.start).min(piece.len()))
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    #[test]
    fn an_address_is_a_locator_and_back() {
        let put_id = Uuid::from_u128(7);
        let intent = Locator(serde_json::json!({ "attempt": put_id }));
        let bare = Address::of(&intent).unwrap();
        assert_eq!((bare.put_id, &bare.message), (put_id, &None));
        assert_eq!(bare.locator().unwrap(), intent);
        let address = Address {
            put_id,
            message: Some(Message {
                bot_id: 5,
                chat_id: -1001,
                message_id: 17,
                telegram_file_id: "BQAC".to_owned(),
                telegram_file_unique_id: "AgAD".to_owned(),
                sent_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
            }),
        };
        let locator = address.clone().locator().unwrap();
        assert_eq!(locator.0["bot_id"], 5);
        assert_eq!(locator.0["telegram_file_id"], "BQAC");
        assert_eq!(Address::of(&locator).unwrap(), address);
        for foreign in [
            serde_json::json!({ "key": "parts/aa" }),
            serde_json::json!({ "bot_id": 7 }),
        ] {
            let read = Address::of(&Locator(foreign));
            assert!(matches!(read, Err(StorageError::ForeignLocator)));
        }
    }

    #[tokio::test]
    async fn ranges_are_cut_out_of_any_pieces() {
        let whole: Vec<u8> = (0..100).collect();
        for piece_len in [1, 7, 33, 100] {
            for range in [0..100_u64, 0..1, 99..100, 6..8, 33..66, 10..1_000] {
                let pieces: Vec<_> = whole
                    .chunks(piece_len)
                    .map(|piece| Ok(Bytes::copy_from_slice(piece)))
                    .collect();
                let bytes = futures_util::stream::iter(pieces).boxed();
                let got: Vec<Bytes> = within(bytes, range.clone()).try_collect().await.unwrap();
                let at = |at: u64| usize::try_from(at.min(100)).unwrap();
                let (start, end) = (at(range.start), at(range.end));
                assert_eq!(got.concat(), whole[start..end], "{range:?} of {piece_len}");
            }
        }
    }

    #[tokio::test]
    async fn a_range_reads_no_further_than_it_needs() {
        let pieces = futures_util::stream::iter([Ok(Bytes::from_static(b"abc"))]);
        let bytes = pieces.chain(futures_util::stream::pending()).boxed();
        let got: Vec<Bytes> = within(bytes, 1..3).try_collect().await.unwrap();
        assert_eq!(got.concat(), b"bc");
    }

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
