//! What an upload sees of the pool: bots that wait or die, a pool that has had its turn or has no bot.

use std::sync::atomic::{AtomicU32, Ordering};

use bot_api_emulator::{Fault, FaultRule, Rule};
use chrono::TimeDelta;
use ferry_core::wire::ErrorCode;
use futures_util::StreamExt;

use super::{AT_ONCE, Emulated, parts};
use crate::storage::{PartStore, StorageError};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bot_that_has_to_wait_is_left_alone_and_costs_the_pool_its_share_alone() {
    const BOTS: usize = 4;
    let emulated = Emulated::start(BOTS, 1, true).await;
    let control = &emulated.telegram.control;
    let rested = emulated.telegram.bots[0].id;
    control.add_faults(vec![FaultRule {
        bot: Some(rested),
        nth: Some(3),
        ..FaultRule::on("sendDocument", Fault::Flood { retry_after: 60 })
    }]);
    // Three minutes of a pool that has more to send than it may: 18 a minute and bot.
    let file = emulated.file(1_000).await;
    let start = (emulated.telegram.clock)();
    let end = start + TimeDelta::minutes(3);
    let next = AtomicU32::new(1);
    futures_util::stream::iter(0..AT_ONCE)
        .for_each_concurrent(AT_ONCE, async |_| {
            while (emulated.telegram.clock)() < end {
                let number = next.fetch_add(1, Ordering::Relaxed);
                emulated.send(&file, [number]).await;
            }
        })
        .await;
    let violations = control.violations();
    let early = violations
        .iter()
        .filter(|violation| violation.rule == Rule::EarlyRetry);
    assert_eq!(early.count(), 0, "called before its time");
    assert_eq!(violations, [], "a limit was passed");

    let until = f64::from(i32::try_from((end - start).num_seconds()).unwrap());
    let began = control.clock().now
        - (emulated.telegram.clock)()
            .signed_duration_since(start)
            .as_seconds_f64();
    let calls = control.calls();
    let sent = |bot: i64| {
        let mine = calls.iter().filter(|call| {
            call.method == "senddocument"
                && call.bot == Some(bot)
                && call.status == 200
                && call.at < began + until
        });
        u32::try_from(mine.count()).unwrap()
    };
    let others: Vec<u32> = emulated.telegram.bots[1..]
        .iter()
        .map(|bot| sent(bot.id))
        .collect();
    let full = 18 * 3;
    assert!(
        others
            .iter()
            .all(|sent| f64::from(*sent) >= 0.95 * f64::from(full)),
        "others sent {others:?} of {full}"
    );
    let all = others.iter().sum::<u32>() + sent(rested);
    let without_one_third = full * 4 - full * 4 / 4;
    assert!(all >= without_one_third, "{all} of {}", full * 4);
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_bots_parts_come_back_through_another() {
    let emulated = Emulated::start(3, 1, false).await;
    let control = &emulated.telegram.control;
    let count = parts() / 4;
    let file = emulated.file(count).await;
    emulated.send(&file, 1..=count / 2).await;
    let dead = emulated.telegram.bots[0].id;
    control.revoke_token(dead).unwrap();
    let later = emulated.send(&file, count / 2 + 1..=count).await;
    assert_eq!(later, 0, "its uploaders noticed nothing");
    let its_parts = emulated.fixture.parts_of_bot(dead).await;
    assert!(its_parts > 5, "it had sent {its_parts} parts");

    control.forget_calls();
    emulated.all_come_back(&file).await;
    let calls = control.calls().len();
    let usual = 2 * usize::try_from(count).unwrap();
    let extra = calls - usual;
    assert!(
        extra <= 2 * its_parts,
        "{extra} calls more for {its_parts} parts"
    );
    assert_eq!(emulated.telegram.calls("forwardMessage"), its_parts);
    let recovered = emulated.telegram.metrics.recoveries.get();
    assert_eq!(recovered, u64::try_from(its_parts).unwrap());
    // What was forwarded once is read without another message.
    emulated.all_come_back(&file).await;
    assert_eq!(emulated.telegram.calls("forwardMessage"), its_parts);

    let deletion = emulated
        .fixture
        .uploads
        .delete_file(emulated.fixture.user, file.start.file_id);
    assert_eq!(deletion.await.unwrap().deletion.deleted, u64::from(count));
    while emulated
        .fixture
        .uploads
        .delete_queued()
        .await
        .unwrap()
        .deleted
        > 0
    {}
    assert_eq!(
        emulated.telegram.ledger().len(),
        0,
        "copies go with their parts"
    );
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_had_its_turn_says_when_to_come_back() {
    let emulated = Emulated::start(1, 1, true).await;
    let file = emulated.file(40).await;
    let refusals = futures_util::stream::iter(1..=40)
        .map(|number| emulated.send_one(&file, number))
        .buffer_unordered(40)
        .filter_map(async |sent| sent.err())
        .collect::<Vec<_>>()
        .await;
    // Twenty seconds of 18 a minute, and three at once: the others are told to wait for a turn of theirs.
    assert!(refusals.len() > 20, "{} of 40 were refused", refusals.len());
    for refusal in &refusals {
        assert_eq!(refusal.code(), ErrorCode::Busy, "{refusal}");
        let secs = refusal.retry_after_secs().unwrap();
        assert!((5..=61).contains(&secs), "{secs} s");
    }
    assert_eq!(emulated.telegram.control.violations(), []);
    assert!(emulated.telegram.metrics.waits.get() > 0);
    emulated.end().await;
}

#[tokio::test]
async fn without_a_bot_it_says_what_is_missing() {
    let emulated = Emulated::start(0, 0, false).await;
    let file = emulated.file(1).await;
    let refused = emulated.send_one(&file, 1).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::StorageUnavailable);
    assert!(refused.to_string().contains("no bot"), "{refused}");
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_well_while_one_of_two_bots_that_are_asked_is() {
    let emulated = Emulated::start(2, 1, false).await;
    let control = &emulated.telegram.control;
    let asked = || emulated.telegram.calls("getMe");
    let store = &emulated.telegram.store;
    store.health().await.unwrap();
    assert_eq!(asked(), 1);

    // Whichever is asked first is told to wait, once; the other one answers.
    let once = |fault| FaultRule {
        count: Some(1),
        ..FaultRule::on("getMe", fault)
    };
    control.add_faults(vec![once(Fault::Flood { retry_after: 3_600 })]);
    store.health().await.unwrap();
    assert_eq!(asked(), 3);
    // The pool knows who has to rest, and who is to be asked next.
    store.health().await.unwrap();
    assert_eq!((asked(), control.faults()[0].fired), (4, 1));
    control.clear_faults();

    control.add_faults(vec![once(Fault::Refuse {
        code: 404,
        description: "Not Found".to_owned(),
    })]);
    store.health().await.unwrap();
    control.clear_faults();
    control.add_faults(vec![FaultRule::on("getMe", Fault::BadGatewayHtml)]);
    let before = asked();
    assert!(matches!(
        store.health().await,
        Err(StorageError::Unavailable(_))
    ));
    assert_eq!(asked(), before + 2, "not the whole pool");
    control.clear_faults();

    // A bot that is refused is put out, and the other one is asked.
    control.revoke_token(emulated.telegram.bots[0].id).unwrap();
    for _ in 0..2 {
        store.health().await.unwrap();
    }
    control.revoke_token(emulated.telegram.bots[1].id).unwrap();
    assert!(store.health().await.is_err());
    emulated.end().await;
}
