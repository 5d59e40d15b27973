//! Tests of whole files: begun, completed, damaged and repaired, renamed, read, deleted.

use std::sync::Mutex;

use bytes::Bytes;
use chrono::TimeDelta;
use diesel_async::SimpleAsyncConnection as _;
use ferry_core::wire::{
    CheckQuery, CompleteRequest, ErrorCode, FilesQuery, RenameRequest, UploadStatus,
    VerifyProgress, VerifyRequest,
};
use futures_util::TryStreamExt;
use uuid::Uuid;

use super::fixture::{Fixture, TestFile, manifest};
use crate::uploads::{PartRange, PartRead, UploadError, UploadResult};

fn code<T: std::fmt::Debug>(outcome: UploadResult<T>) -> ErrorCode {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn an_upload_from_start_to_complete_and_each_call_twice() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 3 * 65_536);
    let id = file.start.file_id;
    begins_once(&fixture, &file).await;

    fixture.send(&file, 2, 7).await.unwrap();
    let check = fixture
        .uploads
        .check(fixture.user, query("~a", 3 * 65_536))
        .await
        .unwrap();
    assert_eq!(
        (check.uploaded_chunks, check.missing_chunks),
        (vec![2], vec![1, 3])
    );
    assert!(check.can_resume && check.exists);
    let status = fixture
        .uploads
        .status(fixture.user, id, false)
        .await
        .unwrap();
    assert_eq!(
        (status.progress_percent, status.status),
        (33.33, UploadStatus::InProgress)
    );
    assert_eq!(status.missing_ranges, [[1, 1], [3, 3]]);
    assert!(
        fixture
            .uploads
            .status(fixture.user, id, true)
            .await
            .unwrap()
            .missing_chunks
            .is_none()
    );

    let early = fixture.uploads.complete(
        fixture.user,
        id,
        CompleteRequest {
            manifest: manifest(1, 1),
            manifest_seq: 1,
            parts_root: ferry_core::wire::B64([0; 32]),
            fingerprint: ferry_core::wire::B64([9; 32]),
        },
    );
    let early = early.await.unwrap_err();
    assert_eq!(
        (early.code(), early.missing_chunks()),
        (ErrorCode::PartsMissing, Some([1, 3].as_slice()))
    );

    fixture.send_all(&file).await;
    let good = fixture.completion(&file, 1).await;
    let wrong = CompleteRequest {
        parts_root: ferry_core::wire::B64([0; 32]),
        ..good.clone()
    };
    assert_eq!(
        code(fixture.uploads.complete(fixture.user, id, wrong).await),
        ErrorCode::PartsChanged
    );
    let done = fixture
        .uploads
        .complete(fixture.user, id, good.clone())
        .await
        .unwrap();
    assert_eq!(
        fixture
            .uploads
            .complete(fixture.user, id, good.clone())
            .await
            .unwrap(),
        done
    );
    let other = CompleteRequest {
        manifest: manifest(1, 2),
        ..good
    };
    let differs = fixture
        .uploads
        .complete(fixture.user, id, other)
        .await
        .unwrap_err();
    assert_eq!(
        (differs.code(), differs.manifest()),
        (ErrorCode::ManifestDiffers, Some(manifest(1, 1)))
    );

    frozen_afterwards(&fixture, &file).await;
    fixture.end().await;
}

fn query(filename: &str, size: u64) -> CheckQuery {
    CheckQuery {
        filename: filename.to_owned(),
        size,
        fingerprint: None,
    }
}

async fn begins_once(fixture: &Fixture, file: &TestFile) {
    let (first, is_new) = fixture
        .uploads
        .start(fixture.user, file.start.clone())
        .await
        .unwrap();
    assert!(is_new);
    assert_eq!(
        fixture
            .uploads
            .start(fixture.user, file.start.clone())
            .await
            .unwrap(),
        (first, false)
    );
    let mut other = file.start.clone();
    other.filename = "~b".to_owned();
    assert_eq!(
        code(fixture.uploads.start(fixture.user, other).await),
        ErrorCode::FileIdTaken
    );
    let stranger = Uuid::new_v4();
    fixture.add_user(stranger, None).await;
    assert_eq!(
        code(fixture.uploads.start(stranger, file.start.clone()).await),
        ErrorCode::FileIdTaken
    );
    assert_eq!(
        code(
            fixture
                .uploads
                .status(stranger, file.start.file_id, false)
                .await
        ),
        ErrorCode::NotFound
    );

    let mut miscounted = TestFile::new("~c", 65_537).start;
    miscounted.total_parts = 1;
    assert_eq!(
        code(fixture.uploads.start(fixture.user, miscounted).await),
        ErrorCode::InvalidRequest
    );
}

