//! Who rests, who is out, who is next: one test each.

use chrono::TimeDelta;
use ferry_core::wire::{BotChatState, BotState, ChatState};
use uuid::Uuid;

use super::fixture::{BOT, CHAT, Fixture, all_leases, go, ids, lease, store, token, wait};
use crate::db::bot_sends::{self, SendKind};
use crate::db::{bot_chats, bot_sweeps, bots};
use crate::storage::StorageError;
use crate::storage::telegram::pool::{Advice, Lease, Leased, Pool, Settled};
use crate::storage::telegram::{ChatGoneKind, Fault, Policy};

const A: i64 = BOT + 1;
const B: i64 = BOT + 2;

async fn report(pool: &Pool, lease: &Lease, fault: &Fault) -> Advice {
    pool.settle_failed(lease, fault).await.unwrap()
}

fn unauthorized() -> Fault {
    Fault::BotUnauthorized {
        why: "Unauthorized".to_owned(),
    }
}

#[tokio::test]
async fn failures_let_rest_what_they_are_about() {
    let fixture = Fixture::start().await;
    a_short_wait_is_the_pairs(&fixture).await;
    fixture.clear().await;
    a_long_wait_is_the_bots(&fixture).await;
    fixture.clear().await;
    a_refused_token_is_doubted_first(&fixture).await;
    fixture.clear().await;
    a_bot_that_was_put_aside_reads_and_sends_nothing(&fixture).await;
    fixture.clear().await;
    an_outage_does_not_empty_the_buckets(&fixture).await;
    fixture.clear().await;
    a_pair_that_is_out_is_named_with_its_reason(&fixture).await;
    fixture.clear().await;
    a_group_that_grew_up_goes_on_under_its_new_id(&fixture).await;
    fixture.database.stop().await;
}

async fn a_short_wait_is_the_pairs(fixture: &Fixture) {
    fixture.staff(1, 2).await;
    let pool = fixture.pool(Policy::default());
    let first = go(lease(&pool).await);
    assert_eq!(
        report(&pool, &first, &Fault::RetryAfter { secs: 30 }).await,
        Advice::Nothing
    );
    let until = fixture.now() + TimeDelta::seconds(30);
    let others = all_leases(&pool).await;
    assert!(others.iter().all(|lease| lease.chat_id != first.chat_id));
    assert_eq!(others.len(), 3, "the other chat of the bot goes on");
    for lease in &others {
        pool.settle(lease, Settled::Refused).await.unwrap();
    }
    while fixture.now() < until {
        let next = lease(&pool).await;
        if let Leased::Go(lease) = &next {
            assert_ne!(lease.chat_id, first.chat_id, "too early");
            pool.settle(lease, Settled::Refused).await.unwrap();
        }
        fixture.pass(TimeDelta::milliseconds(999));
    }
    let chats: Vec<i64> = all_leases(&pool)
        .await
        .iter()
        .map(|lease| lease.chat_id)
        .collect();
    assert!(chats.contains(&first.chat_id), "it goes on afterwards");
}

async fn a_long_wait_is_the_bots(fixture: &Fixture) {
    fixture.staff(2, 2).await;
    let pool = fixture.pool(Policy::default());
    let first = go(lease(&pool).await);
    let _ = report(&pool, &first, &Fault::RetryAfter { secs: 31 }).await;
    let others = all_leases(&pool).await;
    assert_eq!(others.len(), 6, "the other bot has lost nothing");
    assert!(others.iter().all(|lease| lease.bot_id != first.bot_id));
    fixture.pass(TimeDelta::seconds(31));
    let later = all_leases(&pool).await;
    assert!(later.iter().any(|lease| lease.bot_id == first.bot_id));

    // a wait is never cut short by a shorter one that was told later
    let bot = fixture.bot(first.bot_id).await;
    let _ = pool
        .report(bot.id, None, &Fault::RetryAfter { secs: 100 })
        .await
        .unwrap();
    let _ = pool
        .report(bot.id, None, &Fault::RetryAfter { secs: 5 })
        .await
        .unwrap();
    let cooled = fixture.bot(bot.id).await.cooled_until;
    assert_eq!(cooled, Some(fixture.now() + TimeDelta::seconds(100)));
}

