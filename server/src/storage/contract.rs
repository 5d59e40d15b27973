//! What every provider must do, as one suite: the directory, S3 (a real S3 server in this process) and Telegram (an
//! emulator of its Bot API) run it here.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;

use super::{
    Bounded, Erasure, Locator, OpendalStore, PartStore, S3Settings, StorageError, StorageLimits,
};

fn body(len: usize) -> Bytes {
    (0..len)
        .map(|at| u8::try_from(at % 251).unwrap())
        .collect::<Vec<_>>()
        .into()
}

async fn read(
    store: &dyn PartStore,
    locator: &Locator,
    range: Option<std::ops::Range<u64>>,
) -> Result<Bytes, StorageError> {
    let pieces: Vec<Bytes> = store.get(locator, range).await?.try_collect().await?;
    Ok(pieces.concat().into())
}

async fn delete(store: &dyn PartStore, locator: &Locator) -> Result<Erasure, StorageError> {
    let mut outcomes = store.delete(std::slice::from_ref(locator)).await;
    assert_eq!(outcomes.len(), 1);
    outcomes.remove(0)
}

/// The suite. `unplug` takes the store away, `plug` brings it back with all it held.
async fn keeps_the_contract(store: &dyn PartStore, unplug: impl Fn(), plug: impl Fn()) {
    store.health().await.unwrap();
    bytes_come_back(store).await;
    ranges_come_back(store).await;
    deletion_is_final_and_repeatable(store).await;
    batches_are_answered_one_by_one(store).await;
    locators_tell_nothing(store);
    foreign_locators_are_refused(store).await;

    let kept = store.put(store.locate(), body(1_000)).await.unwrap();
    unplug();
    assert!(matches!(
        store.health().await,
        Err(StorageError::Unavailable(_))
    ));
    let put = store.put(store.locate(), body(10)).await;
    assert!(matches!(put, Err(StorageError::Unavailable(_))), "{put:?}");
    let got = read(store, &kept, None).await;
    assert!(
        matches!(got, Err(StorageError::Unavailable(_))),
        "an unplugged store lost nothing: {got:?}"
    );
    let deleted = delete(store, &kept).await;
    assert!(
        matches!(deleted, Err(StorageError::Unavailable(_))),
        "{deleted:?}"
    );
    plug();
    assert_eq!(read(store, &kept, None).await.unwrap(), body(1_000));
}

async fn bytes_come_back(store: &dyn PartStore) {
    for len in [28, 65_564, 9 << 20] {
        let locator = store.put(store.locate(), body(len)).await.unwrap();
        assert_eq!(
            read(store, &locator, None).await.unwrap(),
            body(len),
            "{len} bytes"
        );
    }
}

async fn ranges_come_back(store: &dyn PartStore) {
    let locator = store.put(store.locate(), body(100_000)).await.unwrap();
    for range in [0..1_u64, 99_999..100_000, 500..70_000] {
        let (start, end) = (
            usize::try_from(range.start).unwrap(),
            usize::try_from(range.end).unwrap(),
        );
        let got = read(store, &locator, Some(range.clone())).await.unwrap();
        assert_eq!(got, body(100_000).slice(start..end), "{range:?}");
    }
}

async fn deletion_is_final_and_repeatable(store: &dyn PartStore) {
    let locator = store.put(store.locate(), body(100)).await.unwrap();
    let neighbour = store.put(store.locate(), body(200)).await.unwrap();
    assert_eq!(delete(store, &locator).await.unwrap(), Erasure::Deleted);
    assert!(matches!(
        read(store, &locator, None).await,
        Err(StorageError::NotFound)
    ));
    assert_eq!(delete(store, &locator).await.unwrap(), Erasure::Deleted);
    assert_eq!(
        delete(store, &store.locate()).await.unwrap(),
        Erasure::Deleted,
        "never put"
    );
    assert_eq!(read(store, &neighbour, None).await.unwrap(), body(200));
}

/// Each of a batch has its own answer, in the order of the question.
async fn batches_are_answered_one_by_one(store: &dyn PartStore) {
    assert!(store.delete(&[]).await.is_empty());
    let mut batch = Vec::new();
    for len in 1..=5 {
        batch.push(store.put(store.locate(), body(len)).await.unwrap());
    }
    let kept = store.put(store.locate(), body(7)).await.unwrap();
    let foreign = Locator(serde_json::json!({ "none": "of yours" }));
    batch.insert(2, foreign);
    batch.push(store.locate());
    let outcomes = store.delete(&batch).await;
    assert_eq!(outcomes.len(), batch.len());
    for (at, (locator, outcome)) in batch.iter().zip(&outcomes).enumerate() {
        if at == 2 {
            assert!(matches!(outcome, Err(StorageError::ForeignLocator)));
            continue;
        }
        assert_eq!(*outcome.as_ref().unwrap(), Erasure::Deleted, "number {at}");
        let gone = read(store, locator, None).await;
        assert!(matches!(gone, Err(StorageError::NotFound)), "number {at}");
    }
    assert_eq!(read(store, &kept, None).await.unwrap(), body(7));
}

