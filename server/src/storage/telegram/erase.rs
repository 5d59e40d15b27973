//! Deleting parts: batches of messages of one chat, by a bot that may. What Telegram no longer deletes (48 hours) is
//! crypto-erased: it stays there, and there is no key. So does what only a bot could delete that is gone.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use uuid::Uuid;

use super::api::{DELETABLE_FOR, MAX_DELETED_AT_ONCE};
use super::fault::Fault;
use super::locator::Address;
use super::store::{TelegramStore, busy};
use super::token::BotToken;
use crate::db::bot_sends::{COMMON_IDS_BELOW, SendRow};
use crate::storage::{Erasure, Locator, StorageError};

/// How soon a deletion is tried again that met a forward on its way.
const COPY_SETTLES: TimeDelta = TimeDelta::seconds(30);
/// Chats in which batches are deleted at once.
const ID_SPACES_AT_ONCE: usize = 8;

/// A message of a part, or of a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    message_id: i64,
    bot_id: i64,
    sent_at: DateTime<Utc>,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum DeleteOutcome {
    Deleted,
    Kept,
    /// Not now, in words; and how long to wait where that is known.
    Later(String, Option<TimeDelta>),
}

/// Whose count of messages an id belongs to: the chat's, or in small chats one bot's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct IdSpace {
    chat_id: i64,
    /// Nobody else's id is the same message.
    only_bot: Option<i64>,
}

impl IdSpace {
    fn of(chat_id: i64, bot_id: i64) -> Self {
        let only_bot = (chat_id >= COMMON_IDS_BELOW).then_some(bot_id);
        IdSpace { chat_id, only_bot }
    }
}

/// A message's name.
type Key = (IdSpace, i64);

fn all_refused(
    addresses: Vec<Result<Address, StorageError>>,
    error: &StorageError,
) -> Vec<Result<Erasure, StorageError>> {
    let unavailable = || Err(StorageError::Unavailable(error.to_string()));
    addresses
        .into_iter()
        .map(|address| address.and_then(|_| unavailable()))
        .collect()
}

/// Which messages are to go, and whose they are.
struct Plan {
    by_id_space: BTreeMap<IdSpace, Vec<Target>>,
    of_put: BTreeMap<Uuid, BTreeSet<Key>>,
}

impl Plan {
    fn of(addresses: &[Result<Address, StorageError>], sends: &[SendRow]) -> Self {
        let mut targets: BTreeMap<Key, Target> = BTreeMap::new();
        let mut of_put: BTreeMap<Uuid, BTreeSet<Key>> = BTreeMap::new();
        let from_rows = sends.iter().filter_map(|send| {
            let target = Target {
                message_id: send.message_id?,
                bot_id: send.bot_id,
                sent_at: send.started_at,
            };
            Some((send.put_id, send.chat_id, target))
        });
        let from_locators = addresses.iter().flatten().filter_map(|address| {
            let message = address.message.as_ref()?;
            let target = Target {
                message_id: message.message_id,
                bot_id: message.bot_id,
                sent_at: message.sent_at,
            };
            Some((address.put_id, message.chat_id, target))
        });
        for (put_id, chat_id, target) in from_rows.chain(from_locators) {
            let key = (IdSpace::of(chat_id, target.bot_id), target.message_id);
            targets.insert(key, target);
            of_put.entry(put_id).or_default().insert(key);
        }
        let mut by_id_space: BTreeMap<IdSpace, Vec<Target>> = BTreeMap::new();
        for ((id_space, _), target) in targets {
            by_id_space.entry(id_space).or_default().push(target);
        }
        Plan {
            by_id_space,
            of_put,
        }
    }
}

/// A put is gone when all its messages are; one that was never sent is.
fn erasure_of<'a>(
    keys: impl Iterator<Item = &'a Key>,
    outcomes: &BTreeMap<Key, DeleteOutcome>,
) -> Result<Erasure, StorageError> {
    let mut erasure = Erasure::Deleted;
    for key in keys {
        match outcomes.get(key) {
            Some(DeleteOutcome::Deleted) => {}
            Some(DeleteOutcome::Kept) => erasure = Erasure::CryptoErased,
            Some(DeleteOutcome::Later(why, Some(wait))) => return Err(busy(*wait, why)),
            Some(DeleteOutcome::Later(why, None)) => {
                return Err(StorageError::Unavailable(why.clone()));
            }
            None => return Err(StorageError::Unavailable("not tried".to_owned())),
        }
    }
    Ok(erasure)
}

/// One message that is refused refuses them all. Where nobody may delete others' messages, owners delete their own;
/// among one's own the refused one is found by halves.
fn parted(batch: &[Target]) -> Vec<Vec<Target>> {
    let mut by_owner: BTreeMap<i64, Vec<Target>> = BTreeMap::new();
    for target in batch {
        by_owner.entry(target.bot_id).or_default().push(*target);
    }
    if by_owner.len() > 1 {
        return by_owner.into_values().collect();
    }
    let (first, second) = batch.split_at(batch.len() / 2);
    vec![first.to_vec(), second.to_vec()]
}

