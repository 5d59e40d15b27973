//! Stories of whole files: begun, completed, damaged and repaired, renamed, read, deleted.

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

use super::stage::{Stage, TestFile, manifest};
use crate::uploads::{PartRange, PartRead, UploadError, UploadResult};

fn code<T: std::fmt::Debug>(outcome: UploadResult<T>) -> ErrorCode {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn an_upload_from_start_to_complete_and_each_call_twice() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 3 * 65_536);
    let id = file.start.file_id;
    begins_once(&stage, &file).await;

    stage.send(&file, 2, 7).await.unwrap();
    let check = stage
        .uploads
        .check(stage.user, query("~a", 3 * 65_536))
        .await
        .unwrap();
    assert_eq!(
        (check.uploaded_chunks, check.missing_chunks),
        (vec![2], vec![1, 3])
    );
    assert!(check.can_resume && check.exists);
    let status = stage.uploads.status(stage.user, id, false).await.unwrap();
    assert_eq!(
        (status.progress_percent, status.status),
        (33.33, UploadStatus::InProgress)
    );
    assert_eq!(status.missing_ranges, [[1, 1], [3, 3]]);
    assert!(
        stage
            .uploads
            .status(stage.user, id, true)
            .await
            .unwrap()
            .missing_chunks
            .is_none()
    );

    let early = stage.uploads.complete(
        stage.user,
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

    stage.send_all(&file).await;
    let good = stage.completion(&file, 1).await;
    let wrong = CompleteRequest {
        parts_root: ferry_core::wire::B64([0; 32]),
        ..good.clone()
    };
    assert_eq!(
        code(stage.uploads.complete(stage.user, id, wrong).await),
        ErrorCode::PartsChanged
    );
    let done = stage
        .uploads
        .complete(stage.user, id, good.clone())
        .await
        .unwrap();
    assert_eq!(
        stage
            .uploads
            .complete(stage.user, id, good.clone())
            .await
            .unwrap(),
        done
    );
    let other = CompleteRequest {
        manifest: manifest(1, 2),
        ..good
    };
    let differs = stage
        .uploads
        .complete(stage.user, id, other)
        .await
        .unwrap_err();
    assert_eq!(
        (differs.code(), differs.manifest()),
        (ErrorCode::ManifestDiffers, Some(manifest(1, 1)))
    );

    frozen_afterwards(&stage, &file).await;
    stage.end().await;
}

fn query(filename: &str, size: u64) -> CheckQuery {
    CheckQuery {
        filename: filename.to_owned(),
        size,
        fingerprint: None,
    }
}

async fn begins_once(stage: &Stage, file: &TestFile) {
    let (first, is_new) = stage
        .uploads
        .start(stage.user, file.start.clone())
        .await
        .unwrap();
    assert!(is_new);
    assert_eq!(
        stage
            .uploads
            .start(stage.user, file.start.clone())
            .await
            .unwrap(),
        (first, false)
    );
    let mut other = file.start.clone();
    other.filename = "~b".to_owned();
    assert_eq!(
        code(stage.uploads.start(stage.user, other).await),
        ErrorCode::FileIdTaken
    );
    let stranger = Uuid::new_v4();
    stage.add_user(stranger, None).await;
    assert_eq!(
        code(stage.uploads.start(stranger, file.start.clone()).await),
        ErrorCode::FileIdTaken
    );
    assert_eq!(
        code(
            stage
                .uploads
                .status(stranger, file.start.file_id, false)
                .await
        ),
        ErrorCode::NotFound
    );

    let mut miscounted = TestFile::new("~c", 65_537).start;
    miscounted.total_parts = 1;
    assert_eq!(
        code(stage.uploads.start(stage.user, miscounted).await),
        ErrorCode::InvalidRequest
    );
}

