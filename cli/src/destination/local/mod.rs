//! A directory of this machine. The recipe, in the order that makes it safe:
//!
//! 1. A temporary file beside the target (`.<name>.<job8>.ferry-part`), made anew, opened through no link.
//! 2. Storage reserved; read, hashed, written; the source looked at again; mode and time set.
//! 3. The batch made durable: one `syncfs` for the small files, `fdatasync` for each of 8 MiB and more.
//! 4. Cached pages dropped, read back, compared.
//! 5. Renamed; each directory whose names changed synced once.
//!
//! Only after that does the caller's one transaction mark the batch done. A crash between two of these steps leaves
//! temporary files and unmarked rows, never a partial file under a name, and never a mark without a file.

mod receive;
mod settle;

use std::{io, sync::Arc};

use super::{Destination, Found, Incoming, Received, Settled, Sharing};
use crate::{
    engine::{
        activity::Activity,
        disk::{Dir, Kind, OpenFile, Room},
        fault::{Fault, Where},
        hasher::{Checksum, Hasher, checksum_of},
        stop::Stop,
        tree::Tree,
    },
    path::RelativePath,
    settings::{Algorithm, Durability},
};

/// The longest name that filesystems take.
const NAME_MAX_BYTES: usize = 255;

/// How a directory is written to.
#[derive(Debug, Clone)]
pub struct Manner {
    /// The first letters of the job's id: part of temporary names.
    pub job_short: String,
    /// Of contents.
    pub algorithm: Algorithm,
    /// When bytes are forced to storage.
    pub durability: Durability,
    /// Of one read and one write.
    pub buffer_bytes: usize,
    /// Ends reads of large files.
    pub stop: Stop,
    /// Told of every read and sync.
    pub activity: Activity,
}

/// A directory that files go to.
#[derive(Debug)]
pub struct LocalDirectory {
    tree: Tree,
    manner: Manner,
}

/// What there is of a received file, between `receive` and `settle`.
struct Part {
    dir: Arc<dyn Dir>,
    /// None: it has its name already.
    temporary: Option<Vec<u8>>,
    /// None: a link, which has no content to sync or read.
    file: Option<Box<dyn OpenFile>>,
    replace: bool,
    /// Whether reading it back proves anything: not for a clone or a link.
    read_back: bool,
    written_bytes: u64,
}

impl LocalDirectory {
    /// Below an open directory.
    pub fn new(root: Arc<dyn Dir>, manner: Manner) -> Self {
        LocalDirectory {
            tree: Tree::new(root),
            manner,
        }
    }

    /// `.<name>.<job8>.ferry-part`; a name that leaves no room for that is replaced by its hash.
    pub fn temporary_name(job_short: &str, name: &[u8]) -> Vec<u8> {
        let tail = format!(".{job_short}.ferry-part");
        let plain = [b".", name, tail.as_bytes()].concat();
        if plain.len() <= NAME_MAX_BYTES {
            return plain;
        }
        let short = blake3::hash(name).to_hex();
        format!(".{}{tail}", short.get(..32).unwrap_or("")).into_bytes()
    }

    /// Whether it takes names that differ only in case for one. Asks by a file that it takes away again.
    pub fn folds_case(&self) -> bool {
        let root = self.tree.root();
        let (asked, other) = (
            format!(".ferry-case-{}.ferry-part", self.manner.job_short),
            format!(".FERRY-CASE-{}.ferry-part", self.manner.job_short),
        );
        // of a run that was killed here
        let _ = root.remove(asked.as_bytes());
        if root.create_file(asked.as_bytes()).is_err() {
            return false;
        }
        let folds = root.meta(other.as_bytes()).is_ok();
        // what is left of it is empty and hidden
        let _ = root.remove(asked.as_bytes());
        folds
    }

    /// The same as [`Destination::hash`], with the algorithm that the ledger names.
    pub fn hash_with(
        &self,
        algorithm: Algorithm,
        at: &RelativePath,
    ) -> Result<(Checksum, Found), Fault> {
        let hashed = || {
            let dir = self.tree.parent_of(at)?;
            let meta = dir.meta(at.name())?;
            let found = Found {
                kind: meta.kind,
                size_bytes: meta.size_bytes,
                mtime_ns: meta.mtime_ns,
            };
            if meta.kind == Kind::Symlink {
                let target = dir.read_symlink(at.name())?;
                return Ok((checksum_of(algorithm, &target), found));
            }
            let mut file = dir.open_file(at.name())?;
            // advice: where it is not taken the comparison still holds, against the cache
            let _ = file.drop_cache();
            file.will_read_in_order();
            let mut buffer = self.buffer_for(meta.size_bytes);
            Ok((self.hash_open(&mut *file, algorithm, &mut buffer)?, found))
        };
        hashed().map_err(|error: io::Error| failed(&error, "reading the destination"))
    }

