//! Tests of files that grow or are cut while their upload is unfinished.

use ferry_core::wire::{ErrorCode, ResizeRequest};

use super::fixture::{Fixture, TestFile, manifest, meta};

#[tokio::test]
async fn a_file_that_grows_or_is_cut_keeps_the_parts_that_still_fit() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 3 * 65_536 + 10);
    let id = file.start.file_id;
    fixture.start(&file).await;
    fixture.send_all(&file).await;

    let grow = ResizeRequest {
        size: 5 * 65_536,
        total_parts: 5,
        manifest: manifest(0, 2),
    };
    let grown = fixture
        .uploads
        .resize(fixture.user, id, 1, grow.clone())
        .await
        .unwrap();
    assert_eq!(
        (grown.uploaded_parts, grown.total_parts, grown.revision),
        (3, 5, 2)
    );
    assert_eq!(
        fixture
            .uploads
            .resize(fixture.user, id, 1, grow)
            .await
            .unwrap(),
        grown,
        "its answer was lost"
    );
    let status = fixture
        .uploads
        .status(fixture.user, id, false)
        .await
        .unwrap();
    assert_eq!(
        status.missing_chunks.unwrap(),
        [4, 5],
        "the old last part was shorter"
    );

    let cut = ResizeRequest {
        size: 65_536 + 1,
        total_parts: 2,
        manifest: manifest(0, 3),
    };
    let stale = fixture
        .uploads
        .resize(fixture.user, id, 1, cut.clone())
        .await
        .unwrap_err();
    assert_eq!(
        (stale.code(), stale.generation()),
        (ErrorCode::GenerationMismatch, Some(2))
    );
    let cut = fixture
        .uploads
        .resize(fixture.user, id, 2, cut)
        .await
        .unwrap();
    assert_eq!((cut.uploaded_parts, cut.size), (1, 65_537));
    assert_eq!(fixture.files_on_disk().await, 1);

    let miscounted = ResizeRequest {
        size: 65_536 + 1,
        total_parts: 3,
        manifest: manifest(0, 4),
    };
    let refused = fixture
        .uploads
        .resize(fixture.user, id, 3, miscounted)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), ErrorCode::InvalidRequest);
    fixture.end().await;
}

#[tokio::test]
async fn a_part_on_its_way_while_its_file_is_cut_is_refused() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 3 * 65_536);
    let id = file.start.file_id;
    fixture.start(&file).await;
    let mut late = Vec::new();
    for number in 1..=3 {
        let body = file.seal(number, 7);
        let meta = meta(&body, 7, None);
        let ticket = fixture
            .uploads
            .reserve_part(fixture.user, id, number, None, meta)
            .await
            .unwrap();
        late.push((ticket, body));
    }
    let cut = ResizeRequest {
        size: 65_536 + 1,
        total_parts: 2,
        manifest: manifest(0, 2),
    };
    fixture
        .uploads
        .resize(fixture.user, id, 1, cut)
        .await
        .unwrap();

    let mut codes = Vec::new();
    for (ticket, body) in late {
        let accepted = fixture.uploads.accept_part(ticket, body).await;
        codes.push(accepted.err().map(|error| error.code()));
    }
    assert_eq!(
        codes,
        [
            None,
            Some(ErrorCode::PartLengthWrong),
            Some(ErrorCode::PartNumberInvalid)
        ]
    );
    assert_eq!(fixture.count("file_parts").await, 1);
    assert_eq!(fixture.files_on_disk().await, 1);
    fixture.end().await;
}
