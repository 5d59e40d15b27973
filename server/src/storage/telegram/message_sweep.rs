//! Deletes orphans: messages of sends whose answer was lost, whose process died, or that came too late, and that belong
//! to no part. What is an orphan is decided by rows alone, because a bot cannot list a chat. Messages that a part was stored in and that
//! are not needed any more are not its business; the deletion queue knows those.
//!
//! In channels and supergroups ids rise one by one for everybody, so
//! - below the lowest `high_at_start` of the sends in flight, every id that no row carries is an orphan, for good:
//!   ids never come again, and what is sent later gets a higher one;
//! - above the highest id known, nothing is ever deleted. What was lost there becomes a gap by a **barrier**: a message
//!   of our own that is sent when the lost one cannot arrive any more, and that goes the same way as the gap.

#[cfg(test)]
mod tests;

use std::collections::HashSet;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::api::{BotApi, BotApis, MAX_DELETED_AT_ONCE};
use super::fault::Fault;
use super::pool::{Leased, Pool};
use crate::clock::Clock;
use crate::db::bot_sends;
use crate::db::bot_sweeps::{self, SweptChatRow};
use crate::storage::StorageError;

/// How the sweep works.
#[derive(Debug, Clone, Copy)]
pub struct MessageSweepSettings {
    /// How long after its deadline a send without an answer may still arrive: the Bot API server holds uploads back.
    pub late_secs: u32,
    /// Ids looked at in one statement.
    pub ids_at_once: u32,
    /// Rows that decide nothing any more are kept this long. Longer than a put intent lives: what was stored for one
    /// that nobody came back to is found by its row.
    pub keep: TimeDelta,
    /// Rows removed in one statement.
    pub pruned_at_once: u32,
}

impl Default for MessageSweepSettings {
    fn default() -> Self {
        MessageSweepSettings {
            late_secs: 60,
            ids_at_once: 10_000,
            keep: TimeDelta::hours(6),
            pruned_at_once: 10_000,
        }
    }
}

/// What a step did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MessageSweepStep {
    /// Sends given up because their process did not come back.
    pub expired: usize,
    /// Orphans' ids; most of them never were a message.
    pub orphans: usize,
    /// Of these, messages that Telegram keeps, such as those older than 48 hours.
    pub kept: usize,
    /// Barriers sent.
    pub barriers: usize,
    /// Rows removed.
    pub pruned: usize,
}

/// What is to be done in a chat.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Plan {
    /// To be deleted, rising.
    orphans: Vec<i64>,
    /// Then the chat is swept up to here.
    swept_to: i64,
    /// Something lost may lie above the highest id known, and cannot arrive any more.
    needs_barrier: bool,
}

/// Decides a chat's sweep from facts of one moment. It stays right however much later it is carried out.
fn plan(chat: &SweptChatRow, now: DateTime<Utc>) -> Plan {
    let stored: HashSet<i64> = chat.stored.iter().copied().collect();
    let ids = chat.swept_to.saturating_add(1)..=chat.horizon;
    Plan {
        orphans: ids.filter(|id| !stored.contains(id)).collect(),
        swept_to: chat.swept_to.max(chat.horizon),
        needs_barrier: chat.lost_until.is_some_and(|until| until <= now),
    }
}

/// The job. Any number of processes may take steps at once; one is enough.
#[derive(Clone)]
pub struct MessageSweep {
    pool: Pool,
    apis: BotApis,
    clock: Clock,
    settings: MessageSweepSettings,
}

impl MessageSweep {
    pub fn new(pool: Pool, apis: BotApis, clock: Clock, settings: MessageSweepSettings) -> Self {
        MessageSweep {
            pool,
            apis,
            clock,
            settings,
        }
    }

    /// Gives up what did not come back, sweeps every chat, and removes rows that decide nothing any more. A chat that
    /// cannot be swept just now does not keep the others; the first such failure is the answer.
    pub async fn step(&self) -> Result<MessageSweepStep, StorageError> {
        let now = self.now();
        let mut step = MessageSweepStep::default();
        let pool = &self.pool;
        step.expired = pool
            .with(async |conn| bot_sends::expire(conn, now).await)
            .await?;
        let chats = pool.with(async |conn| bot_sweeps::swept_chats(conn).await);
        let mut failed = None;
        for chat_id in chats.await? {
            if let Err(error) = self.chat(chat_id, &mut step).await {
                tracing::warn!(chat_id, %error, "the chat is not swept");
                failed.get_or_insert(error);
            }
        }
        step.pruned = self.prune(now).await?;
        match failed {
            Some(error) => Err(error),
            None => Ok(step),
        }
    }

    fn now(&self) -> DateTime<Utc> {
        (self.clock)()
    }

