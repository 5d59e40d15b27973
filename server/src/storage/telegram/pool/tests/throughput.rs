//! How much of what the policy allows comes out, in virtual time: events in their order, nothing sleeps.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::fixture::{Fixture, go, lease, store};
use crate::storage::telegram::Policy;
use crate::storage::telegram::pool::{Lease, Leased};

const PAIRS: i64 = 20;
/// Uploads that are ready to be sent at any time.
const SENDERS: usize = 60;
const PART_BYTES: f64 = (16 << 20) as f64;
/// What a run has where nobody asks for more; half an hour is the soak's.
const MINUTES: i64 = 2;

enum Event {
    Ended(Lease),
    Wake,
}

#[tokio::test]
async fn twenty_pairs_carry_what_the_policy_allows() {
    let minutes = minutes().unwrap_or(MINUTES);
    let fixture = Fixture::start().await;
    fixture.staff(PAIRS, 1).await;
    let policy = Policy::default();
    let sent = run(&fixture, policy, minutes).await;
    let secs = 60.0 * minutes as f64;
    let allowed = policy.sends_per_minute / 60.0 * secs * PAIRS as f64;
    let share = sent as f64 / allowed;
    let mb_per_sec = sent as f64 * PART_BYTES / secs / 1e6;
    println!(
        "{minutes} virtual minutes: {sent} parts, {:.1} % of the policy, {mb_per_sec:.1} MB/s",
        share * 100.0
    );
    assert!(share >= 0.9, "only {share:.3} of what is allowed");
    assert!(share <= 1.02, "more than is allowed: {share:.3}");
    assert!(mb_per_sec >= 90.0, "only {mb_per_sec:.1} MB/s");
    fixture.database.stop().await;
}

#[expect(clippy::disallowed_methods, reason = "the soak asks for the long run")]
fn minutes() -> Option<i64> {
    std::env::var("FERRY_TEST_VIRTUAL_MINUTES")
        .ok()?
        .parse()
        .ok()
}

/// After a minute in which buckets empty, counts what is stored in the minutes that follow.
async fn run(fixture: &Fixture, policy: Policy, minutes: i64) -> u32 {
    let pool = fixture.pool(policy);
    let begin = fixture.now() + TimeDelta::minutes(1);
    let end = begin + TimeDelta::minutes(minutes);
    let mut events: BTreeMap<(DateTime<Utc>, u64), Event> = BTreeMap::new();
    let (mut number, mut free, mut sent) = (0, SENDERS, 0);
    let mut waking = None;
    loop {
        while free > 0 && waking.is_none() {
            match lease(&pool).await {
                Leased::Wait { until } => {
                    events.insert((until, 0), Event::Wake);
                    waking = Some(until);
                }
                leased => {
                    number += 1;
                    free -= 1;
                    let takes = TimeDelta::milliseconds(2_000 + (number as i64 * 7_919) % 4_000);
                    events.insert((fixture.now() + takes, number), Event::Ended(go(leased)));
                }
            }
        }
        let Some(((now, id), event)) = events.pop_first() else {
            panic!("nothing goes on");
        };
        if now > end {
            return sent;
        }
        fixture.set(now);
        match event {
            Event::Wake => waking = None,
            Event::Ended(lease) => {
                assert!(store(&pool, &lease, i64::try_from(id).unwrap()).await);
                free += 1;
                sent += u32::from(now > begin);
            }
        }
    }
}
