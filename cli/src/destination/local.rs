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

use std::{io, sync::Arc};

use super::{Destination, Found, Incoming, Received, Settled, Sharing, Ticket};
use crate::{
    engine::{
        content::{Content, Piece},
        disk::{Dir, Kind, OpenFile, Room},
        fault::{Class, Fault, Where},
        hasher::{Checksum, Hasher, checksum_of},
        pace::Pace,
        stop::Stop,
        tree::Tree,
    },
    job::Cause,
    path::RelativePath,
    settings::{Algorithm, Durability},
};

/// Files of this size and more are synced one by one; smaller ones with their filesystem.
const LARGE_BYTES: u64 = 8 << 20;
/// Below this, reserving storage costs more than it finds out.
const RESERVED_FROM_BYTES: u64 = 1 << 20;
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
            format!(".ferry-case-{}", self.manner.job_short),
            format!(".FERRY-CASE-{}", self.manner.job_short),
        );
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
            Ok((hash_open(&mut *file, algorithm, &mut self.buffer())?, found))
        };
        hashed().map_err(|error: io::Error| failed(&error, "reading the destination"))
    }

    /// Whether it can make clones that share storage. Asks by two files that it takes away again.
    pub fn can_clone(&self) -> bool {
        let root = self.tree.root();
        let names = ["a", "b"]
            .map(|name| format!(".ferry-clone-{}-{name}", self.manner.job_short).into_bytes());
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

    fn buffer(&self) -> Vec<u8> {
        vec![0; self.manner.buffer_bytes.max(4096)]
    }

    fn temporary(&self, at: &RelativePath) -> Vec<u8> {
        Self::temporary_name(&self.manner.job_short, at.name())
    }

    /// A new temporary file; one that an earlier, killed run of this job left is taken away.
    fn begin(&self, dir: &dyn Dir, temporary: &[u8]) -> io::Result<Box<dyn OpenFile>> {
        match dir.create_file(temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                dir.remove(temporary)?;
                dir.create_file(temporary)
            }
            other => other,
        }
    }

    fn receive_content(
        &self,
        at: &RelativePath,
        content: Content,
        mode: u32,
        replace: bool,
        pace: &Pace,
    ) -> Result<Received, Fault> {
        let dir = self
            .tree
            .make_parent_of(at)
            .map_err(|error| failed(&error, "making directories"))?;
        let temporary = self.temporary(at);
        let mut file = self
            .begin(&*dir, &temporary)
            .map_err(|error| failed(&error, "making a temporary file"))?;
        match self.fill(&mut *file, content, mode, pace) {
            Ok(filled) => Ok(Received {
                at: at.clone(),
                size_bytes: filled.size_bytes,
                checksum: filled.checksum,
                lost: filled.lost,
                ticket: Ticket(Box::new(Part {
                    dir,
                    temporary: Some(temporary),
                    file: Some(file),
                    replace,
                    read_back: true,
                    written_bytes: filled.written_bytes,
                })),
            }),
            Err(fault) => {
                // best effort: what is left is taken away by the next attempt
                let _ = dir.remove(&temporary);
                Err(fault)
            }
        }
    }

    fn fill(
        &self,
        file: &mut dyn OpenFile,
        mut content: Content,
        mode: u32,
        pace: &Pace,
    ) -> Result<Filled, Fault> {
        let meta = *content.meta();
        let sparse = content.is_sparse();
        if meta.size_bytes >= RESERVED_FROM_BYTES && !sparse {
            file.reserve(meta.size_bytes)
                .map_err(|error| failed(&error, "reserving space"))?;
        }
        let mut lost = Vec::new();
        for attribute in content.attributes()? {
            if let Err(error) = file.set_attribute(&attribute) {
                lost.push(format!(
                    "extended attribute {}: {error}",
                    crate::path::shown(&attribute.name)
                ));
            }
        }
        let written_bytes = self.pour(file, &mut content, sparse, pace)?;
        let checksum = content.finish()?;
        file.set_mode_and_mtime(mode, meta.mtime_ns)
            .map_err(|error| failed(&error, "setting mode and time"))?;
        Ok(Filled {
            size_bytes: meta.size_bytes,
            checksum,
            lost,
            written_bytes,
        })
    }

    /// Source to file, piece by piece.
    fn pour(
        &self,
        file: &mut dyn OpenFile,
        content: &mut Content,
        sparse: bool,
        pace: &Pace,
    ) -> Result<u64, Fault> {
        let mut buffer = self.buffer();
        let (mut position_bytes, mut written_bytes) = (0_u64, 0_u64);
        loop {
            match content.next(&mut buffer)? {
                Piece::Bytes(read) => {
                    let bytes = buffer.get(..read).unwrap_or_default();
                    pace.let_through(read, &self.manner.stop);
                    file.write_all(bytes)
                        .map_err(|error| failed(&error, "writing"))?;
                    position_bytes += read as u64;
                    written_bytes += read as u64;
                }
                Piece::Hole(size_bytes) => {
                    position_bytes += size_bytes;
                    file.seek_to(position_bytes)
                        .map_err(|error| failed(&error, "leaving a hole"))?;
                }
                Piece::End => break,
            }
        }
        if sparse {
            file.set_size(position_bytes)
                .map_err(|error| failed(&error, "setting the size"))?;
        }
        Ok(written_bytes)
    }

    fn receive_symlink(
        &self,
        at: &RelativePath,
        target: &[u8],
        replace: bool,
    ) -> Result<Received, Fault> {
        let dir = self
            .tree
            .make_parent_of(at)
            .map_err(|error| failed(&error, "making directories"))?;
        let temporary = self.temporary(at);
        let made = match dir.make_symlink(target, &temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => dir
                .remove(&temporary)
                .and_then(|()| dir.make_symlink(target, &temporary)),
            other => other,
        };
        made.map_err(|error| failed(&error, "making a symbolic link"))?;
        let checksum = checksum_of(self.manner.algorithm, target);
        Ok(self.nameless(
            at,
            target.len() as u64,
            checksum,
            Part {
                dir,
                temporary: Some(temporary),
                file: None,
                replace,
                read_back: false,
                written_bytes: 0,
            },
        ))
    }

    fn receive_link(
        &self,
        at: &RelativePath,
        existing: &RelativePath,
        checksum: Checksum,
    ) -> Result<Received, Fault> {
        let linked = || {
            let from = self.tree.parent_of(existing)?;
            let size_bytes = from.meta(existing.name())?.size_bytes;
            let dir = self.tree.make_parent_of(at)?;
            let temporary = self.temporary(at);
            match dir.make_link(&*from, existing.name(), &temporary) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    dir.remove(&temporary)?;
                    dir.make_link(&*from, existing.name(), &temporary)?;
                }
                other => other?,
            }
            Ok((dir, temporary, size_bytes))
        };
        let (dir, temporary, size_bytes) =
            linked().map_err(|error: io::Error| failed(&error, "making a hard link"))?;
        Ok(self.nameless(
            at,
            size_bytes,
            checksum,
            Part {
                dir,
                temporary: Some(temporary),
                file: None,
                replace: false,
                read_back: false,
                written_bytes: 0,
            },
        ))
    }

    fn receive_clone(
        &self,
        at: &RelativePath,
        existing: &RelativePath,
        checksum: Checksum,
        mtime_ns: i64,
        mode: u32,
    ) -> Result<Received, Fault> {
        let from = self
            .tree
            .parent_of(existing)
            .and_then(|dir| dir.open_file(existing.name()));
        let from = from.map_err(|error| failed(&error, "opening the first copy"))?;
        let size_bytes = from
            .meta()
            .map_err(|error| failed(&error, "looking at the first copy"))?
            .size_bytes;
        let dir = self
            .tree
            .make_parent_of(at)
            .map_err(|error| failed(&error, "making directories"))?;
        let temporary = self.temporary(at);
        let mut file = self
            .begin(&*dir, &temporary)
            .map_err(|error| failed(&error, "making a temporary file"))?;
        let cloned = file
            .clone_from(&*from)
            .and_then(|()| file.set_mode_and_mtime(mode, mtime_ns));
        if let Err(error) = cloned {
            // best effort: what is left is taken away by the next attempt
            let _ = dir.remove(&temporary);
            return Err(failed(&error, "making a clone"));
        }
        Ok(self.nameless(
            at,
            size_bytes,
            checksum,
            Part {
                dir,
                temporary: Some(temporary),
                file: Some(file),
                replace: false,
                read_back: false,
                written_bytes: 0,
            },
        ))
    }

    fn receive_present(&self, at: &RelativePath, checksum: Checksum) -> Result<Received, Fault> {
        let opened = || {
            let dir = self.tree.parent_of(at)?;
            let meta = dir.meta(at.name())?;
            let file = match meta.kind {
                Kind::File => Some(dir.open_file(at.name())?),
                _ => None,
            };
            Ok((dir, file, meta.size_bytes))
        };
        let (dir, file, size_bytes) =
            opened().map_err(|error: io::Error| failed(&error, "opening what is there"))?;
        self.tree.note_changed(at.parent());
        Ok(self.nameless(
            at,
            size_bytes,
            checksum,
            Part {
                dir,
                temporary: None,
                file,
                replace: false,
                read_back: false,
                written_bytes: 0,
            },
        ))
    }

    fn nameless(
        &self,
        at: &RelativePath,
        size_bytes: u64,
        checksum: Checksum,
        part: Part,
    ) -> Received {
        Received {
            at: at.clone(),
            size_bytes,
            checksum,
            lost: Vec::new(),
            ticket: Ticket(Box::new(part)),
        }
    }

    /// Step 3 of the recipe. Says which of the batch could not be made durable.
    fn make_durable(&self, batch: &mut [(Received, Part)], verdicts: &mut [Option<Fault>]) {
        if self.manner.durability == Durability::None {
            return;
        }
        let each = self.manner.durability == Durability::File;
        let is_small = |received: &Received| !each && received.size_bytes < LARGE_BYTES;
        let any_small = batch
            .iter()
            .any(|(received, part)| part.file.is_some() && is_small(received));
        // Linux before 5.8 reports no write errors here; other systems have no such call: one by one then
        let together = any_small && self.tree.root().sync_filesystem().is_ok();
        for ((received, part), verdict) in batch.iter_mut().zip(verdicts) {
            let Some(file) = &mut part.file else { continue };
            if verdict.is_some() || (together && is_small(received)) {
                continue;
            }
            if let Err(error) = file.sync_data() {
                *verdict = Some(failed(&error, "making it durable"));
            }
        }
    }

    /// Step 4: what storage has, not what the cache remembers.
    fn read_back(
        &self,
        received: &Received,
        part: &mut Part,
        buffer: &mut [u8],
    ) -> Result<Checksum, Fault> {
        let Some(file) = part.file.as_mut().filter(|_| part.read_back) else {
            return Ok(received.checksum);
        };
        let again = |error: &io::Error| failed(error, "reading it back");
        // advice: where it is not taken the comparison still holds, against the cache
        let _ = file.drop_cache();
        file.seek_to(0).map_err(|error| again(&error))?;
        let found =
            hash_open(&mut **file, self.manner.algorithm, buffer).map_err(|error| again(&error))?;
        if found != received.checksum {
            let found_bytes = found;
            let (wanted, found) = (
                crate::path::hex(&received.checksum),
                crate::path::hex(&found),
            );
            let message = format!(
                "read back other bytes than were written: source {wanted}, destination {found}"
            );
            let read_back = Some(found_bytes);
            return Err(Fault {
                read_back,
                ..Fault::new(Class::Transient, Cause::Mismatch, message)
            });
        }
        Ok(found)
    }

    /// Step 5, without the directories.
    fn give_name(&self, received: &Received, part: &Part) -> Result<(), Fault> {
        let Some(temporary) = &part.temporary else {
            return Ok(());
        };
        let renamed = part.dir.rename(temporary, received.at.name(), part.replace);
        // two names of one file: rename does nothing and leaves the temporary one
        let left =
            renamed.and_then(
                |()| match part.file.is_none() && part.dir.meta(temporary).is_ok() {
                    true => part.dir.remove(temporary),
                    false => Ok(()),
                },
            );
        self.tree.note_changed(received.at.parent());
        left.map_err(|error| match error.kind() {
            // the next attempt looks what it is
            io::ErrorKind::AlreadyExists => Fault::new(
                Class::Transient,
                Cause::Conflict,
                "something with other content appeared under the name",
            ),
            _ => failed(&error, "giving it its name"),
        })
    }

    /// Each directory whose names changed, once.
    fn sync_directories(&self) -> Result<(), Fault> {
        let dirs = self.tree.take_changed();
        if self.manner.durability == Durability::None {
            return Ok(());
        }
        for path in &dirs {
            let synced = self.tree.dir(path, false).and_then(|dir| dir.sync());
            if let Err(error) = synced {
                self.tree.give_back_changed(dirs);
                return Err(failed(&error, "making names durable"));
            }
        }
        Ok(())
    }
}

