//! Deleting parts: batches of messages of one chat, by a bot that may. What Telegram no longer deletes (48 hours) is
//! crypto-erased: it stays there, and nobody has the key.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt;
use uuid::Uuid;

use super::api::MAX_DELETED_AT_ONCE;
use super::fault::Fault;
use super::store::{Address, TelegramStore, busy};
use super::token::BotToken;
use crate::db::bot_sends::SendRow;
use crate::storage::{Erasure, Locator, StorageError};

/// A bot deletes its own message for so long, whatever it is in the chat (`can_delete_channel_message` of tdlib).
const DELETABLE_FOR: TimeDelta = TimeDelta::hours(48);
/// Chats in which batches are deleted at once.
const CHATS_AT_ONCE: usize = 8;

/// A message of a part, or of a copy of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    message_id: i64,
    bot_id: i64,
    sent_at: DateTime<Utc>,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Deleted,
    Kept,
    /// Not now, in words; and how long to wait where that is known.
    Later(String, Option<TimeDelta>),
}

/// A message's name.
type Key = (i64, i64);

/// Deletes what these locators name: their messages, other sends of the same puts, and copies.
pub(super) async fn erase(
    store: &TelegramStore,
    locators: &[Locator],
) -> Vec<Result<Erasure, StorageError>> {
    let addresses: Vec<_> = locators.iter().map(Address::of).collect();
    let put_ids: Vec<Uuid> = addresses
        .iter()
        .flatten()
        .map(|address| address.put_id)
        .collect();
    let sends = match store.pool.stored_of(&put_ids).await {
        Ok(sends) => sends,
        Err(error) => return all_refused(addresses, &error),
    };
    let Plan { by_chat, of_put } = Plan::of(&addresses, &sends);
    let fates: BTreeMap<Key, Fate> = futures_util::stream::iter(by_chat)
        .map(|(chat_id, targets)| async move { store.erase_in_chat(chat_id, &targets).await })
        .buffer_unordered(CHATS_AT_ONCE)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .flatten()
        .collect();
    let settled = sends.iter().filter(|send| {
        let fate = send
            .message_id
            .and_then(|id| fates.get(&(send.chat_id, id)));
        matches!(fate, Some(Fate::Deleted | Fate::Kept))
    });
    let attempts: Vec<Uuid> = settled.map(|send| send.attempt_id).collect();
    if let Err(error) = store.pool.forget(&attempts).await {
        tracing::warn!(%error, "rows of deleted messages stay a while");
    }
    addresses
        .into_iter()
        .map(|address| outcome(of_put.get(&address?.put_id).into_iter().flatten(), &fates))
        .collect()
}

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
    by_chat: BTreeMap<i64, Vec<Target>>,
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
            let key = (chat_id, target.message_id);
            targets.insert(key, target);
            of_put.entry(put_id).or_default().insert(key);
        }
        let mut by_chat: BTreeMap<i64, Vec<Target>> = BTreeMap::new();
        for ((chat_id, _), target) in targets {
            by_chat.entry(chat_id).or_default().push(target);
        }
        Plan { by_chat, of_put }
    }
}

