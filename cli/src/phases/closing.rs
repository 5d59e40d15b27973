//! When nothing is left to copy: one walk over the sources finds files that the job does not know, and directories,
//! which get their owners, times and modes, and are made when they are empty. What cannot be kept is said and stops nothing.

use std::{os::unix::fs::MetadataExt as _, path::Path};

use ignore::WalkBuilder;

use super::{
    PhaseError, Work,
    analyze::{self, Filter},
    copy::{self, Options},
    places::{self, Target},
};
use crate::{
    destination::local::Looks,
    engine::disk::Owner,
    job::{
        FileState, JobError, Side,
        files::{self, find_source},
        ledger,
        roots::Root,
    },
    path::RelativePath,
};

/// Names that are shown of each list.
const SHOWN: usize = 20;

/// A list of which only the beginning is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// How many there are.
    pub files: u64,
    /// The first of them.
    pub first: Vec<String>,
}

impl Listed {
    fn add(&mut self, path: &RelativePath) {
        self.files += 1;
        if self.first.len() < SHOWN {
            self.first.push(path.to_string());
        }
    }
}

/// What is told at the end of a copy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Closing {
    /// Below the sources, and not in the job.
    pub untracked: Listed,
    /// In the job, and not on the source any more.
    pub missing: Listed,
}

/// A directory of a source.
struct Directory {
    path: RelativePath,
    looks: Looks,
}

/// Walks once, then takes care of the directories.
pub fn run(work: &Work<'_>, options: &Options) -> Result<Closing, PhaseError> {
    let reader = work.job.read()?;
    let sources = places::find(&reader, Side::Source, &options.sources)?;
    let targets = places::open_targets(&reader, &work.disk, &options.dests, &copy::manner(work))?;
    let filter = Filter::new(&work.settings.include, &work.settings.exclude)?;
    let mut closing = Closing {
        missing: missing(&reader)?,
        ..Closing::default()
    };
    let mut directories = Vec::new();
    for (root, top) in sources.iter().filter(|(root, _)| !root.listed_only) {
        let mut walk = Walk {
            work,
            reader: &reader,
            filter: &filter,
            untracked: &mut closing.untracked,
            directories: &mut directories,
        };
        walk.root(root, top)?;
    }
    if !work.stop.is_asked() {
        keep(work, &targets, directories);
    }
    Ok(closing)
}

fn missing(reader: &rusqlite::Connection) -> Result<Listed, JobError> {
    let mut missing = Listed::default();
    let counted = ledger::counts(reader)?.missing.files;
    if counted > 0 {
        let first = files::page(
            reader,
            &[FileState::Missing],
            crate::job::FileId(0),
            u32::try_from(SHOWN).unwrap_or(u32::MAX),
        )?;
        first.iter().for_each(|file| missing.add(&file.row.path));
        missing.files = counted;
    }
    Ok(missing)
}

struct Walk<'a, 'w> {
    work: &'a Work<'w>,
    reader: &'a rusqlite::Connection,
    filter: &'a Filter,
    untracked: &'a mut Listed,
    directories: &'a mut Vec<Directory>,
}

impl Walk<'_, '_> {
    fn root(&mut self, root: &Root, top: &Path) -> Result<(), PhaseError> {
        let own = self.work.job.place.dir().canonicalize().unwrap_or_default();
        let walk = WalkBuilder::new(top)
            .standard_filters(false)
            .filter_entry(move |entry| entry.path() != own)
            .build();
        for entry in walk.filter_map(Result::ok) {
            if self.work.stop.is_asked() {
                break;
            }
            let below = entry.path().strip_prefix(top).ok();
            let path = below.and_then(|path| RelativePath::from_path(path).ok());
            let (Some(path), Some(kind)) = (path, entry.file_type()) else {
                continue;
            };
            if kind.is_dir() {
                self.directory(path, entry.path());
            } else if (kind.is_file() || kind.is_symlink())
                && !analyze::is_our_own(&path)
                && find_source(self.reader, root.id, &path)?.is_none()
            {
                self.untracked.add(&path);
            }
        }
        Ok(())
    }

    fn directory(&mut self, path: RelativePath, at: &Path) {
        if self.filter.leaves_out_directory(&path) {
            return;
        }
        if let Ok(meta) = std::fs::symlink_metadata(at) {
            self.directories.push(Directory {
                path,
                looks: Looks {
                    mode: meta.mode() & 0o7777,
                    mtime_ns: meta
                        .mtime()
                        .saturating_mul(1_000_000_000)
                        .saturating_add(meta.mtime_nsec()),
                    owner: Owner {
                        user: meta.uid(),
                        group: meta.gid(),
                    },
                },
            });
        }
    }
}

/// All are made first; times last and from the bottom up, because each name that is made changes the time above it.
fn keep(work: &Work<'_>, targets: &[Target], mut directories: Vec<Directory>) {
    directories.sort_by(|one, other| one.path.cmp(&other.path));
    directories.dedup_by(|later, earlier| later.path == earlier.path);
    let (mut failed, mut strangers) = (Listed::default(), 0_u64);
    let only_chosen = !work.settings.include.is_empty();
    for directory in &directories {
        let is_there = |target: &Target| target.directory.has_directory(&directory.path);
        let made = match targets.first() {
            Some(first) if !only_chosen && !targets.iter().any(is_there) => {
                first.directory.make_directory(&directory.path)
            }
            _ => Ok(()),
        };
        if made.is_err() {
            failed.add(&directory.path);
        }
    }
    for directory in directories.iter().rev() {
        for target in targets {
            let place = &target.directory;
            if !place.has_directory(&directory.path) {
                continue;
            }
            match place.set_directory(&directory.path, directory.looks) {
                Ok(true) => {}
                Ok(false) => strangers += 1,
                Err(_) => failed.add(&directory.path),
            }
        }
    }
    if strangers > 0 {
        work.warn(format!(
            "owners not kept, of directories: {strangers}. They are yours now; to keep owners, run ferry as root"
        ));
    }
    for target in targets {
        if let Err(fault) = target.directory.make_directories_durable() {
            // files are durable by their batches; what a power cut can take now are directories without any, and times
            work.warn(format!(
                "directories below {} may not survive a power cut: {fault}; run it again to be sure",
                String::from_utf8_lossy(&target.root.located.path)
            ));
        }
    }
    if failed.files > 0 {
        work.warn(format!(
            "{} directories could not be made, or keep another time or mode: {}",
            failed.files,
            failed.first.join(", ")
        ));
    }
}
