//! The wall clock, handed in so that tests can set it. Durations are measured with `Instant`, not with this.

use std::sync::atomic::{AtomicI64, Ordering};

/// Nanoseconds since the Unix epoch; negative before it.
pub type UnixNanos = i64;

/// What time it is.
#[derive(Debug)]
pub enum Clock {
    /// The system's, which only goes forward here: each answer is later than the one before, also when somebody sets the
    /// clock back. What is kept here is the latest.
    System(AtomicI64),
    /// Stands still until it is set.
    Fixed(AtomicI64),
}

impl Clock {
    /// The system's.
    pub fn system() -> Self {
        Clock::System(AtomicI64::new(i64::MIN))
    }

    /// Now, in nanoseconds since the Unix epoch.
    pub fn now_ns(&self) -> UnixNanos {
        match self {
            Clock::System(latest) => {
                let now = system_ns();
                let later = |before: i64| now.max(before.saturating_add(1));
                match latest.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |before| {
                    Some(later(before))
                }) {
                    Ok(before) | Err(before) => later(before),
                }
            }
            Clock::Fixed(at) => at.load(Ordering::SeqCst),
        }
    }

    /// From now on it is never earlier than this, which was written down already. Gives how far the system is behind.
    pub fn not_before(&self, at_ns: UnixNanos) -> u64 {
        let Clock::System(latest) = self else {
            return 0;
        };
        latest.fetch_max(at_ns, Ordering::SeqCst);
        u64::try_from(at_ns.saturating_sub(system_ns())).unwrap_or(0)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_back_goes_on_from_what_was_written_down() {
        let clock = Clock::system();
        let hour_ns = 3_600_000_000_000;
        let written_ns = clock.now_ns() + hour_ns;
        let behind_ns = clock.not_before(written_ns);
        assert!(behind_ns > 3_000_000_000_000, "{behind_ns}");
        let after = [clock.now_ns(), clock.now_ns()];
        assert_eq!(after, [written_ns + 1, written_ns + 2]);
        assert_eq!(clock.not_before(0), 0);
    }
}
