//! An open file of the machine. Large ones can go around the page cache, as the system lets them.

use std::{any::Any, io, os::fd::OwnedFd};

use rustix::{fs as sys, io::Errno};

use super::{meta_of, name_of, set_mode_and_mtime, set_owner};
use crate::{
    clock::UnixNanos,
    engine::{
        buffer,
        disk::{Attribute, Meta, OpenFile, Owner},
    },
};

/// Attributes that each filesystem sets by itself.
const SET_BY_THE_SYSTEM: [&[u8]; 2] = [b"security.selinux", b"security.evm"];

/// One request to the device: most take at least so much.
#[cfg(target_os = "linux")]
const ASKED_AT_ONCE_BYTES: usize = 1 << 20;

/// A file opened by its directory.
#[derive(Debug)]
pub(super) struct OsFile {
    fd: OwnedFd,
    /// Whether reads and writes go around the cache.
    direct: bool,
}

impl OsFile {
    pub(super) fn new(fd: OwnedFd) -> Self {
        OsFile { fd, direct: false }
    }

    /// From here on through the cache again.
    fn through_cache(&mut self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        if self.direct {
            let flags = sys::fcntl_getfl(&self.fd)?;
            sys::fcntl_setfl(&self.fd, flags - sys::OFlags::DIRECT)?;
        }
        self.direct = false;
        Ok(())
    }
}

impl OpenFile for OsFile {
    fn meta(&self) -> io::Result<Meta> {
        Ok(meta_of(&sys::fstat(&self.fd)?))
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match rustix::io::read(&self.fd, &mut *buffer) {
            // this place or this buffer does not suit the device
            Err(Errno::INVAL) if self.direct => {
                self.through_cache()?;
                Ok(rustix::io::read(&self.fd, buffer)?)
            }
            other => Ok(other?),
        }
    }

    fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        if !buffer::suits_direct(bytes) {
            self.through_cache()?;
        }
        while !bytes.is_empty() {
            match rustix::io::write(&self.fd, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(Errno::INTR) => {}
                // as above; what is left after a partial write may not suit either
                Err(Errno::INVAL) if self.direct => self.through_cache()?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn seek_to(&mut self, position_bytes: u64) -> io::Result<()> {
        sys::seek(&self.fd, sys::SeekFrom::Start(position_bytes))?;
        Ok(())
    }

    fn next_data(&mut self, position_bytes: u64) -> io::Result<Option<(u64, u64)>> {
        #[cfg(any(target_os = "linux", target_os = "macos"))]
        {
            let begin = match sys::seek(&self.fd, sys::SeekFrom::Data(position_bytes)) {
                Ok(begin) => begin,
                Err(Errno::NXIO) => return Ok(None),
                Err(error) => return Err(error.into()),
            };
            let end = sys::seek(&self.fd, sys::SeekFrom::Hole(begin))?;
            self.seek_to(begin)?;
            Ok(Some((begin, end)))
        }
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        {
            let size_bytes = self.meta()?.size_bytes;
            Ok((position_bytes < size_bytes).then_some((position_bytes, size_bytes)))
        }
    }

    fn reserve(&mut self, size_bytes: u64) -> io::Result<()> {
        match sys::fallocate(&self.fd, sys::FallocateFlags::empty(), 0, size_bytes) {
            // only a convenience: the writes find out too
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
            other => Ok(other?),
        }
    }

    fn set_size(&mut self, size_bytes: u64) -> io::Result<()> {
        Ok(sys::ftruncate(&self.fd, size_bytes)?)
    }

    fn set_mode_and_mtime(&mut self, mode: u32, mtime_ns: UnixNanos) -> io::Result<()> {
        set_mode_and_mtime(&self.fd, mode, mtime_ns)
    }

    fn set_owner(&mut self, owner: Owner) -> io::Result<()> {
        set_owner(&self.fd, owner)
    }

    fn attribute_names(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut names: Vec<u8> = Vec::with_capacity(256);
        loop {
            match sys::flistxattr(&self.fd, rustix::buffer::spare_capacity(&mut names)) {
                Ok(_) => break,
                Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(Vec::new()),
                // Linux has at most 64 KiB of names
                Err(Errno::RANGE) if names.capacity() < 1 << 16 => names.reserve(1 << 16),
                Err(error) => return Err(error.into()),
            }
        }
        let copied = names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty() && !SET_BY_THE_SYSTEM.contains(name));
        Ok(copied.map(<[u8]>::to_vec).collect())
    }

    fn attribute(&self, name: &[u8]) -> io::Result<Attribute> {
        let mut value: Vec<u8> = Vec::with_capacity(1 << 16);
        sys::fgetxattr(
            &self.fd,
            name_of(name),
            rustix::buffer::spare_capacity(&mut value),
        )?;
        Ok(Attribute {
            name: name.to_vec(),
            value,
        })
    }

    fn set_attribute(&mut self, attribute: &Attribute) -> io::Result<()> {
        let name = name_of(&attribute.name);
        Ok(sys::fsetxattr(
            &self.fd,
            name,
            &attribute.value,
            sys::XattrFlags::empty(),
        )?)
    }

    fn clone_from(&mut self, other: &dyn OpenFile) -> io::Result<()> {
        let other = other.as_any().downcast_ref::<OsFile>().ok_or(Errno::XDEV)?;
        #[cfg(target_os = "linux")]
        return Ok(sys::ioctl_ficlone(&self.fd, &other.fd)?);
        #[cfg(not(target_os = "linux"))]
        {
            let _ = other;
            Err(io::ErrorKind::Unsupported.into())
        }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        return Ok(sys::fdatasync(&self.fd)?);
        #[cfg(not(target_os = "linux"))]
        Ok(sys::fsync(&self.fd)?)
    }

    fn go_around_cache(&mut self) {
        // not every filesystem can, and the cache serves as well
        #[cfg(target_os = "linux")]
        {
            let set = sys::fcntl_getfl(&self.fd)
                .and_then(|flags| sys::fcntl_setfl(&self.fd, flags | sys::OFlags::DIRECT));
            self.direct = set.is_ok();
        }
    }

    fn drop_cache(&mut self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        sys::fadvise(&self.fd, 0, None, sys::Advice::DontNeed)?;
        Ok(())
    }

    fn will_read_in_order(&mut self) {
        // advice: a filesystem that takes none reads all the same
        #[cfg(target_os = "linux")]
        let _ = sys::fadvise(&self.fd, 0, None, sys::Advice::Sequential);
    }

    fn will_read_soon(&mut self, from_bytes: u64, size_bytes: u64) {
        // advice, as above; of one call Linux takes as much as the device likes in one request
        #[cfg(target_os = "linux")]
        for at in (from_bytes..from_bytes.saturating_add(size_bytes)).step_by(ASKED_AT_ONCE_BYTES) {
            let length = std::num::NonZeroU64::new(ASKED_AT_ONCE_BYTES as u64);
            let _ = sys::fadvise(&self.fd, at, length, sys::Advice::WillNeed);
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (from_bytes, size_bytes);
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
