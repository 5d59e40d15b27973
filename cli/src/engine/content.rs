//! A source file, opened once, read once from start to end, hashed in the same pass, and looked at before and after.

use super::{
    activity::Activity,
    disk::{Attribute, Meta, OpenFile},
    fault::{Class, Fault, Where},
    hasher::{Checksum, Hasher},
    stop::Stop,
    tree::Tree,
};
use crate::{job::Cause, path::RelativePath, settings::Algorithm};

/// A file larger than this is dropped when the run is told to stop; a smaller one is finished.
const FINISHED_WHEN_STOPPED_BYTES: u64 = 8 << 20;

/// Below this one read takes all of it anyway.
const READ_IN_ORDER_FROM_BYTES: u64 = 1 << 20;

/// Of a hole, between two signs of life.
const HASHED_AT_ONCE_BYTES: u64 = 64 << 20;

/// The next piece of a content.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// So many bytes lie in the buffer.
    Bytes(usize),
    /// So many zeros that take no storage.
    Hole(u64),
    /// There is no more.
    End,
}

/// An open source file.
pub struct Content {
    file: Box<dyn OpenFile>,
    before: Meta,
    hasher: Hasher,
    position_bytes: u64,
    /// Where the data that holds the position ends, in a file with holes.
    data_end_bytes: Option<u64>,
    stop: Stop,
    activity: Activity,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Content(at {} of {})",
            self.position_bytes, self.before.size_bytes
        )
    }
}

impl Content {
    /// Opens a file below a root.
    pub fn open(
        tree: &Tree,
        path: &RelativePath,
        algorithm: Algorithm,
        stop: &Stop,
        activity: &Activity,
    ) -> Result<Self, Fault> {
        let opened = tree
            .parent_of(path)
            .and_then(|dir| dir.open_file(path.name()));
        let mut file =
            opened.map_err(|error| Fault::of(&error, Where::Source, "opening the source"))?;
        let before = file
            .meta()
            .map_err(|error| Fault::of(&error, Where::Source, "looking at the source"))?;
        if before.size_bytes > READ_IN_ORDER_FROM_BYTES {
            file.will_read_in_order();
        }
        Ok(Content {
            file,
            before,
            hasher: Hasher::new(algorithm),
            position_bytes: 0,
            data_end_bytes: None,
            stop: stop.clone(),
            activity: activity.clone(),
        })
    }

    /// As it was when it was opened.
    pub fn meta(&self) -> &Meta {
        &self.before
    }

    /// Whether it has holes that take no storage.
    pub fn is_sparse(&self) -> bool {
        self.before.stored_bytes + 4096 < self.before.size_bytes
    }

    /// Names of its extended attributes, access lists among them.
    pub fn attribute_names(&self) -> Result<Vec<Vec<u8>>, Fault> {
        let listed = self.file.attribute_names();
        listed.map_err(|error| Fault::of(&error, Where::Source, "listing extended attributes"))
    }

    /// One of them. Some are listed for everybody and read by few: that concerns the attribute, not the file.
    pub fn attribute(&self, name: &[u8]) -> std::io::Result<Attribute> {
        self.file.attribute(name)
    }

    /// The next piece, hashed.
    pub fn next(&mut self, buffer: &mut [u8]) -> Result<Piece, Fault> {
        if self.before.size_bytes > FINISHED_WHEN_STOPPED_BYTES && self.stop.is_asked() {
            return Err(Fault::stopped());
        }
        let failed = |error: &std::io::Error| Fault::of(error, Where::Source, "reading the source");
        if self.is_sparse()
            && self
                .data_end_bytes
                .is_none_or(|end| self.position_bytes >= end)
            && let Some(hole) = self.hole().map_err(|error| failed(&error))?
        {
            return Ok(Piece::Hole(hole));
        }
        let room = self
            .data_end_bytes
            .map_or(buffer.len() as u64, |end| end - self.position_bytes);
        let at_most = usize::try_from(room)
            .unwrap_or(buffer.len())
            .min(buffer.len());
        let wanted = buffer.get_mut(..at_most).unwrap_or_default();
        let read = loop {
            match self.file.read(wanted) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other.map_err(|error| failed(&error))?,
            }
        };
        if read == 0 {
            return Ok(Piece::End);
        }
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        self.position_bytes += read as u64;
        self.activity.read(read as u64);
        if self.before.size_bytes > READ_IN_ORDER_FROM_BYTES && self.data_end_bytes.is_none() {
            // storage reads on while these bytes are hashed and written
            self.file
                .will_read_soon(self.position_bytes, buffer.len() as u64);
        }
        if self.position_bytes > self.before.size_bytes {
            return Err(self.changed());
        }
        Ok(Piece::Bytes(read))
    }

    /// The hole that begins at the position, if one does; moves to the next data.
    fn hole(&mut self) -> std::io::Result<Option<u64>> {
        let size_bytes = self.before.size_bytes;
        let (begin, end) = match self.file.next_data(self.position_bytes)? {
            Some(data) => data,
            None => (size_bytes, size_bytes),
        };
        let hole = begin.min(size_bytes).saturating_sub(self.position_bytes);
        self.data_end_bytes = Some(end.max(begin)).filter(|end| *end < size_bytes);
        if hole == 0 {
            return Ok(None);
        }
        let mut left_bytes = hole;
        while left_bytes > 0 {
            let now = left_bytes.min(HASHED_AT_ONCE_BYTES);
            self.hasher.update_zeros(now);
            self.activity.read(now);
            left_bytes -= now;
        }
        self.position_bytes += hole;
        self.file.seek_to(self.position_bytes)?;
        Ok(Some(hole))
    }

    fn changed(&self) -> Fault {
        Fault::new(
            Class::Transient,
            Cause::SourceChanged,
            "the source changed while it was read",
        )
    }

    /// The checksum, when the source is still what it was at the beginning.
    pub fn finish(self) -> Result<Checksum, Fault> {
        let after = self
            .file
            .meta()
            .map_err(|error| Fault::of(&error, Where::Source, "looking at the source"))?;
        let same = (after.size_bytes, after.mtime_ns, after.inode)
            == (
                self.before.size_bytes,
                self.before.mtime_ns,
                self.before.inode,
            );
        if !same || self.position_bytes != self.before.size_bytes {
            return Err(self.changed());
        }
        Ok(self.hasher.finish())
    }

    /// Reads all that is left and gives the checksum and the bytes read from storage.
    pub fn hash_rest(mut self, buffer: &mut [u8]) -> Result<(Checksum, u64), Fault> {
        let mut read_bytes = 0;
        loop {
            match self.next(buffer)? {
                Piece::Bytes(read) => read_bytes += read as u64,
                Piece::Hole(_) => {}
                Piece::End => return Ok((self.finish()?, read_bytes)),
            }
            if self.stop.is_asked() {
                return Err(Fault::stopped());
            }
        }
    }
}
