//! The bots and chats that a fleet shares: who may send next, how it went, who has to rest. All of it is in Postgres,
//! so any number of processes use one pool. It calls no API: it hands out leases and is told what came of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::api::Sent;
use super::pacing::Policy;
use super::token::{BotToken, SealedToken, ServerKey};
use crate::clock::Clock;
use crate::db::bot_leases::{self, LeaseRequest};
use crate::db::bot_sends::{self, SendKind, SendRow, SendState, StoredMessage};
use crate::db::{Connection, Db, DbError};
use crate::storage::StorageError;

mod bots;
mod cooling;

use bots::whats_wrong;
pub use cooling::Advice;

/// How often a lease is tried again at once when others were faster.
const RACES: u32 = 10;
/// What is left of a lease when its send is given up: its success must be written down before it counts no more.
const TO_WRITE_DOWN: TimeDelta = TimeDelta::seconds(1);

#[cfg(test)]
mod tests;

/// A send that is allowed and written down. It must be settled; one that is not counts until its deadline,
/// or until its process is found dead.
#[derive(Debug, Clone)]
pub struct Lease {
    pub attempt_id: Uuid,
    pub bot_id: i64,
    pub chat_id: i64,
    pub token: BotToken,
    /// After this its success counts no more.
    pub deadline: DateTime<Utc>,
}

impl Lease {
    /// How long the send may take from now on.
    pub fn time_left(&self, now: DateTime<Utc>) -> Duration {
        let left = self.deadline - now - TO_WRITE_DOWN;
        left.to_std().unwrap_or_default()
    }
}

/// The pool's answer to a request to send.
#[derive(Debug, Clone)]
pub enum Leased {
    /// Send now.
    Go(Lease),
    /// Ask again then.
    Wait {
        /// When a bot is free, or worth another look.
        until: DateTime<Utc>,
    },
    /// No bot can do it, and waiting alone changes nothing.
    Nobody {
        /// What is wrong with each, for the admin.
        why: String,
    },
}

/// How a send went.
#[derive(Debug, Clone, Copy)]
pub(super) enum Settled<'a> {
    /// Its message is in the chat.
    Stored(&'a Sent),
    /// It left no message.
    Refused,
    /// It may have left one.
    Unknown,
}

/// The pool. Cheap to clone.
#[derive(Clone)]
pub struct Pool {
    db: Db,
    key: Arc<ServerKey>,
    clock: Clock,
    policy: Policy,
    sender_id: Uuid,
}

impl Pool {
    /// The pool of this database, as this server's key opens it.
    pub fn new(db: Db, key: ServerKey, clock: Clock, policy: Policy) -> Self {
        Pool {
            db,
            key: Arc::new(key),
            clock,
            policy,
            sender_id: Uuid::new_v4(),
        }
    }

    /// Whose sends these are, among all processes: the same for all clones of a pool.
    pub(super) fn sender_id(&self) -> Uuid {
        self.sender_id
    }

    /// Its numbers.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Allows one attempt to store a part. `put_id` is the put's first attempt.
    pub async fn lease(
        &self,
        put_id: Uuid,
        attempt_id: Uuid,
        size_bytes: u32,
    ) -> Result<Leased, StorageError> {
        let request = self.lease_request(SendKind::Part, put_id, attempt_id, size_bytes);
        self.lease_as(request).await
    }

    /// Allows a forward of a message of that put, by another bot of the chat.
    pub async fn lease_copy(
        &self,
        put_id: Uuid,
        attempt_id: Uuid,
        chat_id: i64,
        except_bot: Option<i64>,
        size_bytes: u32,
    ) -> Result<Leased, StorageError> {
        self.lease_as(LeaseRequest {
            only_chat: Some(chat_id),
            except_bot,
            ..self.lease_request(SendKind::Copy, put_id, attempt_id, size_bytes)
        })
        .await
    }

    /// Allows the sweep's barrier in a chat.
    pub(super) async fn lease_barrier(
        &self,
        attempt_id: Uuid,
        chat_id: i64,
    ) -> Result<Leased, StorageError> {
        self.lease_as(LeaseRequest {
            only_chat: Some(chat_id),
            ..self.lease_request(SendKind::Barrier, attempt_id, attempt_id, 1)
        })
        .await
    }

    /// Writes down the message of a send. False when it came too late: the message belongs to no part and will be swept.
    /// A send that failed is [`Pool::settle_failed`].
    pub async fn settle_stored(&self, lease: &Lease, sent: &Sent) -> Result<bool, StorageError> {
        self.settle(lease, Settled::Stored(sent)).await
    }

