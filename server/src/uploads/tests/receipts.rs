//! What is promised of deletion is true: counted by what the store still deletes, and corrected where it refuses later.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use ferry_core::wire::{CleanupRequest, CleanupResponse, Deletion};

use super::super::Actor;
use super::fixture::{Fixture, TestFile};
use crate::db::audit;
use crate::storage::{ByteStream, Erasure, Locator, PartStore, StorageError, Stores};

/// A store that deletes bytes of the last two days alone, in batches that it writes down. It keeps nothing to read.
#[derive(Default)]
struct Forgetful {
    batches: Mutex<Vec<usize>>,
    refuses: Mutex<bool>,
    busy: Mutex<bool>,
}

#[async_trait]
impl PartStore for Forgetful {
    fn locate(&self) -> Locator {
        Locator(serde_json::json!({ "attempt": uuid::Uuid::new_v4() }))
    }
    async fn put(&self, locator: Locator, _: Bytes) -> Result<Locator, StorageError> {
        Ok(locator)
    }
    async fn get(&self, _: &Locator, _: Option<Range<u64>>) -> Result<ByteStream, StorageError> {
        Err(StorageError::NotFound)
    }
    async fn delete(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        self.batches.lock().unwrap().push(locators.len());
        let (refuses, busy) = (*self.refuses.lock().unwrap(), *self.busy.lock().unwrap());
        let outcome = |_| match (busy, refuses) {
            (true, _) => Err(StorageError::Busy {
                retry_after_secs: 600,
                why: "a cool-down".to_owned(),
            }),
            (false, true) => Ok(Erasure::CryptoErased),
            (false, false) => Ok(Erasure::Deleted),
        };
        locators.iter().map(outcome).collect()
    }
    fn deletable_for(&self) -> Option<TimeDelta> {
        Some(TimeDelta::hours(47))
    }
    async fn health(&self) -> Result<(), StorageError> {
        Ok(())
    }
}

async fn fixture_on(store: &Arc<Forgetful>) -> Fixture {
    let store = Arc::clone(store) as Arc<dyn PartStore>;
    Fixture::set_with(|_| Stores::new("forgetful", store)).await
}

async fn delete(fixture: &Fixture, file: &TestFile) -> Deletion {
    let deleted = fixture
        .uploads
        .delete_file(fixture.user, file.start.file_id);
    deleted.await.unwrap().deletion
}

#[tokio::test]
async fn a_receipt_counts_what_the_store_deletes_and_what_it_keeps() {
    let store = Arc::new(Forgetful::default());
    let fixture = fixture_on(&store).await;
    let file = TestFile::new("~a", 5 * 65_536);
    fixture.start(&file).await;
    for number in 1..=3 {
        fixture.send(&file, number, 7).await.unwrap();
    }
    fixture.turn_clock(TimeDelta::hours(46));
    for number in 4..=5 {
        fixture.send(&file, number, 7).await.unwrap();
    }
    fixture.turn_clock(TimeDelta::hours(2));
    let receipt = Deletion {
        deleted: 2,
        crypto_erased: 3,
    };
    assert_eq!(delete(&fixture, &file).await, receipt);
    assert_eq!(delete(&fixture, &file).await, receipt, "asked again");
    let step = fixture.uploads.delete_queued().await.unwrap();
    assert_eq!((step.deleted, step.postponed), (5, 0));
    assert_eq!(*store.batches.lock().unwrap(), [5], "one batch");
    assert_eq!(delete(&fixture, &file).await, receipt);
    fixture.end().await;
}

