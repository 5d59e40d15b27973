//! Steps 1 and 2 of the recipe: a file is taken in, under a temporary name, and counts for nothing yet.

use std::{io, sync::Arc};

use super::{LocalDirectory, Looks, Part, Proof, failed};
use crate::{
    destination::{Received, Ticket},
    engine::{
        buffer::Buffer,
        content::{Content, Piece},
        disk::{Dir, Kind, OpenFile, Owner},
        fault::{Class, Fault},
        hasher::{Checksum, checksum_of},
        pace::Pace,
    },
    path::RelativePath,
    settings::Durability,
};

/// Below this, reserving storage costs more than it finds out.
const RESERVED_FROM_BYTES: u64 = 1 << 20;

/// A file that gets its name later.
struct Begun {
    dir: Arc<dyn Dir>,
    temporary: Vec<u8>,
    file: Box<dyn OpenFile>,
}

impl LocalDirectory {
    /// Its directory, and the name and the file that its bytes go to first.
    fn begin_at(&self, at: &RelativePath) -> Result<Begun, Fault> {
        let dir = self
            .tree
            .make_parent_of(at)
            .map_err(|error| failed(&error, "making directories"))?;
        let temporary = self.temporary(at);
        let file = anew(&*dir, &temporary, || dir.create_file(&temporary))
            .map_err(|error| failed(&error, "making a temporary file"))?;
        Ok(Begun {
            dir,
            temporary,
            file,
        })
    }

