//! `--bwlimit`: one allowance that all threads share.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use super::stop::Stop;

/// So many bytes a second, or no limit.
#[derive(Debug)]
pub struct Pace {
    bytes_per_sec: u64,
    /// Until when what was let through is paid for.
    paid_until: Mutex<Instant>,
    passed_bytes: AtomicU64,
    /// Threads that wait here.
    held: AtomicUsize,
}

impl Pace {
    /// 0: no limit.
    pub fn new(bytes_per_sec: u64) -> Self {
        Pace {
            bytes_per_sec,
            paid_until: Mutex::new(Instant::now()),
            passed_bytes: AtomicU64::new(0),
            held: AtomicUsize::new(0),
        }
    }

    /// Whether somebody waits for the limit.
    pub fn holds_back(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0
    }

    /// So many passed so far.
    pub fn passed_bytes(&self) -> u64 {
        self.passed_bytes.load(Ordering::Relaxed)
    }

    /// Waits until so many bytes may pass.
    pub fn let_through(&self, size_bytes: usize, stop: &Stop) {
        self.passed_bytes
            .fetch_add(size_bytes as u64, Ordering::Relaxed);
        if self.bytes_per_sec == 0 {
            return;
        }
        let cost = Duration::from_secs_f64(size_bytes as f64 / self.bytes_per_sec as f64);
        let now = Instant::now();
        let wait = {
            let mut paid = self
                .paid_until
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            let begin = (*paid).max(now);
            *paid = begin + cost;
            begin.saturating_duration_since(now)
        };
        self.held.fetch_add(1, Ordering::Relaxed);
        stop.wait(wait);
        self.held.fetch_sub(1, Ordering::Relaxed);
    }
}