async fn frozen_afterwards(stage: &Stage, file: &TestFile) {
    let id = file.start.file_id;
    assert_eq!(
        code(stage.send_if(file, 1, 8, Some(1)).await),
        ErrorCode::FileComplete
    );
    assert!(stage.send(file, 1, 7).await.unwrap().duplicate);
    assert_eq!(
        code(stage.uploads.discard(stage.user, id).await),
        ErrorCode::FileComplete
    );
    let check = stage
        .uploads
        .check(stage.user, query("~a", 3 * 65_536))
        .await
        .unwrap();
    assert!(check.exists && !check.can_resume && check.missing_chunks.is_empty());
    assert_eq!(stage.uploads.list_uploads(stage.user).await.unwrap(), []);
}

#[tokio::test]
async fn damage_is_found_and_only_the_same_content_repairs_it() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 4 * 65_536);
    let id = file.start.file_id;
    stage.start(&file).await;
    stage.send_all(&file).await;
    let completion = stage.completion(&file, 1).await;
    stage
        .uploads
        .complete(stage.user, id, completion)
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
    let sound = stage
        .uploads
        .verify(stage.user, verify(None), &progress)
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

    let mut paths = stage.part_paths();
    let mut bytes = std::fs::read(&paths[0]).unwrap();
    bytes[40_000] ^= 1;
    std::fs::write(&paths[0], bytes).unwrap();
    std::fs::remove_file(paths.remove(1)).unwrap();
    let found = stage
        .uploads
        .verify(stage.user, verify(None), &|_| {})
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
    let asked = stage
        .uploads
        .verify(stage.user, verify(Some(vec![damaged[0]])), &|_| {})
        .await
        .unwrap();
    assert_eq!(asked.corrupted_chunks, [damaged[0]]);

    let status = stage.uploads.status(stage.user, id, false).await.unwrap();
    assert_eq!(
        (status.status, status.expires_at),
        (UploadStatus::InProgress, None)
    );
    assert_eq!(status.missing_chunks.unwrap(), damaged);
    let read = stage
        .uploads
        .read_part(stage.user, id, damaged[0], None)
        .await;
    assert_eq!(code(read), ErrorCode::PartCorrupt);

    // A year later it is still there: what was complete once is never abandoned.
    stage.turn_clock(chrono::TimeDelta::days(365));
    assert_eq!(stage.uploads.expire().await.unwrap(), 0);
    assert_eq!(
        code(stage.send(&file, damaged[0], 8).await),
        ErrorCode::FileComplete
    );
    for number in damaged {
        assert_eq!(stage.send(&file, number, 7).await.unwrap().generation, 2);
    }
    let stale = stage.completion(&file, 1).await;
    assert_eq!(
        code(stage.uploads.complete(stage.user, id, stale).await),
        ErrorCode::ManifestDiffers
    );
    let repaired = stage.completion(&file, 2).await;
    stage
        .uploads
        .complete(stage.user, id, repaired)
        .await
        .unwrap();
    assert_eq!(stage.files_on_disk().await, 4);
    stage.end().await;
}

#[tokio::test]
async fn a_complete_file_is_listed_read_renamed_and_deleted() {
    let stage = Stage::set().await;
    let mut ids = Vec::new();
    for at in 0..3 {
        let file = TestFile::new(&format!("~{at}"), 100);
        stage.start(&file).await;
        stage.send_all(&file).await;
        let completion = stage.completion(&file, 1).await;
        stage.turn_clock(chrono::TimeDelta::seconds(1));
        stage
            .uploads
            .complete(stage.user, file.start.file_id, completion)
            .await
            .unwrap();
        ids.push(file.start.file_id);
    }
    let first = stage
        .uploads
        .list_files(stage.user, page(None))
        .await
        .unwrap();
    let second = stage
        .uploads
        .list_files(stage.user, page(first.next))
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

    reads_bytes(&stage, ids[0]).await;
    renames(&stage, ids[0]).await;

    let gone = stage.uploads.delete_file(stage.user, ids[0]).await.unwrap();
    assert_eq!(gone.deletion.deleted, 1);
    assert_eq!(
        stage.uploads.delete_file(stage.user, ids[0]).await.unwrap(),
        gone,
        "its answer was lost"
    );
    assert_eq!(
        code(stage.uploads.file(stage.user, ids[0]).await),
        ErrorCode::NotFound
    );
    assert_eq!(stage.files_on_disk().await, 2);
    assert_eq!(
        stage.uploads.admin_audit().await.unwrap()[0].action,
        "file.deleted"
    );
    let storage = stage.uploads.admin_storage().await.unwrap();
    assert_eq!(
        (
            storage[0].parts,
            storage[0].stored_bytes,
            storage[0].healthy
        ),
        (2, 256, true)
    );
    stage.end().await;
}