struct Filled {
    size_bytes: u64,
    checksum: Checksum,
    lost: Vec<String>,
    written_bytes: u64,
}

fn failed(error: &io::Error, doing: &str) -> Fault {
    Fault::of(error, Where::Destination, doing)
}

fn hash_open(
    file: &mut dyn OpenFile,
    algorithm: Algorithm,
    buffer: &mut [u8],
) -> io::Result<Checksum> {
    let mut hasher = Hasher::new(algorithm);
    loop {
        match file.read(buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
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
        #[expect(
            clippy::expect_used,
            reason = "every ticket that this destination gave out holds a Part"
        )]
        let mut batch: Vec<(Received, Part)> = batch
            .into_iter()
            .map(|mut received| {
                let ticket = std::mem::replace(&mut received.ticket, Ticket(Box::new(())));
                let part = ticket
                    .0
                    .downcast::<Part>()
                    .expect("a ticket of this destination");
                (received, *part)
            })
            .collect();
        let mut faults: Vec<Option<Fault>> = batch.iter().map(|_| None).collect();
        self.make_durable(&mut batch, &mut faults);
        let mut buffer = self.buffer();
        let mut verdicts: Vec<Result<Settled, Fault>> = batch
            .iter_mut()
            .zip(faults)
            .map(|((received, part), fault)| {
                if let Some(fault) = fault {
                    return Err(fault);
                }
                let read_back = self.read_back(received, part, &mut buffer)?;
                self.give_name(received, part)?;
                Ok(Settled {
                    read_back,
                    written_bytes: part.written_bytes,
                })
            })
            .collect();
        for ((_, part), verdict) in batch.iter().zip(&verdicts) {
            if let (Err(_), Some(temporary)) = (verdict, &part.temporary) {
                // best effort: what is left is taken away by the next attempt
                let _ = part.dir.remove(temporary);
            }
        }
        if let Err(fault) = self.sync_directories() {
            let unsure = verdicts.iter_mut().filter(|verdict| verdict.is_ok());
            unsure.for_each(|verdict| *verdict = Err(fault.clone()));
        }
        verdicts
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