async fn frozen_afterwards(fixture: &Fixture, file: &TestFile) {
    let id = file.start.file_id;
    assert_eq!(
        code(fixture.send_if(file, 1, 8, Some(1)).await),
        ErrorCode::FileComplete
    );
    assert!(fixture.send(file, 1, 7).await.unwrap().duplicate);
    assert_eq!(
        code(fixture.uploads.discard(fixture.user, id).await),
        ErrorCode::FileComplete
    );
    let check = fixture
        .uploads
        .check(fixture.user, query("~a", 3 * 65_536))
        .await
        .unwrap();
    assert!(check.exists && !check.can_resume && check.missing_chunks.is_empty());
    assert_eq!(
        fixture.uploads.list_uploads(fixture.user).await.unwrap(),
        []
    );
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
        file_id: id,
        chunk_numbers: numbers,
        max_age_secs: None,
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
async fn a_complete_file_is_listed_read_renamed_and_deleted() {
    let fixture = Fixture::set().await;
    let mut ids = Vec::new();
    for at in 0..3 {
        let file = TestFile::new(&format!("~{at}"), 100);
        fixture.start(&file).await;
        fixture.send_all(&file).await;
        let completion = fixture.completion(&file, 1).await;
        fixture.turn_clock(chrono::TimeDelta::seconds(1));
        fixture
            .uploads
            .complete(fixture.user, file.start.file_id, completion)
            .await
            .unwrap();
        ids.push(file.start.file_id);
    }
    let first = fixture
        .uploads
        .list_files(fixture.user, page(None))
        .await
        .unwrap();
    let second = fixture
        .uploads
        .list_files(fixture.user, page(first.next))
        .await
        .unwrap();
    let listed: Vec<Uuid> = first
        .files
        .iter()
        .chain(&second.files)
        .map(|file| file.file_id)
        .collect();
    assert_eq!(listed, [ids[2], ids[1], ids[0]]);
    assert_eq!(second.next, None);

    reads_bytes(&fixture, ids[0]).await;
    renames(&fixture, ids[0]).await;

    let gone = fixture
        .uploads
        .delete_file(fixture.user, ids[0])
        .await
        .unwrap();
    assert_eq!(gone.deletion.deleted, 1);
    assert_eq!(
        fixture
            .uploads
            .delete_file(fixture.user, ids[0])
            .await
            .unwrap(),
        gone,
        "its answer was lost"
    );
    assert_eq!(
        code(fixture.uploads.file(fixture.user, ids[0]).await),
        ErrorCode::NotFound
    );
    assert_eq!(fixture.files_on_disk().await, 2);
    assert_eq!(
        fixture.uploads.admin_audit().await.unwrap()[0].action,
        "file.deleted"
    );
    let storage = fixture.uploads.admin_storage().await.unwrap();
    assert_eq!(
        (
            storage[0].parts,
            storage[0].stored_bytes,
            storage[0].healthy
        ),
        (2, 256, true)
    );
    fixture.end().await;
}

fn page(after: Option<String>) -> FilesQuery {
    FilesQuery {
        folder: None,
        after,
        limit: Some(2),
    }
}

async fn reads_bytes(fixture: &Fixture, id: Uuid) {
    let whole = read(fixture, id, None).await;
    assert_eq!(whole.len(), 128);
    let range = PartRange::From {
        first: 12,
        last: Some(19),
    };
    assert_eq!(read(fixture, id, Some(range)).await, whole.slice(12..20));
    assert_eq!(
        read(fixture, id, Some(PartRange::Last(5))).await,
        whole.slice(123..)
    );
    let outside = PartRange::From {
        first: 128,
        last: None,
    };
    let outside = fixture
        .uploads
        .read_part(fixture.user, id, 1, Some(outside))
        .await
        .unwrap();
    assert!(matches!(outside, PartRead::OutOfRange { total_bytes: 128 }));
}

async fn read(fixture: &Fixture, id: Uuid, range: Option<PartRange>) -> Bytes {
    match fixture
        .uploads
        .read_part(fixture.user, id, 1, range)
        .await
        .unwrap()
    {
        PartRead::Bytes(part) => part
            .bytes
            .try_collect::<Vec<_>>()
            .await
            .unwrap()
            .concat()
            .into(),
        outside => panic!("{outside:?}"),
    }
}

async fn renames(fixture: &Fixture, id: Uuid) {
    let revision = fixture
        .uploads
        .file(fixture.user, id)
        .await
        .unwrap()
        .revision;
    let request = RenameRequest {
        filename: "~new".to_owned(),
        folder: "~folder".to_owned(),
        manifest: manifest(2, 4),
        manifest_seq: 2,
    };
    let stale = fixture
        .uploads
        .rename(fixture.user, id, revision + 1, request.clone())
        .await
        .unwrap_err();
    assert!(
        matches!(stale, UploadError::GenerationMismatch { generation } if generation == revision)
    );
    let renamed = fixture
        .uploads
        .rename(fixture.user, id, revision, request.clone())
        .await
        .unwrap();
    assert_eq!(
        (renamed.filename.as_str(), renamed.revision),
        ("~new", revision + 1)
    );
    assert_eq!(
        fixture
            .uploads
            .rename(fixture.user, id, revision, request)
            .await
            .unwrap(),
        renamed
    );
    assert_eq!(
        fixture
            .uploads
            .manifest(fixture.user, id)
            .await
            .unwrap()
            .manifest_seq,
        2
    );
    let by_folder = FilesQuery {
        folder: Some("~folder".to_owned()),
        ..FilesQuery::default()
    };
    assert_eq!(
        fixture
            .uploads
            .list_files(fixture.user, by_folder)
            .await
            .unwrap()
            .files,
        [renamed]
    );
}

#[tokio::test]
async fn check_finds_renamed_files_and_tells_twins_apart() {
    let fixture = Fixture::set().await;
    let (twin, other_twin) = (TestFile::new("~a", 65_536), TestFile::new("~a", 65_536));
    let renamed = TestFile::new("~b", 65_536);
    for file in [&twin, &other_twin, &renamed] {
        fixture.start(file).await;
        fixture.turn_clock(chrono::TimeDelta::seconds(1));
    }
    fixture.send(&twin, 1, 7).await.unwrap();
    let found = fixture
        .uploads
        .check(fixture.user, query("~a", 65_536))
        .await
        .unwrap();
    let ids: Vec<Uuid> = found
        .candidates
        .iter()
        .map(|candidate| candidate.file_id)
        .collect();
    let expected = [&twin, &other_twin, &renamed].map(|file| file.start.file_id);
    assert_eq!(
        ids, expected,
        "the latest of the equal ones first, then the one of another name"
    );

    let grown = fixture
        .uploads
        .check(fixture.user, query("~a", 99))
        .await
        .unwrap();
    assert_eq!(grown.candidates.len(), 2, "the label alone is a hint too");
    let completion = fixture.completion(&twin, 1).await;
    fixture
        .uploads
        .complete(fixture.user, twin.start.file_id, completion)
        .await
        .unwrap();
    let by_content = CheckQuery {
        fingerprint: Some(ferry_core::wire::B64([9; 32])),
        ..query("~z", 1)
    };
    let by_content = fixture
        .uploads
        .check(fixture.user, by_content)
        .await
        .unwrap();
    assert_eq!(by_content.file_id, Some(twin.start.file_id));
    assert!(
        !fixture
            .uploads
            .check(Uuid::new_v4(), query("~a", 65_536))
            .await
            .unwrap()
            .exists
    );
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

    let (uploads, user) = (fixture.uploads.clone(), fixture.user);
    let request = VerifyRequest {
        file_id: id,
        chunk_numbers: None,
        max_age_secs: None,
    };
    let verify = tokio::spawn(async move { uploads.verify(user, request, &|_| {}).await });
    while fixture
        .count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .await
        == 0
    {
        assert!(!verify.is_finished(), "it waits to report the damage");
    }
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
    let (uploads, user) = (fixture.uploads.clone(), fixture.user);
    let request = VerifyRequest {
        file_id: id,
        chunk_numbers: None,
        max_age_secs: None,
    };
    let verify = tokio::spawn(async move { uploads.verify(user, request, &|_| {}).await });
    while fixture
        .count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .await
        == 0
    {
        assert!(!verify.is_finished(), "it waits to report the damage");
    }
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
        file_id: file.start.file_id,
        chunk_numbers: None,
        max_age_secs: Some(3_600),
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
