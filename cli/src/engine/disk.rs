//! The seam below everything that touches files: the system's calls, or the fault filesystem of the tests. It is as
//! wide as the recipe needs (see [`crate::destination::local`]), each method one system call.

use std::{any::Any, io, path::Path, sync::Arc};

use crate::clock::UnixNanos;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A device, pipe or socket.
    Special,
}

/// Of a file, never of what a link points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meta {
    /// What it is.
    pub kind: Kind,
    /// Its length.
    pub size_bytes: u64,
    /// When its content changed last.
    pub mtime_ns: UnixNanos,
    /// Permission bits.
    pub mode: u32,
    /// Its number on its filesystem.
    pub inode: u64,
    /// Names that it has.
    pub nlink: u64,
    /// Bytes that it takes on storage.
    pub stored_bytes: u64,
    /// Whose it is.
    pub owner: Owner,
}

/// By the system's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Owner {
    /// The user.
    pub user: u32,
    /// The group.
    pub group: u32,
}

/// Free and total space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// That we may still fill.
    pub free_bytes: u64,
    /// Of the filesystem.
    pub total_bytes: u64,
}

/// Where directories are opened.
pub trait Disk: Send + Sync {
    /// A directory by its absolute path; here links are followed, for a person named it.
    fn open_root(&self, path: &Path) -> io::Result<Arc<dyn Dir>>;
}

/// An open directory. Names are single names, never paths, and no link is followed.
pub trait Dir: Send + Sync {
    /// A directory in this one.
    fn open_dir(&self, name: &[u8]) -> io::Result<Arc<dyn Dir>>;
    /// Makes a directory.
    fn make_dir(&self, name: &[u8]) -> io::Result<()>;
    /// What the name stands for.
    fn meta(&self, name: &[u8]) -> io::Result<Meta>;
    /// A regular file, to read. Anything else is an error.
    fn open_file(&self, name: &[u8]) -> io::Result<Box<dyn OpenFile>>;
    /// A new file, to write and read; an error when the name is taken.
    fn create_file(&self, name: &[u8]) -> io::Result<Box<dyn OpenFile>>;
    /// Gives a new name within this directory, in one step; without `replace` an error when it is taken.
    fn rename(&self, from: &[u8], to: &[u8], replace: bool) -> io::Result<()>;
    /// Takes away a file's or link's name.
    fn remove(&self, name: &[u8]) -> io::Result<()>;
    /// Makes a symbolic link.
    fn make_symlink(&self, target: &[u8], name: &[u8]) -> io::Result<()>;
    /// Where a symbolic link points to.
    fn read_symlink(&self, name: &[u8]) -> io::Result<Vec<u8>>;
    /// A second name here for a file of another directory of the same filesystem.
    fn make_link(&self, from: &dyn Dir, from_name: &[u8], name: &[u8]) -> io::Result<()>;
    /// Sets its own permission bits and time.
    fn set_mode_and_mtime(&self, mode: u32, mtime_ns: UnixNanos) -> io::Result<()>;
    /// Gives it to somebody; only root may give to others.
    fn set_owner(&self, owner: Owner) -> io::Result<()>;
    /// Makes the names in it durable.
    fn sync(&self) -> io::Result<()>;
    /// Makes all of its filesystem durable.
    fn sync_filesystem(&self) -> io::Result<()>;
    /// Space on its filesystem.
    fn room(&self) -> io::Result<Room>;
    /// For calls that take two directories.
    fn as_any(&self) -> &dyn Any;
}

/// An open file with a position.
pub trait OpenFile: Send {
    /// As it is now.
    fn meta(&self) -> io::Result<Meta>;
    /// Up to the buffer's length from the position on; 0 at the end.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize>;
    /// All of it at the position.
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()>;
    /// Moves the position.
    fn seek_to(&mut self, position_bytes: u64) -> io::Result<()>;
    /// Where data begins at or after a position, and where it ends; none: only a hole is left.
    fn next_data(&mut self, position_bytes: u64) -> io::Result<Option<(u64, u64)>>;
    /// Takes storage for so many bytes, so that a full disk shows at once.
    fn reserve(&mut self, size_bytes: u64) -> io::Result<()>;
    /// Makes it exactly so long.
    fn set_size(&mut self, size_bytes: u64) -> io::Result<()>;
    /// Sets permission bits and time.
    fn set_mode_and_mtime(&mut self, mode: u32, mtime_ns: UnixNanos) -> io::Result<()>;
    /// Gives it to somebody, or at least to the group; only root may give to other users.
    fn set_owner(&mut self, owner: Owner) -> io::Result<()>;
    /// Names of extended attributes, access lists among them, without those that the system sets by itself.
    fn attribute_names(&self) -> io::Result<Vec<Vec<u8>>>;
    /// One of them, with its value.
    fn attribute(&self, name: &[u8]) -> io::Result<Attribute>;
    /// Sets one.
    fn set_attribute(&mut self, attribute: &Attribute) -> io::Result<()>;
    /// Shares the storage of another file's whole content.
    fn clone_from(&mut self, other: &dyn OpenFile) -> io::Result<()>;
    /// Makes content and length durable.
    fn sync_data(&mut self) -> io::Result<()>;
    /// Forgets the cached pages, so that the next read asks storage.
    fn drop_cache(&mut self) -> io::Result<()>;
    /// The reader will go through from start to end.
    fn will_read_in_order(&mut self) {}
    /// This part will be read soon: storage may begin.
    fn will_read_soon(&mut self, _from_bytes: u64, _size_bytes: u64) {}
    /// Reads and writes go to storage and not through the cache, where the filesystem can do that and the memory suits
    /// (see [`super::buffer`]): large files then neither wait for others' writes nor push out what others need.
    fn go_around_cache(&mut self) {}
    /// For calls that take two files.
    fn as_any(&self) -> &dyn Any;
}

/// An extended attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// With its namespace: `user.…`.
    pub name: Vec<u8>,
    /// Bytes.
    pub value: Vec<u8>,
}
