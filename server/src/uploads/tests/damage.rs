//! Tests of damage: found by a verification, repaired by the same content alone, and judged by the row of the moment.

use std::sync::Mutex;

use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection as _;
use ferry_core::wire::{ErrorCode, UploadStatus, VerifyProgress, VerifyRequest, VerifyResponse};
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::fixture::{Fixture, TestFile, code};
use crate::uploads::UploadResult;

/// To be read now, whatever was read before.
fn everything_of(file_id: Uuid) -> VerifyRequest {
    VerifyRequest {
        file_id,
        chunk_numbers: None,
        max_age_secs: None,
    }
}

/// A verification that found damage and waits for the row, which the caller has locked.
async fn about_to_report(fixture: &Fixture, id: Uuid) -> JoinHandle<UploadResult<VerifyResponse>> {
    let (uploads, user) = (fixture.uploads.clone(), fixture.user);
    let verify =
        tokio::spawn(async move { uploads.verify(user, everything_of(id), &|_| {}).await });
    while fixture
        .count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .await
        == 0
    {
        assert!(!verify.is_finished(), "it waits to report the damage");
    }
    verify
}

#[tokio::test]
async fn damage_is_found_and_only_the_same_content_repairs_it() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 4 * 65_536);
    let id = file.start.file_id;
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    let completion = fixture.completion(&file, 1).await;
    fixture
        .uploads
        .complete(fixture.user, id, completion)
        .await
        .unwrap();
    let verify = |numbers: Option<Vec<u32>>| VerifyRequest {
        chunk_numbers: numbers,
        ..everything_of(id)
    };
    let seen = Mutex::new(Vec::new());
    let progress = |event: VerifyProgress| {
        seen.lock()
            .unwrap()
            .push((event.part_number, event.checked, event.total))
    };
    let sound = fixture
        .uploads
        .verify(fixture.user, verify(None), &progress)
        .await
        .unwrap();
    assert_eq!(
        (sound.valid_chunks, sound.needs_re_upload),
        (vec![1, 2, 3, 4], false)
    );
    assert_eq!(
        *seen.lock().unwrap(),
        [(1, 1, 4), (2, 2, 4), (3, 3, 4), (4, 4, 4)]
    );

    let mut paths = fixture.part_paths();
    let mut bytes = std::fs::read(&paths[0]).unwrap();
    bytes[40_000] ^= 1;
    std::fs::write(&paths[0], bytes).unwrap();
    std::fs::remove_file(paths.remove(1)).unwrap();
    let found = fixture
        .uploads
        .verify(fixture.user, verify(None), &|_| {})
        .await
        .unwrap();
    assert_eq!(
        (
            found.valid_chunks.len(),
            found.corrupted_chunks.len(),
            found.needs_re_upload
        ),
        (2, 2, true)
    );
    let damaged = found.corrupted_chunks;
    let asked = fixture
        .uploads
        .verify(fixture.user, verify(Some(vec![damaged[0]])), &|_| {})
        .await
        .unwrap();
    assert_eq!(asked.corrupted_chunks, [damaged[0]]);

    let status = fixture
        .uploads
        .status(fixture.user, id, false)
        .await
        .unwrap();
    assert_eq!(
        (status.status, status.expires_at),
        (UploadStatus::InProgress, None)
    );
    assert_eq!(status.missing_chunks.unwrap(), damaged);
    let read = fixture
        .uploads
        .read_part(fixture.user, id, damaged[0], None)
        .await;
    assert_eq!(code(read), ErrorCode::PartCorrupt);

    // A year later it is still there: what was complete once is never abandoned.
    fixture.turn_clock(chrono::TimeDelta::days(365));
    assert_eq!(fixture.uploads.expire().await.unwrap(), 0);
    assert_eq!(
        code(fixture.send(&file, damaged[0], 8).await),
        ErrorCode::FileComplete
    );
    for number in damaged {
        assert_eq!(fixture.send(&file, number, 7).await.unwrap().generation, 2);
    }
    let stale = fixture.completion(&file, 1).await;
    assert_eq!(
        code(fixture.uploads.complete(fixture.user, id, stale).await),
        ErrorCode::ManifestDiffers
    );
    let repaired = fixture.completion(&file, 2).await;
    fixture
        .uploads
        .complete(fixture.user, id, repaired)
        .await
        .unwrap();
    assert_eq!(fixture.files_on_disk().await, 4);
    fixture.end().await;
}

