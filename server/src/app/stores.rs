//! Opens the configured stores, and barriers those that never held a part. What a store does is not known here.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;

use super::telegram::Telegram;
use crate::{
    clock,
    config::{Config, S3Config, StorageConfig},
    disk::{Disk, Disks},
    storage::{
        Bounded, OpendalStore, PartStore, Reserving, S3Settings, StorageError, StorageLimits,
        Stores,
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
    disks: &mut Disks,
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
    let first = reserving(first, config, disks)?;
    let stores = Stores::new(default, Arc::new(first));
    Ok(others
        .into_iter()
        .fold(stores, |stores, (name, store)| stores.with(name, store)))
}

/// The store for new parts, which leaves the reserve alone on the disks that they and the rows about them fill.
fn reserving(
    store: Arc<dyn PartStore>,
    config: &Config,
    disks: &mut Disks,
) -> anyhow::Result<Reserving> {
    let mut disk_of = |folder: &Path| -> anyhow::Result<Arc<Disk>> {
        disks
            .of(folder, config.disk_reserve_bytes)
            .with_context(|| format!("the disk of {}", folder.display()))
    };
    let parts = match &config.storage {
        StorageConfig::Directory { path } => Some(disk_of(path)?),
        StorageConfig::S3(_) | StorageConfig::Telegram => None,
    };
    let has_own_postgres = config.database_url.is_none();
    let rows = has_own_postgres
        .then(|| disk_of(&config.data_dir))
        .transpose()?;
    Ok(Reserving::new(store, parts, rows))
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
