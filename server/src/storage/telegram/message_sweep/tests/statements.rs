//! The same cases told to Postgres: every look at its rows must see what the model's look saw.

use chrono::TimeDelta;
use ferry_core::wire::BotSource;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::chat::{Chat, Event, IDS_AT_ONCE, LATE_SECS, State, TIMEOUT_SECS, Written, at};
use crate::db::bot_leases::{self, LeaseRequest, Limits};
use crate::db::bot_sends::{self, SendKind, SendState, StoredMessage};
use crate::db::test_database::TestDatabase;
use crate::db::{Connection, bot_chats, bot_sweeps, bots, telegram_chats};

const CASES: u32 = 100;

#[tokio::test]
async fn the_statements_see_what_the_model_sees() {
    let database = TestDatabase::start().await;
    let mut conn = database.db.connection().await.unwrap();
    let bot = bots::NewBot {
        id: 1,
        username: "",
        token_sealed: b"",
        weight: 1.0,
        source: BotSource::Admin,
    };
    bots::upsert(&mut conn, &bot, at(0)).await.unwrap();
    let mut runner = TestRunner::deterministic();
    let mut looks = 0;
    for case in 0..CASES {
        let events = super::events(80).new_tree(&mut runner).unwrap().current();
        let mut chat = Chat::new(1 + i64::from(case % 3) * 700, u128::from(case) << 64);
        // rows that are pruned away decide nothing, so the model's pruning must not be seen
        let events = events
            .into_iter()
            .filter(|event| !matches!(event, Event::Prune));
        events.for_each(|event| chat.happen(event));
        chat.come_to_rest();
        let chat_id = -1_000_000_000_001 - i64::from(case);
        telegram_chats::add(&mut conn, chat_id, at(0))
            .await
            .unwrap();
        bot_chats::add(&mut conn, 1, chat_id, at(0)).await.unwrap();
        for written in &chat.written {
            looks += usize::from(matches!(written, Written::Looked { .. }));
            tell(&mut conn, chat_id, written).await;
        }
    }
    assert!(looks > 300, "only {looks} looks were compared");
    drop(conn);
    database.stop().await;
}

async fn tell(conn: &mut Connection, chat_id: i64, written: &Written) {
    match written {
        Written::Begun { id, is_mark, now } => {
            let request = LeaseRequest {
                attempt_id: *id,
                put_id: *id,
                sender_id: *id,
                kind: if *is_mark {
                    SendKind::Barrier
                } else {
                    SendKind::Part
                },
                size_bytes: 1,
                now: at(*now),
                deadline: at(now + TIMEOUT_SECS),
                only_chat: Some(chat_id),
                except_bot: None,
                limits: no_limits(*now),
            };
            let leased = bot_leases::lease(conn, &request).await.unwrap();
            assert_eq!(leased.unwrap().chat_id, chat_id);
        }
        Written::Stored {
            id,
            message_id,
            now,
            counts,
        } => {
            let message = StoredMessage {
                attempt_id: *id,
                message_id: *message_id,
                telegram_file_id: "file",
                telegram_file_unique_id: "unique",
                full_at_messages: 400_000,
            };
            let settled = bot_sends::settle_stored(conn, &message, at(*now)).await;
            assert_eq!(settled.unwrap(), *counts, "{written:?}");
        }
        Written::Lost { id, state, now } => {
            let state = match state {
                State::Refused => SendState::Refused,
                _ => SendState::Unknown,
            };
            bot_sends::settle_lost(conn, *id, state, at(*now))
                .await
                .unwrap();
        }
        Written::Looked { now, facts } => {
            bot_sends::expire(conn, at(*now)).await.unwrap();
            let late_secs = i32::try_from(LATE_SECS).unwrap();
            let seen = bot_sweeps::swept_chat(conn, chat_id, IDS_AT_ONCE, late_secs).await;
            assert_eq!(&seen.unwrap(), facts, "{written:?}");
        }
        Written::Swept(to) => bot_sweeps::swept(conn, chat_id, *to).await.unwrap(),
        Written::Forgotten(id) => bot_sends::forget(conn, &[*id]).await.unwrap(),
    }
}

fn no_limits(now: i64) -> Limits {
    Limits {
        tokens_per_sec: 1e9,
        burst: 1e9,
        minute_sends: i64::MAX,
        minute_since: at(now) - TimeDelta::seconds(61),
        moment_sends: i64::MAX,
        moment_since: at(now) - TimeDelta::seconds(1),
        in_flight: i64::MAX,
    }
}
