//! The bots and chats that a fleet shares: who may send next, how it went, who has to rest. All of it is in Postgres,
//! so any number of processes use one pool. It calls no API: it hands out leases and is told what came of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::fault::{ChatGoneKind, Fault};
use super::pacing::Policy;
use super::token::{BotToken, SealedToken, ServerKey};
use crate::clock::Clock;
use crate::db::bot_sends::{self, LeaseRequest, SendRow, StoredMessage};
use crate::db::{Connection, Db, DbError, bots};
use crate::storage::StorageError;

/// How often a lease is tried again at once when others were faster.
const RACES: u32 = 10;

#[cfg(test)]
mod tests;

/// A send that is allowed and written down. It must be settled; one that is not counts until its deadline,
/// or until its process is found dead.
#[derive(Debug, Clone)]
pub struct Lease {
    /// Of the send.
    pub attempt_id: Uuid,
    /// Who sends.
    pub bot_id: i64,
    /// Where to.
    pub chat_id: i64,
    /// With what.
    pub token: BotToken,
    /// After this its success counts no more.
    pub deadline: DateTime<Utc>,
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
pub enum Settled<'a> {
    /// Its message is in the chat.
    Stored {
        /// Its id.
        message_id: i64,
        /// For this bot alone.
        file_id: &'a str,
        /// The same for all bots.
        file_unique_id: &'a str,
    },
    /// It left no message.
    Refused,
    /// It may have left one.
    Unknown,
}

