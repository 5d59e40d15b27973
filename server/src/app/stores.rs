//! Opens the configured stores, and barriers those that never held a part. What a store does is not known here.

use std::sync::Arc;

use anyhow::Context as _;

use super::telegram::Telegram;
use crate::{
    clock,
    config::{Config, S3Config, StorageConfig},
    storage::{
        Bounded, DiskReserve, OpendalStore, PartStore, Reserving, S3Settings, StorageError,
        StorageLimits, Stores,
    },
    uploads::Uploads,
};

/// A store that counts as gone while its marker is missing.
#[derive(Clone)]
pub(super) struct Marked {
    name: &'static str,
    store: OpendalStore,
}

/// Opens the directory and the bucket, as far as they are in use.
pub(super) async fn open_marked(config: &Config) -> anyhow::Result<Vec<Marked>> {
    let mut opened = Vec::new();
    for storage in config.stores() {
        if let Some(store) = open_one(storage).await? {
            opened.push(Marked {
                name: storage.kind(),
                store,
            });
        }
    }
    Ok(opened)
}

async fn open_one(config: &StorageConfig) -> anyhow::Result<Option<OpendalStore>> {
    match config {
        StorageConfig::Directory { path } => {
            let opened = OpendalStore::directory(path, clock::system()()).await;
            opened
                .with_context(|| format!("the directory for parts, {}", path.display()))
                .map(Some)
        }
        StorageConfig::S3(s3) => {
            let opened = OpendalStore::s3(&settings_of(s3)).await;
            opened
                .with_context(|| format!("the bucket {}", s3.bucket))
                .map(Some)
        }
        StorageConfig::Telegram => Ok(None),
    }
}

/// All of them by name, each within its limits; the first of the settings is the default.
pub(super) fn join(
    config: &Config,
    marked: &[Marked],
    telegram: Option<&Telegram>,
) -> anyhow::Result<Stores> {
    let of_marked = marked.iter().map(|marked| {
        let bounded = Bounded::new(marked.store.clone(), StorageLimits::default());
        let store: Arc<dyn PartStore> = Arc::new(bounded);
        (marked.name, store)
    });
    let of_telegram = telegram.map(|telegram| {
        let store: Arc<dyn PartStore> = telegram.store.clone();
        (StorageConfig::Telegram.kind(), store)
    });
    let default = config.storage.kind();
    let (first, others): (Vec<_>, Vec<_>) = of_marked
        .chain(of_telegram)
        .partition(|(name, _)| *name == default);
    let (_, first) = first
        .into_iter()
        .next()
        .with_context(|| format!("the store {default} was not opened"))?;
    let first = Reserving::new(first, Arc::new(reserve_of(config)));
    let stores = Stores::new(default, Arc::new(first));
    Ok(others
        .into_iter()
        .fold(stores, |stores, (name, store)| stores.with(name, store)))
}

/// The disks of this machine that new parts, or the rows about them, fill.
fn reserve_of(config: &Config) -> DiskReserve {
    let parts = match &config.storage {
        StorageConfig::Directory { path } => Some(path.clone()),
        StorageConfig::S3(_) | StorageConfig::Telegram => None,
    };
    let has_own_postgres = config.database_url.is_none();
    let database = has_own_postgres.then(|| config.data_dir.clone());
    let folders = parts.into_iter().chain(database).collect();
    DiskReserve::new(folders, config.disk_reserve_bytes)
}

fn settings_of(s3: &S3Config) -> S3Settings {
    S3Settings {
        bucket: s3.bucket.clone(),
        endpoint: s3.endpoint.clone(),
        region: s3.region.clone(),
        prefix: s3.prefix.clone(),
        access_key_id: s3.access_key_id.expose().to_owned(),
        secret_access_key: s3.secret_access_key.expose().to_owned(),
    }
}

impl Marked {
    /// Whether it may be marked: it is, or nothing was ever recorded for it. Asked before the first request is served, because a part
    /// that is refused for the missing marker leaves a record too.
    pub(super) async fn is_new(&self, uploads: &Uploads) -> anyhow::Result<bool> {
        let is_marked = self.store.is_marked().await;
        if matches!(is_marked, Ok(true)) || !uploads.knows_store(self.name).await? {
            return Ok(true);
        }
        if is_marked.is_ok() {
            tracing::error!(store = self.name, "{}", self.store.unmarked_advice());
        }
        Ok(false)
    }

    pub(super) async fn place_marker(&self) -> Result<(), StorageError> {
        self.store.place_marker().await
    }
}
