//! Parts that are still on their way, on this server's own disk: what a slow sender, or one that was cut off, has sent so
//! far. Bounded, each user within a fair share; what nobody goes on with expires.
//!
//! A file here is no part: nothing of it is in the database, its digest is checked over the whole before it becomes one.
//! Other servers do not see it; a sender that asks them begins there at 0.

mod piece;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::B64;
use tokio::sync::{Notify, watch};
use uuid::Uuid;

pub use piece::Piece;

use crate::{
    budget::{Budget, Reserved},
    clock::Clock,
    disk::{Claim, Disk, DiskFull},
};

/// How long a request waits until the one it takes over from has put away what it has.
const TAKE_OVER: Duration = Duration::from_secs(10);
/// What others left makes room only when it has lain so long: their senders may just be looking for a network.
const OTHERS_REST: TimeDelta = TimeDelta::minutes(10);

/// One sealed body on its way. Another sealing of the same part has another digest, and is another body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PieceKey {
    pub user_id: Uuid,
    pub file_id: Uuid,
    pub part_number: u32,
    /// Of the whole body, as its sender announced it.
    pub digest: [u8; 32],
}

/// Why bytes could not be put down.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The user's share or the whole room is in use.
    #[error("no room for parts on their way")]
    NoRoom,
    /// The disk has none left.
    #[error("the disk of the data directory is full")]
    DiskFull,
    /// The request that sent this body before does not let go.
    #[error("another request sends this body")]
    InUse,
    /// Anything else of the file system.
    #[error("parts on their way cannot be kept: {0}")]
    Io(std::io::Error),
}

impl From<std::io::Error> for SpoolError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                SpoolError::DiskFull
            }
            _ => SpoolError::Io(error),
        }
    }
}

/// What the operator decides.
#[derive(Clone)]
pub struct SpoolSettings {
    /// Where the files are.
    pub folder: PathBuf,
    /// The disk that it is on.
    pub disk: Arc<Disk>,
    /// The most bytes of all of them.
    pub limit_bytes: u64,
    /// How long a body that nobody goes on with is kept.
    pub ttl: TimeDelta,
}

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Bodies.
    pub pieces: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// All bodies on their way at this server. Cheap to clone.
#[derive(Clone)]
pub struct Spool(Arc<Inner>);

struct Inner {
    settings: SpoolSettings,
    clock: Clock,
    budget: Budget,
    entries: Mutex<HashMap<PieceKey, Entry>>,
    released: Notify,
}

enum Entry {
    /// Nobody sends it just now.
    Idle {
        reserved: Reserved,
        len_bytes: u64,
        since: DateTime<Utc>,
    },
    /// A request sends it, and lets go when it is told to.
    InUse { stop: watch::Sender<bool> },
}

impl Spool {
    /// Takes up what an earlier run of the server left in the folder, which exists: [`make_private_folder`].
    pub fn open(settings: SpoolSettings, clock: Clock) -> std::io::Result<Self> {
        let spool = Spool(Arc::new(Inner {
            budget: Budget::new(settings.limit_bytes),
            settings,
            clock,
            entries: Mutex::default(),
            released: Notify::new(),
        }));
        spool.take_up_files()?;
        Ok(spool)
    }

    /// The body, as far as it came. A request that sends it just now stops: its sender asks from another connection.
    pub async fn claim(&self, key: PieceKey) -> Result<Piece, SpoolError> {
        tokio::time::timeout(TAKE_OVER, async {
            loop {
                let released = self.0.released.notified();
                tokio::pin!(released);
                // Listens before it looks, so that no release falls in between.
                released.as_mut().enable();
                if let Some(piece) = self.try_claim(key) {
                    return piece;
                }
                released.await;
            }
        })
        .await
        .map_err(|_| SpoolError::InUse)
    }

    fn try_claim(&self, key: PieceKey) -> Option<Piece> {
        let mut entries = self.entries();
        let (stop, stopped) = watch::channel(false);
        let taken = match entries.remove(&key) {
            Some(Entry::InUse { stop }) => {
                stop.send_replace(true);
                entries.insert(key, Entry::InUse { stop });
                return None;
            }
            Some(Entry::Idle {
                reserved,
                len_bytes,
                ..
            }) => Some((reserved, len_bytes)),
            None => None,
        };
        entries.insert(key, Entry::InUse { stop });
        Some(Piece::named(self.clone(), key, stopped, taken))
    }

    /// A body without a name: it is gone with its request.
    pub fn unnamed(&self, user_id: Uuid) -> Piece {
        Piece::unnamed(self.clone(), user_id)
    }

    /// Removes what nobody went on with in time.
    pub fn sweep(&self) -> Swept {
        let Some(before) = self.now().checked_sub_signed(self.0.settings.ttl) else {
            return Swept::default();
        };
        let swept = self.remove_idle(|_, since| since <= before, usize::MAX);
        if swept.pieces > 0 {
            tracing::info!(
                pieces = swept.pieces,
                bytes = swept.bytes,
                "parts that nobody went on sending were removed"
            );
        }
        swept
    }

