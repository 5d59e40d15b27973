//! What is kept of a body on its way, for whom, and until when.

use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;

use super::*;
use crate::disk::test_disk::TestDisk;

const ADA: Uuid = Uuid::from_bytes([1; 16]);
const BOB: Uuid = Uuid::from_bytes([2; 16]);
const MIB: u64 = 1 << 20;

/// A spool of 8 MiB whose clock the test turns.
struct Fixture {
    folder: tempfile::TempDir,
    now_secs: Arc<AtomicI64>,
    disk: Arc<Disk>,
}

impl Fixture {
    fn new() -> Self {
        Fixture {
            folder: tempfile::tempdir().unwrap(),
            now_secs: Arc::new(AtomicI64::new(Utc::now().timestamp())),
            disk: TestDisk::with_free(u64::MAX / 2).disk(0),
        }
    }

    fn open(&self) -> Spool {
        let folder = self.folder.path().join("spool");
        make_private_folder(&folder).unwrap();
        let settings = SpoolSettings {
            folder,
            disk: Arc::clone(&self.disk),
            limit_bytes: 8 * MIB,
            ttl: TimeDelta::hours(1),
        };
        let now = Arc::clone(&self.now_secs);
        let clock: Clock = Arc::new(move || {
            DateTime::from_timestamp(now.load(Ordering::Relaxed), 0).unwrap_or_default()
        });
        Spool::open(settings, clock).unwrap()
    }

    fn pass(&self, secs: i64) {
        self.now_secs.fetch_add(secs, Ordering::Relaxed);
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.path().join("spool"))
            .unwrap()
            .count()
    }
}

fn key(user_id: Uuid, part_number: u32) -> PieceKey {
    PieceKey {
        user_id,
        file_id: Uuid::from_bytes([9; 16]),
        part_number,
        digest: [7; 32],
    }
}

fn filled(bytes: u64, with: u8) -> Bytes {
    vec![with; usize::try_from(bytes).unwrap()].into()
}

async fn leave(spool: &Spool, key: PieceKey, bytes: u64) {
    let mut piece = spool.claim(key).await.unwrap();
    piece.append(filled(bytes, 5)).await.unwrap();
}

#[tokio::test]
async fn a_body_goes_on_where_its_request_ended_also_in_another_run_of_the_server() {
    let setting = Fixture::new();
    let spool = setting.open();
    leave(&spool, key(ADA, 1), 300_000).await;
    assert_eq!(spool.held_bytes(), 300_000);
    drop(spool);
    let spool = setting.open();
    let mut piece = spool.claim(key(ADA, 1)).await.unwrap();
    assert_eq!(piece.len_bytes(), 300_000);
    piece.append(filled(2, 6)).await.unwrap();
    let body = piece.read().await.unwrap();
    assert_eq!(
        (body.len(), body.first(), body.last()),
        (300_002, Some(&5), Some(&6))
    );
    piece.discard();
    assert_eq!((spool.held_bytes(), setting.files()), (0, 0));
}

#[tokio::test]
async fn another_sealing_of_the_same_part_is_another_body() {
    let setting = Fixture::new();
    let spool = setting.open();
    leave(&spool, key(ADA, 1), 10).await;
    let other = PieceKey {
        digest: [8; 32],
        ..key(ADA, 1)
    };
    assert_eq!(spool.claim(other).await.unwrap().len_bytes(), 0);
    assert_eq!(spool.claim(key(BOB, 1)).await.unwrap().len_bytes(), 0);
    assert_eq!(spool.claim(key(ADA, 1)).await.unwrap().len_bytes(), 10);
}

#[tokio::test]
async fn whoever_comes_later_takes_over_from_a_request_that_hangs() {
    let setting = Fixture::new();
    let spool = setting.open();
    let mut hanging = spool.claim(key(ADA, 1)).await.unwrap();
    hanging.append(filled(10, 1)).await.unwrap();
    let hangs = tokio::spawn(async move { hanging.taken_over().await });
    let taken = spool.claim(key(ADA, 1)).await.unwrap();
    assert_eq!(taken.len_bytes(), 10);
    hangs.await.unwrap();
}