async fn a_bot_that_was_put_aside_reads_and_sends_nothing(fixture: &Fixture) {
    fixture.staff(2, 1).await;
    let pool = fixture.pool(Policy::default());
    let mut conn = fixture.database.db.connection().await.unwrap();
    bots::set_state(&mut conn, A, BotState::Disabled, None, fixture.now())
        .await
        .unwrap();
    let leases = all_leases(&pool).await;
    assert!(!leases.is_empty() && leases.iter().all(|lease| lease.bot_id == B));
    assert!(pool.bot(A).await.unwrap().is_some(), "its parts are lost");
    pool.switch_off(A, &unauthorized()).await.unwrap();
    let aside = fixture.bot(A).await;
    assert_eq!(aside.state, BotState::Disabled, "a person's word");
}

async fn a_refused_token_is_doubted_first(fixture: &Fixture) {
    fixture.staff(2, 1).await;
    let pool = fixture.pool(Policy::default());
    let first = go(lease(&pool).await);
    assert_eq!(report(&pool, &first, &unauthorized()).await, Advice::AskMe);
    assert_eq!(fixture.bot(first.bot_id).await.state, BotState::Active);
    assert!(
        all_leases(&pool)
            .await
            .iter()
            .all(|l| l.bot_id != first.bot_id)
    );
    fixture.pass(TimeDelta::seconds(10));
    let again = all_leases(&pool).await;
    assert!(again.iter().any(|l| l.bot_id == first.bot_id));

    pool.switch_off(first.bot_id, &unauthorized())
        .await
        .unwrap();
    let bot = fixture.bot(first.bot_id).await;
    assert_eq!(bot.state, BotState::Unauthorized);
    assert!(bot.reason.unwrap().contains("Unauthorized"));
    assert_eq!(pool.bot(first.bot_id).await.unwrap(), None);
    fixture.pass(TimeDelta::minutes(5));
    assert!(
        all_leases(&pool)
            .await
            .iter()
            .all(|l| l.bot_id != first.bot_id)
    );
    let chat = first.chat_id;
    let others = pool.others(chat, None).await.unwrap();
    assert_eq!(others.len(), 1, "nor is it asked for anything else");

    let other = others[0].0;
    let _ = pool
        .report(other, None, &Fault::BotLoggedOut)
        .await
        .unwrap();
    assert_eq!(fixture.bot(other).await.state, BotState::LoggedOut);
    let Leased::Nobody { why } = lease(&pool).await else {
        panic!("somebody is left");
    };
    assert!(
        why.contains("unauthorized") && why.contains("logged_out"),
        "{why}"
    );
    let Err(StorageError::Unavailable(ill)) = pool.health(None).await else {
        panic!("it is well");
    };
    assert_eq!(ill, why);
}

async fn an_outage_does_not_empty_the_buckets(fixture: &Fixture) {
    fixture.staff(2, 1).await;
    let pool = fixture.pool(Policy::default());
    let outage = Fault::Outage {
        why: "502".to_owned(),
    };
    for _ in 0..2 {
        let _ = report(&pool, &go(lease(&pool).await), &outage).await;
    }
    let until = wait(lease(&pool).await);
    assert_eq!(until, fixture.now() + TimeDelta::seconds(2));
    fixture.set(until);
    assert_eq!(
        all_leases(&pool).await.len(),
        4,
        "two tokens of each are left"
    );
}

async fn a_pair_that_is_out_is_named_with_its_reason(fixture: &Fixture) {
    fixture.staff(1, 4).await;
    let pool = fixture.pool(Policy::default());
    let gone = |kind| Fault::ChatGone {
        kind,
        why: "in Telegram's words".to_owned(),
    };
    let faults = [
        (BotChatState::Kicked, gone(ChatGoneKind::Kicked)),
        (BotChatState::NotMember, gone(ChatGoneKind::NotMember)),
        (BotChatState::NotFound, gone(ChatGoneKind::NotFound)),
        (
            BotChatState::NoRights,
            Fault::NoRights {
                why: "in Telegram's words".to_owned(),
            },
        ),
    ];
    for (state, fault) in faults {
        let lease = go(lease(&pool).await);
        let _ = report(&pool, &lease, &fault).await;
        let pair = fixture.pair_row(lease.bot_id, lease.chat_id).await;
        assert_eq!(pair.state, state);
        assert_eq!(pair.reason.as_deref(), Some("in Telegram's words"));
        fixture.pass(TimeDelta::seconds(2));
    }
    let Leased::Nobody { why } = lease(&pool).await else {
        panic!("somebody is left");
    };
    for state in ["kicked", "not_member", "not_found", "no_rights"] {
        assert!(why.contains(state), "{why}");
    }
    fixture.pair(A, CHAT - 1).await;
    assert_eq!(
        go(lease(&pool).await).chat_id,
        CHAT - 1,
        "an admin brings it back"
    );
}

