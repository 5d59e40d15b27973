//! The directory and S3 providers, both through opendal: the one file that knows it.
//!
//! A marker lies beside the parts. Without it the store counts as not answering, so that a disk that is not mounted or
//! a bucket that was removed is never taken for parts that are lost, and nothing is written where the disk should be.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt};
use opendal::services::{Fs, S3};
use opendal::{ErrorKind, Operator};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{ByteStream, Erasure, Locator, PartStore, StorageError, refused};

const MARKER: &str = "ferry-store";
const MARKER_TEXT: &str =
    "Sealed parts of a Ferry server. Without this file the server takes the store for unplugged.\n";
/// Where the directory provider writes before it renames.
const INCOMING: &str = "incoming";
/// A crash leaves its half-written files there; no put takes this long.
const INCOMING_STALE: Duration = Duration::from_secs(24 * 3600);

/// Deletions of one batch that are on their way together.
const DELETES_AT_ONCE: usize = 16;

/// How to reach a bucket.
#[derive(Clone)]
pub struct S3Settings {
    /// The bucket; it must exist.
    pub bucket: String,
    /// Where the service is; AWS when absent.
    pub endpoint: Option<String>,
    pub region: String,
    /// Prefix of all keys.
    pub prefix: String,
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl std::fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("S3Settings")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// A directory or a bucket.
#[derive(Debug, Clone)]
pub struct OpendalStore {
    operator: Operator,
    /// The directory provider's root: its folders are made, guarded and synced here.
    directory: Option<PathBuf>,
}

/// What a locator of this provider holds.
#[derive(Serialize, Deserialize)]
struct Key {
    key: String,
}

impl OpendalStore {
    /// A directory, made if it is missing. Puts are atomic (written aside, synced, renamed). `now` ages leftovers of crashes.
    /// It is not marked: an empty folder may be the place of a disk that is not mounted.
    pub async fn directory(root: &Path, now: DateTime<Utc>) -> Result<Self, StorageError> {
        let root = root.to_owned();
        let incoming = root.join(INCOMING);
        let made = incoming.clone();
        blocking(move || {
            make_private_folder(&made)?;
            remove_stale(&made, now.into())
        })
        .await?;
        let service = Fs::default()
            .root(&text(&root)?)
            .atomic_write_dir(&text(&incoming)?);
        Ok(OpendalStore {
            operator: Operator::new(service).map_err(classify)?,
            directory: Some(root),
        })
    }

    /// A bucket that speaks S3. Nothing is asked of it yet.
    pub async fn s3(settings: &S3Settings) -> Result<Self, StorageError> {
        // The process may have a provider already; then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        opendal_http_transport_reqwest::install_default();
        let mut service = S3::default()
            .bucket(&settings.bucket)
            .region(&settings.region)
            .root(&settings.prefix)
            .access_key_id(&settings.access_key_id)
            .secret_access_key(&settings.secret_access_key)
            .disable_config_load()
            .disable_ec2_metadata();
        if let Some(endpoint) = &settings.endpoint {
            service = service.endpoint(endpoint);
        }
        Ok(OpendalStore {
            operator: Operator::new(service).map_err(classify)?,
            directory: None,
        })
    }

    /// Whether the marker lies there. An error says that the store itself does not answer.
    pub async fn is_marked(&self) -> Result<bool, StorageError> {
        match self.operator.stat(MARKER).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(classify(error)),
        }
    }

    /// What to do where parts are recorded and the marker is missing.
    pub fn unmarked_advice(&self) -> String {
        match &self.directory {
            Some(root) => format!(
                "parts are recorded, but there is no file {MARKER} in {}: mount the disk that holds the parts; \
                 if it is mounted and the file alone was removed, create it by hand",
                root.display()
            ),
            None => format!(
                "parts are recorded, but there is no object {MARKER} in the bucket: name the bucket (and prefix) that holds \
                 the parts; if it is the right one and the object alone was removed, create it by hand"
            ),
        }
    }

    /// Marks the store as present. Only where it never held a part: a marker placed later would hide that parts were lost.
    pub async fn place_marker(&self) -> Result<(), StorageError> {
        if !self.is_marked().await? {
            self.operator
                .write(MARKER, MARKER_TEXT)
                .await
                .map_err(not_there)?;
        }
        Ok(())
    }

    async fn require_marker(&self) -> Result<(), StorageError> {
        self.operator
            .stat(MARKER)
            .await
            .map(|_| ())
            .map_err(not_there)
    }