fn page(after: Option<String>) -> FilesQuery {
    FilesQuery {
        folder: None,
        after,
        limit: Some(2),
    }
}

async fn reads_bytes(stage: &Stage, id: Uuid) {
    let whole = read(stage, id, None).await;
    assert_eq!(whole.len(), 128);
    let range = PartRange::From {
        first: 12,
        last: Some(19),
    };
    assert_eq!(read(stage, id, Some(range)).await, whole.slice(12..20));
    assert_eq!(
        read(stage, id, Some(PartRange::Last(5))).await,
        whole.slice(123..)
    );
    let outside = PartRange::From {
        first: 128,
        last: None,
    };
    let outside = stage
        .uploads
        .read_part(stage.user, id, 1, Some(outside))
        .await
        .unwrap();
    assert!(matches!(outside, PartRead::OutOfRange { total_bytes: 128 }));
}

async fn read(stage: &Stage, id: Uuid, range: Option<PartRange>) -> Bytes {
    match stage
        .uploads
        .read_part(stage.user, id, 1, range)
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

async fn renames(stage: &Stage, id: Uuid) {
    let revision = stage.uploads.file(stage.user, id).await.unwrap().revision;
    let request = RenameRequest {
        filename: "~new".to_owned(),
        folder: "~folder".to_owned(),
        manifest: manifest(2, 4),
        manifest_seq: 2,
    };
    let stale = stage
        .uploads
        .rename(stage.user, id, revision + 1, request.clone())
        .await
        .unwrap_err();
    assert!(
        matches!(stale, UploadError::GenerationMismatch { generation } if generation == revision)
    );
    let renamed = stage
        .uploads
        .rename(stage.user, id, revision, request.clone())
        .await
        .unwrap();
    assert_eq!(
        (renamed.filename.as_str(), renamed.revision),
        ("~new", revision + 1)
    );
    assert_eq!(
        stage
            .uploads
            .rename(stage.user, id, revision, request)
            .await
            .unwrap(),
        renamed
    );
    assert_eq!(
        stage
            .uploads
            .manifest(stage.user, id)
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
        stage
            .uploads
            .list_files(stage.user, by_folder)
            .await
            .unwrap()
            .files,
        [renamed]
    );
}

#[tokio::test]
async fn check_finds_renamed_files_and_tells_twins_apart() {
    let stage = Stage::set().await;
    let (twin, other_twin) = (TestFile::new("~a", 65_536), TestFile::new("~a", 65_536));
    let renamed = TestFile::new("~b", 65_536);
    for file in [&twin, &other_twin, &renamed] {
        stage.start(file).await;
        stage.turn_clock(chrono::TimeDelta::seconds(1));
    }
    stage.send(&twin, 1, 7).await.unwrap();
    let found = stage
        .uploads
        .check(stage.user, query("~a", 65_536))
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

    let grown = stage
        .uploads
        .check(stage.user, query("~a", 99))
        .await
        .unwrap();
    assert_eq!(grown.candidates.len(), 2, "the label alone is a hint too");
    let completion = stage.completion(&twin, 1).await;
    stage
        .uploads
        .complete(stage.user, twin.start.file_id, completion)
        .await
        .unwrap();
    let by_content = CheckQuery {
        fingerprint: Some(ferry_core::wire::B64([9; 32])),
        ..query("~z", 1)
    };
    let by_content = stage.uploads.check(stage.user, by_content).await.unwrap();
    assert_eq!(by_content.file_id, Some(twin.start.file_id));
    assert!(
        !stage
            .uploads
            .check(Uuid::new_v4(), query("~a", 65_536))
            .await
            .unwrap()
            .exists
    );
    stage.end().await;
}

#[tokio::test]
async fn a_part_replaced_while_its_old_bytes_were_judged_is_not_called_corrupt() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 65_536);
    let id = file.start.file_id;
    stage.start(&file).await;
    stage.send_all(&file).await;
    let path = stage.part_paths().remove(0);
    let sound = std::fs::read(&path).unwrap();
    std::fs::write(&path, b"damaged").unwrap();
    let mut tx = stage.database.db.begin().await.unwrap();
    let locked = crate::db::files::lock(&mut tx, stage.user, id).await;
    locked.unwrap().unwrap();

    let (uploads, user) = (stage.uploads.clone(), stage.user);
    let request = VerifyRequest {
        file_id: id,
        chunk_numbers: None,
        max_age_secs: None,
    };
    let verify = tokio::spawn(async move { uploads.verify(user, request, &|_| {}).await });
    while stage
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
        stage
            .count("file_parts WHERE state = 'stored' AND verified_at IS NOT NULL")
            .await,
        1
    );
    stage.end().await;
}

