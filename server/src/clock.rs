//! What time it is and waiting for it, as parts that are handed in: tests age uploads by turning the clock or let it run
//! fast. Nothing else asks the system.

use std::sync::Arc;

use chrono::{DateTime, SubsecRound, Utc};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

/// Tells the time, in whole microseconds: what a row gives back equals what was put in.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

pub fn system() -> Clock {
    Arc::new(|| Utc::now().trunc_subsecs(6))
}

/// Waits until it is that time; at once when it is past. It goes with the [`Clock`] that tells when that is.
pub type Timer = Arc<dyn Fn(DateTime<Utc>) -> BoxFuture<'static, ()> + Send + Sync>;

/// Waits by the system's clock.
pub fn system_timer() -> Timer {
    Arc::new(|until| {
        let left = (until - Utc::now()).to_std().unwrap_or_default();
        tokio::time::sleep(left).boxed()
    })
}

/// A clock that was at `start` when the system's was there too, and has run `scale` times as fast since; and its timer.
/// Processes that are given the same two numbers have the same time.
#[cfg(test)]
pub(crate) fn scaled(start: DateTime<Utc>, scale: u32) -> (Clock, Timer) {
    let clock: Clock = Arc::new(move || {
        let real = Utc::now().trunc_subsecs(6) - start;
        start + real * i32::try_from(scale).unwrap()
    });
    let now = Arc::clone(&clock);
    let timer = Arc::new(move |until: DateTime<Utc>| {
        let left = (until - now()).to_std().unwrap_or_default();
        tokio::time::sleep(left / scale).boxed()
    });
    (clock, timer)
}
