//! Steps of the job on the emulator: what its ledger still holds is counted, not what the sweep believes.

use std::collections::BTreeSet;
use std::time::Duration;

use bot_api_emulator::{
    BotSeed, ChatKind, ClockMode, Control, Emulator, Fault as Broken, FaultRule, Members,
    Membership, Settings,
};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use diesel_async::SimpleAsyncConnection;
use ferry_core::wire::BotSource;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::test_database::TestDatabase;
use crate::db::{bot_chats, bots, telegram_chats};
use crate::storage::StorageError;
use crate::storage::telegram::pool::{Leased, Pool};
use crate::storage::telegram::{
    BotApi, BotApiSettings, BotApis, BotToken, Fault, MessageSweep, MessageSweepSettings,
    MessageSweepStep, Policy, ServerKey,
};

const TIMEOUT: Duration = Duration::from_secs(20);

/// One chat of the emulator with two bots, and a clock that moves when it is told to.
struct Scene {
    database: TestDatabase,
    emulator: Emulator,
    control: Control,
    apis: BotApis,
    bots: Vec<BotSeed>,
    chat: i64,
    pool: Pool,
    sweep: MessageSweep,
    _home: tempfile::TempDir,
}

impl Scene {
    async fn set() -> Self {
        let database = TestDatabase::start().await;
        let home = tempfile::tempdir().unwrap();
        let emulator = Emulator::start(Settings {
            clock: ClockMode::Virtual,
            ..Settings::new(home.path())
        });
        let emulator = emulator.await.unwrap();
        let control = emulator.control();
        let apis = BotApis::new(BotApiSettings {
            api_url: emulator.url(),
            ..BotApiSettings::default()
        });
        let apis = apis.unwrap();
        let clock = clock_of(&control);
        let db = database.db.clone();
        let pool = Pool::new(db, key(), clock.clone(), Policy::default());
        let sweep = MessageSweep::new(
            pool.clone(),
            apis.clone(),
            clock,
            MessageSweepSettings::default(),
        );
        let bots = control.create_bots(2).unwrap();
        Scene {
            database,
            emulator,
            control,
            apis,
            bots,
            chat: 0,
            pool,
            sweep,
            _home: home,
        }
    }

    /// A new chat, and nothing known of any other.
    async fn next(&mut self) {
        let title = "Parts";
        let chat = self
            .control
            .create_chat(ChatKind::Channel, title, &Members::AllBots);
        self.chat = chat.unwrap().id;
        self.control.clear_faults();
        self.pass(3_600);
        let now = self.now();
        let mut conn = self.database.db.connection().await.unwrap();
        conn.batch_execute("TRUNCATE bots, bot_chats, telegram_chats, bot_sends")
            .await
            .unwrap();
        telegram_chats::add(&mut conn, self.chat, now)
            .await
            .unwrap();
        for seed in &self.bots {
            let sealed = BotToken::parse(&seed.token).unwrap().seal(&key()).unwrap();
            let bot = bots::NewBot {
                id: seed.id,
                username: &seed.username,
                token_sealed: sealed.as_bytes(),
                weight: 1.0,
                source: BotSource::Config,
            };
            bots::upsert(&mut conn, &bot, now).await.unwrap();
            bot_chats::add(&mut conn, seed.id, self.chat, now)
                .await
                .unwrap();
        }
    }

    fn now(&self) -> DateTime<Utc> {
        clock_of(&self.control)()
    }

    fn pass(&self, secs: u32) {
        self.control.advance(secs.into()).unwrap();
    }

    fn api(&self, bot: usize) -> BotApi {
        self.apis
            .of(&BotToken::parse(&self.bots[bot].token).unwrap())
    }

    /// A message that no row knows.
    async fn stray(&self, bot: usize) -> i64 {
        let body = Bytes::from_static(b"stray");
        let sent = self.api(bot).send(self.chat, "x.bin", body, TIMEOUT).await;
        sent.unwrap().message_id
    }

    /// Sends as the store does; waits for a lease. The message's id, where it is a part's.
    async fn part(&self) -> Option<i64> {
        let lease = loop {
            let id = Uuid::new_v4();
            match self.pool.lease(id, id, 5).await.unwrap() {
                Leased::Go(lease) => break lease,
                Leased::Wait { until } => {
                    let left = (until - self.now()).num_milliseconds() + 1;
                    self.control.advance(left as f64 / 1e3).unwrap();
                }
                Leased::Nobody { why } => panic!("{why}"),
            }
        };
        let api = self.apis.of(&lease.token);
        let body = Bytes::from_static(b"part!");
        match api.send(lease.chat_id, "part.bin", body, TIMEOUT).await {
            Ok(sent) => {
                assert!(self.pool.settle_stored(&lease, &sent).await.unwrap());
                Some(sent.message_id)
            }
            Err(fault) => {
                let _ = self.pool.settle_failed(&lease, &fault).await.unwrap();
                None
            }
        }
    }

    fn held(&self) -> BTreeSet<i64> {
        let ledger = self.control.ledger(Some(self.chat));
        ledger.iter().map(|row| row.message_id).collect()
    }

    async fn step(&self) -> MessageSweepStep {
        self.sweep.step().await.unwrap()
    }

    fn breaks(&self, fault: Broken, every: u64) {
        self.control.add_faults(vec![FaultRule {
            method: Some("sendDocument".to_owned()),
            every: Some(every),
            ..FaultRule::always(fault)
        }]);
    }

    async fn end(self) {
        self.emulator.shutdown().await;
        self.database.stop().await;
    }
}

fn key() -> ServerKey {
    ServerKey::from_bytes([3; 32])
}

