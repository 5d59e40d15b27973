//! Tests of single parts: stored once, repeated, replaced, raced for, refused.

use ferry_core::wire::{Compression, ErrorCode};
use uuid::Uuid;

use super::fixture::{Fixture, TestFile, meta};
use crate::uploads::{BodyDigest, PartMeta, UploadError};

fn code<T: std::fmt::Debug>(outcome: Result<T, UploadError>) -> ErrorCode {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn a_part_is_stored_once_repeated_replaced_and_refused() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 3 * 65_536 + 5);
    fixture.start(&file).await;

    let first = fixture.send(&file, 1, 7).await.unwrap();
    assert!(!first.duplicate);
    assert_eq!((first.generation, first.stored_size), (1, 65_564));
    let again = fixture.send(&file, 1, 7).await.unwrap();
    assert!(again.duplicate);
    assert_eq!(again.iv, first.iv, "the bytes stored first win");
    assert_eq!(fixture.files_on_disk().await, 1);

    let differs = fixture.send(&file, 1, 8).await.unwrap_err();
    assert_eq!(
        (differs.code(), differs.generation()),
        (ErrorCode::PartDiffers, Some(1))
    );
    assert_eq!(
        code(fixture.send_if(&file, 1, 8, Some(2)).await),
        ErrorCode::GenerationMismatch
    );
    let replaced = fixture.send_if(&file, 1, 8, Some(1)).await.unwrap();
    assert_eq!((replaced.generation, replaced.duplicate), (2, false));
    assert!(
        fixture
            .send_if(&file, 1, 8, Some(1))
            .await
            .unwrap()
            .duplicate,
        "its answer was lost"
    );
    assert_eq!(
        fixture.files_on_disk().await,
        1,
        "the replaced bytes are gone"
    );

    assert_eq!(
        fixture.send(&file, 4, 7).await.unwrap().stored_size,
        33,
        "the last part is what remains"
    );
    refuses_what_cannot_be(&fixture, &file).await;
    assert_eq!(fixture.files_on_disk().await, 2);
    assert_eq!(fixture.count("put_intents").await, 0);
    fixture.end().await;
}

async fn refuses_what_cannot_be(fixture: &Fixture, file: &TestFile) {
    let id = file.start.file_id;
    let body = file.seal(2, 7);
    let good = meta(&body, 7, None);
    let reserve = async |user: Uuid, number: u32, len: u64, meta: PartMeta| {
        fixture
            .uploads
            .reserve_part(user, id, number, Some(len), meta)
            .await
    };
    assert_eq!(
        code(reserve(fixture.user, 0, 65_564, good).await),
        ErrorCode::PartNumberInvalid
    );
    assert_eq!(
        code(reserve(fixture.user, 5, 65_564, good).await),
        ErrorCode::PartNumberInvalid
    );
    assert_eq!(
        code(reserve(fixture.user, 2, 65_563, good).await),
        ErrorCode::PartLengthWrong
    );
    assert_eq!(
        code(reserve(fixture.user, 2, 30_000_000, good).await),
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
        code(reserve(fixture.user, 2, 65_564, packed).await),
        ErrorCode::PartLengthWrong
    );

    for digest in [BodyDigest::Blake3([0; 32]), BodyDigest::Sha256([0; 32])] {
        let ticket = reserve(fixture.user, 2, 65_564, PartMeta { digest, ..good })
            .await
            .unwrap();
        assert_eq!(
            code(fixture.uploads.accept_part(ticket, body.clone()).await),
            ErrorCode::DigestMismatch
        );
    }
    let ticket = reserve(fixture.user, 2, 65_564, good).await.unwrap();
    let cut = body.slice(..65_000);
    assert_eq!(
        code(fixture.uploads.accept_part(ticket, cut).await),
        ErrorCode::PartLengthWrong
    );
}

#[tokio::test]
async fn racing_writers_of_one_part_leave_one_row_and_one_file() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 65_536);
    fixture.start(&file).await;
    let outcomes =
        futures_util::future::join_all((0..8).map(|at| fixture.send(&file, 1, at % 2))).await;

    let stored = outcomes
        .iter()
        .flatten()
        .filter(|part| !part.duplicate)
        .count();
    assert_eq!(stored, 1);
    let row = &fixture
        .uploads
        .parts(fixture.user, file.start.file_id, Default::default())
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
    assert_eq!(fixture.files_on_disk().await, 1);
    assert_eq!(
        (
            fixture.count("put_intents").await,
            fixture.count("deletions").await
        ),
        (0, 0)
    );
    fixture.end().await;
}

#[tokio::test]
async fn a_store_that_is_gone_is_waited_for_and_orphans_are_swept() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 2 * 65_536);
    fixture.start(&file).await;
    fixture.send(&file, 1, 7).await.unwrap();

    let away = fixture.parts_dir.with_extension("away");
    std::fs::rename(&fixture.parts_dir, &away).unwrap();
    let refused = fixture.send(&file, 2, 7).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::StorageUnavailable);
    assert!(refused.retry_after_secs().is_some());
    let verified = fixture
        .uploads
        .verify(fixture.user, verify_all(&file), &|_| {})
        .await;
    assert_eq!(
        code(verified),
        ErrorCode::StorageUnavailable,
        "a store that is gone proves nothing"
    );
    std::fs::rename(&away, &fixture.parts_dir).unwrap();
    fixture.send(&file, 2, 7).await.unwrap();

    // The intent of the failed put stays: its bytes might have arrived. The sweep comes for it when no put can be on its way.
    assert_eq!(fixture.count("put_intents").await, 1);
    assert_eq!(fixture.uploads.remove_orphaned_intents().await.unwrap(), 0);
    fixture.turn_clock(chrono::TimeDelta::hours(2));
    assert_eq!(fixture.uploads.remove_orphaned_intents().await.unwrap(), 1);
    assert_eq!(fixture.files_on_disk().await, 2);
    assert_eq!(
        (
            fixture.count("put_intents").await,
            fixture.count("deletions").await
        ),
        (0, 0)
    );
    fixture.end().await;
}

fn verify_all(file: &TestFile) -> ferry_core::wire::VerifyRequest {
    ferry_core::wire::VerifyRequest {
        file_id: file.start.file_id,
        chunk_numbers: None,
        max_age_secs: None,
    }
}