async fn a_group_that_grew_up_goes_on_under_its_new_id(fixture: &Fixture) {
    fixture.staff(2, 1).await;
    let pool = fixture.pool(Policy::default());
    let (old, new) = (CHAT - 1, CHAT - 77);
    let first = go(lease(&pool).await);
    let _ = report(&pool, &first, &Fault::ChatMigrated { to: new }).await;
    let second = go(lease(&pool).await);
    assert_eq!(second.chat_id, new);
    let _ = report(&pool, &second, &Fault::ChatMigrated { to: new }).await;
    assert_eq!(fixture.chat(old).await.migrated_to, Some(new));
    assert_eq!(fixture.pair_row(A, old).await.state, BotChatState::Migrated);
    assert!(
        all_leases(&pool)
            .await
            .iter()
            .all(|lease| lease.chat_id == new)
    );

    // a configuration that still names the old id means the new one
    fixture.pair(A, old).await;
    let mut conn = fixture.database.db.connection().await.unwrap();
    bot_chats::keep_only(&mut conn, A, &[old]).await.unwrap();
    drop(conn);
    assert_eq!(fixture.pair_row(A, new).await.state, BotChatState::Active);
}

#[tokio::test]
async fn leases_are_spread_and_never_outlive_their_time() {
    let fixture = Fixture::start().await;
    load_is_even_and_weighted(&fixture).await;
    fixture.clear().await;
    six_are_in_flight_and_a_dead_senders_places_come_back(&fixture).await;
    fixture.clear().await;
    who_comes_too_late_is_nobody(&fixture).await;
    fixture.clear().await;
    a_full_chat_makes_room_for_the_next(&fixture).await;
    fixture.clear().await;
    copies_go_through_another_bot_of_the_chat(&fixture).await;
    fixture.clear().await;
    what_decides_nothing_is_forgotten(&fixture).await;
    fixture.database.stop().await;
}

async fn load_is_even_and_weighted(fixture: &Fixture) {
    fixture.staff(3, 1).await;
    let pool = fixture.pool(Policy::default());
    let mut sent = [0; 3];
    let mut message_id = 0;
    for _ in 0..60 {
        let lease = go(lease(&pool).await);
        sent[usize::try_from(lease.bot_id - BOT - 1).unwrap()] += 1;
        message_id += 1;
        assert!(store(&pool, &lease, message_id).await);
        fixture.pass(TimeDelta::milliseconds(1_500));
    }
    assert_eq!(sent, [20, 20, 20], "one after another: the same for each");

    let mut conn = fixture.database.db.connection().await.unwrap();
    bots::set_weight(&mut conn, A, 3.0).await.unwrap();
    drop(conn);
    fixture.pass(TimeDelta::minutes(2));
    let mut sent = [0_u32; 3];
    for _ in 0..30 {
        let lease = go(lease(&pool).await);
        sent[usize::try_from(lease.bot_id - BOT - 1).unwrap()] += 1;
        message_id += 1;
        assert!(store(&pool, &lease, message_id).await);
        fixture.pass(TimeDelta::seconds(4));
    }
    let [heavy, one, other] = sent;
    assert!(heavy >= one + other, "three times the weight: {sent:?}");
    assert!(one.abs_diff(other) <= 2 && one > 3, "{sent:?}");
}

async fn six_are_in_flight_and_a_dead_senders_places_come_back(fixture: &Fixture) {
    fixture.staff(1, 3).await;
    let pool = fixture.pool(Policy::default());
    let dead = all_leases(&pool).await;
    assert_eq!(dead.len(), 6, "nine tokens, and six places");
    let until = wait(lease(&pool).await);
    assert!(until <= fixture.now() + TimeDelta::milliseconds(500));
    let deadline = dead[0].deadline;
    fixture.set(deadline - TimeDelta::milliseconds(1));
    wait(lease(&pool).await);
    fixture.set(deadline);
    go(lease(&pool).await);
}

async fn who_comes_too_late_is_nobody(fixture: &Fixture) {
    fixture.staff(1, 1).await;
    let pool = fixture.pool(Policy::default());
    let slow = go(lease(&pool).await);
    let swept = go(lease(&pool).await);
    fixture.set(slow.deadline);
    assert!(!store(&pool, &slow, 1).await, "its time is over");
    // given up by a sweep whose clock is ahead
    let ahead = swept.deadline + TimeDelta::seconds(1);
    let mut conn = fixture.database.db.connection().await.unwrap();
    assert_eq!(bot_sends::expire(&mut conn, ahead).await.unwrap(), 2);
    drop(conn);
    assert!(!store(&pool, &swept, 2).await);
    assert_eq!(fixture.chat(CHAT - 1).await.messages, 0);

    let timely = go(lease(&pool).await);
    assert!(store(&pool, &timely, 3).await);
    assert!(!store(&pool, &timely, 3).await, "once");
    let stored = pool.stored_of(&[timely.attempt_id, slow.attempt_id]).await;
    assert_eq!(ids(&stored.unwrap()), [Some(3)]);
}

