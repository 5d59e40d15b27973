//! Looks at the roots and brings the lists up to date. Only rows that changed are written; killed anywhere and run
//! again, it gives the rows of an uninterrupted run.

use std::{
    collections::HashSet,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ignore::{WalkBuilder, overrides::Override, overrides::OverrideBuilder};

use super::{Event, Phase, PhaseError, Work, work::stopped_by};
use crate::{
    destination,
    engine::volume,
    exit::ExitCode,
    job::{
        FileId, FileState, JobError, RootId, Side, audit,
        files::{self, Put, Seen},
        ledger,
        roots::Root,
    },
    path::RelativePath,
};

/// Rows of one transaction.
const BATCH_ROWS: usize = 2000;

/// What a scan found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Scanned {
    /// Regular files.
    pub files: u64,
    /// Symbolic links.
    pub symlinks: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// New to the job.
    pub added_files: u64,
    /// With another size or time than before.
    pub changed_files: u64,
    /// In the job, but not there any more.
    pub missing_files: u64,
    /// Directories and files that could not be read.
    pub unreadable: u64,
    /// Devices, pipes and sockets, which are not copied.
    pub special_files: u64,
    /// It was told to stop.
    pub stopped: Option<ExitCode>,
}

impl Scanned {
    /// How a command ends that only scanned.
    pub fn exit_code(&self) -> ExitCode {
        let read = match self.unreadable {
            0 => ExitCode::Ok,
            _ => ExitCode::SomeFailed,
        };
        self.stopped.unwrap_or(read)
    }
}

/// Which files count: `--include` and `--exclude`.
#[derive(Debug, Clone)]
pub struct Filter(Override);

impl Filter {
    /// From globs, relative to the roots.
    pub fn new(include: &[String], exclude: &[String]) -> Result<Self, PhaseError> {
        let mut globs = OverrideBuilder::new("/");
        let unread =
            |error: ignore::Error| PhaseError::Usage(format!("--include/--exclude: {error}"));
        for glob in include {
            globs.add(glob).map_err(unread)?;
        }
        for glob in exclude {
            globs.add(&format!("!{glob}")).map_err(unread)?;
        }
        Ok(Filter(globs.build().map_err(unread)?))
    }

    /// Whether a file is left out.
    pub fn leaves_out(&self, path: &RelativePath) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let whole = Path::new("/").join(path.as_path());
        let above = whole
            .ancestors()
            .skip(1)
            .any(|dir| self.0.matched(dir, true).is_ignore());
        // an include glob ignores every directory that it does not name: only files are asked then
        let above = above && self.0.num_whitelists() == 0;
        above || self.0.matched(&whole, false).is_ignore()
    }

    /// Whether a directory, or one above it, is left out by name.
    pub fn leaves_out_directory(&self, path: &RelativePath) -> bool {
        if self.0.is_empty() || self.0.num_whitelists() > 0 {
            return false;
        }
        let whole = Path::new("/").join(path.as_path());
        whole
            .ancestors()
            .any(|dir| self.0.matched(dir, true).is_ignore())
    }
}

/// Scans source roots.
pub fn sources(work: &Work<'_>, roots: &[(Root, PathBuf)]) -> Result<Scanned, PhaseError> {
    let filter = Filter::new(&work.settings.include, &work.settings.exclude)?;
    scan_all(work, roots, Side::Source, &filter)
}

/// Scans destination or pool roots. Rows of files that are there no more go.
pub fn destinations(work: &Work<'_>, roots: &[(Root, PathBuf)]) -> Result<Scanned, PhaseError> {
    scan_all(work, roots, Side::Destination, &Filter::new(&[], &[])?)
}

fn scan_all(
    work: &Work<'_>,
    roots: &[(Root, PathBuf)],
    side: Side,
    filter: &Filter,
) -> Result<Scanned, PhaseError> {
    work.enter(Phase::Scanning, None, None)?;
    let mut scan = Scan {
        work,
        side,
        filter,
        found: Scanned::default(),
        told: Instant::now(),
    };
    for (root, path) in roots.iter().filter(|(root, _)| !root.listed_only) {
        scan.root(root.id, path)?;
        if work.stop.is_asked() {
            scan.found.stopped = stopped_by(work.stop).or(Some(ExitCode::Interrupted));
            break;
        }
    }
    Ok(scan.found)
}

struct Scan<'a, 'w> {
    work: &'a Work<'w>,
    side: Side,
    filter: &'a Filter,
    found: Scanned,
    told: Instant,
}