    /// An object that is not found is lost only if the store itself is there.
    async fn missing(&self, error: opendal::Error) -> StorageError {
        match classify(error) {
            StorageError::NotFound => self
                .require_marker()
                .await
                .err()
                .unwrap_or(StorageError::NotFound),
            other => other,
        }
    }

    async fn delete_one(&self, locator: &Locator) -> Result<Erasure, StorageError> {
        let key = key_of(locator)?;
        self.operator.delete(&key).await.map_err(classify)?;
        Ok(Erasure::Deleted)
    }

    /// A rename is durable once the folder that holds the new name is synced, and the folder's own name with its parent.
    async fn sync_folders(&self, key: &str) -> Result<(), StorageError> {
        let Some(root) = self.directory.clone() else {
            return Ok(());
        };
        let Some(folder) = root.join(key).parent().map(Path::to_owned) else {
            return Ok(());
        };
        blocking(move || {
            std::fs::File::open(folder)?.sync_all()?;
            std::fs::File::open(root)?.sync_all()
        })
        .await
    }
}

#[async_trait]
impl PartStore for OpendalStore {
    fn locate(&self) -> Locator {
        let name = Uuid::new_v4().simple().to_string();
        let (folder, rest) = name.split_at(2);
        Locator(serde_json::json!({ "key": format!("parts/{folder}/{rest}") }))
    }

    async fn put(&self, locator: Locator, body: Bytes) -> Result<Locator, StorageError> {
        let key = key_of(&locator)?;
        self.require_marker().await?;
        let mut writer = self.operator.writer(&key).await.map_err(not_there)?;
        if let Err(error) = write_whole(&mut writer, body).await {
            // On a full disk the half-written file must not stay; what cannot be removed now goes as stale later.
            if let Err(error) = writer.abort().await {
                tracing::debug!(%error, "a half-written part could not be removed");
            }
            return Err(not_there(error));
        }
        self.sync_folders(&key).await?;
        Ok(locator)
    }

    async fn get(
        &self,
        locator: &Locator,
        range: Option<Range<u64>>,
    ) -> Result<ByteStream, StorageError> {
        let key = key_of(locator)?;
        let reader = match self.operator.reader(&key).await {
            Ok(reader) => reader,
            Err(error) => return Err(self.missing(error).await),
        };
        let stream = match range {
            Some(range) => reader.into_stream(range).await,
            None => reader.into_stream(..).await,
        };
        let mut stream = match stream {
            Ok(stream) => stream,
            Err(error) => return Err(self.missing(error).await),
        };
        // opendal asks lazily: the first piece tells whether the bytes are there.
        let first = match stream.try_next().await {
            Ok(first) => first,
            Err(error) => return Err(self.missing(error).await),
        };
        let rest = stream.map(|piece| piece.map(|buffer| buffer.to_bytes()).map_err(classify));
        Ok(
            futures_util::stream::iter(first.map(|buffer| Ok(buffer.to_bytes())))
                .chain(rest)
                .boxed(),
        )
    }

    async fn delete(&self, locators: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        if let Err(error) = self.require_marker().await {
            return foreign_or(locators, &error);
        }
        let outcomes: Vec<_> = futures_util::stream::iter(locators.to_vec())
            .map(|locator| async move { self.delete_one(&locator).await })
            .buffered(DELETES_AT_ONCE)
            .collect()
            .await;
        // What went away meanwhile said "gone" of everything it no longer held.
        match self.require_marker().await {
            Ok(()) => outcomes,
            Err(error) => foreign_or(locators, &error),
        }
    }

    fn deletable_for(&self) -> Option<TimeDelta> {
        None
    }

    async fn health(&self) -> Result<(), StorageError> {
        self.require_marker().await
    }
}

async fn write_whole(writer: &mut opendal::Writer, body: Bytes) -> Result<(), opendal::Error> {
    writer.write(body).await?;
    writer.close().await?;
    Ok(())
}

/// All refused for one reason, but those that are none of ours.
fn foreign_or(locators: &[Locator], error: &StorageError) -> Vec<Result<Erasure, StorageError>> {
    let unavailable = refused(locators, error);
    locators
        .iter()
        .zip(unavailable)
        .map(|(locator, unavailable)| key_of(locator).and(unavailable))
        .collect()
}

fn key_of(locator: &Locator) -> Result<String, StorageError> {
    let key: Key =
        serde_json::from_value(locator.0.clone()).map_err(|_| StorageError::ForeignLocator)?;
    Ok(key.key)
}

