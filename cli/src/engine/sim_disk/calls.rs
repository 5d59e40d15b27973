//! The calls of the seam, on the filesystem in memory.

use std::{any::Any, io, path::Path, sync::Arc};

use rustix::io::Errno;

use super::{Ino, ROOT, SimDisk, State};
use crate::engine::disk::{Attribute, Dir, Disk, Kind, Meta, OpenFile, Owner, Room};

#[derive(Debug)]
struct SimDir {
    disk: SimDisk,
    ino: Ino,
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    ino: Ino,
    position: usize,
}

impl Disk for SimDisk {
    /// The root of everything for `/`, else the directory of it that has the path's last name.
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        use std::os::unix::ffi::OsStrExt as _;
        let mut state = self.state();
        state.call()?;
        let ino = match path.file_name() {
            Some(name) => state.find(ROOT, name.as_bytes())?,
            None => ROOT,
        };
        Ok(Arc::new(SimDir {
            disk: self.clone(),
            ino,
        }))
    }
}

impl SimDir {
    /// One call on a name that is there.
    fn with<T>(
        &self,
        name: &[u8],
        act: impl FnOnce(&mut State, Ino) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.disk.state();
        state.call()?;
        let ino = match name {
            b"." => self.ino,
            _ => state.find(self.ino, name)?,
        };
        act(&mut state, ino)
    }

    /// One call on a name that must be free.
    fn fresh(&self, name: &[u8], kind: Kind) -> io::Result<Ino> {
        let mut state = self.disk.state();
        state.call()?;
        if state.find(self.ino, name).is_ok() {
            return Err(Errno::EXIST.into());
        }
        let ino = state.new_node(kind);
        state.change(self.ino, vec![(name.to_vec(), Some(ino))]);
        Ok(ino)
    }
}

fn meta_of(state: &mut State, ino: Ino) -> Meta {
    let node = state.node(ino);
    Meta {
        kind: node.kind.unwrap_or(Kind::Special),
        size_bytes: node.live.len() as u64,
        mtime_ns: node.mtime_ns,
        mode: node.mode,
        inode: ino,
        nlink: 1,
        stored_bytes: node.live.len() as u64,
        owner: Owner::default(),
    }
}

impl Dir for SimDir {
    fn open_dir(&self, name: &[u8]) -> io::Result<Arc<dyn Dir>> {
        let ino = self.with(name, |state, ino| match state.node(ino).kind {
            Some(Kind::Directory) => Ok(ino),
            _ => Err(Errno::NOTDIR.into()),
        })?;
        Ok(Arc::new(SimDir {
            disk: self.disk.clone(),
            ino,
        }))
    }

    fn make_dir(&self, name: &[u8]) -> io::Result<()> {
        self.fresh(name, Kind::Directory).map(drop)
    }

    fn meta(&self, name: &[u8]) -> io::Result<Meta> {
        self.with(name, |state, ino| Ok(meta_of(state, ino)))
    }

    fn open_file(&self, name: &[u8]) -> io::Result<Box<dyn OpenFile>> {
        let ino = self.with(name, |state, ino| {
            state.node(ino).opened += 1;
            Ok(ino)
        })?;
        Ok(Box::new(SimFile {
            disk: self.disk.clone(),
            ino,
            position: 0,
        }))
    }

    fn create_file(&self, name: &[u8]) -> io::Result<Box<dyn OpenFile>> {
        let ino = self.fresh(name, Kind::File)?;
        Ok(Box::new(SimFile {
            disk: self.disk.clone(),
            ino,
            position: 0,
        }))
    }

    fn rename(&self, from: &[u8], to: &[u8], replace: bool) -> io::Result<()> {
        let mut state = self.disk.state();
        state.call()?;
        let ino = state.find(self.ino, from)?;
        if !replace && state.find(self.ino, to).is_ok() {
            return Err(Errno::EXIST.into());
        }
        state.change(
            self.ino,
            vec![(from.to_vec(), None), (to.to_vec(), Some(ino))],
        );
        Ok(())
    }

    fn remove(&self, name: &[u8]) -> io::Result<()> {
        let dir = self.ino;
        self.with(name, |state, _| {
            state.change(dir, vec![(name.to_vec(), None)]);
            Ok(())
        })
    }

    fn make_symlink(&self, target: &[u8], name: &[u8]) -> io::Result<()> {
        let ino = self.fresh(name, Kind::Symlink)?;
        target.clone_into(&mut self.disk.state().node(ino).live);
        Ok(())
    }

    fn read_symlink(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        self.with(name, |state, ino| Ok(state.node(ino).live.clone()))
    }

    fn make_link(&self, from: &dyn Dir, from_name: &[u8], name: &[u8]) -> io::Result<()> {
        let from = from.as_any().downcast_ref::<SimDir>().ok_or(Errno::XDEV)?;
        let ino = from.with(from_name, |_, ino| Ok(ino))?;
        let mut state = self.disk.state();
        state.change(self.ino, vec![(name.to_vec(), Some(ino))]);
        Ok(())
    }

