//! Tests of bots that leave: what they hold is counted, and one whose parts nobody else can read stays.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use bot_api_emulator::{BotSeed, ChatKind, Members};
use chrono::{DateTime, TimeDelta};
use diesel_async::SimpleAsyncConnection as _;
use ferry_core::wire::ErrorCode;

use super::super::BotsError;
use super::Fixture;

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
    stays(&fixture, &holder, 1).await;
    assert_eq!(fixture.bots.list().await.unwrap().bots.len(), 2);
    // the other one holds nothing
    fixture.bots.remove(None, other.id, false).await.unwrap();
    stays(&fixture, &holder, 3).await;
    fixture.add(&other, &[alone, shared]).await.unwrap();
    let removed = fixture.bots.remove(None, holder.id, false).await.unwrap();
    assert_eq!(
        (removed.unreadable_parts, removed.recoverable_parts),
        (0, 3)
    );
    // and reads what the holder left, now alone
    stays(&fixture, &other, 3).await;
    fixture.add(&heir, &[alone]).await.unwrap();
    stays(&fixture, &other, 2).await;
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
    stays(&fixture, &holder, 2).await;
    fixture.end().await;
}

/// It is not removed: nobody else can read so many of its parts.
async fn stays(fixture: &Fixture, bot: &BotSeed, parts: u64) {
    let error = fixture.bots.remove(None, bot.id, false).await.unwrap_err();
    assert!(
        matches!(error, BotsError::HoldsParts { unreadable } if unreadable == parts),
        "{error}"
    );
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
