//! Tests of `check`: which files of the account an upload may go on with.

use ferry_core::wire::CheckQuery;
use uuid::Uuid;

use super::fixture::{Fixture, TestFile, query};

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
