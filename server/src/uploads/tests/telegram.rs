//! Whole uploads into an emulated Telegram that floods, fails, forgets to answer, loses bots and damages documents. Each
//! test has its own emulator; sizes are for every day, `cargo xtask soak` sets larger ones.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bot_api_emulator::{ChatKind, Fault, FaultRule, Rule};
use bytes::Bytes;
use chrono::TimeDelta;
use ferry_core::wire::{Deletion, ErrorCode, StoredPart, VerifyRequest};
use futures_util::{StreamExt, TryStreamExt};

use super::fixture::{Fixture, TestFile};
use crate::db::test_database::TestDatabase;
use crate::storage::telegram::{self, test_support};
use crate::storage::{Bounded, PartStore, StorageError, Stores};
use crate::uploads::{PartRead, UploadError, UploadResult};

/// Parts of the test of faults, where `cargo xtask soak` does not say otherwise.
const PARTS: u32 = 1_000;
const AT_ONCE: usize = 12;

fn parts() -> u32 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the size of a test run is no setting of the server"
    )]
    let told = std::env::var("FERRY_TEST_TELEGRAM_PARTS");
    told.map_or(PARTS, |parts| parts.parse().unwrap())
}

/// Uploads that go to Telegram.
struct Emulated {
    fixture: Fixture,
    telegram: test_support::Telegram,
}

impl Emulated {
    async fn start(bots: usize, chats: usize, limits: bool) -> Self {
        let database = TestDatabase::start().await;
        let setting = test_support::TestPool {
            bots,
            chats,
            kind: ChatKind::Channel,
            limits,
        };
        let telegram = test_support::Telegram::start(&database.db, setting).await;
        let store = Arc::new(Bounded::new(telegram.store.clone(), telegram::LIMITS));
        let clock = Arc::clone(&telegram.clock);
        let fixture =
            Fixture::set_on(database, Some(clock), |_| Stores::new("telegram", store)).await;
        Emulated { fixture, telegram }
    }

    async fn file(&self, parts: u32) -> TestFile {
        let file = TestFile::new("~a", u64::from(parts) * 65_536);
        self.fixture.start(&file).await;
        file
    }

