//! Stories of single parts: stored once, repeated, replaced, raced for, refused.

use ferry_core::wire::{Compression, ErrorCode};
use uuid::Uuid;

use super::stage::{Stage, TestFile, meta};
use crate::uploads::{BodyDigest, PartMeta, UploadError};

fn code<T: std::fmt::Debug>(outcome: Result<T, UploadError>) -> ErrorCode {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn a_part_is_stored_once_repeated_replaced_and_refused() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 3 * 65_536 + 5);
    stage.start(&file).await;

    let first = stage.send(&file, 1, 7).await.unwrap();
    assert!(!first.duplicate);
    assert_eq!((first.generation, first.stored_size), (1, 65_564));
    let again = stage.send(&file, 1, 7).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(again.iv, first.iv, "the bytes stored first win");
    assert_eq!(stage.files_on_disk().await, 1);

    let differs = stage.send(&file, 1, 8).await.unwrap_err();
    assert_eq!(
        (differs.code(), differs.generation()),
        (ErrorCode::PartDiffers, Some(1))
    );
    assert_eq!(
        code(stage.send_if(&file, 1, 8, Some(2)).await),
        ErrorCode::GenerationMismatch
    );
    let replaced = stage.send_if(&file, 1, 8, Some(1)).await.unwrap();
    assert_eq!((replaced.generation, replaced.duplicate), (2, false));
    assert!(
        stage.send_if(&file, 1, 8, Some(1)).await.unwrap().duplicate,
        "its answer was lost"
    );
    assert_eq!(
        stage.files_on_disk().await,
        1,
        "the replaced bytes are gone"
    );

    assert_eq!(
        stage.send(&file, 4, 7).await.unwrap().stored_size,
        33,
        "the last part is what remains"
    );
    refuses_what_cannot_be(&stage, &file).await;
    assert_eq!(stage.files_on_disk().await, 2);
    assert_eq!(stage.count("put_intents").await, 0);
    stage.end().await;
}

async fn refuses_what_cannot_be(stage: &Stage, file: &TestFile) {
    let id = file.start.file_id;
    let body = file.seal(2, 7);
    let good = meta(&body, 7, None);
    let reserve = async |user: Uuid, number: u32, len: u64, meta: PartMeta| {
        stage
            .uploads
            .reserve_part(user, id, number, Some(len), meta)
            .await
    };
    assert_eq!(
        code(reserve(stage.user, 0, 65_564, good).await),
        ErrorCode::PartNumberInvalid
    );
    assert_eq!(
        code(reserve(stage.user, 5, 65_564, good).await),
        ErrorCode::PartNumberInvalid
    );
    assert_eq!(
        code(reserve(stage.user, 2, 65_563, good).await),
        ErrorCode::PartLengthWrong
    );
    assert_eq!(
        code(reserve(stage.user, 2, 30_000_000, good).await),
        ErrorCode::BodyTooLarge
    );
    assert_eq!(
        code(reserve(Uuid::new_v4(), 2, 65_564, good).await),
        ErrorCode::NotFound
    );
    let packed = PartMeta {
        compression: Compression::DeflateRaw,
        ..good
    };
    assert_eq!(
        code(reserve(stage.user, 2, 65_564, packed).await),
        ErrorCode::PartLengthWrong
    );

    for digest in [BodyDigest::Blake3([0; 32]), BodyDigest::Sha256([0; 32])] {
        let ticket = reserve(stage.user, 2, 65_564, PartMeta { digest, ..good })
            .await
            .unwrap();
        assert_eq!(
            code(stage.uploads.accept_part(ticket, body.clone()).await),
            ErrorCode::DigestMismatch
        );
    }
    let ticket = reserve(stage.user, 2, 65_564, good).await.unwrap();
    let cut = body.slice(..65_000);
    assert_eq!(
        code(stage.uploads.accept_part(ticket, cut).await),
        ErrorCode::PartLengthWrong
    );
}

#[tokio::test]
async fn racing_writers_of_one_part_leave_one_row_and_one_file() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 65_536);
    stage.start(&file).await;
    let outcomes =
        futures_util::future::join_all((0..8).map(|at| stage.send(&file, 1, at % 2))).await;

    let stored = outcomes
        .iter()
        .flatten()
        .filter(|part| !part.duplicate)
        .count();
    assert_eq!(stored, 1);
    let row = &stage
        .uploads
        .parts(stage.user, file.start.file_id, Default::default())
        .await
        .unwrap()
        .parts[0];
    for outcome in &outcomes {
        match outcome {
            Ok(part) => assert_eq!(part.iv, row.iv, "everybody is told the row that counts"),
            Err(error) => assert_eq!(error.code(), ErrorCode::PartDiffers),
        }
    }
    assert_eq!(
        outcomes.iter().filter(|outcome| outcome.is_err()).count(),
        4
    );
    assert_eq!(stage.files_on_disk().await, 1);
    assert_eq!(
        (
            stage.count("put_intents").await,
            stage.count("deletions").await
        ),
        (0, 0)
    );
    stage.end().await;
}

#[tokio::test]
async fn a_store_that_is_gone_is_waited_for_and_orphans_are_swept() {
    let stage = Stage::set().await;
    let file = TestFile::new("~a", 2 * 65_536);
    stage.start(&file).await;
    stage.send(&file, 1, 7).await.unwrap();

    let away = stage.parts_dir.with_extension("away");
    std::fs::rename(&stage.parts_dir, &away).unwrap();
    let refused = stage.send(&file, 2, 7).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::StorageUnavailable);
    assert!(refused.retry_after_secs().is_some());
    let verified = stage
        .uploads
        .verify(stage.user, verify_all(&file), &|_| {})
        .await;
    assert_eq!(
        code(verified),
        ErrorCode::StorageUnavailable,
        "a store that is gone proves nothing"
    );
    std::fs::rename(&away, &stage.parts_dir).unwrap();
    stage.send(&file, 2, 7).await.unwrap();

    // The intent of the failed put stays: its bytes might have arrived. The sweep comes for it when no put can be on its way.
    assert_eq!(stage.count("put_intents").await, 1);
    assert_eq!(stage.uploads.sweep_orphans().await.unwrap(), 0);
    stage.turn_clock(chrono::TimeDelta::hours(2));
    assert_eq!(stage.uploads.sweep_orphans().await.unwrap(), 1);
    assert_eq!(stage.files_on_disk().await, 2);
    assert_eq!(
        (
            stage.count("put_intents").await,
            stage.count("deletions").await
        ),
        (0, 0)
    );
    stage.end().await;
}

fn verify_all(file: &TestFile) -> ferry_core::wire::VerifyRequest {
    ferry_core::wire::VerifyRequest {
        file_id: file.start.file_id,
        chunk_numbers: None,
        max_age_secs: None,
    }
}