    async fn chat(&self, chat_id: i64, step: &mut MessageSweepStep) -> Result<(), StorageError> {
        if self.gaps(chat_id, step).await? && self.barrier(chat_id).await? {
            step.barriers += 1;
            self.gaps(chat_id, step).await?;
        }
        Ok(())
    }

    /// Deletes orphans; true when something lost may lie above.
    async fn gaps(&self, chat_id: i64, step: &mut MessageSweepStep) -> Result<bool, StorageError> {
        let at_most = i64::from(self.settings.ids_at_once.max(1));
        let late_secs = i32::try_from(self.settings.late_secs).unwrap_or(i32::MAX);
        loop {
            let facts = self
                .pool
                .with(async |conn| bot_sweeps::swept_chat(conn, chat_id, at_most, late_secs).await);
            let facts = facts.await?;
            let plan = plan(&facts, self.now());
            step.orphans += plan.orphans.len();
            step.kept += self.delete(chat_id, &plan.orphans).await?;
            if plan.swept_to > facts.swept_to {
                let swept =
                    async |conn: &mut _| bot_sweeps::swept(conn, chat_id, plan.swept_to).await;
                self.pool.with(swept).await?;
            }
            if plan.swept_to < facts.swept_to.saturating_add(at_most) {
                return Ok(plan.needs_barrier);
            }
        }
    }

    /// Deletes ids through the bots of the chat; tells how many Telegram keeps.
    async fn delete(&self, chat_id: i64, ids: &[i64]) -> Result<usize, StorageError> {
        if ids.is_empty() {
            return Ok(0);
        }
        let bots = self.pool.others(chat_id, None).await?;
        if bots.is_empty() {
            let why = format!("the bots of chat {chat_id} rest, or there are none");
            return Err(StorageError::Unavailable(why));
        }
        let apis: Vec<BotApi> = bots.iter().map(|(_, token)| self.apis.of(token)).collect();
        let mut kept = 0;
        // batches yet to be tried; one that holds a message that stays is cut in two, until that one is alone
        let mut batches: Vec<&[i64]> = ids.chunks(MAX_DELETED_AT_ONCE).rev().collect();
        while let Some(batch) = batches.pop() {
            match self.delete_batch(chat_id, &apis, batch).await? {
                Deleted::All => {}
                Deleted::NotAll if batch.len() == 1 => kept += 1,
                Deleted::NotAll => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.extend([second, first]);
                }
            }
        }
        if kept > 0 {
            tracing::warn!(
                chat_id,
                kept,
                "messages of lost sends cannot be deleted; nobody can read them"
            );
        }
        Ok(kept)
    }

    async fn delete_batch(
        &self,
        chat_id: i64,
        apis: &[BotApi],
        batch: &[i64],
    ) -> Result<Deleted, StorageError> {
        let mut answer = None;
        for api in apis {
            match api.delete(chat_id, batch).await {
                Ok(()) => return Ok(Deleted::All),
                // another bot may have more rights
                Err(Fault::CannotDelete { .. }) => answer = Some(Deleted::NotAll),
                Err(fault) => {
                    let bot_id = api.bot_id();
                    tracing::info!(bot_id, chat_id, %fault, "the sweep's deletion failed");
                    // a token in doubt is asked about by the next put
                    let _ = self.pool.report(bot_id, Some(chat_id), &fault).await?;
                    if fault.is_passing() {
                        return Err(StorageError::Unavailable(fault.to_string()));
                    }
                }
            }
        }
        answer.ok_or_else(|| {
            StorageError::Unavailable(format!("no bot may delete in chat {chat_id}"))
        })
    }

    /// Sends a barrier; false when no bot can just now, or when it was lost itself: then a later step sends another.
    async fn barrier(&self, chat_id: i64) -> Result<bool, StorageError> {
        let leased = self.pool.lease_barrier(Uuid::new_v4(), chat_id).await?;
        let Leased::Go(lease) = leased else {
            return Ok(false);
        };
        let timeout = lease.time_left(self.now());
        let api = self.apis.of(&lease.token);
        let body = Bytes::from_static(b"\0");
        match api.send(chat_id, "barrier.bin", body, timeout).await {
            Ok(sent) => self.pool.settle_stored(&lease, &sent).await,
            Err(fault) => {
                // a token in doubt is asked about by the next put
                let _ = self.pool.settle_failed(&lease, &fault).await?;
                Ok(false)
            }
        }
    }

    async fn prune(&self, now: DateTime<Utc>) -> Result<usize, StorageError> {
        let limit = i64::from(self.settings.pruned_at_once);
        let before = now - self.settings.keep;
        self.pool
            .with(async |conn| bot_sweeps::prune(conn, before, limit).await)
            .await
    }
}

enum Deleted {
    All,
    /// One or more of them stay.
    NotAll,
}
