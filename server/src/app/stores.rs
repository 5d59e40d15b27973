//! Opens the configured stores, and marks those that never held a part. What a store does is not known here.

use std::sync::Arc;

use anyhow::Context as _;

use crate::{
    clock,
    config::{Config, S3Config, StorageConfig},
    storage::{Bounded, OpendalStore, S3Settings, StorageError, StorageLimits, Stores},
    uploads::Uploads,
};

/// The stores, and those of them that lie under a marker.
pub(super) struct Opened {
    pub(super) stores: Stores,
    pub(super) marked: Vec<Marked>,
}

/// A store that counts as gone while its marker is missing.
#[derive(Clone)]
pub(super) struct Marked {
    name: &'static str,
    store: OpendalStore,
}

/// Opens the default store and the others.
pub(super) async fn open(config: &Config) -> anyhow::Result<Opened> {
    let default = open_one(&config.storage).await?;
    let mut opened = Opened {
        stores: Stores::new(default.name, bounded(&default)),
        marked: vec![default],
    };
    for storage in &config.also {
        let store = open_one(storage).await?;
        opened.stores = opened.stores.with(store.name, bounded(&store));
        opened.marked.push(store);
    }
    Ok(opened)
}

fn bounded(marked: &Marked) -> Arc<Bounded<OpendalStore>> {
    Arc::new(Bounded::new(marked.store.clone(), StorageLimits::default()))
}

async fn open_one(config: &StorageConfig) -> anyhow::Result<Marked> {
    let store = match config {
        StorageConfig::Directory { path } => {
            let opened = OpendalStore::directory(path, clock::system()()).await;
            opened.with_context(|| format!("the directory for parts, {}", path.display()))?
        }
        StorageConfig::S3(s3) => {
            let opened = OpendalStore::s3(&settings_of(s3)).await;
            opened.with_context(|| format!("the bucket {}", s3.bucket))?
        }
        StorageConfig::Telegram => anyhow::bail!("parts can not be kept in Telegram yet"),
    };
    Ok(Marked {
        name: config.kind(),
        store,
    })
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

    /// Marks it.
    pub(super) async fn place_marker(&self) -> Result<(), StorageError> {
        self.store.place_marker().await
    }
}