    /// Whether a directory is there.
    pub fn has_directory(&self, at: &RelativePath) -> bool {
        self.tree.dir(at.as_bytes(), false).is_ok()
    }

    /// Makes a directory, and those above it.
    pub fn make_directory(&self, at: &RelativePath) -> io::Result<()> {
        self.tree.dir(at.as_bytes(), true).map(drop)
    }

    /// Sets permission bits and time. The owner may always write: the next run has to.
    pub fn set_directory(&self, at: &RelativePath, mode: u32, mtime_ns: i64) -> io::Result<()> {
        let dir = self.tree.dir(at.as_bytes(), false)?;
        dir.set_mode_and_mtime(mode | 0o700, mtime_ns)
    }

    /// Everything that lies there now.
    pub fn make_all_durable(&self) -> Result<(), Fault> {
        let _syncing = self.manner.activity.syncing();
        let synced = self.tree.root().sync_filesystem();
        synced.map_err(|error| failed(&error, "making it durable"))
    }

    /// Whether it can make clones that share storage. Asks by two files that it takes away again.
    pub fn can_clone(&self) -> bool {
        let root = self.tree.root();
        let names = ["a", "b"].map(|name| {
            format!(".ferry-clone-{}-{name}.ferry-part", self.manner.job_short).into_bytes()
        });
        for name in &names {
            // of a run that was killed here
            let _ = root.remove(name);
        }
        let asked = || {
            let mut one = root.create_file(&names[0])?;
            one.write_all(&[1; 4096])?;
            root.create_file(&names[1])?.clone_from(&*one)
        };
        let can = asked().is_ok();
        for name in &names {
            // what is left of them is small and hidden
            let _ = root.remove(name);
        }
        can
    }

    /// As large as the manner says, but no larger than a file of this size needs.
    fn buffer_for(&self, size_bytes: u64) -> Vec<u8> {
        let most = self.manner.buffer_bytes.max(4096);
        // one more than the file has, so that its end shows in the same read
        let needed = usize::try_from(size_bytes.saturating_add(1)).unwrap_or(most);
        vec![0; needed.clamp(4096, most)]
    }

    /// The rest of an open file.
    fn hash_open(
        &self,
        file: &mut dyn OpenFile,
        algorithm: Algorithm,
        buffer: &mut [u8],
    ) -> io::Result<Checksum> {
        let mut hasher = Hasher::new(algorithm);
        loop {
            match file.read(buffer) {
                Ok(0) => return Ok(hasher.finish()),
                Ok(read) => {
                    hasher.update(buffer.get(..read).unwrap_or_default());
                    self.manner.activity.read(read as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn temporary(&self, at: &RelativePath) -> Vec<u8> {
        Self::temporary_name(&self.manner.job_short, at.name())
    }
}

fn failed(error: &io::Error, doing: &str) -> Fault {
    Fault::of(error, Where::Destination, doing)
}

impl Destination for LocalDirectory {
    fn look(&self, at: &RelativePath) -> Result<Option<Found>, Fault> {
        match self.tree.parent_of(at).and_then(|dir| dir.meta(at.name())) {
            Ok(meta) => Ok(Some(Found {
                kind: meta.kind,
                size_bytes: meta.size_bytes,
                mtime_ns: meta.mtime_ns,
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error, "looking at the destination")),
        }
    }

    fn receive(&self, at: &RelativePath, incoming: Incoming<'_>) -> Result<Received, Fault> {
        match incoming {
            Incoming::Content {
                content,
                mode,
                replace,
                pace,
            } => self.receive_content(at, content, mode, replace, pace),
            Incoming::Symlink { target, replace } => self.receive_symlink(at, target, replace),
            Incoming::SameAs {
                existing,
                how: Sharing::Hardlink,
                checksum,
                ..
            } => self.receive_link(at, existing, checksum),
            Incoming::SameAs {
                existing,
                how: Sharing::Clone,
                checksum,
                mtime_ns,
                mode,
            } => self.receive_clone(at, existing, checksum, mtime_ns, mode),
            Incoming::Present { checksum } => self.receive_present(at, checksum),
        }
    }

    fn settle(&self, batch: Vec<Received>) -> Vec<Result<Settled, Fault>> {
        self.settle_parts(batch)
    }

    fn hash(&self, at: &RelativePath) -> Result<(Checksum, Found), Fault> {
        self.hash_with(self.manner.algorithm, at)
    }

    fn room(&self) -> Result<Room, Fault> {
        // the name of the root itself has to answer, too: free space of a dead mount is remembered
        let asked = self
            .tree
            .root()
            .meta(b".")
            .and_then(|_| self.tree.root().room());
        asked.map_err(|error| failed(&error, "asking for free space"))
    }
}
