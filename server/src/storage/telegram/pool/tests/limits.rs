//! Three pools that send as fast as they may over a line that jitters, judged by when messages arrive.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;

use super::fixture::{Fixture, lease, store};
use crate::storage::telegram::Policy;
use crate::storage::telegram::pool::{Lease, Leased, Pool};

const SECS: i64 = 200;
const WISHES_A_SECOND: usize = 6;

/// What arrived, by pair.
type Arrivals = BTreeMap<(i64, i64), Vec<DateTime<Utc>>>;

#[tokio::test]
async fn no_window_is_exceeded_whatever_the_line_does() {
    let fixture = Fixture::start().await;
    fixture.staff(6, 1).await;
    let (arrivals, most_in_flight) = saturate(&fixture, Policy::default()).await;
    assert_eq!(arrivals.len(), 6, "every pair takes part");
    assert!(most_in_flight <= 6, "{most_in_flight} of one bot in flight");
    assert!(most_in_flight >= 5, "the line was never full");
    for (pair, times) in &arrivals {
        assert!(most_within(times, TimeDelta::seconds(60)) <= 20, "{pair:?}");
        assert!(most_within(times, TimeDelta::seconds(5)) <= 5, "{pair:?}");
        assert!(times.len() > 35, "{pair:?} sent only {}", times.len());
    }

    // The same line breaks a bucket of the same rhythm without the window: the test would see it.
    fixture.clear().await;
    fixture.staff(6, 1).await;
    let bucket_alone = Policy {
        minute_sends: u32::MAX,
        moment_sends: u32::MAX,
        ..Policy::default()
    };
    let (arrivals, _) = saturate(&fixture, bucket_alone).await;
    let worst = arrivals
        .values()
        .map(|times| most_within(times, TimeDelta::seconds(60)))
        .max();
    assert!(
        worst > Some(20),
        "the line does not jitter enough: {worst:?}"
    );
    fixture.database.stop().await;
}

/// Sends over a line that stops for 25 seconds now and then and lets everything through at once afterwards.
async fn saturate(fixture: &Fixture, policy: Policy) -> (Arrivals, usize) {
    let pools: Vec<Pool> = (0..3).map(|_| fixture.pool(policy)).collect();
    let mut arrivals = Arrivals::new();
    let mut under_way: Vec<(DateTime<Utc>, usize, Lease)> = Vec::new();
    let (mut message_id, mut most_in_flight) = (0, 0);
    for second in 0..SECS {
        fixture.pass(TimeDelta::seconds(1));
        let now = fixture.now();
        let (ended, rest) = under_way.into_iter().partition(|(end, ..)| *end <= now);
        under_way = rest;
        let ended: Vec<(DateTime<Utc>, usize, Lease)> = ended;
        let settled = ended.iter().map(|(_, pool, lease)| {
            message_id += 1;
            let pair = (lease.bot_id, lease.chat_id);
            arrivals.entry(pair).or_default().push(now);
            store(&pools[*pool], lease, message_id)
        });
        assert!(join_all(settled).await.into_iter().all(|counts| counts));
        let wishes = (0..WISHES_A_SECOND).map(|n| lease(&pools[n % 3]));
        for (n, leased) in join_all(wishes).await.into_iter().enumerate() {
            if let Leased::Go(lease) = leased {
                under_way.push((now + on_the_line(second), n % 3, lease));
            }
        }
        most_in_flight = most_in_flight.max(most_of_one_bot(&under_way));
    }
    (arrivals, most_in_flight)
}

/// How long a send takes that begins in this second.
fn on_the_line(second: i64) -> TimeDelta {
    let stops_at = 55;
    let phase = second % 80;
    match phase {
        _ if phase >= stops_at => TimeDelta::seconds(80 - phase),
        _ => TimeDelta::seconds(1 + second % 3),
    }
}

fn most_of_one_bot(under_way: &[(DateTime<Utc>, usize, Lease)]) -> usize {
    let bots: BTreeSet<i64> = under_way.iter().map(|(.., lease)| lease.bot_id).collect();
    let count = |bot: &i64| {
        let of = under_way.iter().filter(|(.., lease)| lease.bot_id == *bot);
        of.count()
    };
    bots.iter().map(count).max().unwrap_or(0)
}

/// Most of these (rising) in any window that is open at its beginning.
fn most_within(times: &[DateTime<Utc>], window: TimeDelta) -> usize {
    let from = |first: &DateTime<Utc>| {
        let inside = times
            .iter()
            .filter(|at| *at >= first && **at - *first < window);
        inside.count()
    };
    times.iter().map(from).max().unwrap_or(0)
}