    pub(super) async fn settle(
        &self,
        lease: &Lease,
        outcome: Settled<'_>,
    ) -> Result<bool, StorageError> {
        let now = (self.clock)();
        let id = lease.attempt_id;
        self.with(async |conn| match outcome {
            Settled::Stored(sent) => {
                let message = StoredMessage {
                    attempt_id: id,
                    message_id: sent.message_id,
                    telegram_file_id: &sent.file_id,
                    telegram_file_unique_id: &sent.file_unique_id,
                    full_at_messages: self.policy.full_at_messages.into(),
                };
                bot_sends::settle_stored(conn, &message, now).await
            }
            Settled::Refused => settle_lost(conn, id, SendState::Refused, now).await,
            Settled::Unknown => settle_lost(conn, id, SendState::Unknown, now).await,
        })
        .await
    }

    /// What these puts stored: parts and copies, oldest first.
    pub async fn stored_of(&self, put_ids: &[Uuid]) -> Result<Vec<SendRow>, StorageError> {
        self.with(async |conn| bot_sends::stored_of(conn, put_ids).await)
            .await
    }

    /// Of these puts, those of which a message is left, or may be on its way.
    pub async fn left_of(&self, put_ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StorageError> {
        let now = (self.clock)();
        let left = self
            .with(async |conn| bot_sends::left_of(conn, put_ids, now).await)
            .await?;
        Ok(left.into_iter().collect())
    }

    /// Forgets sends whose messages were deleted, or cannot be.
    pub async fn forget(&self, attempt_ids: &[Uuid]) -> Result<(), StorageError> {
        self.with(async |conn| bot_sends::forget(conn, attempt_ids).await)
            .await
    }

    /// One use of the database; no caller holds a connection while it waits for Telegram.
    pub(super) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> Result<T, DbError>,
    ) -> Result<T, StorageError> {
        let outcome = self.db.run(work).await;
        outcome.map_err(|error| StorageError::Unavailable(format!("the bot pool: {error}")))
    }

    fn lease_request(
        &self,
        kind: SendKind,
        put_id: Uuid,
        attempt_id: Uuid,
        size_bytes: u32,
    ) -> LeaseRequest {
        let now = (self.clock)();
        LeaseRequest {
            attempt_id,
            put_id,
            sender_id: self.sender_id,
            kind,
            size_bytes: i32::try_from(size_bytes).unwrap_or(i32::MAX),
            now,
            deadline: self.policy.deadline(now, size_bytes),
            only_chat: None,
            except_bot: None,
            limits: self.policy.limits(now),
        }
    }

    async fn lease_as(&self, mut request: LeaseRequest) -> Result<Leased, StorageError> {
        for _ in 0..RACES {
            if let Some(row) = self
                .with(async |conn| bot_leases::lease(conn, &request).await)
                .await?
            {
                return self.begun(&request, row).await;
            }
            let look_again = request.now + self.policy.look_again;
            let free_at = self
                .with(async |conn| bot_leases::free_at(conn, &request, look_again).await)
                .await?;
            match free_at {
                None => {
                    let why = self.with(async |conn| whats_wrong(conn, request.now).await);
                    return Ok(Leased::Nobody { why: why.await? });
                }
                Some(until) if until > request.now => return Ok(Leased::Wait { until }),
                // others were faster: what they left may be free this very moment
                Some(_) => self.renew(&mut request),
            }
        }
        let until = request.now + self.policy.look_again;
        Ok(Leased::Wait { until })
    }

    fn renew(&self, request: &mut LeaseRequest) {
        let timeout = request.deadline - request.now;
        request.now = (self.clock)();
        request.deadline = request.now + timeout;
        request.limits = self.policy.limits(request.now);
    }

    async fn begun(
        &self,
        request: &LeaseRequest,
        row: bot_leases::LeasedRow,
    ) -> Result<Leased, StorageError> {
        let bot_id = row.bot_id;
        match self.open(bot_id, row.token_sealed) {
            Ok(token) => Ok(Leased::Go(Lease {
                attempt_id: request.attempt_id,
                bot_id,
                chat_id: row.chat_id,
                token,
                deadline: request.deadline,
            })),
            Err(error) => {
                let (id, now) = (request.attempt_id, request.now);
                self.with(async |conn| settle_lost(conn, id, SendState::Refused, now).await)
                    .await?;
                Err(error)
            }
        }
    }

    fn open(&self, bot_id: i64, sealed: Vec<u8>) -> Result<BotToken, StorageError> {
        SealedToken::from_bytes(sealed)
            .open(&self.key, bot_id)
            .map_err(|error| StorageError::Unavailable(error.to_string()))
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

async fn settle_lost(
    conn: &mut Connection,
    attempt_id: Uuid,
    state: SendState,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    bot_sends::settle_lost(conn, attempt_id, state, now).await?;
    Ok(true)
}
