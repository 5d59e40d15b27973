//! Adding, testing and removing bots against the Bot API emulator and a real Postgres: each thing that can be wrong
//! says so in its own words, and nothing half right is written down.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use bot_api_emulator::{
    BotSeed, ChatKind, Emulator, Fault, FaultRule, Limits, Members, Membership, Settings,
};
use chrono::{DateTime, TimeDelta};
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
async fn a_wrong_token_says_where_to_get_the_right_one() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    for wrong in ["", "hello", "98765", "98765:with space"] {
        let error = fixture
            .bots
            .add(None, &request(wrong, &[chat]))
            .await
            .unwrap_err();
        assert_eq!(error.code(), ErrorCode::BotTokenRefused, "{wrong}");
        assert!(
            wrong.is_empty() || !error.to_string().contains(wrong),
            "{error}"
        );
    }
    fixture.emulator.control().revoke_token(bot.id).unwrap();
    let (code, words) = fixture.refusal(&bot, &[chat]).await;
    assert_eq!(code, ErrorCode::BotTokenRefused);
    assert!(
        words.contains("@BotFather") && !words.contains(&bot.token),
        "{words}"
    );
    fixture.end().await;
}

#[tokio::test]
async fn each_way_a_chat_can_be_wrong_has_its_own_words() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    let reader = Membership::Administrator {
        can_post_messages: false,
        can_delete_messages: true,
    };
    let cases = [
        (None, "knows no chat"),
        (Some(Membership::Left), "is not in"),
        (Some(Membership::Kicked), "was put out of"),
        (Some(reader), "may not post there"),
        (Some(Membership::Member), "may not post there"),
    ];
    for (membership, words) in cases {
        fixture.member(chat, &bot, membership);
        let (code, said) = fixture.refusal(&bot, &[chat]).await;
        assert_eq!(code, ErrorCode::ChatNotUsable, "{said}");
        assert!(said.contains(words), "{membership:?} says: {said}");
    }
    let (code, said) = fixture.refusal(&bot, &[-1_009_999_999_999]).await;
    assert_eq!(code, ErrorCode::ChatNotUsable);
    assert!(said.contains("-1009999999999"), "{said}");
    let (code, _) = fixture.refusal(&bot, &[]).await;
    assert_eq!(code, ErrorCode::InvalidRequest);
    fixture.end().await;
}

#[tokio::test]
async fn a_group_that_became_a_supergroup_is_used_under_its_new_id() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let control = fixture.emulator.control();
    let group = control
        .create_chat(ChatKind::Group, "Old", &Members::AllBots)
        .unwrap()
        .id;
    let supergroup = control.migrate(group).unwrap();
    let added = fixture.add(&bot, &[group]).await.unwrap();
    let chat = &added.chats[0];
    assert_eq!(
        (chat.chat_id, chat.moved_from),
        (supergroup, Some(group)),
        "{added:?}"
    );
    assert!(
        chat.warnings
            .iter()
            .any(|warning| warning.contains(&supergroup.to_string())),
        "{added:?}"
    );
    let pool = fixture.bots.list().await.unwrap();
    assert_eq!(pool.bots[0].chats[0].chat_id, supergroup);
    fixture.end().await;
}

#[tokio::test]
async fn an_api_that_is_away_or_a_page_of_a_proxy_blames_neither_token_nor_chat() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    fixture
        .emulator
        .control()
        .add_faults(vec![FaultRule::always(Fault::BadGatewayHtml)]);
    let (code, words) = fixture.refusal(&bot, &[chat]).await;
    assert_eq!(code, ErrorCode::BotApiUnavailable);
    assert!(words.contains("HTML page with status 502"), "{words}");
    fixture.emulator.control().clear_faults();
    let away = bots_on(&fixture.database, "http://127.0.0.1:1");
    let error = away
        .add(None, &request(&bot.token, &[chat]))
        .await
        .unwrap_err();
    assert_eq!(error.code(), ErrorCode::BotApiUnavailable);
    assert!(
        error.to_string().contains("http://127.0.0.1:1")
            && error.to_string().contains("no connection"),
        "{error}"
    );
    assert!(!error.to_string().contains(&bot.token), "{error}");
    fixture.end().await;
}

#[tokio::test]
async fn a_document_that_comes_back_altered_is_found_and_nothing_is_left() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    let flipped = FaultRule {
        method: Some("file".to_owned()),
        ..FaultRule::always(Fault::FlippedBit)
    };
    fixture.emulator.control().add_faults(vec![flipped]);
    let (code, words) = fixture.refusal(&bot, &[chat]).await;
    assert_eq!(code, ErrorCode::BotApiUnavailable);
    assert!(words.contains("came back altered"), "{words}");
    fixture.end().await;
}

