//! A directory of this machine. The recipe, in the order that makes it safe:
//!
//! 1. A temporary file beside the target (`.<name>.<job8>.ferry-part`), made anew, opened through no link.
//! 2. Storage reserved; read, hashed, written; the source looked at again; mode and time set.
//! 3. The batch made durable, by one `syncfs`.
//! 4. Cached pages dropped, read back, compared.
//! 5. Renamed; each directory whose names changed synced once.
//!
//! A large file goes around the cache, and the thread that wrote it takes steps 3 and 4 itself, with an `fdatasync`:
//! while one is read back others are written.
//!
//! Only after that does the caller's one transaction mark the batch done. A crash between two of these steps leaves
//! temporary files and unmarked rows, never a partial file under a name, and never a mark without a file.

mod receive;
mod settle;

use std::{io, sync::Arc};

use super::{Destination, Found, Incoming, Received, Settled, Sharing, TEMPORARY_SUFFIX};
use crate::{
    clock::UnixNanos,
    engine::{
        activity::Activity,
        buffer::{self, Buffer},
        disk::{Dir, Kind, OpenFile, Owner, Room},
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

/// From this size on a sync of its own costs a file little beside its bytes.
pub const LARGE_BYTES: u64 = 8 << 20;

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
    /// Files of this size and more are made durable and read back each by itself: [`LARGE_BYTES`].
    pub large_bytes: u64,
    /// Ends reads of large files.
    pub stop: Stop,
    /// Told of every read and sync.
    pub activity: Activity,
}

/// What a file or directory has beside its content.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// Permission bits.
    pub mode: u32,
    /// When its content changed last.
    pub mtime_ns: UnixNanos,
    /// Whose it is.
    pub owner: Owner,
}

/// Permission bits by which a program runs as its owner or group.
const SET_ID_BITS: u32 = 0o6000;

impl Looks {
    /// What belongs to somebody else than at the source must not lend their rights.
    fn mode_for(&self, owner_kept: bool) -> u32 {
        match owner_kept {
            true => self.mode,
            false => self.mode & !SET_ID_BITS,
        }
    }
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
    proof: Proof,
    written_bytes: u64,
}

/// What shows that storage has a file's content.
enum Proof {
    /// It is read back when its batch is durable.
    WithItsBatch,
    /// It is durable, and this was read back.
    ReadBack(Checksum),
    /// Reading it back proves nothing: a clone, a link, or read already.
    None,
}

impl Part {
    /// A link or a clone: nothing was written for it that could be read back.
    fn unwritten(dir: Arc<dyn Dir>, temporary: Vec<u8>, file: Option<Box<dyn OpenFile>>) -> Self {
        Part {
            dir,
            temporary: Some(temporary),
            file,
            replace: false,
            proof: Proof::None,
            written_bytes: 0,
        }
    }

    fn has_to_be_durable(&self) -> bool {
        self.file.is_some() && !matches!(self.proof, Proof::ReadBack(_))
    }
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
        let tail = format!(".{job_short}{TEMPORARY_SUFFIX}");
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
            format!(".ferry-case-{}{TEMPORARY_SUFFIX}", self.manner.job_short),
            format!(".FERRY-CASE-{}{TEMPORARY_SUFFIX}", self.manner.job_short),
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
        let reading = |error: io::Error| failed(&error, "reading the destination");
        let dir = self.tree.parent_of(at).map_err(reading)?;
        let meta = dir.meta(at.name()).map_err(reading)?;
        let found = Found {
            kind: meta.kind,
            size_bytes: meta.size_bytes,
            mtime_ns: meta.mtime_ns,
        };
        if meta.kind == Kind::Symlink {
            let target = dir.read_symlink(at.name()).map_err(reading)?;
            return Ok((checksum_of(algorithm, &target), found));
        }
        let mut file = dir.open_file(at.name()).map_err(reading)?;
        // advice: where it is not taken the comparison still holds, against the cache
        let _ = file.drop_cache();
        file.will_read_in_order();
        let mut buffer = self.buffer_for(meta.size_bytes);
        let checksum = self.hash_rest(&mut *file, algorithm, &mut buffer, None);
        let checksum = checksum.map_err(reading)?.ok_or_else(Fault::stopped)?;
        Ok((checksum, found))
    }

    /// Whether a directory is there.
    pub fn has_directory(&self, at: &RelativePath) -> bool {
        self.tree.dir(at.as_bytes(), false).is_ok()
    }

    /// Makes a directory, and those above it.
    pub fn make_directory(&self, at: &RelativePath) -> io::Result<()> {
        self.tree.dir(at.as_bytes(), true).map(drop)
    }

    /// Sets owner, permission bits and time of a directory. Who owns it may always write: the next run has to. Gives
    /// whether the owner could be set.
    pub fn set_directory(&self, at: &RelativePath, looks: Looks) -> io::Result<bool> {
        let dir = self.tree.dir(at.as_bytes(), false)?;
        let kept = dir.meta(b".")?.owner == looks.owner || dir.set_owner(looks.owner).is_ok();
        dir.set_mode_and_mtime(looks.mode_for(kept) | 0o700, looks.mtime_ns)?;
        self.tree.note_changed(at.as_bytes());
        Ok(kept)
    }

    /// Everything that lies there now.
    pub fn make_all_durable(&self) -> Result<(), Fault> {
        let _syncing = self.manner.activity.syncing();
        let synced = self.tree.root().sync_filesystem();
        synced.map_err(|error| failed(&error, "making it durable"))
    }

    /// Directories that were made or set.
    pub fn make_directories_durable(&self) -> Result<(), Fault> {
        self.sync_directories()
    }

    /// Whether it can make clones that share storage. Asks by two files that it takes away again.
    pub fn can_clone(&self) -> bool {
        let root = self.tree.root();
        let names = ["a", "b"].map(|name| {
            format!(
                ".ferry-clone-{}-{name}{TEMPORARY_SUFFIX}",
                self.manner.job_short
            )
            .into_bytes()
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
    fn buffer_for(&self, size_bytes: u64) -> Buffer {
        Buffer::new(buffer::size_for(size_bytes, self.manner.buffer_bytes))
    }

    /// The rest of an open file. None: a stop was asked for.
    fn hash_rest(
        &self,
        file: &mut dyn OpenFile,
        algorithm: Algorithm,
        buffer: &mut Buffer,
        stop: Option<&Stop>,
    ) -> io::Result<Option<Checksum>> {
        let mut hasher = Hasher::new(algorithm);
        while !stop.is_some_and(Stop::is_asked) {
            match file.read(buffer.bytes_mut()) {
                Ok(0) => return Ok(Some(hasher.finish())),
                Ok(read) => {
                    hasher.update(buffer.first(read));
                    self.manner.activity.read(read as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
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
                owner,
            } => {
                let looks = Looks {
                    mode,
                    mtime_ns,
                    owner,
                };
                self.receive_clone(at, existing, checksum, looks)
            }
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
