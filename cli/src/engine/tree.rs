//! Reaches a file from its root, name by name and through no symbolic link. Remembers the directories it opened last.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{disk::Dir, open_files};
use crate::path::RelativePath;

/// Directories that stay open at one time, where so many may be open.
const KEPT_OPEN: usize = 256;

/// Directories by their path below the root.
type OpenDirs = HashMap<Box<[u8]>, Arc<dyn Dir>>;

/// A root and the directories below it.
pub struct Tree {
    root: Arc<dyn Dir>,
    open: Mutex<OpenDirs>,
    kept_open: usize,
    /// Directories that changed since the last [`Tree::take_changed`].
    changed: Mutex<BTreeSet<Box<[u8]>>>,
}

impl std::fmt::Debug for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tree(..)")
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tree {
    /// Below an open directory.
    pub fn new(root: Arc<dyn Dir>) -> Self {
        Tree {
            root,
            open: Mutex::default(),
            // a source, a destination, and what else is open beside them
            kept_open: open_files::share(16, KEPT_OPEN),
            changed: Mutex::default(),
        }
    }

    /// The root itself.
    pub fn root(&self) -> &Arc<dyn Dir> {
        &self.root
    }

    /// The directory that holds a file.
    pub fn parent_of(&self, path: &RelativePath) -> io::Result<Arc<dyn Dir>> {
        self.dir(path.parent(), false)
    }

    /// The same; directories that are not there are made.
    pub fn make_parent_of(&self, path: &RelativePath) -> io::Result<Arc<dyn Dir>> {
        self.dir(path.parent(), true)
    }

    /// A directory by its path below the root; empty: the root.
    pub fn dir(&self, path: &[u8], make: bool) -> io::Result<Arc<dyn Dir>> {
        if path.is_empty() {
            return Ok(self.root.clone());
        }
        if let Some(known) = locked(&self.open).get(path) {
            return Ok(known.clone());
        }
        let cut = path.iter().rposition(|byte| *byte == b'/');
        let (above, name) = match cut {
            Some(at) => (
                path.get(..at).unwrap_or_default(),
                path.get(at + 1..).unwrap_or_default(),
            ),
            None => (&[][..], path),
        };
        let parent = self.dir(above, make)?;
        let found = match parent.open_dir(name) {
            Err(error) if make && error.kind() == io::ErrorKind::NotFound => {
                self.make(&*parent, above, name)?;
                parent.open_dir(name)?
            }
            other => other?,
        };
        self.remember(path, &found);
        Ok(found)
    }

    fn make(&self, parent: &dyn Dir, above: &[u8], name: &[u8]) -> io::Result<()> {
        match parent.make_dir(name) {
            // another thread was faster
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => other?,
        }
        self.note_changed(above);
        Ok(())
    }

    fn remember(&self, path: &[u8], dir: &Arc<dyn Dir>) {
        let mut open = locked(&self.open);
        if open.len() >= self.kept_open {
            open.clear();
        }
        open.insert(path.into(), dir.clone());
    }

    /// Its list of names changed, or its times: it has to be synced.
    pub fn note_changed(&self, dir: &[u8]) {
        locked(&self.changed).insert(dir.into());
    }

    /// Directories that changed since the last call.
    pub fn take_changed(&self) -> BTreeSet<Box<[u8]>> {
        std::mem::take(&mut *locked(&self.changed))
    }

    /// They could not be synced: they are still to be.
    pub fn give_back_changed(&self, dirs: BTreeSet<Box<[u8]>>) {
        locked(&self.changed).extend(dirs);
    }
}
