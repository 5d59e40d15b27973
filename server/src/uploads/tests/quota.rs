//! The quota, counted in sealed bytes, also when parts race for what is left.

use ferry_core::wire::ErrorCode;
use uuid::Uuid;

use super::fixture::{Fixture, TestFile};

#[tokio::test]
async fn racing_parts_never_pass_the_quota_and_deleting_makes_room() {
    let mut fixture = Fixture::set().await;
    fixture.user = Uuid::new_v4();
    fixture.add_user(fixture.user, Some(3 * 65_564)).await;

    let large = TestFile::new("~large", 4 * 65_536);
    let refused = fixture
        .uploads
        .start(fixture.user, large.start)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.limit_bytes()),
        (ErrorCode::QuotaExceeded, Some(3 * 65_564))
    );
    assert_eq!(fixture.count("files").await, 0);

    let (first, second) = (
        TestFile::new("~1", 3 * 65_536),
        TestFile::new("~2", 3 * 65_536),
    );
    fixture.start(&first).await;
    fixture.start(&second).await;
    let sends = [&first, &second]
        .into_iter()
        .flat_map(|file| (1..=3).map(move |number| (file, number)));
    let outcomes =
        futures_util::future::join_all(sends.map(|(file, number)| fixture.send(file, number, 7)))
            .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(error.code(), ErrorCode::QuotaExceeded);
    }
    assert_eq!(fixture.files_on_disk().await, 3, "refused bytes are gone");

    let stored = fixture
        .uploads
        .parts(fixture.user, second.start.file_id, Default::default())
        .await
        .unwrap()
        .parts;
    fixture
        .uploads
        .discard(fixture.user, first.start.file_id)
        .await
        .unwrap();
    for number in (1..=3).filter(|number| stored.iter().all(|part| part.number != *number)) {
        fixture.send(&second, number, 7).await.unwrap();
    }
    fixture.end().await;
}