#[tokio::test]
async fn what_nobody_goes_on_with_expires_and_is_counted() {
    let setting = Fixture::new();
    let spool = setting.open();
    leave(&spool, key(ADA, 1), 10).await;
    setting.pass(1_800);
    leave(&spool, key(ADA, 2), 20).await;
    let held = spool.claim(key(ADA, 3)).await.unwrap();
    setting.pass(1_800);
    let first = Swept {
        pieces: 1,
        bytes: 10,
    };
    assert_eq!((spool.sweep(), setting.files()), (first, 1));
    setting.pass(1_800);
    assert_eq!(
        spool.sweep(),
        Swept {
            pieces: 1,
            bytes: 20
        }
    );
    assert_eq!((spool.held_bytes(), setting.files()), (0, 0));
    drop(held);
}

#[tokio::test]
async fn a_user_who_left_much_makes_room_for_themselves_and_not_at_the_cost_of_others() {
    let setting = Fixture::new();
    let spool = setting.open();
    leave(&spool, key(BOB, 1), MIB).await;
    for number in 1..=4 {
        setting.pass(1);
        leave(&spool, key(ADA, number), MIB).await;
    }
    setting.pass(1);
    leave(&spool, key(ADA, 5), 2 * MIB).await;
    let lens = async |user, number| spool.claim(key(user, number)).await.unwrap().len_bytes();
    assert_eq!(lens(ADA, 1).await, 0, "the oldest of their own went");
    assert_eq!(lens(ADA, 5).await, 2 * MIB);
    assert_eq!(lens(BOB, 1).await, MIB);
    let mut too_much = spool.claim(key(ADA, 6)).await.unwrap();
    let refused = too_much.append(filled(8 * MIB, 1)).await;
    assert!(matches!(refused, Err(SpoolError::NoRoom)), "{refused:?}");
    assert_eq!(lens(BOB, 1).await, MIB);
}

#[tokio::test]
async fn a_body_without_a_name_is_gone_with_its_request() {
    let setting = Fixture::new();
    let spool = setting.open();
    let mut piece = spool.unnamed(ADA);
    piece.append(filled(3 * MIB, 4)).await.unwrap();
    assert_eq!(spool.held_bytes(), 3 * MIB);
    assert_eq!(piece.read().await.unwrap(), filled(3 * MIB, 4));
    assert_eq!(setting.files(), 0, "it has no name in the folder");
    drop(piece);
    assert_eq!(spool.held_bytes(), 0);
}

#[tokio::test]
async fn a_disk_that_has_only_its_reserve_takes_no_more() {
    let mut fixture = Fixture::new();
    let spool = fixture.open();
    let mut earlier = spool.claim(key(ADA, 1)).await.unwrap();
    earlier.append(filled(MIB, 1)).await.unwrap();
    drop(earlier);
    drop(spool);
    fixture.disk = TestDisk::with_free(100 * MIB).disk(100 * MIB);
    let spool = fixture.open();
    let mut other = spool.claim(key(BOB, 1)).await.unwrap();
    let refused = other.append(filled(MIB, 2)).await;
    assert!(matches!(refused, Err(SpoolError::DiskFull)), "{refused:?}");
    drop(other);
    assert_eq!(
        fixture.files(),
        1,
        "what another sender may go on with goes"
    );
    let mut own = spool.claim(key(ADA, 2)).await.unwrap();
    assert!(own.append(filled(MIB, 3)).await.is_err());
    drop(own);
    assert_eq!(fixture.files(), 0, "their own earlier body makes no room");
}

#[tokio::test]
async fn a_part_that_is_being_stored_leaves_no_room_for_a_body_on_its_way() {
    let mut fixture = Fixture::new();
    fixture.disk = TestDisk::with_free(10 * MIB).disk(4 * MIB);
    let spool = fixture.open();
    let being_stored = fixture.disk.claim(5 * MIB).await.unwrap();
    let mut body = spool.claim(key(ADA, 1)).await.unwrap();
    body.append(filled(MIB, 1)).await.unwrap();
    let refused = body.append(filled(MIB, 1)).await;
    assert!(matches!(refused, Err(SpoolError::DiskFull)), "{refused:?}");
    drop(being_stored);
    assert!(fixture.disk.claim(5 * MIB).await.is_ok());
    body.append(filled(MIB, 1)).await.unwrap();
    assert!(
        fixture.disk.claim(6 * MIB).await.is_err(),
        "what the spool writes counts for parts"
    );
}