/// A put is gone when all its messages are; one that was never sent is.
fn outcome<'a>(
    keys: impl Iterator<Item = &'a Key>,
    fates: &BTreeMap<Key, Fate>,
) -> Result<Erasure, StorageError> {
    let mut erasure = Erasure::Deleted;
    for key in keys {
        match fates.get(key) {
            Some(Fate::Deleted) => {}
            Some(Fate::Kept) => erasure = Erasure::CryptoErased,
            Some(Fate::Later(why, Some(wait))) => return Err(busy(*wait, why)),
            Some(Fate::Later(why, None)) => return Err(StorageError::Unavailable(why.clone())),
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
    async fn erase_in_chat(&self, chat_id: i64, targets: &[Target]) -> Vec<(Key, Fate)> {
        let oldest = (self.clock)() - DELETABLE_FOR;
        let (young, old): (Vec<Target>, Vec<Target>) =
            targets.iter().partition(|target| target.sent_at > oldest);
        let mut fates: Vec<(Key, Fate)> = old
            .iter()
            .map(|target| ((chat_id, target.message_id), Fate::Kept))
            .collect();
        let mut batches: Vec<Vec<Target>> = young
            .chunks(MAX_DELETED_AT_ONCE)
            .rev()
            .map(<[Target]>::to_vec)
            .collect();
        let mut postponed = None;
        while let Some(batch) = batches.pop() {
            let fate = match &postponed {
                Some(later) => Clone::clone(later),
                None => self.erase_batch(chat_id, &batch).await,
            };
            match (fate, batch.len()) {
                (Fate::Kept, 2..) => batches.extend(parted(&batch)),
                (fate, _) => {
                    if let Fate::Later(..) = fate {
                        postponed = Some(fate.clone());
                    }
                    let told = batch
                        .iter()
                        .map(|target| ((chat_id, target.message_id), fate.clone()));
                    fates.extend(told);
                }
            }
        }
        fates
    }

    /// By whoever of the chat may: the owner of the first of them before the others.
    async fn erase_batch(&self, chat_id: i64, batch: &[Target]) -> Fate {
        let bots = match self.erasers(chat_id, batch).await {
            Ok(bots) => bots,
            Err(error) => return Fate::Later(error.to_string(), None),
        };
        let ids: Vec<i64> = batch.iter().map(|target| target.message_id).collect();
        let mut fate = Fate::Later(
            format!("no bot of the chat {chat_id} can be asked to delete just now"),
            None,
        );
        for (bot_id, token) in bots {
            let fault = match self.apis.of(&token).delete(chat_id, &ids).await {
                Ok(()) => return Fate::Deleted,
                Err(fault) => fault,
            };
            fate = match &fault {
                // Another one may have the right; when none has, they stay.
                Fault::CannotDelete { .. } | Fault::NoRights { .. } => {
                    tracing::debug!(bot_id, chat_id, %fault, "not deleted by this bot");
                    Fate::Kept
                }
                Fault::ChatMigrated { .. } => Fate::Kept,
                Fault::RetryAfter { secs } => Fate::Later(
                    fault.to_string(),
                    Some(TimeDelta::seconds(i64::from(*secs))),
                ),
                _ => Fate::Later(fault.to_string(), None),
            };
            if fate == Fate::Kept {
                continue;
            }
            if let Err(error) = self.report(bot_id, chat_id, &fault).await {
                return Fate::Later(error.to_string(), None);
            }
            // An API that does not answer answers no other bot either.
            if matches!(fault, Fault::Outage { .. } | Fault::Unknown { .. }) {
                return fate;
            }
        }
        fate
    }

    async fn erasers(
        &self,
        chat_id: i64,
        batch: &[Target],
    ) -> Result<Vec<(i64, BotToken)>, StorageError> {
        let mut bots = self.pool.others(chat_id, None).await?;
        let owner = batch.first().map(|target| target.bot_id);
        bots.sort_by_key(|(bot_id, _)| Some(*bot_id) != owner);
        Ok(bots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(message_id: i64, bot_id: i64) -> Target {
        Target {
            message_id,
            bot_id,
            sent_at: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        }
    }

    #[test]
    fn a_refused_batch_is_parted_by_owner_and_then_by_halves() {
        let mixed = [target(1, 7), target(2, 8), target(3, 7)];
        let parts = parted(&mixed);
        assert_eq!(
            parts,
            [vec![target(1, 7), target(3, 7)], vec![target(2, 8)]]
        );
        let own: Vec<Target> = (0..5).map(|id| target(id, 7)).collect();
        let lens: Vec<usize> = parted(&own).iter().map(Vec::len).collect();
        assert_eq!(lens, [2, 3]);
    }

    #[test]
    fn a_put_is_gone_when_all_its_messages_are() {
        let keys = [(-1, 1), (-1, 2), (-2, 3)];
        let fates = |third: Fate| {
            BTreeMap::from([
                (keys[0], Fate::Deleted),
                (keys[1], Fate::Kept),
                (keys[2], third),
            ])
        };
        let told = |fates: &BTreeMap<Key, Fate>, of: &[Key]| outcome(of.iter(), fates);
        let all = fates(Fate::Deleted);
        assert_eq!(told(&all, &keys[..1]).unwrap(), Erasure::Deleted);
        assert_eq!(told(&all, &keys).unwrap(), Erasure::CryptoErased);
        assert_eq!(told(&all, &[]).unwrap(), Erasure::Deleted, "never sent");
        let later = fates(Fate::Later(
            "a cool-down".to_owned(),
            Some(TimeDelta::seconds(8)),
        ));
        assert!(matches!(
            told(&later, &keys),
            Err(StorageError::Busy {
                retry_after_secs: 8,
                ..
            })
        ));
        let gone = fates(Fate::Later("502".to_owned(), None));
        assert!(matches!(
            told(&gone, &keys),
            Err(StorageError::Unavailable(_))
        ));
    }
}
