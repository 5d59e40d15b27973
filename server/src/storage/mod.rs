//! Where sealed parts are kept: the `PartStore` seam, its errors, and the stores by name.
//! It knows neither files nor users: a part is bytes under a locator that only its own provider can read.

mod bounded;
mod opendal;
mod reserving;
pub mod telegram;

#[cfg(test)]
mod contract;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::BoxStream;

pub use bounded::{Bounded, StorageLimits};
pub use opendal::{OpendalStore, S3Settings};
pub use reserving::Reserving;

/// Where a provider put a part: JSON that only the provider looks into.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Locator(pub serde_json::Value);

/// A part's bytes on their way out.
pub type ByteStream = BoxStream<'static, Result<Bytes, StorageError>>;

/// The range of all bytes, however many there are.
const WHOLE: Range<u64> = 0..u64::MAX;

/// What became of deleted bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// They are gone.
    Deleted,
    /// The provider keeps them; without keys and rows nobody can read them.
    CryptoErased,
}

/// Why a provider did not do what it was asked, sorted by what the caller can do.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// There are no bytes under this locator, and the provider is sure of it.
    #[error("no such bytes in the store")]
    NotFound,
    /// No room; the same put works when there is some.
    #[error("the store is full: parts are refused until there is room, deletions work")]
    Full,
    /// Gone, frozen, refusing or overloaded: the same call works later.
    #[error("the store does not answer: {0}")]
    Unavailable(String),
    /// Larger than the provider takes at all.
    #[error("the store takes at most {limit_bytes} bytes at once")]
    TooLarge {
        /// What it takes.
        limit_bytes: u64,
    },
    /// It answers and would, but its own limits say when.
    #[error("the store is busy: {why}")]
    Busy {
        /// Seconds after which the same call may work.
        retry_after_secs: u32,
        /// What is waited for, for the log.
        why: String,
    },
    /// The locator is none of this provider's.
    #[error("the locator is none of this provider's")]
    ForeignLocator,
}

/// A provider of sealed parts. Every one passes `storage/contract.rs`.
#[async_trait]
pub trait PartStore: Send + Sync {
    /// A locator for bytes that are about to be put: random, naming neither file nor user.
    /// It is written down first, so that bytes nobody committed can be found and deleted.
    fn locate(&self) -> Locator;

    /// Stores the bytes whole and durably, or not at all. The answer replaces the locator from [`PartStore::locate`].
    async fn put(&self, locator: Locator, body: Bytes) -> Result<Locator, StorageError>;

    /// The bytes, or the half-open range of them.
    async fn get(
        &self,
        locator: &Locator,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError>;

    /// Deletes these bytes in as few calls as the provider needs: one answer each, in the same order. Bytes that are gone
    /// already are a success.
    async fn delete(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>>;

    /// How long after a put the provider still deletes bytes; none: always.
    fn deletable_for(&self) -> Option<TimeDelta>;

    /// Whether the provider can be used just now.
    async fn health(&self) -> Result<(), StorageError>;
}

/// The answer to a batch that could not be tried.
fn refused(locators: &[Locator], error: &StorageError) -> Vec<Result<Erasure, StorageError>> {
    let said = error.to_string();
    locators
        .iter()
        .map(|_| Err(StorageError::Unavailable(said.clone())))
        .collect()
}

/// The stores by the name that part rows carry; new parts go to the default one.
#[derive(Clone)]
pub struct Stores {
    default: String,
    by_name: BTreeMap<String, Arc<dyn PartStore>>,
}

impl Stores {
    /// One store, which is the default.
    pub fn new(default: impl Into<String>, store: Arc<dyn PartStore>) -> Self {
        let default = default.into();
        Stores {
            by_name: BTreeMap::from([(default.clone(), store)]),
            default,
        }
    }

    /// One more, for parts that were put there earlier.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, store: Arc<dyn PartStore>) -> Self {
        self.by_name.insert(name.into(), store);
        self
    }

    /// Name of the store for new parts.
    pub fn default_name(&self) -> &str {
        &self.default
    }

    /// The store of that name; one that is no longer configured counts as not answering.
    pub fn named(&self, name: &str) -> Result<&Arc<dyn PartStore>, StorageError> {
        self.by_name.get(name).ok_or_else(|| {
            StorageError::Unavailable(format!("no store named {name} is configured"))
        })
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Arc<dyn PartStore>)> {
        self.by_name
            .iter()
            .map(|(name, store)| (name.as_str(), store))
    }

    /// Stores that delete young bytes alone, each with the time since when bytes must have been put to be deleted yet.
    pub fn deletable_since(&self, now: DateTime<Utc>) -> Vec<(&str, DateTime<Utc>)> {
        self.iter()
            .filter_map(|(name, store)| {
                let oldest = now.checked_sub_signed(store.deletable_for()?)?;
                Some((name, oldest))
            })
            .collect()
    }

    /// Whether the default store can be used.
    pub async fn health(&self) -> Result<(), StorageError> {
        self.named(&self.default)?.health().await
    }
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stores")
            .field("default", &self.default)
            .finish_non_exhaustive()
    }
}