#[tokio::test]
async fn a_test_writes_down_what_it_found_and_takes_back_what_works_again() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let (one, two) = (fixture.channel("One"), fixture.channel("Two"));
    fixture.add(&bot, &[one, two]).await.unwrap();
    fixture.member(one, &bot, Some(Membership::Kicked));
    let checked = fixture.bots.test(bot.id).await.unwrap();
    let broken: Vec<i64> = checked
        .chats
        .iter()
        .filter(|chat| !chat.ok)
        .map(|chat| chat.chat_id)
        .collect();
    assert_eq!((checked.ok, broken), (false, vec![one]), "{checked:?}");
    let pair = async |chat| {
        let pool = fixture.bots.list().await.unwrap();
        let pair = pool.bots[0]
            .chats
            .iter()
            .find(|pair| pair.chat_id == chat)
            .unwrap();
        (pair.state, pair.reason.clone())
    };
    let (state, reason) = pair(one).await;
    assert_eq!(state, BotChatState::Kicked);
    assert!(reason.unwrap().contains("was put out of"));
    assert_eq!(pair(two).await, (BotChatState::Active, None));

    fixture.member(one, &bot, Some(Membership::FULL));
    assert!(fixture.bots.test(bot.id).await.unwrap().ok);
    assert_eq!(pair(one).await, (BotChatState::Active, None));

    fixture.emulator.control().revoke_token(bot.id).unwrap();
    let checked = fixture.bots.test(bot.id).await.unwrap();
    assert!(!checked.ok && checked.problem.unwrap().contains("@BotFather"));
    let listed = fixture.bots.list().await.unwrap().bots.remove(0);
    assert_eq!(listed.state, BotState::Unauthorized);
    assert!(listed.reason.is_some());

    let enable = ChangeBotRequest {
        enabled: Some(true),
        weight: None,
    };
    let refused = fixture
        .bots
        .change(None, bot.id, &enable)
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        ErrorCode::BotTokenRefused,
        "enabling is not enough"
    );
    let renewed = fixture.emulator.control().issue_token(bot.id).unwrap();
    fixture
        .bots
        .add(None, &request(&renewed, &[one]))
        .await
        .unwrap();
    let listed = fixture.bots.list().await.unwrap().bots.remove(0);
    assert_eq!(
        (listed.state, listed.reason, listed.chats.len()),
        (BotState::Active, None, 2)
    );
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
async fn what_bots_hold_is_counted_once_a_minute_and_nobody_waits_for_it_but_the_first() {
    let mut fixture = Fixture::set().await;
    let secs = Arc::new(AtomicI64::new(0));
    let passed = Arc::clone(&secs);
    fixture.bots.clock = Arc::new(move || {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
            + TimeDelta::seconds(passed.load(Ordering::SeqCst))
    });
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    fixture.add(&bot, &[chat]).await.unwrap();
    fixture.sql(&parts_of(bot.id, &[chat])).await;
    let parts = async || fixture.bots.list().await.unwrap().bots[0].parts;
    assert_eq!(parts().await, 1);
    fixture.sql("DELETE FROM file_parts").await;
    secs.store(59, Ordering::SeqCst);
    assert_eq!(parts().await, 1, "counted again within a minute");

    // Nobody can count now. Who the bots are and what they do is told all the same.
    secs.store(61, Ordering::SeqCst);
    let mut held_up = fixture.database.db.begin().await.unwrap();
    held_up
        .batch_execute("LOCK TABLE file_parts IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let known = fixture.bots.names().await.unwrap();
    assert_eq!(known[0].bot_id, bot.id);
    for _ in 0..3 {
        assert_eq!(parts().await, 1);
    }
    held_up.undo().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    while parts().await != 0 {
        assert!(Instant::now() < deadline, "it is never counted again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    fixture.end().await;
}

#[tokio::test]
async fn a_bot_whose_parts_nobody_else_can_read_stays_unless_they_are_given_up() {
    let fixture = Fixture::set().await;
    let (holder, other, heir) = (fixture.new_bot(), fixture.new_bot(), fixture.new_bot());
    let (alone, shared) = (fixture.channel("Alone"), fixture.channel("Shared"));
    fixture.add(&holder, &[alone, shared]).await.unwrap();
    fixture.add(&other, &[shared]).await.unwrap();
    fixture
        .sql(&parts_of(holder.id, &[alone, shared, shared]))
        .await;
    let listed = fixture.bots.list().await.unwrap();
    assert_eq!(
        (listed.bots[0].parts, listed.bots[0].stored_bytes),
        (3, 300)
    );
    let error = fixture
        .bots
        .remove(None, holder.id, false)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BotsError::HoldsParts { unreadable: 1 }),
        "{error}"
    );
    assert_eq!(fixture.bots.list().await.unwrap().bots.len(), 2);
    // the other one holds nothing
    fixture.bots.remove(None, other.id, false).await.unwrap();
    let error = fixture
        .bots
        .remove(None, holder.id, false)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BotsError::HoldsParts { unreadable: 3 }),
        "{error}"
    );
    fixture.add(&other, &[alone, shared]).await.unwrap();
    let removed = fixture.bots.remove(None, holder.id, false).await.unwrap();
    assert_eq!(
        (removed.unreadable_parts, removed.recoverable_parts),
        (0, 3)
    );
    // and reads what the holder left, now alone
    let error = fixture
        .bots
        .remove(None, other.id, false)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BotsError::HoldsParts { unreadable: 3 }),
        "{error}"
    );
    fixture.add(&heir, &[alone]).await.unwrap();
    let error = fixture
        .bots
        .remove(None, other.id, false)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BotsError::HoldsParts { unreadable: 2 }),
        "{error}"
    );
    let given_up = fixture.bots.remove(None, other.id, true).await.unwrap();
    assert_eq!(given_up.unreadable_parts, 2);
    let gone = fixture
        .bots
        .remove(None, holder.id, true)
        .await
        .unwrap_err();
    assert_eq!(gone.code(), ErrorCode::NotFound);
    fixture.end().await;
}

