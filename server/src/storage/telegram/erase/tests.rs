//! Erasing on the emulator: who is asked to delete what, and a forward that is on its way meanwhile.

use std::collections::BTreeMap;

use bot_api_emulator::ChatKind;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta};
use uuid::Uuid;

use super::{DeleteOutcome, IdSpace, Key, Target, erasure_of, parted};
use crate::db::test_database::TestDatabase;
use crate::storage::telegram::locator::Address;
use crate::storage::telegram::pool::Leased;
use crate::storage::telegram::test_support::{Telegram, TestPool};
use crate::storage::{Erasure, Locator, PartStore, StorageError};

async fn with_two_bots(database: &TestDatabase, kind: ChatKind) -> Telegram {
    let setting = TestPool {
        bots: 2,
        chats: 1,
        kind,
        limits: false,
    };
    Telegram::start(&database.db, setting).await
}

async fn put(telegram: &Telegram, parts: usize) -> Vec<Locator> {
    let mut locators = Vec::new();
    for _ in 0..parts {
        let intent = telegram.store.locate();
        let body = Bytes::from_static(b"a sealed part");
        locators.push(telegram.store.put(intent, body).await.unwrap());
    }
    locators
}

fn owner(locator: &Locator) -> i64 {
    locator.0["bot_id"].as_i64().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_small_group_an_id_is_its_bots_alone() {
    let database = TestDatabase::start().await;
    let telegram = with_two_bots(&database, ChatKind::Group).await;
    let (store, control) = (&telegram.store, &telegram.control);
    let locators = put(&telegram, 12).await;
    let bots: Vec<i64> = telegram.bots.iter().map(|bot| bot.id).collect();
    let of = |bot: i64| -> Vec<Locator> {
        let its = locators.iter().filter(|locator| owner(locator) == bot);
        its.cloned().collect()
    };
    let [first, second] = [of(bots[0]), of(bots[1])];
    assert!(first.len() > 2 && second.len() > 2, "both take part");

    let some = [&first[..2], &second[..2]].concat();
    for erased in store.delete(&some).await {
        assert_eq!(erased.unwrap(), Erasure::Deleted);
    }
    let calls = control.calls();
    let deletes = calls.iter().filter(|call| call.method == "deletemessages");
    let mut by: Vec<Option<i64>> = deletes.map(|call| call.bot).collect();
    by.sort_unstable();
    assert_eq!(
        by,
        [Some(bots[0]), Some(bots[1])],
        "each was asked for its own"
    );
    assert_eq!(telegram.ledger().len(), 8);

    control.revoke_token(bots[0]).unwrap();
    let Err(StorageError::Unavailable(why)) = store.get(&first[2], None).await.map(drop) else {
        panic!("nobody else can read it, and it is not lost");
    };
    assert!(why.contains("no channel or supergroup"), "{why}");
    assert_eq!(
        telegram.calls("forwardMessage"),
        0,
        "another document has that id there"
    );
    let erased = store.delete(&[first[2].clone(), second[2].clone()]).await;
    let erased: Vec<Erasure> = erased.into_iter().map(Result::unwrap).collect();
    assert_eq!(erased, [Erasure::CryptoErased, Erasure::Deleted]);
    assert_eq!(telegram.ledger().len(), 7);
    telegram.end().await;
    database.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_being_made_is_waited_for() {
    let database = TestDatabase::start().await;
    let telegram = with_two_bots(&database, ChatKind::Channel).await;
    let (store, pool) = (&telegram.store, &telegram.store.pool);
    let locators = put(&telegram, 1).await;
    let address = Address::of(&locators[0]).unwrap();
    let message = address.message.unwrap();
    let (chat_id, copy_id) = (message.chat_id, Uuid::new_v4());
    let leased = pool.lease_copy(address.put_id, copy_id, chat_id, Some(message.bot_id), 0);
    let Leased::Go(lease) = leased.await.unwrap() else {
        panic!("nobody forwards");
    };
    let api = store.apis.of(&lease.token);
    let copy = api.forward(chat_id, message.message_id).await.unwrap();

    let early = store.delete(&locators).await.remove(0);
    assert!(matches!(early, Err(StorageError::Busy { .. })), "{early:?}");
    assert_eq!(
        telegram.ledger().len(),
        1,
        "the copy, which no row named yet"
    );
    assert!(pool.settle_stored(&lease, &copy).await.unwrap());
    let again = store.delete(&locators).await.remove(0);
    assert_eq!(again.unwrap(), Erasure::Deleted);
    assert_eq!(telegram.ledger().len(), 0);
    telegram.end().await;
    database.stop().await;
}

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
    let key = |chat_id, message_id| (IdSpace::of(chat_id, 7), message_id);
    let keys = [key(-1, 1), key(-1, 2), key(-2, 3)];
    let outcomes = |third: DeleteOutcome| {
        BTreeMap::from([
            (keys[0], DeleteOutcome::Deleted),
            (keys[1], DeleteOutcome::Kept),
            (keys[2], third),
        ])
    };
    let told =
        |outcomes: &BTreeMap<Key, DeleteOutcome>, of: &[Key]| erasure_of(of.iter(), outcomes);
    let all = outcomes(DeleteOutcome::Deleted);
    assert_eq!(told(&all, &keys[..1]).unwrap(), Erasure::Deleted);
    assert_eq!(told(&all, &keys).unwrap(), Erasure::CryptoErased);
    assert_eq!(told(&all, &[]).unwrap(), Erasure::Deleted, "never sent");
    let later = outcomes(DeleteOutcome::Later(
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
    let gone = outcomes(DeleteOutcome::Later("502".to_owned(), None));
    assert!(matches!(
        told(&gone, &keys),
        Err(StorageError::Unavailable(_))
    ));
}
