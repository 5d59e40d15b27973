//! The quota, counted in sealed bytes, also when parts race for what is left.

use ferry_core::wire::ErrorCode;
use uuid::Uuid;

use super::stage::{Stage, TestFile};

#[tokio::test]
async fn racing_parts_never_pass_the_quota_and_deleting_makes_room() {
    let mut stage = Stage::set().await;
    stage.user = Uuid::new_v4();
    stage.add_user(stage.user, Some(3 * 65_564)).await;

    let large = TestFile::new("~large", 4 * 65_536);
    let refused = stage
        .uploads
        .start(stage.user, large.start)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.code(), refused.limit_bytes()),
        (ErrorCode::QuotaExceeded, Some(3 * 65_564))
    );
    assert_eq!(stage.count("files").await, 0);

    let (first, second) = (
        TestFile::new("~1", 3 * 65_536),
        TestFile::new("~2", 3 * 65_536),
    );
    stage.start(&first).await;
    stage.start(&second).await;
    let sends = [&first, &second]
        .into_iter()
        .flat_map(|file| (1..=3).map(move |number| (file, number)));
    let outcomes =
        futures_util::future::join_all(sends.map(|(file, number)| stage.send(file, number, 7)))
            .await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3);
    for error in outcomes.into_iter().filter_map(Result::err) {
        assert_eq!(error.code(), ErrorCode::QuotaExceeded);
    }
    assert_eq!(stage.files_on_disk().await, 3, "refused bytes are gone");

    let stored = stage
        .uploads
        .parts(stage.user, second.start.file_id, Default::default())
        .await
        .unwrap()
        .parts;
    stage
        .uploads
        .discard(stage.user, first.start.file_id)
        .await
        .unwrap();
    for number in (1..=3).filter(|number| stored.iter().all(|part| part.number != *number)) {
        stage.send(&second, number, 7).await.unwrap();
    }
    stage.end().await;
}
