//! A process that is killed gives its places back by its silence; one that only could not be heard loses nothing but time.

use std::sync::Arc;

use chrono::TimeDelta;

use super::stage::{BOT, CHAT, Stage, all_leases, go, lease, store, wait};
use crate::clock::Clock;
use crate::storage::telegram::{BEAT_EVERY, Policy, Pulse};

/// Beats for so many seconds; how many sends were given up.
async fn beat_for(stage: &Stage, pulses: &mut [&mut Pulse], secs: i64) -> usize {
    let (end, mut given_up) = (stage.now() + TimeDelta::seconds(secs), 0);
    while stage.now() < end {
        stage.pass(TimeDelta::from_std(BEAT_EVERY).unwrap());
        for pulse in &mut *pulses {
            given_up += pulse.beat().await.unwrap();
        }
    }
    given_up
}

#[tokio::test]
async fn the_silent_are_buried_and_the_slow_are_told() {
    let stage = Stage::start().await;
    a_killed_servers_places_are_free_when_its_successor_is_sure(&stage).await;
    stage.clear().await;
    what_was_given_up_still_counts(&stage).await;
    stage.clear().await;
    an_outage_of_postgres_kills_nobody(&stage).await;
    stage.clear().await;
    clocks_that_differ_bury_nobody(&stage).await;
    stage.database.stop().await;
}

async fn a_killed_servers_places_are_free_when_its_successor_is_sure(stage: &Stage) {
    stage.staff(1, 3).await;
    let (killed, successor) = (stage.pool(Policy::default()), stage.pool(Policy::default()));
    let mut its_pulse = Pulse::new(killed.clone(), stage.clock());
    assert_eq!(its_pulse.beat().await.unwrap(), 0);
    let lost = all_leases(&killed).await;
    assert_eq!(lost.len(), 6, "every place of the bot");

    let mut pulse = Pulse::new(successor.clone(), stage.clock());
    assert_eq!(
        beat_for(stage, &mut [&mut pulse], 20).await,
        0,
        "not sure yet"
    );
    wait(lease(&successor).await);
    assert_eq!(beat_for(stage, &mut [&mut pulse], 5).await, 6);
    assert!(stage.now() < lost[0].deadline, "long before its sends end");
    let mine = go(lease(&successor).await);
    assert!(
        store(&successor, &mine, 7).await,
        "its own sends are its own"
    );
    assert_eq!(beat_for(stage, &mut [&mut pulse], 60).await, 0, "once");

    // It was not dead, only silent: it is told, and its message is nobody's.
    assert!(!store(&killed, &lost[0], 8).await);
    assert_eq!(its_pulse.beat().await.unwrap(), 0);
    let again = go(lease(&killed).await);
    assert!(store(&killed, &again, 9).await, "and goes on");
}

/// A message may be on its way all the same: the limits of the service hold, only the place in the line is free.
async fn what_was_given_up_still_counts(stage: &Stage) {
    stage.staff(1, 1).await;
    let policy = Policy {
        minute_sends: 3,
        ..Policy::default()
    };
    let (killed, successor) = (stage.pool(policy), stage.pool(policy));
    Pulse::new(killed.clone(), stage.clock())
        .beat()
        .await
        .unwrap();
    let lost = all_leases(&killed).await;
    assert_eq!(lost.len(), 3, "the bucket's burst, and the window");
    let mut pulse = Pulse::new(successor.clone(), stage.clock());
    assert_eq!(beat_for(stage, &mut [&mut pulse], 30).await, 3);
    let until = wait(lease(&successor).await);
    assert_eq!(until, lost[0].deadline + policy.minute);
    assert_eq!(stage.pair_row(BOT + 1, CHAT - 1).await.state, "active");
}

/// A server whose clock is far ahead, or behind, hears the others as well as any.
async fn clocks_that_differ_bury_nobody(stage: &Stage) {
    stage.staff(1, 1).await;
    let pools = [stage.pool(Policy::default()), stage.pool(Policy::default())];
    let clock = stage.clock();
    let ahead: Clock = Arc::new(move || clock() + TimeDelta::minutes(5));
    let mut one = Pulse::new(pools[0].clone(), stage.clock());
    let mut other = Pulse::new(pools[1].clone(), ahead);
    beat_for(stage, &mut [&mut one, &mut other], 30).await;
    let sending = go(lease(&pools[0]).await);
    assert_eq!(beat_for(stage, &mut [&mut one, &mut other], 60).await, 0);
    assert!(store(&pools[0], &sending, 1).await);
}

async fn an_outage_of_postgres_kills_nobody(stage: &Stage) {
    stage.staff(1, 1).await;
    let pools = [stage.pool(Policy::default()), stage.pool(Policy::default())];
    let [mut one, mut other] = pools
        .each_ref()
        .map(|pool| Pulse::new(pool.clone(), stage.clock()));
    beat_for(stage, &mut [&mut one, &mut other], 60).await;
    let sending = go(lease(&pools[1]).await);
    // Nobody can beat for a while; the first to be back must not take the other for dead.
    stage.pass(TimeDelta::seconds(40));
    assert_eq!(one.beat().await.unwrap(), 0);
    assert_eq!(beat_for(stage, &mut [&mut one, &mut other], 60).await, 0);
    assert!(store(&pools[1], &sending, 1).await);
}