#[tokio::test]
async fn a_promise_that_the_store_breaks_is_corrected_and_logged() {
    let store = Arc::new(Forgetful::default());
    let fixture = fixture_on(&store).await;
    let file = TestFile::new("~a", 3 * 65_536);
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    assert_eq!(delete(&fixture, &file).await.deleted, 3);
    *store.refuses.lock().unwrap() = true;
    let step = fixture.uploads.delete_queued().await.unwrap();
    assert_eq!((step.deleted, step.crypto_erased), (3, 3));
    let corrected = Deletion {
        deleted: 0,
        crypto_erased: 3,
    };
    assert_eq!(delete(&fixture, &file).await, corrected);
    let mut conn = fixture.database.db.connection().await.unwrap();
    let events = audit::latest(&mut conn, 10).await.unwrap();
    let event = events
        .iter()
        .find(|event| event.action == "parts.crypto_erased")
        .unwrap();
    assert_eq!(event.subject_id, Some(file.start.file_id));
    assert!(event.reason.contains("3 parts"), "{}", event.reason);
    drop(conn);
    fixture.end().await;
}

#[tokio::test]
async fn a_busy_store_is_asked_again_when_it_said() {
    let store = Arc::new(Forgetful::default());
    let fixture = fixture_on(&store).await;
    let file = TestFile::new("~a", 2 * 65_536);
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    delete(&fixture, &file).await;
    *store.busy.lock().unwrap() = true;
    assert_eq!(fixture.uploads.delete_queued().await.unwrap().postponed, 2);
    *store.busy.lock().unwrap() = false;
    fixture.turn_clock(TimeDelta::seconds(599));
    assert_eq!(fixture.uploads.delete_queued().await.unwrap().deleted, 0);
    fixture.turn_clock(TimeDelta::seconds(1));
    assert_eq!(fixture.uploads.delete_queued().await.unwrap().deleted, 2);
    fixture.end().await;
}

#[tokio::test]
async fn cleanup_tells_apart_what_is_deleted_and_what_the_store_keeps() {
    let store = Arc::new(Forgetful::default());
    let fixture = fixture_on(&store).await;
    let file = TestFile::new("~a", 5 * 65_536);
    fixture.start(&file).await;
    for number in 1..=3 {
        fixture.send(&file, number, 7).await.unwrap();
    }
    fixture.turn_clock(TimeDelta::hours(46));
    fixture.send(&file, 4, 7).await.unwrap();
    fixture.turn_clock(TimeDelta::hours(2));
    let cleanup = async |request: CleanupRequest| -> CleanupResponse {
        let cleaned = fixture.uploads.cleanup(Actor::User(fixture.user), request);
        cleaned.await.unwrap()
    };
    let older = CleanupRequest {
        older_than: Some(3_600),
        ..CleanupRequest::default()
    };
    let shown = cleanup(CleanupRequest {
        dry_run: true,
        ..older.clone()
    });
    let shown = shown.await;
    // What became old between the look and the deed was not shown, and stays.
    let later = TestFile::new("~later", 65_536);
    fixture.start(&later).await;
    fixture.turn_clock(TimeDelta::hours(2));
    let done = cleanup(CleanupRequest {
        as_of: Some(shown.as_of),
        ..older
    });
    let done = done.await;
    for answer in [&shown, &done] {
        let deletion = Deletion {
            deleted: 1,
            crypto_erased: 3,
        };
        assert_eq!((answer.deletion, answer.deleted_count), (deletion, 1));
        assert_eq!(answer.freed_storage, 65_564, "what stays is not freed");
        assert_eq!(answer.kept_storage, 3 * 65_564);
        assert_eq!(answer.sessions[0].file_id, file.start.file_id);
    }
    let audit = fixture.uploads.admin_audit().await.unwrap();
    let reason = &audit[0].reason;
    assert!(reason.contains("1 parts deleted; 3 stay"), "{reason}");
    fixture.end().await;
}

#[tokio::test]
async fn what_expires_by_itself_is_told_apart_in_the_audit_too() {
    let store = Arc::new(Forgetful::default());
    let fixture = fixture_on(&store).await;
    let file = TestFile::new("~a", 2 * 65_536);
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    fixture.turn_clock(TimeDelta::days(8));
    assert_eq!(fixture.uploads.expire().await.unwrap(), 1);
    let audit = fixture.uploads.admin_audit().await.unwrap();
    assert!(
        audit[0].reason.contains("crypto-erased"),
        "{}",
        audit[0].reason
    );
    fixture.end().await;
}
