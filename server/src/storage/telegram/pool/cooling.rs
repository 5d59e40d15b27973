//! Cool-down after a failure: who rests for how long, and who is out of a chat or out of use. What a refusal means is
//! `fault`'s to say; the pace of those who do not fail is `pacing`'s.

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::{BotChatState, BotState};

use super::{Lease, Pool, Settled};
use crate::db::{Connection, DbError, bot_chats, bots, telegram_chats};
use crate::storage::StorageError;
use crate::storage::telegram::fault::Fault;

/// A `retry_after` up to this is about the pair of bot and chat, a longer one about the bot in all chats.
const PAIR_RETRY_SECS: u32 = 30;
/// Rest of a pair after a failure that said nothing of waiting: without it an outage would empty all buckets at once.
const FAILURE_REST: TimeDelta = TimeDelta::seconds(2);
/// Rest of a bot whose token was refused, until `getMe` says whether that is true.
const TOKEN_REST: TimeDelta = TimeDelta::seconds(10);

/// What to do after a failure was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Advice {
    /// The pool knows enough.
    Nothing,
    /// Ask `getMe`, and where that is refused too, [`Pool::switch_off`].
    AskMe,
}

impl Pool {
    /// Reports why a send failed and gives its place free. In this order: who is told to wait must rest before another
    /// process can take the place.
    pub async fn settle_failed(
        &self,
        lease: &Lease,
        fault: &Fault,
    ) -> Result<Advice, StorageError> {
        let advice = self
            .report(lease.bot_id, Some(lease.chat_id), fault)
            .await?;
        let outcome = match fault.may_have_stored() {
            true => Settled::Unknown,
            false => Settled::Refused,
        };
        self.settle(lease, outcome).await?;
        Ok(advice)
    }

    /// Remembers what a failure says about a bot, or about it and a chat, and lets them rest or takes them out. A send
    /// that failed is [`Pool::settle_failed`].
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
            Fault::BotLoggedOut => BotState::LoggedOut,
            _ => BotState::Unauthorized,
        };
        tracing::warn!(bot_id, %fault, "bot is off");
        let (why, now) = (fault.to_string(), (self.clock)());
        self.with(async |conn| bots::switch_off(conn, bot_id, state, &why, now).await)
            .await?;
        Ok(())
    }

    async fn bot_failed(
        &self,
        conn: &mut Connection,
        bot_id: i64,
        fault: &Fault,
        now: DateTime<Utc>,
    ) -> Result<(), DbError> {
        let until = match fault {
            Fault::RetryAfter { secs } => retry_at(now, *secs),
            Fault::BotUnauthorized { .. } => now + TOKEN_REST,
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
            Fault::RetryAfter { secs } if *secs <= PAIR_RETRY_SECS => {
                let until = retry_at(now, *secs);
                return bot_chats::cool(conn, bot_id, chat_id, until).await;
            }
            Fault::RetryAfter { .. } | Fault::BotUnauthorized { .. } => {
                return self.bot_failed(conn, bot_id, fault, now).await;
            }
            Fault::Outage { .. } | Fault::Unknown { .. } => {
                let until = now + FAILURE_REST;
                return bot_chats::cool(conn, bot_id, chat_id, until).await;
            }
            Fault::ChatMigrated { to } => {
                tracing::info!(chat_id, to, "the group became a supergroup");
                return telegram_chats::migrate(conn, chat_id, *to, now).await;
            }
            Fault::ChatGone { kind, why } => (kind.state(), why),
            Fault::NoRights { why } => (BotChatState::NoRights, why),
            _ => return Ok(()),
        };
        tracing::warn!(bot_id, chat_id, %state, why, "bot is out of a chat");
        bot_chats::set_state(conn, bot_id, chat_id, state, Some(why)).await?;
        Ok(())
    }
}

/// Until when a `retry_after` is waited for. It began to count before its answer was read, so it is over by then.
fn retry_at(now: DateTime<Utc>, retry_after_secs: u32) -> DateTime<Utc> {
    now + TimeDelta::seconds(retry_after_secs.into())
}
