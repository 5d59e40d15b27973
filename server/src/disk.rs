//! Room on the disks of this machine, and the reserve that stays free there: whoever writes bytes to a disk claims their
//! room here first, so that what one room of the server is about to write counts for the others too. A Postgres whose disk
//! is full cannot even delete, and then nothing can be freed through Ferry any more. It is no quota, and deletions never
//! ask it.

use std::{
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

/// A disk that answers no sooner, such as a network's that is gone, is not waited for.
const ANSWER: Duration = Duration::from_secs(2);
/// How long an answer is good while there is more room than is claimed: others write to the disk too.
const FRESH: Duration = Duration::from_secs(1);

/// Asks a file system for its free bytes; none where it cannot be asked. It waits for the disk.
type Ask = Arc<dyn Fn(&Path) -> Option<u64> + Send + Sync>;

/// There is no room besides the reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the disk has only its reserve left")]
pub struct DiskFull;

/// The file systems that this server writes to, each once.
#[derive(Default)]
pub struct Disks(Vec<(u64, Arc<Disk>)>);

impl Disks {
    /// The disk of a folder, which leaves `reserve_bytes` free from now on; the larger reserve counts where two folders
    /// are on one disk.
    pub fn of(&mut self, folder: &Path, reserve_bytes: u64) -> std::io::Result<Arc<Disk>> {
        let device = std::fs::metadata(folder)?.dev();
        if let Some((_, disk)) = self.0.iter().find(|(known, _)| *known == device) {
            disk.take_in(folder, reserve_bytes);
            return Ok(Arc::clone(disk));
        }
        let disk = Arc::new(Disk::new(folder, reserve_bytes, Arc::new(free_bytes)));
        self.0.push((device, Arc::clone(&disk)));
        Ok(disk)
    }
}

/// One file system, with the bytes on their way there.
pub struct Disk {
    ask: Ask,
    ledger: Mutex<Ledger>,
    /// Counts answers, for those who wait for one.
    answers: watch::Sender<u64>,
}

#[derive(Default)]
struct Ledger {
    /// Where it is asked: a file system that is mounted over one of them later is another.
    folders: Vec<PathBuf>,
    /// Free bytes that nobody takes.
    reserve_bytes: u64,
    /// Bytes claimed and perhaps not written yet.
    under_way: u64,
    /// What the disk said last.
    seen: Option<Seen>,
    /// When it was asked what it has not answered.
    asked_at: Option<Instant>,
}

struct Seen {
    at: Instant,
    /// None: it cannot be asked.
    free: Option<u64>,
    /// Claimed since: written meanwhile, or about to be.
    claimed_since: u64,
}

/// Room for bytes, given back when they are written or given up.
pub struct Claim {
    disk: Arc<Disk>,
    bytes: u64,
}

impl Disk {
    fn new(folder: &Path, reserve_bytes: u64, ask: Ask) -> Self {
        Disk {
            ask,
            ledger: Mutex::new(Ledger {
                folders: vec![folder.to_owned()],
                reserve_bytes,
                ..Ledger::default()
            }),
            answers: watch::Sender::new(0),
        }
    }

    /// Another folder of it, and the larger reserve.
    fn take_in(&self, folder: &Path, reserve_bytes: u64) {
        let mut ledger = self.ledger();
        ledger.folders.push(folder.to_owned());
        ledger.reserve_bytes = ledger.reserve_bytes.max(reserve_bytes);
    }

    /// Room for `bytes` more besides the reserve and what others claimed. A disk that cannot be asked, or does not answer
    /// in two seconds, counts as having room: the write there will hear.
    pub async fn claim(self: &Arc<Self>, bytes: u64) -> Result<Claim, DiskFull> {
        if let Some(claim) = self.claim_as_seen(bytes, FRESH) {
            return Ok(claim);
        }
        if self.asked_anew().await {
            return self.claim_as_seen(bytes, Duration::MAX).ok_or(DiskFull);
        }
        Ok(self.claim_unseen(bytes))
    }

    /// Whether so many bytes would find room now.
    pub async fn require(self: &Arc<Self>, bytes: u64) -> Result<(), DiskFull> {
        self.claim(bytes).await.map(drop)
    }

    /// By what the disk said no longer ago than this.
    fn claim_as_seen(self: &Arc<Self>, bytes: u64, age: Duration) -> Option<Claim> {
        let mut ledger = self.ledger();
        let reserve_bytes = ledger.reserve_bytes;
        let seen = ledger
            .seen
            .as_mut()
            .filter(|seen| seen.at.elapsed() <= age)?;
        let claimed = seen.claimed_since.saturating_add(bytes);
        let needed = reserve_bytes.saturating_add(claimed);
        if seen.free.is_some_and(|free| free < needed) {
            return None;
        }
        seen.claimed_since = claimed;
        drop(ledger);
        Some(self.claim_unseen(bytes))
    }

    fn claim_unseen(self: &Arc<Self>, bytes: u64) -> Claim {
        let mut ledger = self.ledger();
        ledger.under_way = ledger.under_way.saturating_add(bytes);
        Claim {
            disk: Arc::clone(self),
            bytes,
        }
    }

    /// Asks the disk, one question at a time, and says whether it answered. While it owes an answer nobody waits for it.
    async fn asked_anew(self: &Arc<Self>) -> bool {
        let mut answers = self.answers.subscribe();
        let now = Instant::now();
        let owed_since = {
            let mut ledger = self.ledger();
            let owed_since = ledger.asked_at;
            ledger.asked_at = owed_since.or(Some(now));
            owed_since
        };
        if owed_since.is_none() {
            self.put_question();
        }
        let until = owed_since.unwrap_or(now) + ANSWER;
        if until <= now {
            return false;
        }
        tokio::time::timeout_at(until, answers.changed())
            .await
            .is_ok()
    }

    /// On a thread of its own: one that hangs holds up neither the runtime nor its end.
    fn put_question(self: &Arc<Self>) {
        let disk = Arc::clone(self);
        let thread = std::thread::Builder::new().name("disk".to_owned());
        let asking = thread.spawn(move || {
            let folders = disk.ledger().folders.clone();
            // The least of them holds for all.
            let free = folders.iter().filter_map(|folder| (disk.ask)(folder)).min();
            disk.note(free);
        });
        if let Err(error) = asking {
            tracing::warn!(%error, "the disk cannot be asked for its room");
            self.note(None);
        }
    }

    fn note(&self, free: Option<u64>) {
        let mut ledger = self.ledger();
        ledger.asked_at = None;
        ledger.seen = Some(Seen {
            at: Instant::now(),
            free,
            // How much of it is written by now is not known.
            claimed_since: ledger.under_way,
        });
        drop(ledger);
        self.answers.send_modify(|count| *count += 1);
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Nothing in here leaves the sums half written.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut ledger = self.disk.ledger();
        ledger.under_way = ledger.under_way.saturating_sub(self.bytes);
    }
}

#[expect(
    clippy::useless_conversion,
    reason = "the counts are narrower on other systems"
)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(u64::from(disk.blocks_available()).saturating_mul(u64::from(disk.fragment_size())))
}