#[tokio::test]
async fn a_part_replaced_while_its_old_bytes_were_judged_is_not_called_corrupt() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 65_536);
    let id = file.start.file_id;
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    let path = fixture.part_paths().remove(0);
    let sound = std::fs::read(&path).unwrap();
    std::fs::write(&path, b"damaged").unwrap();
    let mut tx = fixture.database.db.begin().await.unwrap();
    let locked = crate::db::files_with_sessions::lock(&mut tx, fixture.user, id).await;
    locked.unwrap().unwrap();

    let verify = about_to_report(&fixture, id).await;
    std::fs::write(&path, sound).unwrap();
    let replace = "UPDATE file_parts SET generation = generation + 1";
    tx.batch_execute(replace).await.unwrap();
    tx.end(Ok::<(), crate::db::DbError>(())).await.unwrap();

    let found = verify.await.unwrap().unwrap();
    assert_eq!(
        (found.valid_chunks, found.corrupted_chunks),
        (vec![1], vec![])
    );
    assert_eq!(
        fixture
            .count("file_parts WHERE state = 'stored' AND verified_at IS NOT NULL")
            .await,
        1
    );
    fixture.end().await;
}

#[tokio::test]
async fn a_part_repaired_after_its_row_was_read_is_judged_anew() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 2 * 65_536);
    let id = file.start.file_id;
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    fixture
        .sql("UPDATE file_parts SET state = 'corrupt' WHERE part_number = 2")
        .await;
    // The first part's damage is about to be reported: by then the rows of both were read.
    let sound: Vec<_> = fixture
        .part_paths()
        .into_iter()
        .map(|path| (std::fs::read(&path).unwrap(), path))
        .collect();
    for (_, path) in &sound {
        std::fs::write(path, b"damaged").unwrap();
    }
    let mut tx = fixture.database.db.begin().await.unwrap();
    let locked = crate::db::files_with_sessions::lock(&mut tx, fixture.user, id).await;
    locked.unwrap().unwrap();
    let verify = about_to_report(&fixture, id).await;
    for (bytes, path) in sound {
        std::fs::write(path, bytes).unwrap();
    }
    let repair = "UPDATE file_parts SET generation = generation + 1, state = 'stored'";
    tx.batch_execute(repair).await.unwrap();
    tx.end(Ok::<(), crate::db::DbError>(())).await.unwrap();
    let found = verify.await.unwrap().unwrap();
    assert_eq!(
        (found.valid_chunks, found.corrupted_chunks),
        (vec![1, 2], vec![])
    );
    assert!(!found.needs_re_upload);
    fixture.end().await;
}

#[tokio::test]
async fn a_verification_that_broke_off_goes_on_where_it_stopped() {
    const PARTS: u32 = 80;
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", u64::from(PARTS) * 65_536);
    fixture.start(&file).await;
    fixture.send_all(&file).await;
    let request = VerifyRequest {
        max_age_secs: Some(3_600),
        ..everything_of(file.start.file_id)
    };
    let enough = tokio::sync::Notify::new();
    let progress = |seen: ferry_core::wire::VerifyProgress| {
        if seen.checked == 20 {
            enough.notify_one();
        }
    };
    tokio::select! {
        biased;
        () = enough.notified() => {}
        ended = fixture.uploads.verify(fixture.user, request.clone(), &progress) => panic!("it ended: {ended:?}"),
    }
    let noted = u32::try_from(
        fixture
            .count("file_parts WHERE verified_at IS NOT NULL")
            .await,
    )
    .unwrap();
    assert!((16..PARTS).contains(&noted), "{noted} parts are noted");

    // Whatever is read from now on is found gone: what stays valid was not read.
    for path in fixture.part_paths() {
        std::fs::remove_file(path).unwrap();
    }
    let verify = || {
        fixture
            .uploads
            .verify(fixture.user, request.clone(), &|_| {})
    };
    let found = verify().await.unwrap();
    assert_eq!(found.valid_chunks, (1..=noted).collect::<Vec<_>>());
    assert_eq!(
        found.corrupted_chunks,
        (noted + 1..=PARTS).collect::<Vec<_>>()
    );
    fixture.turn_clock(TimeDelta::seconds(3_601));
    assert_eq!(verify().await.unwrap().valid_chunks, Vec::<u32>::new());
    fixture.end().await;
}
