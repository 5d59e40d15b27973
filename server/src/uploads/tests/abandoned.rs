//! Uploads that nobody finishes: expiry, clean-up, discard.

use chrono::TimeDelta;
use ferry_core::wire::{CleanupRequest, ErrorCode, UploadStatus};

use super::fixture::{Fixture, TestFile};
use crate::db::files_with_sessions;
use crate::db::tombstones::TombstoneReason;
use crate::uploads::cleanup::BATCH_ROWS;
use crate::uploads::delete::Removal;
use crate::uploads::{Actor, UploadResult};

fn code<T: std::fmt::Debug>(outcome: UploadResult<T>) -> ErrorCode {
    outcome.unwrap_err().code()
}

#[tokio::test]
async fn an_upload_expires_a_week_after_its_last_part() {
    let fixture = Fixture::set().await;
    let (old, active) = (
        TestFile::new("~old", 2 * 65_536),
        TestFile::new("~active", 65_536 + 1),
    );
    fixture.start(&old).await;
    fixture.start(&active).await;
    fixture.send(&old, 1, 7).await.unwrap();
    fixture.turn_clock(TimeDelta::days(5));
    fixture.send(&active, 1, 7).await.unwrap();
    fixture.turn_clock(TimeDelta::days(2));

    let id = old.start.file_id;
    let status = fixture
        .uploads
        .status(fixture.user, id, false)
        .await
        .unwrap();
    assert_eq!(status.status, UploadStatus::Abandoned);
    assert_eq!(
        code(fixture.send(&old, 2, 7).await),
        ErrorCode::UploadExpired
    );
    assert_eq!(
        fixture
            .uploads
            .list_uploads(fixture.user)
            .await
            .unwrap()
            .len(),
        1
    );

    let dry = CleanupRequest {
        dry_run: true,
        ..CleanupRequest::default()
    };
    let would = fixture
        .uploads
        .cleanup(Actor::User(fixture.user), dry)
        .await
        .unwrap();
    assert_eq!(
        (would.deleted_count, would.freed_storage, would.dry_run),
        (1, 65_564, true)
    );
    assert_eq!(
        fixture.files_on_disk().await,
        2,
        "a dry run deletes nothing"
    );

    assert_eq!(fixture.uploads.expire().await.unwrap(), 1);
    assert_eq!(fixture.uploads.expire().await.unwrap(), 0);
    assert_eq!(fixture.files_on_disk().await, 1);
    assert_eq!(
        code(fixture.uploads.status(fixture.user, id, false).await),
        ErrorCode::UploadExpired
    );
    assert_eq!(
        code(fixture.send(&old, 2, 7).await),
        ErrorCode::UploadExpired
    );
    assert_eq!(
        code(fixture.uploads.start(fixture.user, old.start.clone()).await),
        ErrorCode::FileIdTaken
    );
    let audit = fixture.uploads.admin_audit().await.unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].subject_id),
        ("upload.cleaned_up", Some(id))
    );
    assert_eq!(audit[0].user_id, None);
    fixture.send(&active, 2, 7).await.unwrap();
    fixture.end().await;
}

