//! A policy around the store for new parts: the last room of this machine's disks is left alone. A Postgres whose disk is
//! full cannot even delete, and then nothing can be freed through Ferry any more. It is no quota, and deletions never
//! ask it.

use std::{
    ops::Range,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use ferry_core::wire::MAX_PART_BODY_BYTES;

use super::{ByteStream, Erasure, Locator, PartStore, StorageError};
use crate::disk::free_bytes;

/// A disk that answers no sooner, such as a network's that is gone, is not waited for.
const ANSWER: Duration = Duration::from_secs(2);
/// Each unanswered question holds a thread.
const MOST_QUESTIONS: usize = 32;

/// Room that parts never take.
#[derive(Debug)]
pub struct DiskReserve {
    /// Folders on the disks that parts and the private Postgres fill.
    folders: Vec<PathBuf>,
    bytes: u64,
    /// Bytes that puts are writing: they count as written.
    under_way: AtomicU64,
    /// Questions that a disk has not answered.
    questions: Arc<AtomicUsize>,
}

/// Bytes of a put, given back when it has ended.
struct Claim<'a> {
    reserve: &'a DiskReserve,
    bytes: u64,
}

impl DiskReserve {
    /// Keeps `bytes` free on the disks of these folders. One that cannot be asked counts as having room: the write
    /// there will hear.
    pub fn new(folders: Vec<PathBuf>, bytes: u64) -> Self {
        DiskReserve {
            folders,
            bytes,
            under_way: AtomicU64::new(0),
            questions: Arc::default(),
        }
    }

    async fn claim(&self, bytes: u64) -> Result<Claim<'_>, StorageError> {
        let before = self.under_way.fetch_add(bytes, Ordering::SeqCst);
        let claim = Claim {
            reserve: self,
            bytes,
        };
        self.require(before.saturating_add(bytes)).await?;
        Ok(claim)
    }

    /// Refuses what would leave less than the reserve.
    async fn require(&self, bytes: u64) -> Result<(), StorageError> {
        match self.free_bytes().await {
            Some(free) if free < self.bytes.saturating_add(bytes) => Err(StorageError::Full),
            _ => Ok(()),
        }
    }

    /// On the fullest of the disks; none where it does not answer: the store's own limits are for that.
    async fn free_bytes(&self) -> Option<u64> {
        if self.questions.load(Ordering::SeqCst) >= MOST_QUESTIONS {
            return None;
        }
        let (folders, questions) = (self.folders.clone(), Arc::clone(&self.questions));
        questions.fetch_add(1, Ordering::SeqCst);
        let asked = tokio::task::spawn_blocking(move || {
            let free = folders.iter().filter_map(|folder| free_bytes(folder)).min();
            questions.fetch_sub(1, Ordering::SeqCst);
            free
        });
        tokio::time::timeout(ANSWER, asked).await.ok()?.ok()?
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.reserve
            .under_way
            .fetch_sub(self.bytes, Ordering::SeqCst);
    }
}

/// A store that takes nothing once a disk has only its reserve.
pub struct Reserving {
    store: Arc<dyn PartStore>,
    reserve: Arc<DiskReserve>,
}

impl Reserving {
    /// `store`, which leaves `reserve` alone.
    pub fn new(store: Arc<dyn PartStore>, reserve: Arc<DiskReserve>) -> Self {
        Reserving { store, reserve }
    }
}

#[deny(
    clippy::missing_trait_methods,
    reason = "a method that is not handed on would lose the store's own answer"
)]
#[async_trait]
impl PartStore for Reserving {
    fn locate(&self) -> Locator {
        self.store.locate()
    }

    async fn put(&self, locator: Locator, body: Bytes) -> Result<Locator, StorageError> {
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let _claim = self.reserve.claim(bytes).await?;
        self.store.put(locator, body).await
    }

    async fn get(
        &self,
        locator: &Locator,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        self.store.get(locator, range).await
    }

    async fn delete(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        self.store.delete(locators).await
    }

    fn deletable_for(&self) -> Option<TimeDelta> {
        self.store.deletable_for()
    }

    /// Full as soon as a part of the largest kind would be refused.
    async fn health(&self) -> Result<(), StorageError> {
        self.store.health().await?;
        self.reserve.require(u64::from(MAX_PART_BODY_BYTES)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_being_written_counts_until_it_has_ended() {
        let folder = tempfile::tempdir().unwrap();
        let folders = vec![folder.path().to_owned(), PathBuf::from("/no/such/folder")];
        let free = free_bytes(&folders[0]).unwrap();
        // Whatever else writes to this disk meanwhile stays below a half.
        let reserve = DiskReserve::new(folders, free / 2);
        let claim = reserve.claim(free / 4).await.unwrap();
        assert!(matches!(
            reserve.claim(free / 2).await,
            Err(StorageError::Full)
        ));
        drop(claim);
        assert_eq!(reserve.under_way.load(Ordering::SeqCst), 0);
        assert!(reserve.claim(free / 4).await.is_ok());
        assert!(matches!(reserve.claim(free).await, Err(StorageError::Full)));
    }
}
