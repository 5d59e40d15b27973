//! Signs of life of a run: whether bytes are read, and whether storage is asked to make something durable. What a
//! watch has to know that must not take slow work for a disk that hangs; no measure of progress.

use std::sync::{
    Arc,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

/// Shared by all threads of a run. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Activity(Arc<Signs>);

#[derive(Debug, Default)]
struct Signs {
    moved: AtomicU64,
    syncs_under_way: AtomicUsize,
}

impl Activity {
    /// So many bytes were read or hashed.
    pub fn read(&self, size_bytes: u64) {
        self.0.moved.fetch_add(size_bytes, Ordering::Relaxed);
    }

    /// A number that grows while anything moves.
    pub fn moved(&self) -> u64 {
        self.0.moved.load(Ordering::Relaxed)
    }

    /// A sync is under way until the answer is dropped. Nobody sees from outside how far one is.
    pub fn syncing(&self) -> Syncing<'_> {
        self.0.syncs_under_way.fetch_add(1, Ordering::SeqCst);
        Syncing(self)
    }

    /// Whether a sync is under way.
    pub fn is_syncing(&self) -> bool {
        self.0.syncs_under_way.load(Ordering::SeqCst) > 0
    }
}

/// A sync under way.
#[derive(Debug)]
pub struct Syncing<'a>(&'a Activity);

impl Drop for Syncing<'_> {
    fn drop(&mut self) {
        // its end is a sign of life, and is seen before the sync is over
        self.0.read(1);
        self.0.0.syncs_under_way.fetch_sub(1, Ordering::SeqCst);
    }
}
