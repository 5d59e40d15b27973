//! The wall clock, handed in so that tests can set it. Durations are measured with `Instant`, not with this.

use std::sync::atomic::{AtomicI64, Ordering};

/// Nanoseconds since the Unix epoch; negative before it.
pub type UnixNanos = i64;

/// What time it is.
#[derive(Debug)]
pub enum Clock {
    /// The system's.
    System,
    /// Stands still until it is set.
    Fixed(AtomicI64),
}

impl Clock {
    /// Now, in nanoseconds since the Unix epoch.
    pub fn now_ns(&self) -> UnixNanos {
        match self {
            Clock::System => system_ns(),
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the program asks the system for the time"
)]
fn system_ns() -> UnixNanos {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    match since {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
    }
}