#[tokio::test]
async fn an_administrator_cleans_up_earlier_but_never_within_the_hour() {
    let fixture = Fixture::set().await;
    let idle = TestFile::new("~idle", 65_536);
    fixture.start(&idle).await;
    fixture.send(&idle, 1, 7).await.unwrap();
    fixture.turn_clock(TimeDelta::hours(2));
    let fresh = TestFile::new("~fresh", 65_536);
    fixture.start(&fresh).await;

    let cleanup = async |older_than: u64| {
        let request = CleanupRequest {
            older_than: Some(older_than),
            ..CleanupRequest::default()
        };
        fixture
            .uploads
            .cleanup(Actor::User(fixture.user), request)
            .await
    };
    assert_eq!(code(cleanup(3_599).await), ErrorCode::InvalidRequest);
    let cleaned = cleanup(3_600).await.unwrap();
    assert_eq!((cleaned.deleted_count, cleaned.freed_storage), (1, 65_564));
    assert_eq!(cleaned.sessions[0].file_id, idle.start.file_id);
    assert_eq!(fixture.files_on_disk().await, 0);
    assert_eq!(
        fixture
            .uploads
            .list_uploads(fixture.user)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(fixture.uploads.admin_sessions().await.unwrap().len(), 1);
    fixture.end().await;
}

#[tokio::test]
async fn a_discarded_upload_is_gone_and_its_late_part_with_it() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 2 * 65_536);
    let id = file.start.file_id;
    fixture.start(&file).await;
    fixture.send(&file, 1, 7).await.unwrap();
    let body = file.seal(2, 7);
    let meta = super::fixture::meta(&body, 7, None);
    let late = fixture
        .uploads
        .reserve_part(fixture.user, id, 2, None, meta)
        .await
        .unwrap();

    let gone = fixture.uploads.discard(fixture.user, id).await.unwrap();
    assert_eq!(gone.deletion.deleted, 1);
    assert_eq!(
        fixture.uploads.discard(fixture.user, id).await.unwrap(),
        gone,
        "its answer was lost"
    );
    assert_eq!(
        code(fixture.uploads.accept_part(late, body).await),
        ErrorCode::NotFound
    );
    assert_eq!(
        code(
            fixture
                .uploads
                .start(fixture.user, file.start.clone())
                .await
        ),
        ErrorCode::FileIdTaken
    );
    assert_eq!(fixture.files_on_disk().await, 0);
    assert_eq!(
        (
            fixture.count("file_parts").await,
            fixture.count("put_intents").await
        ),
        (0, 0)
    );
    fixture.end().await;
}

#[tokio::test]
async fn one_upload_that_cannot_go_does_not_keep_the_others() {
    let fixture = Fixture::set().await;
    let (stuck, other) = (TestFile::new("~stuck", 65_536), TestFile::new("~b", 65_536));
    fixture.start(&stuck).await;
    fixture.turn_clock(TimeDelta::seconds(1));
    fixture.start(&other).await;
    let id = stuck.start.file_id;
    fixture
        .sql(&format!(
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF OLD.id = '{id}' THEN RAISE EXCEPTION 'kept'; END IF; RETURN OLD; END $$; \
             CREATE TRIGGER keep BEFORE DELETE ON files FOR EACH ROW EXECUTE FUNCTION keep()"
        ))
        .await;
    fixture.turn_clock(TimeDelta::days(8));
    assert_eq!(fixture.uploads.expire().await.unwrap(), 1);
    assert_eq!(fixture.count("tombstones").await, 1);
    fixture.sql("DROP TRIGGER keep ON files").await;
    assert_eq!(fixture.uploads.expire().await.unwrap(), 1);
    fixture.end().await;
}

/// As many copies of the only upload as are looked at in one go; they cannot be removed.
async fn many_that_cannot_go(fixture: &Fixture) {
    fixture
        .sql(&format!(
            "INSERT INTO files (id, user_id, original_filename, file_size, header, total_parts_expected, last_part_size, \
                 encrypted_file_key, manifest, start_blake3, created_at) \
             SELECT gen_random_uuid(), user_id, '~stuck', file_size, header, total_parts_expected, last_part_size, \
                 encrypted_file_key, manifest, start_blake3, created_at FROM files, generate_series(1, {BATCH_ROWS}); \
             INSERT INTO upload_sessions (id, user_id, file_id, original_filename, file_size, total_parts, ttl_secs, \
                 created_at, last_activity_at, expires_at) \
             SELECT gen_random_uuid(), f.user_id, f.id, '~stuck', f.file_size, s.total_parts, s.ttl_secs, \
                 s.created_at, s.last_activity_at, s.expires_at \
                 FROM files f, upload_sessions s WHERE f.original_filename = '~stuck'; \
             CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN IF OLD.original_filename = '~stuck' THEN RAISE EXCEPTION 'kept'; END IF; RETURN OLD; END $$; \
             CREATE TRIGGER keep BEFORE DELETE ON files FOR EACH ROW EXECUTE FUNCTION keep()"
        ))
        .await;
}