    /// Sends these parts, several at once. What is answered "later" is sent again, as every client does it; any other
    /// refusal ends the test. How often it was answered "later".
    async fn send(&self, file: &TestFile, numbers: impl IntoIterator<Item = u32>) -> u32 {
        let later = AtomicU32::new(0);
        futures_util::stream::iter(numbers)
            .for_each_concurrent(AT_ONCE, async |number| {
                while let Err(error) = self.send_one(file, number).await {
                    let is_later = matches!(
                        error.code(),
                        ErrorCode::StorageUnavailable | ErrorCode::Busy
                    );
                    assert!(is_later && error.retry_after_secs().is_some(), "{error}");
                    assert!(later.fetch_add(1, Ordering::Relaxed) < 1_000, "{error}");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            })
            .await;
        later.into_inner()
    }

    async fn send_one(&self, file: &TestFile, number: u32) -> UploadResult<StoredPart> {
        self.fixture.send(file, number, content(number)).await
    }

    async fn read(&self, file: &TestFile, number: u32) -> UploadResult<Bytes> {
        let (user, id) = (self.fixture.user, file.start.file_id);
        let read = self
            .fixture
            .uploads
            .read_part(user, id, number, None)
            .await?;
        let PartRead::Bytes(part) = read else {
            panic!("no bytes")
        };
        let pieces: Vec<Bytes> = part.bytes.try_collect().await?;
        Ok(pieces.concat().into())
    }

    /// Every part's plaintext is what was sent: the fixture's seal leaves it in the open.
    async fn all_come_back(&self, file: &TestFile) {
        futures_util::stream::iter(1..=file.plan.part_count())
            .for_each_concurrent(AT_ONCE, async |number| {
                let body = self.read(file, number).await;
                let body = body.unwrap_or_else(|error| panic!("part {number}: {error}"));
                assert_eq!(body.len(), 65_536 + 28, "part {number}");
                let is_sent = body.iter().skip(12).all(|byte| *byte == content(number));
                assert!(is_sent, "part {number} holds another content");
            })
            .await;
    }

    /// Messages that are no part's.
    async fn orphans(&self) -> BTreeSet<(i64, i64)> {
        let rows = self.fixture.addresses().await;
        let ledger = self.telegram.ledger();
        let held: BTreeSet<(i64, i64)> = ledger
            .iter()
            .map(|row| (row.chat_id, row.message_id))
            .collect();
        let lost: Vec<_> = rows.difference(&held).collect();
        assert!(lost.is_empty(), "parts without a message: {lost:?}");
        held.difference(&rows).copied().collect()
    }

    /// Takes turns of the jobs until nothing is left over, for at most so long on the emulator's clock.
    async fn cleaned_up_within(&self, timeout: TimeDelta) {
        let end = (self.telegram.clock)() + timeout;
        loop {
            let swept = self.telegram.sweep.step().await;
            self.fixture.uploads.delete_queued().await.unwrap();
            let orphans = self.orphans().await;
            if orphans.is_empty() {
                return;
            }
            assert!(
                (self.telegram.clock)() < end,
                "left over: {orphans:?}; the last sweep: {swept:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn verify(&self, file: &TestFile) -> UploadResult<(Vec<u32>, Vec<u32>)> {
        let request = VerifyRequest {
            file_id: file.start.file_id,
            chunk_numbers: None,
            max_age_secs: None,
        };
        let found = self
            .fixture
            .uploads
            .verify(self.fixture.user, request, &|_| {})
            .await?;
        Ok((found.valid_chunks, found.corrupted_chunks))
    }

    async fn end(self) {
        self.telegram.end().await;
        self.fixture.end_elsewhere().await;
    }
}

/// A part's plaintext is all of this.
fn content(number: u32) -> u8 {
    u8::try_from(number % 251).unwrap()
}

fn now_and_then(seed: u64, method: &str, fault: Fault) -> FaultRule {
    FaultRule {
        probability: Some(0.05),
        seed,
        ..FaultRule::on(method, fault)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_of_each_part_and_no_orphan_in_the_end() {
    let emulated = Emulated::start(4, 2, false).await;
    emulated.telegram.control.add_faults(vec![
        now_and_then(1, "sendDocument", Fault::Flood { retry_after: 5 }),
        now_and_then(2, "sendDocument", Fault::Restart500),
        now_and_then(3, "sendDocument", Fault::BadGatewayHtml),
        now_and_then(4, "sendDocument", Fault::ResetMidBody),
        now_and_then(5, "sendDocument", Fault::ResetAfterStore),
    ]);
    let file = emulated.file(parts()).await;
    emulated.send(&file, 1..=parts()).await;
    let fired: Vec<u64> = emulated
        .telegram
        .control
        .faults()
        .iter()
        .map(|rule| rule.fired)
        .collect();
    assert!(fired.iter().all(|fired| *fired > 0), "{fired:?}");
    emulated.telegram.control.clear_faults();

    let rows = emulated.fixture.count("file_parts").await;
    assert_eq!(rows, i64::from(parts()));
    assert!(
        !emulated.orphans().await.is_empty(),
        "no reply was lost: nothing is shown"
    );
    emulated.cleaned_up_within(TimeDelta::minutes(10)).await;
    assert_eq!(
        emulated.telegram.ledger().len(),
        usize::try_from(parts()).unwrap()
    );
    emulated.all_come_back(&file).await;
    emulated.end().await;
}

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
async fn damage_is_found_and_an_unknown_answer_is_no_damage() {
    let emulated = Emulated::start(2, 1, false).await;
    let control = &emulated.telegram.control;
    let file = emulated.file(5).await;
    emulated.send(&file, 1..=5).await;

    // Three doubtful answers in a row, then the truth.
    for method in ["getFile", "file"] {
        control.add_faults(vec![FaultRule {
            count: Some(3),
            ..FaultRule::on(
                method,
                match method {
                    "getFile" => Fault::Unavailable,
                    _ => Fault::File401,
                },
            )
        }]);
        let found = emulated.verify(&file).await.unwrap();
        assert_eq!(found, (vec![1, 2, 3, 4, 5], vec![]), "{method}");
        control.clear_faults();
    }
    // A download that breaks off, announced or not, is no part: and it says nothing of what is stored.
    for cut in [Fault::TruncatedDownload, Fault::ShortDownload] {
        control.add_faults(vec![FaultRule::on("file", cut.clone())]);
        let verified = emulated.verify(&file).await;
        assert!(
            matches!(
                verified,
                Err(UploadError::Storage(StorageError::Unavailable(_)))
            ),
            "{cut:?}: {verified:?}"
        );
        assert!(emulated.read(&file, 1).await.is_err(), "{cut:?}");
        control.clear_faults();
    }
    // Nor do bytes that were damaged on their way, once.
    control.add_faults(vec![FaultRule {
        count: Some(1),
        ..FaultRule::on("file", Fault::FlippedBit)
    }]);
    let found = emulated.verify(&file).await.unwrap();
    assert_eq!(found.0.len(), 5, "nothing was called lost");
    assert_eq!(control.faults()[0].fired, 1);
    control.clear_faults();

    for (number, damage) in [(1, Fault::FlippedBit), (2, Fault::SwappedPart)] {
        control.add_faults(vec![FaultRule::on("file", damage.clone())]);
        let request = VerifyRequest {
            file_id: file.start.file_id,
            chunk_numbers: Some(vec![number]),
            max_age_secs: None,
        };
        let found = emulated
            .fixture
            .uploads
            .verify(emulated.fixture.user, request, &|_| {})
            .await;
        let found = found.unwrap_or_else(|error| panic!("{damage:?}: {error}"));
        assert_eq!(found.corrupted_chunks, [number], "{damage:?}");
        control.clear_faults();
        let refused = emulated.read(&file, number).await;
        assert!(
            matches!(refused, Err(UploadError::PartCorrupt { .. })),
            "{refused:?}"
        );
    }
    // Whose message a person deleted is gone, and that is known for sure.
    let row = emulated.fixture.address(file.start.file_id, 4).await;
    control.delete_message(row.0, row.1).unwrap();
    assert_eq!(
        emulated.verify(&file).await.unwrap(),
        (vec![3, 5], vec![1, 2, 4])
    );
    emulated.send(&file, [1, 2, 4]).await;
    assert_eq!(emulated.verify(&file).await.unwrap().0.len(), 5, "repaired");
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_cut_off_by_an_outage_reads_only_the_rest_again() {
    const COUNT: u32 = 60;
    let emulated = Emulated::start(2, 1, false).await;
    let control = &emulated.telegram.control;
    let file = emulated.file(COUNT).await;
    emulated.send(&file, 1..=COUNT).await;
    let request = VerifyRequest {
        file_id: file.start.file_id,
        chunk_numbers: None,
        max_age_secs: Some(24 * 3_600),
    };
    let uploads = &emulated.fixture.uploads;
    let user = emulated.fixture.user;
    let outage = |seen: ferry_core::wire::VerifyProgress| {
        if seen.checked == 30 {
            control.add_faults(vec![FaultRule::always(Fault::BadGatewayHtml)]);
        }
    };
    let cut = uploads.verify(user, request.clone(), &outage).await;
    assert!(
        matches!(cut, Err(UploadError::Storage(StorageError::Unavailable(_)))),
        "{cut:?}"
    );
    let noted = emulated
        .fixture
        .count("file_parts WHERE verified_at IS NOT NULL")
        .await;
    assert!(noted >= 30, "{noted} parts are noted");

    control.clear_faults();
    control.forget_calls();
    let found = uploads.verify(user, request, &|_| {}).await.unwrap();
    assert_eq!(found.valid_chunks, (1..=COUNT).collect::<Vec<_>>());
    let read = i64::try_from(emulated.telegram.calls("getFile")).unwrap();
    assert_eq!(read, i64::from(COUNT) - noted, "read once more");
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deletion_takes_few_calls_and_after_two_days_tells_the_truth() {
    const YOUNG: u32 = 250;
    let emulated = Emulated::start(3, 1, false).await;
    let uploads = &emulated.fixture.uploads;
    let (old, young) = (emulated.file(20).await, emulated.file(YOUNG).await);
    emulated.send(&old, 1..=20).await;
    emulated.telegram.pass(TimeDelta::hours(49));
    emulated.send(&young, 1..=YOUNG).await;

    let told = uploads
        .delete_file(emulated.fixture.user, young.start.file_id)
        .await;
    let all_deleted = Deletion {
        deleted: u64::from(YOUNG),
        crypto_erased: 0,
    };
    assert_eq!(told.unwrap().deletion, all_deleted);
    while uploads.delete_queued().await.unwrap().deleted > 0 {}
    assert_eq!(
        emulated.telegram.calls("deleteMessages"),
        3,
        "ceil(250 / 100)"
    );
    assert_eq!(emulated.telegram.ledger().len(), 20, "the other file's");

    let told = uploads
        .delete_file(emulated.fixture.user, old.start.file_id)
        .await;
    let all_kept = Deletion {
        deleted: 0,
        crypto_erased: 20,
    };
    assert_eq!(told.unwrap().deletion, all_kept);
    while uploads.delete_queued().await.unwrap().deleted > 0 {}
    assert_eq!(
        emulated.telegram.calls("deleteMessages"),
        3,
        "no call that must fail"
    );
    assert_eq!(emulated.telegram.ledger().len(), 20, "Telegram keeps them");
    for table in [
        "files",
        "file_parts",
        "deletions",
        "bot_sends WHERE kind = 'part'",
    ] {
        assert_eq!(
            emulated.fixture.count(table).await,
            0,
            "{table}: nobody finds or opens them"
        );
    }
    let gone = emulated.read(&old, 1).await;
    assert!(matches!(gone, Err(UploadError::NotFound)), "{gone:?}");
    emulated.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_asks_for_one_part_alone() {
    let emulated = Emulated::start(1, 1, false).await;
    let file = emulated.file(3).await;
    emulated.send(&file, 1..=3).await;
    emulated.telegram.control.forget_calls();
    let range = crate::uploads::PartRange::From {
        first: 40_000,
        last: Some(40_009),
    };
    let (user, id) = (emulated.fixture.user, file.start.file_id);
    let read = emulated
        .fixture
        .uploads
        .read_part(user, id, 2, Some(range))
        .await;
    let Ok(PartRead::Bytes(part)) = read else {
        panic!("no bytes")
    };
    let pieces: Vec<Bytes> = part.bytes.try_collect().await.unwrap();
    assert_eq!(pieces.concat(), [content(2); 10]);
    let calls = (
        emulated.telegram.calls("getFile"),
        emulated.telegram.calls("file"),
    );
    assert_eq!(calls, (1, 1));
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
