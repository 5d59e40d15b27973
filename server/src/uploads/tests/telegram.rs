//! Whole uploads into an emulated Telegram that floods, fails, forgets to answer, loses bots and damages documents. Each
//! test has its own emulator; sizes are for every day, `cargo xtask soak` sets larger ones.

mod pool;
mod verification;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bot_api_emulator::{ChatKind, Fault, FaultRule};
use bytes::Bytes;
use chrono::TimeDelta;
use ferry_core::wire::{Deletion, ErrorCode, StoredPart, VerifyRequest};
use futures_util::{StreamExt, TryStreamExt};

use super::fixture::{Fixture, TestFile};
use crate::db::test_database::TestDatabase;
use crate::storage::telegram::{self, test_support};
use crate::storage::{Bounded, Stores};
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

    /// What is answered "later" is asked for again, as every client does it: a bot that reads for a dead one forwards, and
    /// forwards count into the pool's pace.
    async fn read_patiently(&self, file: &TestFile, number: u32) -> Bytes {
        for _ in 0..1_000 {
            match self.read(file, number).await {
                Ok(body) => return body,
                Err(error) if error.code() == ErrorCode::Busy => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => panic!("part {number}: {error}"),
            }
        }
        panic!("part {number}: busy without end")
    }

    /// Every part's plaintext is what was sent: the fixture's seal leaves it in the open.
    async fn all_come_back(&self, file: &TestFile) {
        futures_util::stream::iter(1..=file.plan.part_count())
            .for_each_concurrent(AT_ONCE, async |number| {
                let body = self.read_patiently(file, number).await;
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