impl TelegramStore {
    /// Deletes what these locators name: their messages, other sends of the same puts, and copies.
    pub(super) async fn erase(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        let addresses: Vec<_> = locators.iter().map(Address::of).collect();
        let put_ids: Vec<Uuid> = addresses
            .iter()
            .flatten()
            .map(|address| address.put_id)
            .collect();
        let sends = match self.pool.stored_of(&put_ids).await {
            Ok(sends) => sends,
            Err(error) => return all_refused(addresses, &error),
        };
        let Plan {
            by_id_space,
            of_put,
        } = Plan::of(&addresses, &sends);
        let outcomes = self.erase_all(by_id_space).await;
        self.forget_erased(&sends, &outcomes).await;
        // A reader may have forwarded a message just before it was deleted; now that it is, nobody can any more.
        let left = match self.pool.left_of(&put_ids).await {
            Ok(left) => left,
            Err(error) => return all_refused(addresses, &error),
        };
        addresses
            .into_iter()
            .map(|address| {
                let put_id = address?.put_id;
                let erasure = erasure_of(of_put.get(&put_id).into_iter().flatten(), &outcomes)?;
                match left.contains(&put_id) {
                    true => Err(busy(COPY_SETTLES, "a copy of the part is being made")),
                    false => Ok(erasure),
                }
            })
            .collect()
    }

    async fn erase_all(
        &self,
        by_id_space: BTreeMap<IdSpace, Vec<Target>>,
    ) -> BTreeMap<Key, DeleteOutcome> {
        futures_util::stream::iter(by_id_space)
            .map(|(id_space, targets)| async move { self.erase_at(id_space, &targets).await })
            .buffer_unordered(ID_SPACES_AT_ONCE)
            .collect::<Vec<_>>()
            .await
            .into_iter()
            .flatten()
            .collect()
    }

    /// The rows of messages that are deleted, or that nobody can delete.
    async fn forget_erased(&self, sends: &[SendRow], outcomes: &BTreeMap<Key, DeleteOutcome>) {
        let erased = sends.iter().filter(|send| {
            let outcome = send
                .message_id
                .and_then(|id| outcomes.get(&(IdSpace::of(send.chat_id, send.bot_id), id)));
            matches!(outcome, Some(DeleteOutcome::Deleted | DeleteOutcome::Kept))
        });
        let attempts: Vec<Uuid> = erased.map(|send| send.attempt_id).collect();
        if let Err(error) = self.pool.forget(&attempts).await {
            tracing::warn!(%error, "rows of deleted messages stay a while");
        }
    }

    async fn erase_at(&self, id_space: IdSpace, targets: &[Target]) -> Vec<(Key, DeleteOutcome)> {
        let oldest = (self.clock)() - DELETABLE_FOR;
        let (young, old): (Vec<Target>, Vec<Target>) =
            targets.iter().partition(|target| target.sent_at > oldest);
        let mut outcomes: Vec<(Key, DeleteOutcome)> = old
            .iter()
            .map(|target| ((id_space, target.message_id), DeleteOutcome::Kept))
            .collect();
        let mut batches: Vec<Vec<Target>> = young
            .chunks(MAX_DELETED_AT_ONCE)
            .rev()
            .map(<[Target]>::to_vec)
            .collect();
        let mut postponed = None;
        while let Some(batch) = batches.pop() {
            let outcome = match &postponed {
                Some(later) => Clone::clone(later),
                None => self.erase_batch(id_space, &batch).await,
            };
            match (outcome, batch.len()) {
                (DeleteOutcome::Kept, 2..) => batches.extend(parted(&batch)),
                (outcome, _) => {
                    if let DeleteOutcome::Later(..) = outcome {
                        postponed = Some(outcome.clone());
                    }
                    let told = batch
                        .iter()
                        .map(|target| ((id_space, target.message_id), outcome.clone()));
                    outcomes.extend(told);
                }
            }
        }
        outcomes
    }

    /// By a bot of the chat that may: the owner of the first of them before the others.
    async fn erase_batch(&self, id_space: IdSpace, batch: &[Target]) -> DeleteOutcome {
        let chat_id = id_space.chat_id;
        let bots = match self.erasers(id_space, batch).await {
            Ok(Some(bots)) => bots,
            Ok(None) => return DeleteOutcome::Kept,
            Err(error) => return DeleteOutcome::Later(error.to_string(), None),
        };
        let ids: Vec<i64> = batch.iter().map(|target| target.message_id).collect();
        let mut outcome = DeleteOutcome::Later(
            format!("no bot of the chat {chat_id} can be asked to delete just now"),
            None,
        );
        for (bot_id, token) in bots {
            let fault = match self.apis.of(&token).delete(chat_id, &ids).await {
                Ok(()) => return DeleteOutcome::Deleted,
                Err(fault) => fault,
            };
            outcome = match &fault {
                // Another one may have the right; when none has, they stay.
                Fault::CannotDelete { .. } | Fault::NoRights { .. } => {
                    tracing::debug!(bot_id, chat_id, %fault, "not deleted by this bot");
                    DeleteOutcome::Kept
                }
                Fault::ChatMigrated { .. } => DeleteOutcome::Kept,
                _ => DeleteOutcome::Later(fault.to_string(), fault.retry_after()),
            };
            if outcome == DeleteOutcome::Kept {
                continue;
            }
            if let Err(error) = self.report(bot_id, chat_id, &fault).await {
                return DeleteOutcome::Later(error.to_string(), None);
            }
            // An API that does not answer answers no other bot either.
            if fault.is_unanswered() {
                return outcome;
            }
        }
        outcome
    }

    /// Who may be asked just now; none where the only one who ever could is out of use.
    async fn erasers(
        &self,
        id_space: IdSpace,
        batch: &[Target],
    ) -> Result<Option<Vec<(i64, BotToken)>>, StorageError> {
        let mut bots = self.pool.others(id_space.chat_id, None).await?;
        if let Some(owner) = id_space.only_bot {
            bots.retain(|(bot_id, _)| *bot_id == owner);
            let is_in_use = !bots.is_empty() || self.pool.bot(owner).await?.is_some();
            return Ok(is_in_use.then_some(bots));
        }
        let owner = batch.first().map(|target| target.bot_id);
        bots.sort_by_key(|(bot_id, _)| Some(*bot_id) != owner);
        Ok(Some(bots))
    }
}