    /// All of it is one user's.
    fn set_owner(&self, _owner: Owner) -> io::Result<()> {
        Ok(())
    }

    fn set_mode_and_mtime(&self, mode: u32, mtime_ns: i64) -> io::Result<()> {
        self.with(b".", |state, dir| {
            let node = state.node(dir);
            (node.mode, node.mtime_ns) = (mode, mtime_ns);
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        let dir = self.ino;
        self.with(b".", |state, _| {
            let node = state.node(dir);
            node.durable_names = node.names.clone();
            node.changes.clear();
            Ok(())
        })
    }

    fn sync_filesystem(&self) -> io::Result<()> {
        self.disk.dawdle(|plan| plan.sync_takes);
        self.with(b".", |state, _| {
            state.make_all_durable();
            Ok(())
        })
    }

    fn room(&self) -> io::Result<Room> {
        self.with(b".", |state, _| {
            let total_bytes = state.plan.capacity_bytes.unwrap_or(1 << 40);
            Ok(Room {
                free_bytes: total_bytes.saturating_sub(state.used_bytes()),
                total_bytes,
            })
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl SimFile {
    fn with<T>(&self, act: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.disk.state();
        state.call()?;
        act(&mut state)
    }
}

impl OpenFile for SimFile {
    fn meta(&self) -> io::Result<Meta> {
        self.with(|state| Ok(meta_of(state, self.ino)))
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk.dawdle(|plan| plan.read_takes);
        let (ino, position) = (self.ino, self.position);
        let read = self.with(|state| {
            let rest = state.node(ino).live.get(position..).unwrap_or_default();
            let read = rest.len().min(buffer.len());
            buffer[..read].copy_from_slice(&rest[..read]);
            state.node(ino).read_bytes += read as u64;
            Ok(read)
        })?;
        self.position += read;
        Ok(read)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (ino, position) = (self.ino, self.position);
        self.with(|state| {
            let full = state
                .plan
                .capacity_bytes
                .is_some_and(|most| state.used_bytes() + bytes.len() as u64 > most);
            if full {
                return Err(Errno::NOSPC.into());
            }
            let flip = state.plan.flipping_permille > 0
                && state.roll() % 1000 < state.plan.flipping_permille;
            let end = position + bytes.len();
            let live = &mut state.node(ino).live;
            live.resize(live.len().max(end), 0);
            live[position..end].copy_from_slice(bytes);
            if flip && !bytes.is_empty() {
                live[position] ^= 1;
                state.flipped += 1;
            }
            Ok(())
        })?;
        self.position += bytes.len();
        Ok(())
    }

    fn seek_to(&mut self, position_bytes: u64) -> io::Result<()> {
        self.position = usize::try_from(position_bytes).map_err(io::Error::other)?;
        Ok(())
    }

    fn next_data(&mut self, position_bytes: u64) -> io::Result<Option<(u64, u64)>> {
        let size_bytes = self.meta()?.size_bytes;
        Ok((position_bytes < size_bytes).then_some((position_bytes, size_bytes)))
    }

    fn reserve(&mut self, _size_bytes: u64) -> io::Result<()> {
        self.with(|_| Ok(()))
    }

    fn set_size(&mut self, size_bytes: u64) -> io::Result<()> {
        let ino = self.ino;
        self.with(|state| {
            state
                .node(ino)
                .live
                .resize(usize::try_from(size_bytes).map_err(io::Error::other)?, 0);
            Ok(())
        })
    }

    fn set_owner(&mut self, _owner: Owner) -> io::Result<()> {
        Ok(())
    }

    fn set_mode_and_mtime(&mut self, mode: u32, mtime_ns: i64) -> io::Result<()> {
        let ino = self.ino;
        self.with(|state| {
            let node = state.node(ino);
            (node.mode, node.mtime_ns) = (mode, mtime_ns);
            Ok(())
        })
    }

    fn attribute_names(&self) -> io::Result<Vec<Vec<u8>>> {
        let odd = self.disk.state().plan.unreadable_attribute;
        Ok(odd
            .map(|name| name.as_bytes().to_vec())
            .into_iter()
            .collect())
    }

    fn attribute(&self, _name: &[u8]) -> io::Result<Attribute> {
        Err(Errno::PERM.into())
    }

    fn set_attribute(&mut self, _attribute: &Attribute) -> io::Result<()> {
        Ok(())
    }

    fn clone_from(&mut self, _other: &dyn OpenFile) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        let ino = self.ino;
        self.with(|state| {
            let node = state.node(ino);
            node.durable = Some(node.live.clone());
            Ok(())
        })
    }

    fn drop_cache(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
