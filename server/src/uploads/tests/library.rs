//! Tests of complete files: listed, read in ranges, renamed, deleted.

use bytes::Bytes;
use ferry_core::wire::{ErrorCode, FilesQuery, RenameRequest};
use futures_util::TryStreamExt;
use uuid::Uuid;

use super::fixture::{Fixture, TestFile, code, manifest};
use crate::uploads::{PartRange, PartRead, UploadError};

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
