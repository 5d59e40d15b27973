//! A policy around any store: no more calls at once than it bears, and none that waits forever.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::StreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{ByteStream, Erasure, Locator, PartStore, StorageError, refused};

/// How much a store is asked at once, and how long it may take.
#[derive(Debug, Clone, Copy)]
pub struct StorageLimits {
    /// Calls at once.
    pub concurrency: usize,
    /// A whole put, waiting for its permit included.
    pub put_timeout: Duration,
    /// A batch of deletions, of whatever length.
    pub delete_timeout: Duration,
    /// Any other call, and the wait for the next bytes of a get.
    pub call_timeout: Duration,
}

impl Default for StorageLimits {
    fn default() -> Self {
        StorageLimits {
            concurrency: 64,
            put_timeout: Duration::from_secs(120),
            delete_timeout: Duration::from_secs(180),
            call_timeout: Duration::from_secs(30),
        }
    }
}

/// A store behind limits.
pub struct Bounded<S> {
    store: S,
    limits: StorageLimits,
    permits: Arc<Semaphore>,
}

impl<S: PartStore> Bounded<S> {
    /// `store` behind `limits`.
    pub fn new(store: S, limits: StorageLimits) -> Self {
        Bounded {
            store,
            limits,
            permits: Arc::new(Semaphore::new(limits.concurrency)),
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, StorageError> {
        let closed = |_| StorageError::Unavailable("the store is closed".to_owned());
        Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(closed)
    }
}

async fn within<T>(
    timeout: Duration,
    call: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, StorageError> {
    tokio::time::timeout(timeout, call)
        .await
        .unwrap_or_else(|_| Err(StorageError::Unavailable("no answer in time".to_owned())))
}

#[deny(
    clippy::missing_trait_methods,
    reason = "a method that is not handed on would lose the store's own answer"
)]
#[async_trait]
impl<S: PartStore> PartStore for Bounded<S> {
    fn locate(&self) -> Locator {
        self.store.locate()
    }

    async fn put(&self, locator: Locator, body: Bytes) -> Result<Locator, StorageError> {
        within(self.limits.put_timeout, async {
            let _permit = self.permit().await?;
            self.store.put(locator, body).await
        })
        .await
    }

    async fn get(
        &self,
        locator: &Locator,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let timeout = self.limits.call_timeout;
        let bytes = within(timeout, async {
            let _permit = self.permit().await?;
            self.store.get(locator, range).await
        })
        .await?;
        // Only opening takes a permit: readers who are slow must not keep writers waiting. The store's own silence is timed.
        let timed = futures_util::stream::unfold(Some(bytes), move |bytes| async move {
            let mut bytes = bytes?;
            let piece = within(timeout, async { bytes.next().await.transpose() })
                .await
                .transpose()?;
            let rest = piece.is_ok().then_some(bytes);
            Some((piece, rest))
        });
        Ok(timed.boxed())
    }

    async fn delete(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        let batch = within(self.limits.delete_timeout, async {
            let _permit = self.permit().await?;
            Ok(self.store.delete(locators).await)
        });
        match batch.await {
            Ok(outcomes) => outcomes,
            // Nobody knows how far it came; what is gone already is a success the next time.
            Err(error) => refused(locators, &error),
        }
    }

    fn deletable_for(&self) -> Option<TimeDelta> {
        self.store.deletable_for()
    }

    async fn health(&self) -> Result<(), StorageError> {
        within(self.limits.call_timeout, self.store.health()).await
    }
}