    pub(super) fn receive_content(
        &self,
        at: &RelativePath,
        content: Content,
        mode: u32,
        replace: bool,
        pace: &Pace,
    ) -> Result<Received, Fault> {
        let Begun {
            dir,
            temporary,
            mut file,
        } = self.begin_at(at)?;
        match self.fill(&mut *file, content, mode, pace) {
            Ok(filled) => {
                let part = Part {
                    replace,
                    proof: filled.proof,
                    written_bytes: filled.written_bytes,
                    ..Part::unwritten(dir, temporary, Some(file))
                };
                Ok(Received {
                    lost: filled.lost,
                    owner_kept: filled.owner_kept,
                    ..taken_in(at, filled.size_bytes, filled.checksum, part)
                })
            }
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
        let large = meta.size_bytes >= self.manner.large_bytes;
        if large && !sparse {
            file.go_around_cache();
        }
        let mut buffer = self.buffer_for(meta.size_bytes);
        let written_bytes = self.pour(file, &mut content, &mut buffer, pace)?;
        // after the bytes, and the owner first: writing and giving away take some attributes away again
        let owner_kept = keep_owner(file, meta.owner)
            .map_err(|error| failed(&error, "looking at what was written"))?;
        let mut lost = Vec::new();
        for name in content.attribute_names()? {
            let kept = content
                .attribute(&name)
                .and_then(|attribute| file.set_attribute(&attribute));
            if let Err(error) = kept {
                let name = crate::path::shown(&name);
                lost.push(format!("extended attribute {name}: {error}"));
            }
        }
        let checksum = content.finish()?;
        let looks = Looks {
            mode,
            mtime_ns: meta.mtime_ns,
            owner: meta.owner,
        };
        file.set_mode_and_mtime(looks.mode_for(owner_kept), looks.mtime_ns)
            .map_err(|error| failed(&error, "setting mode and time"))?;
        let proof = match large {
            true => self.prove(file, &mut buffer)?,
            false => Proof::WithItsBatch,
        };
        Ok(Filled {
            size_bytes: meta.size_bytes,
            checksum,
            lost,
            owner_kept,
            proof,
            written_bytes,
        })
    }

    /// Steps 3 and 4 of a large file. Hours of writing may lie behind it: a stop ends only this reading, and the file
    /// is read back with its batch, which a run still settles before it ends.
    fn prove(&self, file: &mut dyn OpenFile, buffer: &mut Buffer) -> Result<Proof, Fault> {
        if self.manner.durability != Durability::None {
            let _syncing = self.manner.activity.syncing();
            let synced = file.sync_data();
            synced.map_err(|error| failed(&error, "making it durable"))?;
        }
        // what went through the cache after all; where it stays, the comparison still holds, against the cache
        let _ = file.drop_cache();
        file.will_read_in_order();
        file.go_around_cache();
        match self.read_back(file, buffer, Some(&self.manner.stop)) {
            Err(fault) if fault.class == Class::Stopped => Ok(Proof::WithItsBatch),
            read => read.map(Proof::ReadBack),
        }
    }

    /// Source to file, piece by piece.
    fn pour(
        &self,
        file: &mut dyn OpenFile,
        content: &mut Content,
        buffer: &mut Buffer,
        pace: &Pace,
    ) -> Result<u64, Fault> {
        let (mut position_bytes, mut written_bytes) = (0_u64, 0_u64);
        loop {
            match content.next(buffer.bytes_mut())? {
                Piece::Bytes(read) => {
                    let bytes = buffer.first(read);
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
        if content.is_sparse() {
            file.set_size(position_bytes)
                .map_err(|error| failed(&error, "setting the size"))?;
        }
        Ok(written_bytes)
    }

    pub(super) fn receive_symlink(
        &self,
        at: &RelativePath,
        target: &[u8],
        replace: bool,
    ) -> Result<Received, Fault> {
        let made = || {
            let dir = self.tree.make_parent_of(at)?;
            let temporary = self.temporary(at);
            anew(&*dir, &temporary, || dir.make_symlink(target, &temporary))?;
            Ok(Part::unwritten(dir, temporary, None))
        };
        let part = made().map_err(|error: io::Error| failed(&error, "making a symbolic link"))?;
        let checksum = checksum_of(self.manner.algorithm, target);
        let part = Part { replace, ..part };
        Ok(taken_in(at, target.len() as u64, checksum, part))
    }

    pub(super) fn receive_link(
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
            anew(&*dir, &temporary, || {
                dir.make_link(&*from, existing.name(), &temporary)
            })?;
            Ok((size_bytes, Part::unwritten(dir, temporary, None)))
        };
        let (size_bytes, part) =
            linked().map_err(|error: io::Error| failed(&error, "making a hard link"))?;
        Ok(taken_in(at, size_bytes, checksum, part))
    }

    pub(super) fn receive_clone(
        &self,
        at: &RelativePath,
        existing: &RelativePath,
        checksum: Checksum,
        looks: Looks,
    ) -> Result<Received, Fault> {
        let opened = || {
            let from = self.tree.parent_of(existing)?.open_file(existing.name())?;
            let size_bytes = from.meta()?.size_bytes;
            Ok((from, size_bytes))
        };
        let (from, size_bytes) =
            opened().map_err(|error: io::Error| failed(&error, "opening the first copy"))?;
        let Begun {
            dir,
            temporary,
            mut file,
        } = self.begin_at(at)?;
        let cloned = file.clone_from(&*from).and_then(|()| {
            let owner_kept = keep_owner(&mut *file, looks.owner)?;
            file.set_mode_and_mtime(looks.mode_for(owner_kept), looks.mtime_ns)?;
            Ok(owner_kept)
        });
        match cloned {
            Ok(owner_kept) => {
                let part = Part::unwritten(dir, temporary, Some(file));
                Ok(Received {
                    owner_kept,
                    ..taken_in(at, size_bytes, checksum, part)
                })
            }
            Err(error) => {
                // best effort: what is left is taken away by the next attempt
                let _ = dir.remove(&temporary);
                Err(failed(&error, "making a clone"))
            }
        }
    }

    pub(super) fn receive_present(
        &self,
        at: &RelativePath,
        checksum: Checksum,
    ) -> Result<Received, Fault> {
        let opened = || {
            let dir = self.tree.parent_of(at)?;
            let meta = dir.meta(at.name())?;
            let file = match meta.kind {
                Kind::File => Some(dir.open_file(at.name())?),
                _ => None,
            };
            let part = Part {
                temporary: None,
                ..Part::unwritten(dir, Vec::new(), file)
            };
            Ok((meta.size_bytes, part))
        };
        let (size_bytes, part) =
            opened().map_err(|error: io::Error| failed(&error, "opening what is there"))?;
        self.tree.note_changed(at.parent());
        Ok(taken_in(at, size_bytes, checksum, part))
    }
}

/// Makes something under a temporary name; what an earlier, killed run of this job left there is taken away first.
fn anew<T>(dir: &dyn Dir, temporary: &[u8], make: impl Fn() -> io::Result<T>) -> io::Result<T> {
    match make() {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            dir.remove(temporary)?;
            make()
        }
        other => other,
    }
}

/// Whether it belongs to them now.
fn keep_owner(file: &mut dyn OpenFile, owner: Owner) -> io::Result<bool> {
    Ok(file.meta()?.owner == owner || file.set_owner(owner).is_ok())
}

fn taken_in(at: &RelativePath, size_bytes: u64, checksum: Checksum, part: Part) -> Received {
    Received {
        at: at.clone(),
        size_bytes,
        checksum,
        lost: Vec::new(),
        owner_kept: true,
        ticket: Ticket(Box::new(part)),
    }
}

struct Filled {
    size_bytes: u64,
    checksum: Checksum,
    lost: Vec<String>,
    owner_kept: bool,
    proof: Proof,
    written_bytes: u64,
}