#[tokio::test]
async fn in_a_small_group_nobody_reads_what_another_bot_stored() {
    let fixture = Fixture::set().await;
    let (holder, other) = (fixture.new_bot(), fixture.new_bot());
    let control = fixture.emulator.control();
    let group = control.create_chat(ChatKind::Group, "Friends", &Members::AllBots);
    let group = group.unwrap().id;
    let added = fixture.add(&holder, &[group]).await.unwrap();
    let warnings = added.chats[0].warnings.join(" ");
    assert!(warnings.contains("no second bot can read"), "{warnings}");
    fixture.add(&other, &[group]).await.unwrap();
    fixture.sql(&parts_of(holder.id, &[group, group])).await;
    let error = fixture
        .bots
        .remove(None, holder.id, false)
        .await
        .unwrap_err();
    assert!(
        matches!(error, BotsError::HoldsParts { unreadable: 2 }),
        "{error}"
    );
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

#[tokio::test]
async fn a_token_that_another_server_key_sealed_is_told_as_such() {
    let fixture = Fixture::set().await;
    let bot = fixture.new_bot();
    let chat = fixture.channel("Parts");
    fixture.add(&bot, &[chat]).await.unwrap();
    let apis = BotApis::new(BotApiSettings::default()).unwrap();
    let key = ServerKey::from_bytes([8; 32]);
    let other = Bots::new(
        fixture.database.db.clone(),
        clock::system(),
        key,
        apis,
        &Policy::default(),
    );
    let checked = other.test(bot.id).await.unwrap();
    assert!(checked.problem.unwrap().contains("server's key"));
    fixture.end().await;
}

const OWNER: &str = "
    INSERT INTO users (id, username, username_folded, auth_verifier, role, created_at)
    VALUES ('00000000-0000-0000-0000-000000000001', 'u', 'u', decode(repeat('00', 32), 'hex'), 'user', now());
    INSERT INTO files (id, user_id, original_filename, file_size, header, total_parts_expected, last_part_size,
                       encrypted_file_key, manifest, start_blake3, created_at)
    VALUES ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000001', '~', 216,
            decode(repeat('00', 88), 'hex'), 3, 72, decode(repeat('00', 80), 'hex'), decode(repeat('00', 288), 'hex'),
            decode(repeat('00', 32), 'hex'), now());
    INSERT INTO upload_sessions (id, user_id, file_id, original_filename, file_size, total_parts, ttl_secs, created_at,
                                 last_activity_at)
    SELECT id, user_id, id, original_filename, file_size, 3, 60, now(), now() FROM files";

/// Rows of one file whose parts a bot stored in these chats, 100 bytes each.
fn parts_of(bot_id: i64, chats: &[i64]) -> String {
    let rows: Vec<String> = chats
        .iter()
        .enumerate()
        .map(|(index, chat)| {
            format!(
                "('00000000-0000-0000-0000-000000000002', {number}, 72, 100, decode(repeat('00', 12), 'hex'), \
                  decode(repeat('00', 16), 'hex'), false, decode(repeat('00', 32), 'hex'), decode(repeat('00', 32), 'hex'), \
                  'telegram', '{{\"bot_id\": {bot_id}, \"chat_id\": {chat}}}', now(), now())",
                number = index + 1
            )
        })
        .collect();
    format!(
        "{OWNER}; INSERT INTO file_parts (file_id, part_number, size, stored_size, iv, auth_tag, is_compressed, part_mac, \
             stored_blake3, provider, locator, created_at, stored_at) VALUES {}",
        rows.join(", ")
    )
}