#[tokio::test]
async fn any_number_of_uploads_that_cannot_go_keep_no_younger_one() {
    let fixture = Fixture::set().await;
    fixture.start(&TestFile::new("~old", 65_536)).await;
    many_that_cannot_go(&fixture).await;
    fixture.turn_clock(TimeDelta::seconds(1));
    fixture.start(&TestFile::new("~young", 65_536)).await;
    fixture.turn_clock(TimeDelta::days(8));
    assert_eq!(fixture.uploads.expire().await.unwrap(), 2);
    assert_eq!(fixture.count("files").await, i64::from(BATCH_ROWS));
    assert_eq!(
        fixture
            .count("files WHERE original_filename = '~young'")
            .await,
        0
    );
    fixture.end().await;
}

#[tokio::test]
async fn a_start_that_waited_for_a_discard_finds_its_tombstone() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 65_536);
    fixture.start(&file).await;
    let mut tx = fixture.database.db.begin().await.unwrap();
    let locked = files_with_sessions::lock(&mut tx, fixture.user, file.start.file_id).await;
    let (row, _) = locked.unwrap().unwrap();
    let removal = Removal {
        reason: TombstoneReason::Discarded,
        action: "upload.discarded",
        actor: Actor::User(fixture.user),
        why: String::new(),
    };
    let removed = fixture
        .uploads
        .remove(&mut tx, &row, removal, row.created_at)
        .await;
    let (uploads, user, request) = (fixture.uploads.clone(), fixture.user, file.start.clone());
    let start = tokio::spawn(async move { uploads.start(user, request).await });
    while fixture
        .count("pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
        .await
        == 0
    {
        assert!(!start.is_finished(), "it waits for the discard");
    }
    tx.end(removed).await.unwrap();
    assert_eq!(code(start.await.unwrap()), ErrorCode::FileIdTaken);
    assert_eq!(fixture.count("files").await, 0);
    fixture.end().await;
}

#[tokio::test]
async fn an_id_with_a_tombstone_can_still_be_discarded() {
    let fixture = Fixture::set().await;
    let file = TestFile::new("~a", 65_536);
    let id = file.start.file_id;
    fixture.start(&file).await;
    fixture
        .sql(&format!(
            "INSERT INTO tombstones (file_id, user_id, reason, deleted, crypto_erased, at) \
             VALUES ('{id}', '{}', 'discarded', 0, 0, now())",
            fixture.user
        ))
        .await;
    fixture.uploads.discard(fixture.user, id).await.unwrap();
    assert_eq!(fixture.count("files").await, 0);
    fixture.end().await;
}

#[tokio::test]
async fn a_cleanup_concerns_what_its_dry_run_showed_though_minutes_lie_between() {
    let fixture = Fixture::set().await;
    let shown = TestFile::new("~shown", 65_536);
    fixture.start(&shown).await;
    fixture.turn_clock(TimeDelta::minutes(10));
    let later = TestFile::new("~later", 65_536);
    fixture.start(&later).await;
    fixture.turn_clock(TimeDelta::minutes(55));
    let cleanup = async |dry_run, as_of| {
        let request = CleanupRequest {
            older_than: Some(3_600),
            dry_run,
            as_of,
        };
        let actor = Actor::User(fixture.user);
        fixture.uploads.cleanup(actor, request).await.unwrap()
    };
    let ids = |answer: &ferry_core::wire::CleanupResponse| -> Vec<uuid::Uuid> {
        answer
            .sessions
            .iter()
            .map(|session| session.file_id)
            .collect()
    };
    let would = cleanup(true, None).await;
    assert_eq!(ids(&would), [shown.start.file_id]);
    // By now the other one is as old as the first one was.
    fixture.turn_clock(TimeDelta::minutes(20));
    let done = cleanup(false, Some(would.as_of)).await;
    assert_eq!(ids(&done), ids(&would));
    assert_eq!(done.deleted_count, would.deleted_count);
    assert_eq!(ids(&cleanup(true, None).await), [later.start.file_id]);
    fixture.end().await;
}
