//! Adding, testing and removing bots against the Bot API emulator and a real Postgres: each thing that can be wrong
//! says so in its own words, and nothing half right is written down.

mod removing;
mod testing;

use bot_api_emulator::{BotSeed, ChatKind, Emulator, Limits, Members, Membership, Settings};
use diesel_async::SimpleAsyncConnection as _;
use ferry_core::wire::{
    AddBotRequest, BotChatState, BotSource, BotState, ChangeBotRequest, ErrorCode, TestedBot,
};

use super::{Bots, BotsError};
use crate::{
    clock,
    config::BotConfig,
    db::test_database::TestDatabase,
    storage::telegram::{BotApiSettings, BotApis, BotToken, Policy, ServerKey, TelegramMetrics},
};

/// Bots on a database and an emulator of their own.
struct Fixture {
    bots: Bots,
    database: TestDatabase,
    emulator: Emulator,
    _home: tempfile::TempDir,
}

impl Fixture {
    async fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let settings = Settings {
            limits: Limits::off(),
            ..Settings::new(home.path())
        };
        let emulator = Emulator::start(settings).await.unwrap();
        let database = TestDatabase::start().await;
        let bots = bots_on(&database, &emulator.url());
        Fixture {
            bots,
            database,
            emulator,
            _home: home,
        }
    }

    fn new_bot(&self) -> BotSeed {
        self.emulator.control().create_bots(1).unwrap().remove(0)
    }

    fn channel(&self, title: &str) -> i64 {
        let control = self.emulator.control();
        let chat = control.create_chat(ChatKind::Channel, title, &Members::AllBots);
        chat.unwrap().id
    }

    fn member(&self, chat: i64, bot: &BotSeed, membership: Option<Membership>) {
        self.emulator
            .control()
            .set_member(chat, bot.id, membership)
            .unwrap();
    }

    async fn add(&self, bot: &BotSeed, chats: &[i64]) -> Result<TestedBot, BotsError> {
        self.bots.add(None, &request(&bot.token, chats)).await
    }

    /// The refusal of an addition, which must not write anything down.
    async fn refusal(&self, bot: &BotSeed, chats: &[i64]) -> (ErrorCode, String) {
        let error = self.add(bot, chats).await.unwrap_err();
        let listed = self.bots.list().await.unwrap();
        assert!(
            listed.bots.is_empty() && listed.chats.is_empty(),
            "{error} left something"
        );
        (error.code(), error.to_string())
    }

    async fn sql(&self, sql: &str) {
        let mut connection = self.database.db.connection().await.unwrap();
        connection.batch_execute(sql).await.unwrap();
    }

    async fn end(self) {
        assert!(
            self.emulator.control().ledger(None).is_empty(),
            "test documents were left in the chats"
        );
        self.emulator.shutdown().await;
        self.database.stop().await;
    }
}

fn bots_on(database: &TestDatabase, url: &str) -> Bots {
    let settings = BotApiSettings {
        api_url: url.to_owned(),
        ..BotApiSettings::default()
    };
    Bots::new(
        database.db.clone(),
        clock::system(),
        ServerKey::from_bytes([7; 32]),
        BotApis::new(settings).unwrap(),
        &Policy::default(),
    )
}

fn request(token: &str, chats: &[i64]) -> AddBotRequest {
    AddBotRequest {
        token: token.to_owned(),
        chats: chats.to_vec(),
        weight: None,
        shared_chats: None,
    }
}

#[tokio::test]
async fn a_bot_is_tested_added_and_listed_without_its_token() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    let added = fixture.add(&bot, &[chat, chat]).await.unwrap();
    assert!(added.ok && added.chats.len() == 1, "{added:?}");
    assert_eq!(added.chats[0].title, "Parts");
    assert!(added.chats[0].warnings.is_empty(), "{added:?}");
    let pool = fixture.bots.list().await.unwrap();
    let listed = &pool.bots[0];
    assert_eq!(
        (listed.bot_id, listed.username.as_str()),
        (bot.id, bot.username.as_str())
    );
    assert_eq!(
        (listed.state, listed.source),
        (BotState::Active, BotSource::Admin)
    );
    assert_eq!(listed.chats[0].state, BotChatState::Active);
    assert!(listed.checked_at.is_some());
    assert_eq!(
        (pool.chats[0].title.as_str(), pool.chats[0].kind.as_str()),
        ("Parts", "channel")
    );
    assert!(pool.chats[0].dedicated);
    assert_eq!(pool.pair_sends_per_minute, Some(20));
    let secret = bot.token.split_once(':').unwrap().1;
    let shown = format!("{}{pool:?}", serde_json::to_string(&pool).unwrap());
    assert!(!shown.contains(secret), "the token is shown");
    let metrics = TelegramMetrics::default();
    metrics.waiting.inc();
    let beside = fixture.bots.clone().beside(&metrics).list().await.unwrap();
    assert_eq!((pool.queue.waiting, beside.queue.waiting), (0, 1));
    let calls = fixture.emulator.control().calls();
    for method in ["getme", "senddocument", "file", "deletemessages"] {
        let made = calls
            .iter()
            .any(|call| call.method.eq_ignore_ascii_case(method));
        assert!(made, "no {method} among {calls:?}");
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_bot_is_put_aside_and_taken_back_by_people_alone() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    fixture.add(&bot, &[chat]).await.unwrap();
    let turn = async |enabled| {
        let request = ChangeBotRequest {
            enabled: Some(enabled),
            weight: Some(2.5),
        };
        fixture.bots.change(None, bot.id, &request).await.unwrap();
        fixture.bots.list().await.unwrap().bots.remove(0)
    };
    let aside = turn(false).await;
    assert_eq!((aside.state, aside.weight), (BotState::Disabled, 2.5));
    assert!(fixture.bots.test(bot.id).await.unwrap().ok);
    let still = fixture.bots.list().await.unwrap().bots.remove(0);
    assert_eq!(still.state, BotState::Disabled, "a test took it back");
    assert_eq!(turn(true).await.state, BotState::Active);
    let heavy = ChangeBotRequest {
        enabled: None,
        weight: Some(f32::NAN),
    };
    let error = fixture.bots.change(None, bot.id, &heavy).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidRequest);
    let unknown = fixture
        .bots
        .change(None, 1, &ChangeBotRequest::default())
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::NotFound);
    fixture.end().await;
}

#[tokio::test]
async fn the_settings_bots_are_written_down_without_a_call_and_keep_exactly_their_chats() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let configured = |chats: &[i64]| BotConfig {
        token: BotToken::parse(&bot.token).unwrap(),
        chats: chats.to_vec(),
        weight: 3.0,
    };
    fixture
        .bots
        .configure(&[configured(&[-1001, -1002])])
        .await
        .unwrap();
    fixture
        .bots
        .configure(&[configured(&[-1002, -1003])])
        .await
        .unwrap();
    assert!(fixture.emulator.control().calls().is_empty());
    let listed = fixture.bots.list().await.unwrap().bots.remove(0);
    let chats: Vec<i64> = listed.chats.iter().map(|pair| pair.chat_id).collect();
    assert_eq!(chats, [-1003, -1002]);
    assert_eq!((listed.source, listed.weight), (BotSource::Config, 3.0));
    let removed = fixture.bots.remove(None, bot.id, false).await.unwrap();
    assert!(removed.returns_at_start);
    fixture.end().await;
}
