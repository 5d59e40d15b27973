//! A policy around the store for new parts: it takes none once a disk that they or their rows fill has only its reserve
//! left. The reserve itself is [`crate::disk`]'s.

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use ferry_core::wire::MAX_PART_BODY_BYTES;

use super::{ByteStream, Erasure, Locator, PartStore, StorageError};
use crate::disk::{Disk, DiskFull};

/// A store that leaves the reserve of this machine's disks alone.
pub struct Reserving {
    store: Arc<dyn PartStore>,
    /// Where the bytes of parts go, if that is here.
    parts: Option<Arc<Disk>>,
    /// Where the rows about them go, if that is here.
    rows: Option<Arc<Disk>>,
}

impl Reserving {
    /// `store`, whose parts and rows go to these disks.
    pub fn new(
        store: Arc<dyn PartStore>,
        parts: Option<Arc<Disk>>,
        rows: Option<Arc<Disk>>,
    ) -> Self {
        Reserving { store, parts, rows }
    }

    /// Room for the rows about a part is what the reserve is for: they only must find it untouched.
    async fn require_for_rows(&self) -> Result<(), DiskFull> {
        match &self.rows {
            Some(disk) => disk.require(0).await,
            None => Ok(()),
        }
    }
}

impl From<DiskFull> for StorageError {
    fn from(DiskFull: DiskFull) -> Self {
        StorageError::Full
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
        self.require_for_rows().await?;
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let _claim = match &self.parts {
            Some(disk) => Some(disk.claim(bytes).await?),
            None => None,
        };
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
        self.require_for_rows().await?;
        match &self.parts {
            Some(disk) => Ok(disk.require(u64::from(MAX_PART_BODY_BYTES)).await?),
            None => Ok(()),
        }
    }
}