/// What to do after a failure was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Advice {
    /// The pool knows enough.
    Nothing,
    /// Ask `getMe`, and where that is refused too, [`Pool::switch_off`].
    AskMe,
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
        let request = self.lease_request(bot_sends::PART, put_id, attempt_id, size_bytes);
        self.lease_as(request).await
    }

    /// Allows a forward of a message of that put, by another bot of the chat.
    pub async fn lease_copy(
        &self,
        put_id: Uuid,
        attempt_id: Uuid,
        chat_id: i64,
        except_bot: i64,
        size_bytes: u32,
    ) -> Result<Leased, StorageError> {
        self.lease_as(LeaseRequest {
            only_chat: Some(chat_id),
            except_bot: Some(except_bot),
            ..self.lease_request(bot_sends::COPY, put_id, attempt_id, size_bytes)
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
            ..self.lease_request(bot_sends::BARRIER, attempt_id, attempt_id, 1)
        })
        .await
    }

    /// Says how a send went. False for a stored one that came too late: its message is nobody's and will be swept.
    pub async fn settle(&self, lease: &Lease, outcome: Settled<'_>) -> Result<bool, StorageError> {
        let now = (self.clock)();
        let id = lease.attempt_id;
        self.with(async |conn| match outcome {
            Settled::Stored {
                message_id,
                file_id,
                file_unique_id,
            } => {
                let message = StoredMessage {
                    attempt_id: id,
                    message_id,
                    telegram_file_id: file_id,
                    telegram_file_unique_id: file_unique_id,
                    full_at_messages: self.policy.full_at_messages.into(),
                };
                bot_sends::settle_stored(conn, &message, now).await
            }
            Settled::Refused => settle_lost(conn, id, bot_sends::REFUSED, now).await,
            Settled::Unknown => settle_lost(conn, id, bot_sends::UNKNOWN, now).await,
        })
        .await
    }

    /// Remembers what a failure says about a bot, or about it and a chat, and lets them rest or takes them out. To be
    /// called before [`Pool::settle`], which gives the place free.
    pub async fn report(
        &self,
        bot_id: i64,
        chat_id: Option<i64>,
        fault: &Fault,
    ) -> Result<Advice, StorageError> {
        if let Fault::BotLoggedOut = fault {
            self.switch_off(bot_id, fault).await?;
            return Ok(Advice::Nothing);
        }
        let now = (self.clock)();
        self.with(async |conn| match chat_id {
            Some(chat_id) => self.pair_failed(conn, bot_id, chat_id, fault, now).await,
            None => self.bot_failed(conn, bot_id, fault, now).await,
        })
        .await?;
        Ok(match fault {
            Fault::BotUnauthorized { .. } => Advice::AskMe,
            _ => Advice::Nothing,
        })
    }

    /// Takes a bot out: `getMe` was refused too, or it is logged out. A person brings it back. One that a person put aside
    /// stays put aside: it sends nothing either way, and a test must not make it send again.
    pub async fn switch_off(&self, bot_id: i64, fault: &Fault) -> Result<(), StorageError> {
        let state = match fault {
            Fault::BotLoggedOut => "logged_out",
            _ => "unauthorized",
        };
        tracing::warn!(bot_id, %fault, "bot is off");
        let (why, now) = (fault.to_string(), (self.clock)());
        self.with(async |conn| bots::switch_off(conn, bot_id, state, &why, now).await)
            .await?;
        Ok(())
    }

    /// The token of a bot, to read what it sent: also of one that a person put aside; none when it is off or gone.
    pub async fn bot(&self, bot_id: i64) -> Result<Option<BotToken>, StorageError> {
        let row = self
            .with(async |conn| bots::find(conn, bot_id).await)
            .await?;
        match row {
            Some(row) if [bots::ACTIVE, bots::DISABLED].contains(&row.state.as_str()) => {
                Ok(Some(self.open(bot_id, row.token_sealed)?))
            }
            _ => Ok(None),
        }
    }

    /// The bots that may be asked about a chat just now, but for one; those that rest are left out.
    pub async fn others(
        &self,
        chat_id: i64,
        except: Option<i64>,
    ) -> Result<Vec<(i64, BotToken)>, StorageError> {
        let now = (self.clock)();
        let rows = self
            .with(async |conn| bots::others(conn, chat_id, except, now).await)
            .await?;
        rows.into_iter()
            .map(|row| Ok((row.id, self.open(row.id, row.token_sealed)?)))
            .collect()
    }

    /// What these puts stored: parts and copies, oldest first.
    pub async fn stored_of(&self, put_ids: &[Uuid]) -> Result<Vec<SendRow>, StorageError> {
        self.with(async |conn| bot_sends::stored_of(conn, put_ids).await)
            .await
    }

    /// A bot that parts can be sent by, some time, but for one; the error says why there is none.
    pub async fn health(&self, except: Option<i64>) -> Result<BotToken, StorageError> {
        let row = self
            .with(async |conn| bots::usable(conn, except).await)
            .await?;
        match row {
            Some(row) => self.open(row.id, row.token_sealed),
            None => {
                let now = (self.clock)();
                let why = self.with(async |conn| whats_wrong(conn, now).await);
                Err(StorageError::Unavailable(why.await?))
            }
        }
    }

    /// Of these puts, those of which a message is left, or may be on its way.
    pub async fn left_of(&self, put_ids: &[Uuid]) -> Result<BTreeSet<Uuid>, StorageError> {
        let now = (self.clock)();
        let left = self
            .with(async |conn| bot_sends::left_of(conn, put_ids, now).await)
            .await?;
        Ok(left.into_iter().collect())
    }

    /// Forgets sends whose messages were deleted, or can not be.
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

    fn lease_request<'a>(
        &self,
        kind: &'a str,
        put_id: Uuid,
        attempt_id: Uuid,
        size_bytes: u32,
    ) -> LeaseRequest<'a> {
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

    async fn lease_as(&self, mut request: LeaseRequest<'_>) -> Result<Leased, StorageError> {
        for _ in 0..RACES {
            if let Some(row) = self
                .with(async |conn| bot_sends::lease(conn, &request).await)
                .await?
            {
                return self.begun(&request, row).await;
            }
            let look_again = request.now + self.policy.look_again;
            let free_at = self
                .with(async |conn| bot_sends::free_at(conn, &request, look_again).await)
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

    fn renew(&self, request: &mut LeaseRequest<'_>) {
        let timeout = request.deadline - request.now;
        request.now = (self.clock)();
        request.deadline = request.now + timeout;
        request.limits = self.policy.limits(request.now);
    }

    async fn begun(
        &self,
        request: &LeaseRequest<'_>,
        row: bot_sends::LeasedRow,
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
                self.with(async |conn| settle_lost(conn, id, bot_sends::REFUSED, now).await)
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

    async fn bot_failed(
        &self,
        conn: &mut Connection,
        bot_id: i64,
        fault: &Fault,
        now: DateTime<Utc>,
    ) -> Result<(), DbError> {
        let until = match fault {
            Fault::RetryAfter { secs } => self.policy.retry_at(now, *secs),
            Fault::BotUnauthorized { .. } => now + self.policy.doubt,
            _ => return Ok(()),
        };
        bots::cool(conn, bot_id, until).await
    }

    async fn pair_failed(
        &self,
        conn: &mut Connection,
        bot_id: i64,
        chat_id: i64,
        fault: &Fault,
        now: DateTime<Utc>,
    ) -> Result<(), DbError> {
        let (state, why) = match fault {
            Fault::RetryAfter { secs } if !self.policy.cools_bot(*secs) => {
                let until = self.policy.retry_at(now, *secs);
                return bots::cool_pair(conn, bot_id, chat_id, until).await;
            }
            Fault::RetryAfter { .. } | Fault::BotUnauthorized { .. } => {
                return self.bot_failed(conn, bot_id, fault, now).await;
            }
            Fault::Outage { .. } | Fault::Unknown { .. } => {
                let until = now + self.policy.breather;
                return bots::cool_pair(conn, bot_id, chat_id, until).await;
            }
            Fault::ChatMigrated { to } => {
                tracing::info!(chat_id, to, "the group became a supergroup");
                return bots::migrate_chat(conn, chat_id, *to, now).await;
            }
            Fault::ChatGone { kind, why } => (pair_state(*kind), why),
            Fault::NoRights { why } => ("no_rights", why),
            _ => return Ok(()),
        };
        tracing::warn!(bot_id, chat_id, state, why, "bot is out of a chat");
        bots::set_pair_state(conn, bot_id, chat_id, state, Some(why)).await?;
        Ok(())
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

fn pair_state(kind: ChatGoneKind) -> &'static str {
    match kind {
        ChatGoneKind::Kicked => "kicked",
        ChatGoneKind::NotMember => "not_member",
        ChatGoneKind::NotFound => "not_found",
    }
}

async fn settle_lost(
    conn: &mut Connection,
    attempt_id: Uuid,
    state: &'static str,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    bot_sends::settle_lost(conn, attempt_id, state, now).await?;
    Ok(true)
}

/// Why no bot can do it, bot by bot.
async fn whats_wrong(conn: &mut Connection, now: DateTime<Utc>) -> Result<String, DbError> {
    let bots = bots::list(conn).await?;
    if bots.is_empty() {
        return Ok("no bot is configured: add one with `ferry-server bots add`".to_owned());
    }
    let chats = bots::chats(conn).await?;
    let pairs = bots::pairs(conn, now, now).await?;
    let mut wrong: Vec<String> = Vec::new();
    for bot in bots.iter().filter(|bot| bot.state != bots::ACTIVE) {
        let why = bot.reason.as_deref().unwrap_or("switched off");
        wrong.push(format!("bot {} is {}: {why}", bot.id, bot.state));
    }
    for pair in pairs.iter().filter(|pair| pair.state != bots::ACTIVE) {
        let why = pair.reason.as_deref().unwrap_or_default();
        let (bot, chat) = (pair.bot_id, pair.chat_id);
        wrong.push(format!("bot {bot} in chat {chat} is {}: {why}", pair.state));
    }
    for chat in chats.iter().filter(|chat| chat.state == "full") {
        wrong.push(format!("chat {} is full", chat.chat_id));
    }
    if wrong.is_empty() {
        wrong.push("no bot has a chat for it".to_owned());
    }
    Ok(wrong.join("; "))
}