impl Scan<'_, '_> {
    fn root(&mut self, root: RootId, top: &Path) -> Result<(), PhaseError> {
        let unreadable_before = self.found.unreadable;
        let mut present = Present::default();
        let mut batch = Vec::with_capacity(BATCH_ROWS);
        let own = self.work.job.place.dir().canonicalize().unwrap_or_default();
        let walk = WalkBuilder::new(top)
            .standard_filters(false)
            .follow_links(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(move |entry| entry.path() != own)
            .build();
        for entry in walk {
            if self.work.stop.is_asked() {
                return self.store(root, &mut batch, &mut present);
            }
            if let Some(seen) = self.look(top, entry) {
                batch.push(seen);
            }
            if batch.len() == BATCH_ROWS {
                self.store(root, &mut batch, &mut present)?;
            }
        }
        self.store(root, &mut batch, &mut present)?;
        if self.found.unreadable > unreadable_before {
            // what lies below an unreadable directory was not seen: nobody knows whether it is gone
            return Ok(());
        }
        self.mark_absent(root, present)
    }

    fn look(&mut self, top: &Path, entry: Result<ignore::DirEntry, ignore::Error>) -> Option<Seen> {
        let unreadable = |scan: &mut Self, message: String| {
            scan.found.unreadable += 1;
            scan.work.warn(message);
            None
        };
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => return unreadable(self, format!("not listed: {error}")),
        };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            return None;
        }
        if !kind.is_file() && !kind.is_symlink() {
            self.found.special_files += 1;
            self.work.warn(format!(
                "{}: a device, pipe or socket; it is not copied",
                entry.path().display()
            ));
            return None;
        }
        let path = RelativePath::from_path(entry.path().strip_prefix(top).ok()?).ok()?;
        if self.filter.leaves_out(&path) || is_our_own(&path) {
            return None;
        }
        match std::fs::symlink_metadata(entry.path()) {
            Ok(meta) => Some(seen(path, &meta)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => unreadable(self, format!("{}: {error}", entry.path().display())),
        }
    }

    fn store(
        &mut self,
        root: RootId,
        batch: &mut Vec<Seen>,
        present: &mut Present,
    ) -> Result<(), PhaseError> {
        if batch.is_empty() {
            return Ok(());
        }
        for seen in batch.iter() {
            match seen.is_symlink {
                true => self.found.symlinks += 1,
                false => self.found.files += 1,
            }
            self.found.size_bytes += seen.size_bytes;
        }
        let rows = std::mem::take(batch);
        match self.side {
            Side::Source => self.store_sources(root, rows, present)?,
            Side::Destination | Side::Pool => {
                present.note(&rows);
                self.found.added_files += self.work.job.writer.write(move |transaction| {
                    rows.iter().try_fold(0, |changed, row| {
                        files::put_destination(transaction, root, row)
                            .map(|new| changed + u64::from(new))
                    })
                })?;
            }
        }
        if self.told.elapsed() >= Duration::from_millis(100) {
            self.told = Instant::now();
            let files = self.found.files + self.found.symlinks;
            self.work.listener.tell(&Event::Scanned {
                files,
                size_bytes: self.found.size_bytes,
            });
        }
        Ok(())
    }

    fn store_sources(
        &mut self,
        root: RootId,
        rows: Vec<Seen>,
        present: &mut Present,
    ) -> Result<(), PhaseError> {
        let (now_ns, operation) = (self.work.job.clock.now_ns(), self.work.operation.clone());
        let put = self.work.job.writer.write(move |transaction| {
            let put: Vec<Put> = rows
                .iter()
                .map(|row| files::put_source(transaction, root, row))
                .collect::<Result<_, JobError>>()?;
            let added: Vec<i64> = put
                .iter()
                .filter(|&put| matches!(put, Put::Added(_)))
                .map(|put| id_of(put).0)
                .collect();
            let changed: Vec<FileId> = put
                .iter()
                .filter(|put| matches!(put, Put::Changed(_)))
                .map(id_of)
                .collect();
            audit::append_states(
                transaction,
                now_ns,
                Some(&operation),
                "added",
                &[(FileState::Pending, added)],
            )?;
            ledger::set_state(
                transaction,
                now_ns,
                Some(&operation),
                &changed,
                FileState::Pending,
            )?;
            Ok(put)
        })?;
        for put in &put {
            present.ids.set(id_of(put));
            match put {
                Put::Added(_) => self.found.added_files += 1,
                Put::Changed(_) => self.found.changed_files += 1,
                Put::Same(_) => {}
            }
        }
        Ok(())
    }