    /// Bytes in use.
    pub fn held_bytes(&self) -> u64 {
        let limit_bytes = self.0.settings.limit_bytes;
        limit_bytes.saturating_sub(self.0.budget.free_bytes())
    }

    /// How long a body that nobody goes on with is kept.
    pub fn ttl(&self) -> TimeDelta {
        self.0.settings.ttl
    }

    /// A share for `user_id`; where there is none, what they left earlier makes room, then what others left long ago.
    fn with_room<T>(&self, user_id: Uuid, mut reserve: impl FnMut() -> Option<T>) -> Option<T> {
        loop {
            if let Some(reserved) = reserve() {
                return Some(reserved);
            }
            if !self.make_room(user_id) {
                return None;
            }
        }
    }

    /// Room on the disk besides its reserve; where there is none, the same bodies make it.
    async fn claim_on_disk(&self, user_id: Uuid, bytes: u64) -> Result<Claim, SpoolError> {
        loop {
            match self.0.settings.disk.claim(bytes).await {
                Ok(claim) => return Ok(claim),
                Err(DiskFull) if self.make_room(user_id) => {}
                Err(DiskFull) => return Err(SpoolError::DiskFull),
            }
        }
    }

    /// Removes one body that nobody sends just now: what this user left earlier, else what others left long ago.
    fn make_room(&self, user_id: Uuid) -> bool {
        let rested = self.now().checked_sub_signed(OTHERS_REST);
        let mut removed = self.remove_idle(|key, _| key.user_id == user_id, 1);
        if removed.pieces == 0 {
            removed = self.remove_idle(|_, since| rested.is_some_and(|at| since <= at), 1);
        }
        removed.pieces > 0
    }

    /// Removes at most `most` bodies in no one's use that `may_go`, the oldest first.
    fn remove_idle(&self, may_go: impl Fn(&PieceKey, DateTime<Utc>) -> bool, most: usize) -> Swept {
        let mut entries = self.entries();
        let mut idle: Vec<(DateTime<Utc>, PieceKey)> = entries
            .iter()
            .filter_map(|(key, entry)| match entry {
                Entry::Idle { since, .. } if may_go(key, *since) => Some((*since, *key)),
                Entry::Idle { .. } | Entry::InUse { .. } => None,
            })
            .collect();
        idle.sort_by_key(|(since, _)| *since);
        let mut removed = Vec::new();
        for (_, key) in idle.into_iter().take(most) {
            removed.extend(entries.remove(&key).map(|entry| (key, entry)));
        }
        drop(entries);
        let mut swept = Swept::default();
        for (key, entry) in removed {
            self.remove_file(&key);
            if let Entry::Idle { len_bytes, .. } = entry {
                swept.pieces += 1;
                swept.bytes += len_bytes;
            }
        }
        swept
    }

    fn take_up_files(&self) -> std::io::Result<()> {
        for file in std::fs::read_dir(&self.0.settings.folder)? {
            let file = file?;
            let Some(key) = file.file_name().to_str().and_then(PieceKey::parse) else {
                continue;
            };
            let about = file.metadata()?;
            let since = about.modified()?.into();
            let len_bytes = about.len();
            match self.0.budget.reserve_now(key.user_id, len_bytes) {
                Some(reserved) if len_bytes > 0 => {
                    let idle = Entry::Idle {
                        reserved,
                        len_bytes,
                        since,
                    };
                    self.entries().insert(key, idle);
                }
                Some(_) | None => self.remove_file(&key),
            }
        }
        Ok(())
    }

    /// Its sender is gone: what is there stays for a request that goes on with it, or is removed.
    fn release(&self, key: PieceKey, kept: Option<(Reserved, u64)>) {
        let mut entries = self.entries();
        entries.remove(&key);
        match kept {
            Some((reserved, len_bytes)) => {
                let since = self.now();
                let idle = Entry::Idle {
                    reserved,
                    len_bytes,
                    since,
                };
                entries.insert(key, idle);
            }
            None => self.remove_file(&key),
        }
        drop(entries);
        self.0.released.notify_waiters();
    }

    fn remove_file(&self, key: &PieceKey) {
        let path = self.path_of(key);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::warn!(%error, path = %path.display(), "a part on its way was not removed");
            }
            _ => {}
        }
    }

    fn path_of(&self, key: &PieceKey) -> PathBuf {
        self.0.settings.folder.join(key.file_name())
    }

    fn now(&self) -> DateTime<Utc> {
        (self.0.clock)()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<PieceKey, Entry>> {
        // Nothing in here leaves the sums half written.
        self.0
            .entries
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl PieceKey {
    fn file_name(&self) -> String {
        format!(
            "{}.{}.{}.{}",
            self.user_id,
            self.file_id,
            self.part_number,
            B64(self.digest)
        )
    }

    fn parse(name: &str) -> Option<Self> {
        let mut words = name.split('.');
        let key = PieceKey {
            user_id: words.next()?.parse().ok()?,
            file_id: words.next()?.parse().ok()?,
            part_number: words.next()?.parse().ok()?,
            digest: words.next()?.parse::<B64<32>>().ok()?.0,
        };
        words.next().is_none().then_some(key)
    }
}

/// Makes the folder of a spool, for this server alone.
pub fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}