async fn a_full_chat_makes_room_for_the_next(fixture: &Fixture) {
    fixture.staff(1, 2).await;
    let pool = fixture.pool(Policy {
        full_at_messages: 2,
        ..Policy::default()
    });
    let mut message_id = 100;
    for _ in 0..4 {
        let lease = go(lease(&pool).await);
        message_id += 1;
        assert!(store(&pool, &lease, message_id).await);
        fixture.pass(TimeDelta::seconds(30));
    }
    for chat in [CHAT - 1, CHAT - 2] {
        assert_eq!(fixture.chat(chat).await.state, ChatState::Full);
    }
    let Leased::Nobody { why } = lease(&pool).await else {
        panic!("there is room");
    };
    assert!(why.contains(&format!("chat {} is full", CHAT - 1)), "{why}");
    let id = Uuid::new_v4();
    let barrier = pool.lease_barrier(id, CHAT - 1).await.unwrap();
    assert_eq!(go(barrier).chat_id, CHAT - 1, "the sweep still works there");
}

async fn copies_go_through_another_bot_of_the_chat(fixture: &Fixture) {
    fixture.staff(2, 2).await;
    let pool = fixture.pool(Policy::default());
    let part = go(lease(&pool).await);
    assert!(store(&pool, &part, 5).await);
    let id = Uuid::new_v4();
    let (put_id, chat, owner) = (part.attempt_id, part.chat_id, part.bot_id);
    let copy = pool
        .lease_copy(put_id, id, chat, Some(owner), 1)
        .await
        .unwrap();
    let copy = go(copy);
    assert_eq!(copy.chat_id, chat);
    assert_ne!(copy.bot_id, owner);
    assert!(store(&pool, &copy, 6).await);
    let stored = pool.stored_of(&[put_id]).await.unwrap();
    assert_eq!(ids(&stored), [Some(5), Some(6)]);
    assert_eq!(stored[1].kind, SendKind::Copy);
    pool.forget(&[id]).await.unwrap();
    assert_eq!(ids(&pool.stored_of(&[put_id]).await.unwrap()), [Some(5)]);

    // alone in a chat, nobody copies
    pool.switch_off(if owner == A { B } else { A }, &unauthorized())
        .await
        .unwrap();
    let alone = pool
        .lease_copy(put_id, id, chat, Some(owner), 1)
        .await
        .unwrap();
    assert!(matches!(alone, Leased::Nobody { .. }), "{alone:?}");
}

async fn what_decides_nothing_is_forgotten(fixture: &Fixture) {
    fixture.staff(1, 1).await;
    let pool = fixture.pool(Policy::default());
    let refused = go(lease(&pool).await);
    pool.settle(&refused, Settled::Refused).await.unwrap();
    let stored = go(lease(&pool).await);
    assert!(store(&pool, &stored, 9).await);
    let lost = go(lease(&pool).await);
    pool.settle(&lost, Settled::Unknown).await.unwrap();
    fixture.pass(TimeDelta::days(1));
    let mut conn = fixture.database.db.connection().await.unwrap();
    let before = fixture.now() - TimeDelta::hours(6);
    assert_eq!(bot_sweeps::prune(&mut conn, before, 100).await.unwrap(), 1);
    assert_eq!(
        ids(&pool.stored_of(&[stored.attempt_id]).await.unwrap()),
        [Some(9)],
        "a part that nobody committed is still to be found"
    );
    // a message of later shows that what was lost lies below
    let later = go(lease(&pool).await);
    assert!(store(&pool, &later, 11).await);
    assert_eq!(bot_sweeps::prune(&mut conn, before, 100).await.unwrap(), 1);
    assert_eq!(bot_sweeps::prune(&mut conn, before, 100).await.unwrap(), 0);
}

#[test]
fn a_send_is_given_up_a_second_before_its_lease_ends() {
    let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let lease = Lease {
        attempt_id: Uuid::nil(),
        bot_id: A,
        chat_id: CHAT,
        token: token(A),
        deadline: now + TimeDelta::seconds(30),
    };
    let secs_left = |after| lease.time_left(now + TimeDelta::seconds(after)).as_secs();
    assert_eq!([secs_left(0), secs_left(29), secs_left(40)], [29, 0, 0]);
}