/// A disk whose free bytes the test sets, with a count of the questions.
#[cfg(test)]
pub(crate) mod test_disk {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[derive(Default)]
    pub(crate) struct TestDisk {
        pub(crate) free: AtomicU64,
        pub(crate) questions: AtomicU64,
    }

    impl TestDisk {
        pub(crate) fn with_free(bytes: u64) -> Arc<Self> {
            Arc::new(TestDisk {
                free: AtomicU64::new(bytes),
                questions: AtomicU64::new(0),
            })
        }

        pub(crate) fn disk(self: &Arc<Self>, reserve_bytes: u64) -> Arc<Disk> {
            let own = Arc::clone(self);
            let ask = move |_: &Path| {
                own.questions.fetch_add(1, Ordering::SeqCst);
                Some(own.free.load(Ordering::SeqCst))
            };
            Arc::new(Disk::new(Path::new("/"), reserve_bytes, Arc::new(ask)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{atomic::Ordering, mpsc};

    use futures_util::FutureExt as _;

    use super::{test_disk::TestDisk, *};

    #[tokio::test]
    async fn what_is_being_written_counts_until_it_has_ended() {
        let test_disk = TestDisk::with_free(1_000);
        let disk = test_disk.disk(100);
        let first = disk.claim(500).await.unwrap();
        assert!(disk.claim(401).await.is_err());
        let second = disk.claim(400).await.unwrap();
        assert!(disk.claim(1).await.is_err());
        drop((first, second));
        // Neither was written.
        assert!(disk.claim(901).await.is_err());
        assert!(disk.claim(900).await.is_ok());
    }

    #[tokio::test]
    async fn what_was_written_between_two_questions_counts_as_gone() {
        let test_disk = TestDisk::with_free(1_000);
        let disk = test_disk.disk(100);
        for _ in 0..9 {
            drop(disk.claim(100).await.unwrap());
            test_disk.free.fetch_sub(100, Ordering::SeqCst);
        }
        assert!(
            test_disk.questions.load(Ordering::SeqCst) < 9,
            "not for each claim"
        );
        assert!(disk.claim(1).await.is_err());
        // A deletion made room: it is seen at once.
        test_disk.free.store(300, Ordering::SeqCst);
        assert!(disk.claim(200).await.is_ok());
    }

    #[tokio::test]
    async fn a_disk_that_hangs_is_waited_for_two_seconds_and_holds_up_no_other_put() {
        let (answer, answered) = mpsc::channel::<u64>();
        let answered = Mutex::new(answered);
        let ask = move |_: &Path| answered.lock().unwrap().recv().ok();
        let disk = Arc::new(Disk::new(Path::new("/"), 100, Arc::new(ask)));
        let began = Instant::now();
        let both = tokio::join!(disk.claim(1), disk.claim(1));
        assert!(both.0.is_ok() && both.1.is_ok());
        assert!(began.elapsed() >= ANSWER);
        // It still owes its answer: whoever comes now does not wait at all.
        for _ in 0..100 {
            assert!(disk.claim(1).now_or_never().unwrap().is_ok());
        }
        let mut answers = disk.answers.subscribe();
        answer.send(99).unwrap();
        answers.changed().await.unwrap();
        assert!(
            disk.claim_as_seen(0, FRESH).is_none(),
            "what it said at last counts"
        );
    }

    #[tokio::test]
    async fn a_disk_that_cannot_be_asked_has_room() {
        let nowhere = Path::new("/no/such/folder");
        assert_eq!(free_bytes(nowhere), None);
        let disk = Arc::new(Disk::new(nowhere, 100, Arc::new(free_bytes)));
        assert!(disk.claim(u64::MAX).await.is_ok());
        assert!(free_bytes(Path::new("/")).is_some());
    }

    #[tokio::test]
    async fn a_file_system_that_is_mounted_over_a_folder_later_is_asked_too() {
        let ask = |folder: &Path| match folder == Path::new("/parts") {
            true => Some(150),
            false => Some(1_000),
        };
        let disk = Arc::new(Disk::new(Path::new("/spool"), 0, Arc::new(ask)));
        disk.take_in(Path::new("/parts"), 100);
        assert!(disk.claim(51).await.is_err());
        assert!(disk.claim(50).await.is_ok());
    }

    #[test]
    fn two_folders_of_one_file_system_are_one_disk_with_the_larger_reserve() {
        let folder = tempfile::tempdir().unwrap();
        let (parts, spool) = (folder.path().join("parts"), folder.path().join("spool"));
        std::fs::create_dir(&parts).unwrap();
        std::fs::create_dir(&spool).unwrap();
        let mut disks = Disks::default();
        let first = disks.of(&parts, 700).unwrap();
        let second = disks.of(&spool, 0).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(second.ledger().reserve_bytes, 700);
        let other = disks.of(Path::new("/proc"), 0).unwrap();
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(disks.of(&folder.path().join("none"), 0).is_err());
    }
}