    /// Rows of the root that the scan did not see. What is done stays done.
    fn mark_absent(&mut self, root: RootId, present: Present) -> Result<(), PhaseError> {
        if self.side != Side::Source {
            return self.drop_absent(root, &present);
        }
        let (now_ns, operation) = (self.work.job.clock.now_ns(), self.work.operation.clone());
        let filter = self.filter.clone();
        let reader = self.work.job.read()?;
        let (mut gone, mut back) = (Vec::new(), Vec::new());
        let looked_at = [
            FileState::Pending,
            FileState::InProgress,
            FileState::Error,
            FileState::Missing,
        ];
        files::each(&reader, &looked_at, |file| {
            let row = &file.row;
            let here = present.ids.has(row.id);
            if row.root == root && !filter.leaves_out(&row.path) {
                match (row.state, here) {
                    (FileState::Missing, true) => back.push(row.id),
                    (FileState::Missing, false) | (_, true) => {}
                    (_, false) => gone.push(row.id),
                }
            }
            Ok(())
        })?;
        self.found.missing_files += gone.len() as u64;
        self.work.job.writer.write(move |transaction| {
            ledger::set_state(
                transaction,
                now_ns,
                Some(&operation),
                &gone,
                FileState::Missing,
            )?;
            ledger::set_state(
                transaction,
                now_ns,
                Some(&operation),
                &back,
                FileState::Pending,
            )
        })?;
        Ok(())
    }
}

impl Scan<'_, '_> {
    /// Rows of a destination or pool root that the scan did not see.
    fn drop_absent(&mut self, root: RootId, present: &Present) -> Result<(), PhaseError> {
        let reader = self.work.job.read()?;
        let mut gone = Vec::new();
        let mut after: Option<RelativePath> = None;
        loop {
            let begin = after.as_ref().map_or(&[][..], RelativePath::as_bytes);
            let page = files::destination_page(&reader, Some((root, begin)), 2000)?;
            let of_root = page.into_iter().take_while(|(of, _)| *of == root);
            let before = after.clone();
            for (_, seen) in of_root {
                after = Some(seen.path.clone());
                if !present.has_path(&seen.path) {
                    gone.push(seen.path);
                }
            }
            if after == before {
                break;
            }
        }
        self.found.missing_files += gone.len() as u64;
        self.work.job.writer.write(move |transaction| {
            gone.iter()
                .try_for_each(|path| files::remove_destination(transaction, root, path))
        })?;
        Ok(())
    }
}

/// What a scan saw: files of the job by their number, others by a hash of their path, 8 bytes each. Two paths with one
/// hash leave a row too many, which the next look at the file finds out.
#[derive(Debug, Default)]
struct Present {
    ids: Bits,
    paths: HashSet<u64>,
}

impl Present {
    fn short(path: &RelativePath) -> u64 {
        let mut first = [0; 8];
        let hash = blake3::hash(path.as_bytes());
        first.copy_from_slice(hash.as_bytes().get(..8).unwrap_or(&[0; 8]));
        u64::from_le_bytes(first)
    }

    fn note(&mut self, rows: &[Seen]) {
        self.paths
            .extend(rows.iter().map(|row| Self::short(&row.path)));
    }

    fn has_path(&self, path: &RelativePath) -> bool {
        self.paths.contains(&Self::short(path))
    }
}

fn id_of(put: &Put) -> FileId {
    match put {
        Put::Added(id) | Put::Changed(id) | Put::Same(id) => *id,
    }
}

/// A temporary file of some job, which a killed run left, or the name of a volume, which names one and no other.
pub(super) fn is_our_own(path: &RelativePath) -> bool {
    let name = path.name();
    destination::is_temporary(name) || name == volume::ID_FILE.as_bytes()
}

/// What a scan stores of a file.
pub fn seen(path: RelativePath, meta: &std::fs::Metadata) -> Seen {
    use std::os::unix::fs::MetadataExt as _;
    Seen {
        path,
        size_bytes: meta.size(),
        mtime_ns: meta
            .mtime()
            .saturating_mul(1_000_000_000)
            .saturating_add(meta.mtime_nsec()),
        is_symlink: meta.file_type().is_symlink(),
        mode: meta.mode() & 0o7777,
        inode: meta.ino(),
        nlink: meta.nlink(),
    }
}

/// One bit a file id: 125 KB for a million files.
#[derive(Debug, Default)]
struct Bits(Vec<u64>);

impl Bits {
    fn place(id: FileId) -> (usize, u64) {
        let id = usize::try_from(id.0).unwrap_or(0);
        (id / 64, 1 << (id % 64))
    }

    fn set(&mut self, id: FileId) {
        let (word, bit) = Self::place(id);
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        if let Some(found) = self.0.get_mut(word) {
            *found |= bit;
        }
    }

    fn has(&self, id: FileId) -> bool {
        let (word, bit) = Self::place(id);
        self.0.get(word).is_some_and(|found| found & bit != 0)
    }
}

/// The file's path below the root that holds it: the longest, when several do.
pub fn below<'r>(roots: &'r [(Root, PathBuf)], file: &Path) -> Option<(&'r Root, RelativePath)> {
    let holding = roots.iter().filter(|(_, top)| file.starts_with(top));
    let (root, top) = holding.max_by_key(|(_, top)| top.as_os_str().as_bytes().len())?;
    Some((
        root,
        RelativePath::from_path(file.strip_prefix(top).ok()?).ok()?,
    ))
}
