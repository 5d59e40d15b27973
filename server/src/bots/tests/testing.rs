//! Tests of the bot test: each thing that is wrong with a token, a chat or the API has its own words, and is written down.

use bot_api_emulator::{ChatKind, Fault, FaultRule, Members, Membership};
use ferry_core::wire::{BotChatState, BotState, ChangeBotRequest, ErrorCode};

use super::super::Bots;
use super::{Fixture, bots_on, request};
use crate::{
    clock,
    storage::telegram::{BotApiSettings, BotApis, Policy, ServerKey},
};

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
