//! The system's calls behind the seam [`super::disk`]. Everything is opened relative to a directory handle and without
//! following links; Linux has more calls, other systems take the next best. Here are directories; open files are
//! [`file`].

mod file;
#[cfg(test)]
mod tests;

use std::{
    any::Any,
    ffi::OsStr,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt as _,
    },
    path::Path,
    sync::Arc,
};

use rustix::{
    fs::{self as sys, AtFlags, FileType, Mode, OFlags},
    io::Errno,
};

use super::disk::{Dir, Disk, Kind, Meta, OpenFile, Owner, Room};
use crate::clock::UnixNanos;
use file::OsFile;

/// The machine's own filesystems.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsDisk;

impl Disk for OsDisk {
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = sys::open(path, flags, Mode::empty())?;
        Ok(Arc::new(OsDir { fd }))
    }
}

#[derive(Debug)]
struct OsDir {
    fd: OwnedFd,
}

fn name_of(name: &[u8]) -> &OsStr {
    OsStr::from_bytes(name)
}

#[expect(
    clippy::unnecessary_cast,
    reason = "the widths of these fields differ from system to system"
)]
fn meta_of(stat: &sys::Stat) -> Meta {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        _ => Kind::Special,
    };
    Meta {
        kind,
        size_bytes: u64::try_from(stat.st_size).unwrap_or(0),
        mtime_ns: (stat.st_mtime as i64)
            .saturating_mul(1_000_000_000)
            .saturating_add(stat.st_mtime_nsec as i64),
        mode: (stat.st_mode as u32) & 0o7777,
        inode: stat.st_ino as u64,
        nlink: stat.st_nlink as u64,
        stored_bytes: u64::try_from(stat.st_blocks).unwrap_or(0) * 512,
        owner: Owner {
            user: stat.st_uid,
            group: stat.st_gid,
        },
    }
}

fn set_mode_and_mtime(fd: &OwnedFd, mode: u32, mtime_ns: UnixNanos) -> io::Result<()> {
    sys::fchmod(fd, Mode::from_raw_mode(mode & 0o7777))?;
    let time = sys::Timespec {
        tv_sec: mtime_ns.div_euclid(1_000_000_000),
        tv_nsec: mtime_ns.rem_euclid(1_000_000_000),
    };
    let times = sys::Timestamps {
        last_access: time,
        last_modification: time,
    };
    Ok(sys::futimens(fd, &times)?)
}

fn set_owner(fd: &OwnedFd, owner: Owner) -> io::Result<()> {
    let group = Some(sys::Gid::from_raw(owner.group));
    let given = sys::fchown(fd, Some(sys::Uid::from_raw(owner.user)), group);
    if given == Err(Errno::PERM) {
        // a group of one's own may be given all the same
        let _ = sys::fchown(fd, None, group);
    }
    Ok(given?)
}

impl Dir for OsDir {
    fn open_dir(&self, name: &[u8]) -> io::Result<Arc<dyn Dir>> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = sys::openat(&self.fd, name_of(name), flags, Mode::empty())?;
        Ok(Arc::new(OsDir { fd }))
    }

    fn make_dir(&self, name: &[u8]) -> io::Result<()> {
        Ok(sys::mkdirat(
            &self.fd,
            name_of(name),
            Mode::from_raw_mode(0o777),
        )?)
    }

    fn meta(&self, name: &[u8]) -> io::Result<Meta> {
        let stat = sys::statat(&self.fd, name_of(name), AtFlags::SYMLINK_NOFOLLOW)?;
        Ok(meta_of(&stat))
    }

    fn open_file(&self, name: &[u8]) -> io::Result<Box<dyn OpenFile>> {
        // NONBLOCK: a pipe that stands in a file's place must not hang us
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = sys::openat(&self.fd, name_of(name), flags, Mode::empty())?;
        let file = OsFile::new(fd);
        if file.meta()?.kind != Kind::File {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "it is not a regular file",
            ));
        }
        Ok(Box::new(file))
    }

    fn create_file(&self, name: &[u8]) -> io::Result<Box<dyn OpenFile>> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = sys::openat(&self.fd, name_of(name), flags, Mode::from_raw_mode(0o600))?;
        Ok(Box::new(OsFile::new(fd)))
    }

    fn rename(&self, from: &[u8], to: &[u8], replace: bool) -> io::Result<()> {
        let (from, to) = (name_of(from), name_of(to));
        if replace {
            return Ok(sys::renameat(&self.fd, from, &self.fd, to)?);
        }
        #[cfg(target_os = "linux")]
        match sys::renameat_with(&self.fd, from, &self.fd, to, sys::RenameFlags::NOREPLACE) {
            // a filesystem without the flag: link, which never replaces, then take the old name away
            Err(Errno::INVAL | Errno::NOSYS) => {}
            other => return Ok(other?),
        }
        sys::linkat(&self.fd, from, &self.fd, to, AtFlags::empty())?;
        Ok(sys::unlinkat(&self.fd, from, AtFlags::empty())?)
    }

    fn remove(&self, name: &[u8]) -> io::Result<()> {
        Ok(sys::unlinkat(&self.fd, name_of(name), AtFlags::empty())?)
    }

    fn make_symlink(&self, target: &[u8], name: &[u8]) -> io::Result<()> {
        Ok(sys::symlinkat(name_of(target), &self.fd, name_of(name))?)
    }

    fn read_symlink(&self, name: &[u8]) -> io::Result<Vec<u8>> {
        Ok(sys::readlinkat(&self.fd, name_of(name), Vec::new())?.into_bytes())
    }

    fn make_link(&self, from: &dyn Dir, from_name: &[u8], name: &[u8]) -> io::Result<()> {
        let from = from.as_any().downcast_ref::<OsDir>().ok_or(Errno::XDEV)?;
        Ok(sys::linkat(
            &from.fd,
            name_of(from_name),
            &self.fd,
            name_of(name),
            AtFlags::empty(),
        )?)
    }

    fn set_mode_and_mtime(&self, mode: u32, mtime_ns: UnixNanos) -> io::Result<()> {
        set_mode_and_mtime(&self.fd, mode, mtime_ns)
    }

    fn set_owner(&self, owner: Owner) -> io::Result<()> {
        set_owner(&self.fd, owner)
    }

    fn sync(&self) -> io::Result<()> {
        Ok(sys::fsync(&self.fd)?)
    }

    fn sync_filesystem(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        return Ok(sys::syncfs(&self.fd)?);
        #[cfg(not(target_os = "linux"))]
        Err(io::ErrorKind::Unsupported.into())
    }

    fn room(&self) -> io::Result<Room> {
        let stat = sys::fstatvfs(&self.fd)?;
        Ok(Room {
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
        })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// What kind of filesystem it is: the number that `statfs` gives, 0 where it gives none.
pub fn filesystem_type(of: &impl AsFd) -> i64 {
    #[cfg(target_os = "linux")]
    #[expect(
        clippy::unnecessary_cast,
        reason = "its width differs from machine to machine"
    )]
    return sys::fstatfs(of).map_or(0, |stat| stat.f_type as i64);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = of;
        0
    }
}
