//! Steps 1 and 2 of the recipe: a file is taken in, under a temporary name, and counts for nothing yet.

use std::{io, sync::Arc};

use super::{LocalDirectory, Part, failed};
use crate::{
    destination::{Received, Ticket},
    engine::{
        content::{Content, Piece},
        disk::{Dir, Kind, OpenFile},
        fault::Fault,
        hasher::{Checksum, checksum_of},
        pace::Pace,
    },
    path::RelativePath,
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

    /// Its directory, and the name and the file that its bytes go to first.
    fn begin_at(&self, at: &RelativePath) -> Result<Begun, Fault> {
        let dir = self
            .tree
            .make_parent_of(at)
            .map_err(|error| failed(&error, "making directories"))?;
        let temporary = self.temporary(at);
        let file = self
            .begin(&*dir, &temporary)
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
        let written_bytes = self.pour(file, &mut content, sparse, pace)?;
        // after the bytes: writing takes some attributes away again
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
        let mut buffer = self.buffer_for(content.meta().size_bytes);
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

    pub(super) fn receive_symlink(
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

    pub(super) fn receive_clone(
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
        let Begun {
            dir,
            temporary,
            mut file,
        } = self.begin_at(at)?;
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
}

struct Filled {
    size_bytes: u64,
    checksum: Checksum,
    lost: Vec<String>,
    written_bytes: u64,
}
