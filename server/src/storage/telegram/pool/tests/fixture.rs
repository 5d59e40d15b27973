//! Pools with bots, chats and a clock that stands until it is told to move.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::BotSource;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::bot_sends::SendRow;
use crate::db::test_database::TestDatabase;
use crate::db::{Db, DbTimeouts, bot_chats, bots, telegram_chats};
use crate::storage::telegram::pool::{Lease, Leased, Pool};
use crate::storage::telegram::{BotToken, Policy, Sent, ServerKey};

/// A bot that is not `n` itself: ids of bots are large.
pub(super) const BOT: i64 = 7_000_000_000;
/// A channel's id.
pub(super) const CHAT: i64 = -1_001_000_000_000;

pub(super) fn key() -> ServerKey {
    ServerKey::from_bytes([9; 32])
}

/// A Postgres of its own, and the time.
pub(super) struct Fixture {
    pub(super) database: TestDatabase,
    now: Arc<Mutex<DateTime<Utc>>>,
}

impl Fixture {
    pub(super) async fn start() -> Self {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        Fixture {
            database: TestDatabase::start().await,
            now: Arc::new(Mutex::new(start)),
        }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        *self.now.lock().unwrap()
    }

    pub(super) fn set(&self, now: DateTime<Utc>) {
        let mut clock = self.now.lock().unwrap();
        assert!(now >= *clock, "time does not run back");
        *clock = now;
    }

    pub(super) fn pass(&self, time: TimeDelta) {
        self.set(self.now() + time);
    }

    pub(super) fn clock(&self) -> Clock {
        let now = Arc::clone(&self.now);
        Arc::new(move || *now.lock().unwrap())
    }

    /// A pool with connections of its own, as another process has it.
    pub(super) fn pool(&self, policy: Policy) -> Pool {
        let db = Db::new(&self.database.database_url(), 6, DbTimeouts::default());
        Pool::new(db, key(), self.clock(), policy)
    }

    /// So many bots, each in all of so many chats.
    pub(super) async fn staff(&self, bots: i64, chats: i64) {
        for chat in 1..=chats {
            let mut conn = self.database.db.connection().await.unwrap();
            telegram_chats::add(&mut conn, CHAT - chat, self.now())
                .await
                .unwrap();
        }
        for bot in 1..=bots {
            add_bot(&self.database.db, &token(BOT + bot), 1.0, self.now()).await;
            for chat in 1..=chats {
                self.pair(BOT + bot, CHAT - chat).await;
            }
        }
    }

    pub(super) async fn pair(&self, bot_id: i64, chat_id: i64) {
        let mut conn = self.database.db.connection().await.unwrap();
        bot_chats::add(&mut conn, bot_id, chat_id, self.now())
            .await
            .unwrap();
    }

    /// Forgets everything: another test case begins.
    pub(super) async fn clear(&self) {
        use diesel_async::SimpleAsyncConnection;
        let mut conn = self.database.db.connection().await.unwrap();
        conn.batch_execute("TRUNCATE bots, bot_chats, telegram_chats, bot_sends, bot_senders")
            .await
            .unwrap();
        self.pass(TimeDelta::hours(1));
    }

    pub(super) async fn bot(&self, id: i64) -> bots::BotRow {
        let mut conn = self.database.db.connection().await.unwrap();
        bots::find(&mut conn, id).await.unwrap().unwrap()
    }

    pub(super) async fn chat(&self, id: i64) -> telegram_chats::ChatRow {
        let mut conn = self.database.db.connection().await.unwrap();
        let chats = telegram_chats::list(&mut conn).await.unwrap();
        chats.into_iter().find(|chat| chat.chat_id == id).unwrap()
    }

    pub(super) async fn pair_row(&self, bot_id: i64, chat_id: i64) -> bot_chats::PairRow {
        let mut conn = self.database.db.connection().await.unwrap();
        let now = self.now();
        let pairs = bot_chats::list(&mut conn, now, now).await.unwrap();
        let is_it = |pair: &bot_chats::PairRow| (pair.bot_id, pair.chat_id) == (bot_id, chat_id);
        pairs.into_iter().find(is_it).unwrap()
    }
}

pub(super) fn token(bot_id: i64) -> BotToken {
    BotToken::parse(&format!("{bot_id}:AAsecret-of-a-bot")).unwrap()
}

pub(super) async fn add_bot(db: &Db, token: &BotToken, weight: f32, now: DateTime<Utc>) {
    let sealed = token.seal(&key()).unwrap();
    let bot = bots::NewBot {
        id: token.bot_id(),
        username: "a_bot",
        token_sealed: sealed.as_bytes(),
        weight,
        source: BotSource::Admin,
    };
    let mut conn = db.connection().await.unwrap();
    bots::upsert(&mut conn, &bot, now).await.unwrap();
}

/// A first attempt of some put.
pub(super) async fn lease(pool: &Pool) -> Leased {
    let id = Uuid::new_v4();
    pool.lease(id, id, 16 << 20).await.unwrap()
}

/// All leases that are to be had just now.
pub(super) async fn all_leases(pool: &Pool) -> Vec<Lease> {
    let mut leases = Vec::new();
    loop {
        match lease(pool).await {
            Leased::Go(lease) => leases.push(lease),
            _ => return leases,
        }
    }
}

/// The lease, where there must be one.
pub(super) fn go(leased: Leased) -> Lease {
    match leased {
        Leased::Go(lease) => lease,
        other => panic!("no lease: {other:?}"),
    }
}

/// Until when to wait, where that must be.
pub(super) fn wait(leased: Leased) -> DateTime<Utc> {
    match leased {
        Leased::Wait { until } => until,
        other => panic!("no waiting: {other:?}"),
    }
}

pub(super) async fn store(pool: &Pool, lease: &Lease, message_id: i64) -> bool {
    let sent = Sent {
        message_id,
        date: DateTime::from_timestamp(1_800_000_000, 0).unwrap(),
        file_id: format!("file-{message_id}"),
        file_unique_id: format!("unique-{message_id}"),
        size_bytes: None,
    };
    pool.settle_stored(lease, &sent).await.unwrap()
}

pub(super) fn ids(rows: &[SendRow]) -> Vec<Option<i64>> {
    rows.iter().map(|row| row.message_id).collect()
}
