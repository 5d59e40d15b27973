//! Tests of whole files: begun and completed, each call twice.

use ferry_core::wire::{CompleteRequest, ErrorCode, UploadStatus};
use uuid::Uuid;

use super::fixture::{Fixture, TestFile, code, manifest, query};

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