fn locators_tell_nothing(store: &dyn PartStore) {
    let locators: Vec<String> = (0..100).map(|_| store.locate().0.to_string()).collect();
    let distinct: std::collections::BTreeSet<_> = locators.iter().collect();
    assert_eq!(distinct.len(), locators.len());
    let lengths: std::collections::BTreeSet<_> = locators.iter().map(String::len).collect();
    assert_eq!(lengths.len(), 1);
}

async fn foreign_locators_are_refused(store: &dyn PartStore) {
    for foreign in [
        serde_json::json!({}),
        serde_json::json!("x"),
        serde_json::json!({ "bot_id": 7 }),
    ] {
        let locator = Locator(foreign);
        assert!(matches!(
            delete(store, &locator).await,
            Err(StorageError::ForeignLocator)
        ));
        assert!(matches!(
            read(store, &locator, None).await,
            Err(StorageError::ForeignLocator)
        ));
    }
}

fn swap(from: &Path, to: &Path) {
    std::fs::rename(from, to).unwrap();
}

#[tokio::test]
async fn directory() {
    let home = tempfile::tempdir().unwrap();
    let (root, away) = (home.path().join("parts"), home.path().join("away"));
    let store = OpendalStore::marked(&root).await;
    let store = Bounded::new(store, StorageLimits::default());
    keeps_the_contract(&store, || swap(&root, &away), || swap(&away, &root)).await;
}

#[tokio::test]
async fn a_directory_keeps_what_an_earlier_run_put() {
    let home = tempfile::tempdir().unwrap();
    let first = OpendalStore::marked(home.path()).await;
    let locator = first.put(first.locate(), body(300)).await.unwrap();
    drop(first);
    let second = OpendalStore::marked(home.path()).await;
    assert_eq!(read(&second, &locator, None).await.unwrap(), body(300));
}

#[tokio::test]
async fn a_directory_hands_out_damaged_bytes_as_they_are() {
    let home = tempfile::tempdir().unwrap();
    let store = OpendalStore::marked(home.path()).await;
    let locator = store.put(store.locate(), body(300)).await.unwrap();
    let file = home
        .path()
        .join(locator.0.get("key").unwrap().as_str().unwrap());
    std::fs::write(&file, b"short").unwrap();
    assert_eq!(
        read(&store, &locator, None).await.unwrap(),
        Bytes::from_static(b"short")
    );
    // Nothing, or "not there" where the filesystem knows its end; never "unavailable", which would be waited for.
    match read(&store, &locator, Some(100..200)).await {
        Ok(bytes) => assert!(bytes.is_empty(), "{bytes:?}"),
        Err(error) => assert!(matches!(error, StorageError::NotFound), "{error:?}"),
    }
}

#[tokio::test]
async fn a_full_disk_is_full_and_leaves_nothing_half_written() {
    let home = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(home.path()) else {
        return again_in_a_namespace("a_full_disk_is_full_and_leaves_nothing_half_written");
    };
    let store = OpendalStore::marked(&disk.root).await;
    let kept = store.put(store.locate(), body(200_000)).await.unwrap();
    let refused = store.put(store.locate(), body(2 << 20)).await;
    assert!(matches!(refused, Err(StorageError::Full)), "{refused:?}");
    assert_eq!(
        std::fs::read_dir(disk.root.join("incoming"))
            .unwrap()
            .count(),
        0
    );
    assert_eq!(read(&store, &kept, None).await.unwrap(), body(200_000));
    delete(&store, &kept).await.unwrap();
    store.put(store.locate(), body(900_000)).await.unwrap();
}

/// Runs a test of this file once more where we may mount: as root of a namespace of its own.
fn again_in_a_namespace(name: &str) {
    const INSIDE: &str = "FERRY_TEST_IN_A_NAMESPACE";
    assert!(
        std::env::var_os(INSIDE).is_none(),
        "even root of a namespace cannot mount a disk here"
    );
    let test = format!("{}::{name}", module_path!().split_once("::").unwrap().1);
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &test])
        .env(INSIDE, "1")
        .output()
        .expect("unshare starts (it is in util-linux)");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "a small disk can be mounted by root, or where `unshare --user` is allowed: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A disk of one MiB, where we may mount one.
struct SmallDisk {
    root: std::path::PathBuf,
}