#[tokio::test]
async fn a_part_repaired_after_its_row_was_read_is_judged_anew() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 2 * 65_536);
    let id = file.start.file_id;
    stage.start(&file).await;
    stage.send_all(&file).await;
    stage
        .sql("UPDATE file_parts SET state = 'corrupt' WHERE part_number = 2")
        .await;
    // The first part's damage is about to be reported: by then the rows of both were read.
    let sound: Vec<_> = stage
        .part_paths()
        .into_iter()
        .map(|path| (std::fs::read(&path).unwrap(), path))
        .collect();
    for (_, path) in &sound {
        std::fs::write(path, b"damaged").unwrap();
    }
    let mut tx = stage.database.db.begin().await.unwrap();
    let locked = crate::db::files::lock(&mut tx, stage.user, id).await;
    locked.unwrap().unwrap();
    let (uploads, user) = (stage.uploads.clone(), stage.user);
    let request = VerifyRequest {
        file_id: id,
        chunk_numbers: None,
        max_age_secs: None,
    };
    let verify = tokio::spawn(async move { uploads.verify(user, request, &|_| {}).await });
    while stage
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
    stage.end().await;
}

#[tokio::test]
async fn a_verification_that_broke_off_goes_on_where_it_stopped() {
    const PARTS: u32 = 80;
    let stage = Stage::set().await;
    let file = TestFile::new("~a", u64::from(PARTS) * 65_536);
    stage.start(&file).await;
    stage.send_all(&file).await;
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
        ended = stage.uploads.verify(stage.user, request.clone(), &progress) => panic!("it ended: {ended:?}"),
    }
    let noted = u32::try_from(
        stage
            .count("file_parts WHERE verified_at IS NOT NULL")
            .await,
    )
    .unwrap();
    assert!((16..PARTS).contains(&noted), "{noted} parts are noted");

    // Whatever is read from now on is found gone: what stays valid was not read.
    for path in stage.part_paths() {
        std::fs::remove_file(path).unwrap();
    }
    let verify = || stage.uploads.verify(stage.user, request.clone(), &|_| {});
    let found = verify().await.unwrap();
    assert_eq!(found.valid_chunks, (1..=noted).collect::<Vec<_>>());
    assert_eq!(
        found.corrupted_chunks,
        (noted + 1..=PARTS).collect::<Vec<_>>()
    );
    stage.turn_clock(TimeDelta::seconds(3_601));
    assert_eq!(verify().await.unwrap().valid_chunks, Vec::<u32>::new());
    stage.end().await;
}