fn clock_of(control: &Control) -> Clock {
    let control = control.clone();
    std::sync::Arc::new(move || {
        let micros = (control.clock().now * 1e6) as i64;
        DateTime::from_timestamp_micros(micros).unwrap()
    })
}

#[tokio::test]
async fn the_ledger_holds_what_rows_name_and_nothing_else() {
    let mut scene = Scene::set().await;
    scene.next().await;
    duplicates_are_gone_ten_minutes_after_the_last(&scene).await;
    scene.next().await;
    what_was_there_before_stays(&scene).await;
    scene.next().await;
    a_chat_that_others_use_is_left_alone(&scene).await;
    scene.next().await;
    what_telegram_keeps_stops_nothing(&scene).await;
    scene.next().await;
    bots_that_may_delete_their_own_alone_share_the_work(&scene).await;
    scene.end().await;
}

async fn duplicates_are_gone_ten_minutes_after_the_last(scene: &Scene) {
    scene.breaks(Broken::ResetAfterStore, 5);
    scene.breaks(Broken::HalfReply, 7);
    scene.breaks(Broken::BadGatewayAfterStore, 11);
    scene.breaks(Broken::ResetBeforeBody, 6);
    scene.breaks(Broken::Flood { retry_after: 3 }, 13);
    let mut parts = BTreeSet::new();
    for _ in 0..60 {
        parts.extend(scene.part().await);
    }
    scene.control.clear_faults();
    // the last ones leave nothing behind them that would make a gap of them
    scene.breaks(Broken::EmptyReply, 1);
    for _ in 0..3 {
        assert_eq!(scene.part().await, None);
    }
    scene.control.clear_faults();
    let orphans = scene.held().len() - parts.len();
    assert!(orphans > 10, "only {orphans} orphans were made");
    let mut barriers = 0;
    for _ in 0..19 {
        scene.pass(30);
        barriers += scene.step().await.barriers;
        assert!(scene.held().is_superset(&parts), "parts were deleted");
    }
    assert_eq!(scene.held(), parts);
    assert_eq!(barriers, 1);
    assert_eq!(
        scene.step().await,
        MessageSweepStep::default(),
        "then it rests"
    );
    assert!(scene.control.violations().is_empty());
}

async fn what_was_there_before_stays(scene: &Scene) {
    let mut expected = BTreeSet::new();
    for _ in 0..4 {
        expected.insert(scene.stray(0).await);
        scene.pass(5);
    }
    expected.extend(scene.part().await);
    let orphans = scene.stray(0).await;
    expected.extend(scene.part().await);
    assert!(scene.held().contains(&orphans));
    scene.step().await;
    assert_eq!(scene.held(), expected);
}

async fn a_chat_that_others_use_is_left_alone(scene: &Scene) {
    let mut conn = scene.database.db.connection().await.unwrap();
    telegram_chats::set_dedicated(&mut conn, scene.chat, false)
        .await
        .unwrap();
    drop(conn);
    scene.part().await;
    scene.stray(0).await;
    scene.part().await;
    let mut before = scene.held();
    assert_eq!(scene.step().await, MessageSweepStep::default());
    assert_eq!(scene.held(), before);

    // Made Ferry's alone later, it keeps what it held: of committed parts there are no rows of sends any more.
    let mut conn = scene.database.db.connection().await.unwrap();
    conn.batch_execute("DELETE FROM bot_sends").await.unwrap();
    telegram_chats::set_dedicated(&mut conn, scene.chat, true)
        .await
        .unwrap();
    drop(conn);
    let orphans = scene.stray(0).await;
    before.extend(scene.part().await);
    assert_eq!(scene.step().await.orphans, 1);
    assert!(!scene.held().contains(&orphans));
    assert_eq!(scene.held(), before);
}

async fn what_telegram_keeps_stops_nothing(scene: &Scene) {
    let mut expected: BTreeSet<i64> = scene.part().await.into_iter().collect();
    let first = scene.stray(0).await;
    scene.pass(5);
    let second = scene.stray(1).await;
    scene.pass(49 * 3_600);
    expected.extend(scene.part().await);
    let young = scene.stray(1).await;
    expected.extend(scene.part().await);
    let step = scene.step().await;
    assert_eq!((step.orphans, step.kept), (3, 2));
    assert!(!scene.held().contains(&young));
    expected.extend([first, second]);
    assert_eq!(scene.held(), expected);
    assert_eq!(
        scene.step().await,
        MessageSweepStep::default(),
        "once is enough"
    );
}

async fn bots_that_may_delete_their_own_alone_share_the_work(scene: &Scene) {
    for bot in &scene.bots {
        let rights = Membership::Administrator {
            can_post_messages: true,
            can_delete_messages: false,
        };
        scene
            .control
            .set_member(scene.chat, bot.id, Some(rights))
            .unwrap();
    }
    let mut expected: BTreeSet<i64> = scene.part().await.into_iter().collect();
    for n in 0..6 {
        scene.stray(n % 2).await;
        scene.pass(5);
    }
    expected.extend(scene.part().await);
    for bot in &scene.bots {
        let wait = Fault::RetryAfter { secs: 10 };
        let _ = scene.pool.report(bot.id, None, &wait).await.unwrap();
        let _ = scene.pool.report(bot.id, Some(scene.chat), &wait).await;
    }
    let resting = scene.sweep.step().await;
    assert!(
        matches!(&resting, Err(StorageError::Unavailable(why)) if why.contains("rest")),
        "both bots were told to wait: {resting:?}"
    );
    scene.pass(10);
    let step = scene.step().await;
    assert_eq!((step.orphans, step.kept), (6, 0));
    assert_eq!(scene.held(), expected);
}