fn text(path: &Path) -> Result<String, StorageError> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| StorageError::Unavailable("the directory's path is not UTF-8".to_owned()))
}

/// What opendal says, sorted for callers.
fn classify(error: opendal::Error) -> StorageError {
    if is_full(&error) {
        return StorageError::Full;
    }
    match error.kind() {
        ErrorKind::NotFound => StorageError::NotFound,
        // The bytes are there but too few: damaged, which the reader finds by their length.
        ErrorKind::RangeNotSatisfied => StorageError::NotFound,
        _ => StorageError::Unavailable(error.to_string()),
    }
}

/// Where "not found" can only mean the store itself.
fn not_there(error: opendal::Error) -> StorageError {
    match classify(error) {
        StorageError::NotFound => {
            StorageError::Unavailable("the store is not there (is the disk mounted?)".to_owned())
        }
        other => other,
    }
}

/// Codes with which S3 services say that there is no room.
const FULL_CODES: [&str; 4] = [
    "XMinioStorageFull",
    "QuotaExceeded",
    "InsufficientStorage",
    "status: 507",
];

fn is_full(error: &opendal::Error) -> bool {
    let io =
        std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    match io.map(std::io::Error::kind) {
        Some(kind) => is_full_kind(kind),
        None => {
            let said = error.to_string();
            FULL_CODES.iter().any(|code| said.contains(code))
        }
    }
}

fn is_full_kind(kind: std::io::ErrorKind) -> bool {
    matches!(
        kind,
        std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge
    )
}

async fn blocking(
    work: impl FnOnce() -> std::io::Result<()> + Send + 'static,
) -> Result<(), StorageError> {
    let done = tokio::task::spawn_blocking(work).await;
    let outcome = done.map_err(|error| StorageError::Unavailable(error.to_string()))?;
    outcome.map_err(|error| match error.kind() {
        kind if is_full_kind(kind) => StorageError::Full,
        _ => StorageError::Unavailable(error.to_string()),
    })
}

fn make_private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn remove_stale(folder: &Path, now: SystemTime) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let age = now.duration_since(metadata.modified()?).unwrap_or_default();
        if metadata.is_file() && age > INCOMING_STALE {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
impl OpendalStore {
    /// A directory that is marked already, as a test's own.
    pub(crate) async fn marked(root: &Path) -> Self {
        let store = Self::directory(root, Utc::now()).await.unwrap();
        store.place_marker().await.unwrap();
        store
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_opened_directory_is_not_taken_for_the_right_one() {
        let home = tempfile::tempdir().unwrap();
        let store = OpendalStore::directory(home.path(), Utc::now())
            .await
            .unwrap();
        assert!(!store.is_marked().await.unwrap());
        let put = store.put(store.locate(), Bytes::from_static(b"x")).await;
        assert!(matches!(put, Err(StorageError::Unavailable(_))), "{put:?}");
        let gone = store.get(&store.locate(), None).await.err();
        assert!(
            matches!(gone, Some(StorageError::Unavailable(_))),
            "taken for lost: {gone:?}"
        );
        store.place_marker().await.unwrap();
        assert!(store.is_marked().await.unwrap());
        store.health().await.unwrap();
    }

    fn os_error(number: i32) -> opendal::Error {
        opendal::Error::new(ErrorKind::Unexpected, "write")
            .set_source(std::io::Error::from_raw_os_error(number))
    }

    #[test]
    fn no_room_is_full_and_a_broken_disk_is_not() {
        for number in [nix::libc::ENOSPC, nix::libc::EDQUOT, nix::libc::EFBIG] {
            assert!(
                matches!(classify(os_error(number)), StorageError::Full),
                "errno {number}"
            );
        }
        assert!(matches!(
            classify(os_error(nix::libc::EIO)),
            StorageError::Unavailable(_)
        ));
        let s3 = opendal::Error::new(
            ErrorKind::Unexpected,
            "S3Error { code: \"XMinioStorageFull\" }",
        );
        assert!(matches!(classify(s3), StorageError::Full));
    }

    #[test]
    fn stale_leftovers_go_and_fresh_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("half-written");
        std::fs::write(&file, b"x").unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        remove_stale(folder.path(), written + Duration::from_secs(3600)).unwrap();
        assert!(file.exists());
        remove_stale(folder.path(), written + Duration::from_secs(25 * 3600)).unwrap();
        assert!(!file.exists());
    }
}
