//! Jobs of several instances on one database: one takes the lease, all work the queue and say that they live, and they stop
//! when told.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use serde_json::json;
use tokio::sync::watch;

use super::{JobSettings, Jobs, TelegramJobs, lease};
use crate::clock::Clock;
use crate::db::test_database::TestDatabase;
use crate::db::{Db, deletions};
use crate::storage::telegram::{
    BotApiSettings, BotApis, Heartbeat, MessageSweep, MessageSweepSettings, Policy, Pool,
    ServerKey, TelegramMetrics,
};
use crate::storage::{Locator, OpendalStore, PartStore, Stores};
use crate::uploads::{ABANDONED_AFTER, UploadSettings, Uploads};

const INTERVAL: Duration = Duration::from_secs(300);

#[tokio::test]
async fn a_turn_is_taken_once_an_interval_by_whoever_comes_first() {
    let database = TestDatabase::start().await;
    let db = &database.db;
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let takes = (0..6).map(|_| lease::take(db, "expire", now, INTERVAL));
    let taken = futures_util::future::try_join_all(takes).await.unwrap();
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
    let soon = now + TimeDelta::seconds(299);
    assert!(!lease::take(db, "expire", soon, INTERVAL).await.unwrap());
    assert!(
        lease::take(db, "sweep", soon, INTERVAL).await.unwrap(),
        "each job has its own turns"
    );
    assert!(
        lease::take(db, "expire", now + TimeDelta::seconds(300), INTERVAL)
            .await
            .unwrap()
    );
    database.stop().await;
}

async fn pending(db: &Db) -> i64 {
    let mut conn = db.connection().await.unwrap();
    let by_provider = deletions::pending_by_provider(&mut conn).await.unwrap();
    by_provider.iter().map(|(_, count)| count).sum()
}

/// A pool without bots, as an instance has it before an administrator adds one.
fn telegram(db: &Db, clock: &Clock) -> TelegramJobs {
    let key = ServerKey::from_bytes([1; 32]);
    let pool = Pool::new(db.clone(), key, clock.clone(), Policy::default());
    let apis = BotApis::new(BotApiSettings::default()).unwrap();
    TelegramJobs {
        heartbeat: Heartbeat::new(pool.clone(), clock.clone()),
        sweep: MessageSweep::new(pool, apis, clock.clone(), MessageSweepSettings::default()),
        metrics: TelegramMetrics::default(),
    }
}

async fn senders_seen(db: &Db) -> i64 {
    use crate::db::schema::bot_senders::dsl::bot_senders;
    use diesel::QueryDsl;
    use diesel_async::RunQueryDsl;
    let mut conn = db.connection().await.unwrap();
    bot_senders.count().get_result(&mut *conn).await.unwrap()
}

#[tokio::test]
async fn two_instances_work_the_queue_off_and_stop_when_told() {
    let database = TestDatabase::start().await;
    let home = tempfile::tempdir().unwrap();
    let clock = crate::clock::system();
    let store = Arc::new(OpendalStore::marked(home.path()).await);
    let mut locators = Vec::new();
    let mut conn = database.db.connection().await.unwrap();
    for _ in 0..100 {
        let locator = store.put(store.locate(), vec![1; 28].into()).await.unwrap();
        deletions::queue(&mut conn, "directory", &locator.0, clock())
            .await
            .unwrap();
        locators.push(locator);
    }
    let unknown = Locator(json!({ "key": "parts/aa/bb" }));
    deletions::queue(&mut conn, "sold", &unknown.0, clock())
        .await
        .unwrap();
    drop(conn);

    let stores = Stores::new("directory", Arc::clone(&store) as Arc<dyn PartStore>);
    let settings = JobSettings {
        deletion_interval: Duration::from_millis(50),
        ..JobSettings::cleaning_every(Duration::from_secs(300))
    };
    let (stop, stopped) = watch::channel(false);
    let running: Vec<_> = (0..2)
        .map(|_| {
            let db = database.db.clone();
            let uploads = Uploads::new(
                db.clone(),
                stores.clone(),
                clock.clone(),
                UploadSettings::with_ttl(ABANDONED_AFTER),
            );
            let telegram = Some(telegram(&db, &clock));
            tokio::spawn(
                Jobs {
                    uploads,
                    db,
                    clock: clock.clone(),
                    settings,
                    telegram,
                }
                .run(stopped.clone()),
            )
        })
        .collect();
    let emptied = tokio::time::timeout(Duration::from_secs(30), async {
        while pending(&database.db).await > 1 || senders_seen(&database.db).await < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    emptied.await.unwrap();
    for locator in &locators {
        assert!(store.get(locator, None).await.is_err());
    }
    assert_eq!(
        pending(&database.db).await,
        1,
        "a store that is not configured is waited for"
    );

    stop.send_replace(true);
    let ended = tokio::time::timeout(
        Duration::from_secs(10),
        futures_util::future::join_all(running),
    );
    assert!(ended.await.unwrap().into_iter().all(|job| job.is_ok()));
    database.stop().await;
}