impl SmallDisk {
    fn mount(home: &Path) -> Option<Self> {
        let root = home.join("disk");
        std::fs::create_dir(&root).unwrap();
        let mut mount = std::process::Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"])
            .arg(&root);
        mount.stderr(std::process::Stdio::null());
        mount
            .status()
            .is_ok_and(|status| status.success())
            .then_some(SmallDisk { root })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = std::process::Command::new("umount")
            .arg(&self.root)
            .status();
        assert!(unmounted.is_ok_and(|status| status.success()));
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_unavailable() {
    let limits = StorageLimits {
        concurrency: 1,
        put_timeout: Duration::from_millis(50),
        delete_timeout: Duration::from_millis(50),
        call_timeout: Duration::from_millis(50),
    };
    let store = Bounded::new(Hanging, limits);
    let locator = store.locate();
    assert!(matches!(
        store.put(locator.clone(), body(1)).await,
        Err(StorageError::Unavailable(_))
    ));
    assert!(matches!(
        delete(&store, &locator).await,
        Err(StorageError::Unavailable(_))
    ));
    assert!(matches!(
        store.health().await,
        Err(StorageError::Unavailable(_))
    ));
    let stalled = read(&store, &locator, None).await;
    assert!(
        matches!(stalled, Err(StorageError::Unavailable(_))),
        "a stream that stalls ends: {stalled:?}"
    );
    assert!(
        store.get(&locator, None).await.is_ok(),
        "its permit was given back"
    );
}

/// A store that never answers, and whose bytes stop coming.
struct Hanging;

#[async_trait::async_trait]
impl PartStore for Hanging {
    fn locate(&self) -> Locator {
        Locator(serde_json::Value::Null)
    }
    async fn put(&self, _: Locator, _: Bytes) -> Result<Locator, StorageError> {
        std::future::pending().await
    }
    async fn get(
        &self,
        _: &Locator,
        _: Option<std::ops::Range<u64>>,
    ) -> Result<super::ByteStream, StorageError> {
        Ok(Box::pin(futures_util::stream::pending()))
    }
    async fn delete(&self, _: &[Locator]) -> Vec<Result<Erasure, StorageError>> {
        std::future::pending().await
    }
    fn deletable_for(&self) -> Option<chrono::TimeDelta> {
        None
    }
    async fn health(&self) -> Result<(), StorageError> {
        std::future::pending().await
    }
}

const KEY_ID: &str = "test-key-id";
const KEY: &str = "test-key";

/// A real S3 server on a loopback port, serving `root`; it ends with the test's runtime.
async fn serve_s3(root: &Path) -> String {
    let mut builder = s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
    builder.set_auth(s3s::auth::SimpleAuth::from_single(KEY_ID, KEY));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let server =
            hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let connection = server
                .serve_connection(hyper_util::rt::TokioIo::new(socket), service.clone())
                .into_owned();
            tokio::spawn(async move { drop(connection.await) });
        }
    });
    format!("http://{address}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s3() {
    let home = tempfile::tempdir().unwrap();
    let (bucket, away) = (home.path().join("parts"), home.path().join("away"));
    std::fs::create_dir(&bucket).unwrap();
    let settings = S3Settings {
        bucket: "parts".to_owned(),
        endpoint: Some(serve_s3(home.path()).await),
        region: "us-east-1".to_owned(),
        prefix: "ferry".to_owned(),
        access_key_id: KEY_ID.to_owned(),
        secret_access_key: KEY.to_owned(),
    };
    let store = OpendalStore::s3(&settings).await.unwrap();
    assert!(
        matches!(store.health().await, Err(StorageError::Unavailable(_))),
        "no marker yet"
    );
    store.place_marker().await.unwrap();
    let store = Bounded::new(store, StorageLimits::default());
    keeps_the_contract(&store, || swap(&bucket, &away), || swap(&away, &bucket)).await;

    let wrong = S3Settings {
        secret_access_key: "wrong".to_owned(),
        ..settings
    };
    let locked_out = OpendalStore::s3(&wrong).await.unwrap();
    let refused = locked_out.put(locked_out.locate(), body(10)).await;
    assert!(
        matches!(refused, Err(StorageError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn telegram() {
    use super::telegram::{self, test_support};
    use bot_api_emulator::{ChatKind, Fault, FaultRule};

    let database = crate::db::test_database::TestDatabase::start().await;
    let setting = test_support::TestPool {
        bots: 2,
        chats: 1,
        kind: ChatKind::Channel,
        limits: false,
    };
    let telegram = test_support::Telegram::start(&database.db, setting).await;
    let store = Bounded::new(telegram.store.clone(), telegram::LIMITS);
    let control = &telegram.control;
    for gone in [Fault::BadGatewayHtml, Fault::ResetBeforeBody] {
        let unplug = || control.add_faults(vec![FaultRule::always(gone.clone())]);
        keeps_the_contract(&store, unplug, || control.clear_faults()).await;
    }
    let large = store.put(store.locate(), body((20 << 20) + 1)).await;
    assert!(
        matches!(
            large,
            Err(StorageError::TooLarge {
                limit_bytes: 20_971_520
            })
        ),
        "{large:?}"
    );
    telegram.end().await;
    database.stop().await;
}
