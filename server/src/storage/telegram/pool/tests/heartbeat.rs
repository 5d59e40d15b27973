//! A process that is killed gives its places back by its silence; one that only could not be heard loses nothing but time.

use std::sync::Arc;

use chrono::TimeDelta;
use ferry_core::wire::BotChatState;

use super::fixture::{BOT, CHAT, Fixture, all_leases, go, lease, store, wait};
use crate::clock::Clock;
use crate::storage::telegram::{HEARTBEAT_INTERVAL, Heartbeat, Policy};

/// Beats for so many seconds; how many sends were given up.
async fn beat_for(fixture: &Fixture, heartbeats: &mut [&mut Heartbeat], secs: i64) -> usize {
    let (end, mut given_up) = (fixture.now() + TimeDelta::seconds(secs), 0);
    while fixture.now() < end {
        fixture.pass(TimeDelta::from_std(HEARTBEAT_INTERVAL).unwrap());
        for heartbeat in &mut *heartbeats {
            given_up += heartbeat.send().await.unwrap();
        }
    }
    given_up
}

#[tokio::test]
async fn the_silent_are_marked_dead_and_the_slow_are_told() {
    let fixture = Fixture::start().await;
    a_killed_servers_places_are_free_when_its_successor_is_sure(&fixture).await;
    fixture.clear().await;
    what_was_given_up_still_counts(&fixture).await;
    fixture.clear().await;
    an_outage_of_postgres_kills_nobody(&fixture).await;
    fixture.clear().await;
    clocks_that_differ_mark_nobody_dead(&fixture).await;
    fixture.database.stop().await;
}

async fn a_killed_servers_places_are_free_when_its_successor_is_sure(fixture: &Fixture) {
    fixture.staff(1, 3).await;
    let (killed, successor) = (
        fixture.pool(Policy::default()),
        fixture.pool(Policy::default()),
    );
    let mut its_heartbeat = Heartbeat::new(killed.clone(), fixture.clock());
    assert_eq!(its_heartbeat.send().await.unwrap(), 0);
    let lost = all_leases(&killed).await;
    assert_eq!(lost.len(), 6, "every place of the bot");

    let mut heartbeat = Heartbeat::new(successor.clone(), fixture.clock());
    assert_eq!(
        beat_for(fixture, &mut [&mut heartbeat], 20).await,
        0,
        "not sure yet"
    );
    wait(lease(&successor).await);
    assert_eq!(beat_for(fixture, &mut [&mut heartbeat], 5).await, 6);
    assert!(
        fixture.now() < lost[0].deadline,
        "long before its sends end"
    );
    let mine = go(lease(&successor).await);
    assert!(
        store(&successor, &mine, 7).await,
        "its own sends are its own"
    );
    assert_eq!(
        beat_for(fixture, &mut [&mut heartbeat], 60).await,
        0,
        "once"
    );

    // It was not dead, only silent: it is told, and its message is an orphan.
    assert!(!store(&killed, &lost[0], 8).await);
    assert_eq!(its_heartbeat.send().await.unwrap(), 0);
    let again = go(lease(&killed).await);
    assert!(store(&killed, &again, 9).await, "and goes on");
}

/// A message may be on its way all the same: the limits of the service hold, only the place in the line is free.
async fn what_was_given_up_still_counts(fixture: &Fixture) {
    fixture.staff(1, 1).await;
    let policy = Policy {
        minute_sends: 3,
        ..Policy::default()
    };
    let (killed, successor) = (fixture.pool(policy), fixture.pool(policy));
    Heartbeat::new(killed.clone(), fixture.clock())
        .send()
        .await
        .unwrap();
    let lost = all_leases(&killed).await;
    assert_eq!(lost.len(), 3, "the bucket's burst, and the window");
    let mut heartbeat = Heartbeat::new(successor.clone(), fixture.clock());
    assert_eq!(beat_for(fixture, &mut [&mut heartbeat], 30).await, 3);
    let until = wait(lease(&successor).await);
    assert_eq!(until, lost[0].deadline + policy.minute);
    assert_eq!(
        fixture.pair_row(BOT + 1, CHAT - 1).await.state,
        BotChatState::Active
    );
}

/// A server whose clock is far ahead, or behind, hears the others as well as any.
async fn clocks_that_differ_mark_nobody_dead(fixture: &Fixture) {
    fixture.staff(1, 1).await;
    let pools = [
        fixture.pool(Policy::default()),
        fixture.pool(Policy::default()),
    ];
    let clock = fixture.clock();
    let ahead: Clock = Arc::new(move || clock() + TimeDelta::minutes(5));
    let mut one = Heartbeat::new(pools[0].clone(), fixture.clock());
    let mut other = Heartbeat::new(pools[1].clone(), ahead);
    beat_for(fixture, &mut [&mut one, &mut other], 30).await;
    let sending = go(lease(&pools[0]).await);
    assert_eq!(beat_for(fixture, &mut [&mut one, &mut other], 60).await, 0);
    assert!(store(&pools[0], &sending, 1).await);
}

async fn an_outage_of_postgres_kills_nobody(fixture: &Fixture) {
    fixture.staff(1, 1).await;
    let pools = [
        fixture.pool(Policy::default()),
        fixture.pool(Policy::default()),
    ];
    let [mut one, mut other] = pools
        .each_ref()
        .map(|pool| Heartbeat::new(pool.clone(), fixture.clock()));
    beat_for(fixture, &mut [&mut one, &mut other], 60).await;
    let sending = go(lease(&pools[1]).await);
    // Nobody can send a heartbeat for a while; the first to be back must not take the other for dead.
    fixture.pass(TimeDelta::seconds(40));
    assert_eq!(one.send().await.unwrap(), 0);
    assert_eq!(beat_for(fixture, &mut [&mut one, &mut other], 60).await, 0);
    assert!(store(&pools[1], &sending, 1).await);
}
