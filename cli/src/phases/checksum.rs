//! Computes what is missing in the checksum cache. A file that is there with the same size and time is not read.

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Event, Outcome, Phase, PhaseError, Work, places, work::stopped_by};
use crate::{
    engine::{
        buffer,
        content::Content,
        fault::{Class, Fault},
        hasher::Checksum,
        tree::Tree,
        volume::Located,
    },
    exit::ExitCode,
    job::{
        FileId, JobError, RootId, Side,
        cache::{Cache, Key},
        files,
    },
    path::{JsonPath, RelativePath},
};

/// Values of one transaction.
const BATCH_VALUES: usize = 256;

/// What it did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Hashed {
    /// Files of the side.
    pub files: u64,
    /// Of these, read and hashed now.
    pub hashed_files: u64,
    /// Bytes read for that.
    pub read_bytes: u64,
    /// Files that could not be read.
    pub failed_files: u64,
    /// It was told to stop.
    pub stopped: Option<ExitCode>,
}

impl std::fmt::Display for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} of {} files hashed now, {} bytes read, {} failed",
            self.hashed_files, self.files, self.read_bytes, self.failed_files
        )
    }
}

/// An open root that files are hashed below.
struct Place {
    id: RootId,
    located: Located,
    tree: Tree,
}

/// Which files, and whether what is known counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Which {
    /// Sources; everything that was found at destination and pool roots; or pool roots alone.
    pub side: Side,
    /// Read everything.
    pub anew: bool,
}

/// One file to hash.
struct Task {
    root: RootId,
    path: RelativePath,
}

/// Hashes the files of a side.
pub fn run(
    work: &Work<'_>,
    cache: &Cache,
    which: Which,
    told: &[std::path::PathBuf],
) -> Result<Hashed, PhaseError> {
    let reader = work.job.read()?;
    let mut found = places::find(&reader, which.side, told)?;
    if which.side == Side::Destination {
        found.extend(places::find(&reader, Side::Pool, told)?);
    }
    let roots: Vec<Place> = found
        .into_iter()
        .map(|(root, path)| {
            let dir = work
                .disk
                .open_root(&path)
                .map_err(|source| JobError::Io { path, source })?;
            Ok(Place {
                id: root.id,
                located: root.located,
                tree: Tree::new(dir),
            })
        })
        .collect::<Result<_, JobError>>()?;
    work.enter(Phase::Hashing, None, None)?;
    let run = Run {
        work,
        cache,
        roots: &roots,
        anew: which.anew,
        counted: Counted::default(),
    };
    let (tasks, queue) = crossbeam_channel::bounded::<Task>(256);
    let (values, computed) = crossbeam_channel::bounded::<(Key, Checksum)>(1024);
    let listed = std::thread::scope(|scope| {
        for _ in 0..work.threads() {
            let (queue, values) = (queue.clone(), values.clone());
            let run = &run;
            scope.spawn(move || run.hash_all(&queue, &values));
        }
        drop((queue, values));
        let stored = scope.spawn(|| store_all(work, cache, &computed));
        let listed = list(work, which.side, &roots, &tasks);
        drop(tasks);
        let stored = stored.join().unwrap_or(Err(JobError::WriterGone));
        listed.and(stored)
    });
    listed?;
    Ok(run.counted.total(work))
}

fn store_all(
    work: &Work<'_>,
    cache: &Cache,
    computed: &crossbeam_channel::Receiver<(Key, Checksum)>,
) -> Result<(), JobError> {
    loop {
        let Ok(first) = computed.recv() else {
            return Ok(());
        };
        let mut batch = vec![first];
        while batch.len() < BATCH_VALUES {
            match computed.try_recv() {
                Ok(next) => batch.push(next),
                Err(_) => break,
            }
        }
        cache.put(batch, work.job.clock.now_ns())?;
    }
}

fn list(
    work: &Work<'_>,
    side: Side,
    roots: &[Place],
    tasks: &crossbeam_channel::Sender<Task>,
) -> Result<(), JobError> {
    let reader = work.job.read()?;
    if side == Side::Source {
        let mut after = FileId(0);
        loop {
            let page = files::page(&reader, &[], after, 1000)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.row.id;
            for file in page.into_iter().filter(|file| !file.is_symlink) {
                let row = file.row;
                let task = Task {
                    root: row.root,
                    path: row.path,
                };
                if work.stop.is_asked() || tasks.send(task).is_err() {
                    return Ok(());
                }
            }
        }
    }
    let mut after: Option<(RootId, RelativePath)> = None;
    loop {
        let begin = after.as_ref().map(|(root, path)| (*root, path.as_bytes()));
        let page = files::destination_page(&reader, begin, 1000)?;
        let Some((root, last)) = page.last() else {
            return Ok(());
        };
        after = Some((*root, last.path.clone()));
        let wanted = page
            .into_iter()
            .filter(|(root, _)| roots.iter().any(|place| place.id == *root));
        for (root, seen) in wanted {
            let task = Task {
                root,
                path: seen.path,
            };
            if work.stop.is_asked() || tasks.send(task).is_err() {
                return Ok(());
            }
        }
    }
}

#[derive(Default)]
struct Counted {
    files: AtomicU64,
    hashed: AtomicU64,
    read_bytes: AtomicU64,
    failed: AtomicU64,
}

/// What goes into the cache, and the bytes that were read for it.
type FreshChecksum = ((Key, Checksum), u64);

impl Counted {
    fn total(&self, work: &Work<'_>) -> Hashed {
        Hashed {
            files: self.files.load(Ordering::SeqCst),
            hashed_files: self.hashed.load(Ordering::SeqCst),
            read_bytes: self.read_bytes.load(Ordering::SeqCst),
            failed_files: self.failed.load(Ordering::SeqCst),
            stopped: stopped_by(work.stop),
        }
    }
}

struct Run<'a, 'w> {
    work: &'a Work<'w>,
    cache: &'a Cache,
    roots: &'a [Place],
    anew: bool,
    counted: Counted,
}

impl Run<'_, '_> {
    fn hash_all(
        &self,
        queue: &crossbeam_channel::Receiver<Task>,
        values: &crossbeam_channel::Sender<(Key, Checksum)>,
    ) {
        let mut buffer = vec![0; buffer::size_for(u64::MAX, self.work.settings.buffer_bytes)];
        for task in queue {
            if self.work.stop.is_asked() {
                continue;
            }
            self.counted.files.fetch_add(1, Ordering::SeqCst);
            match self.hash_one(&task, &mut buffer) {
                Ok(Some((value, read_bytes))) => {
                    self.counted.hashed.fetch_add(1, Ordering::SeqCst);
                    let phase_bytes = self
                        .counted
                        .read_bytes
                        .fetch_add(read_bytes, Ordering::SeqCst)
                        + read_bytes;
                    let phase_files = self.counted.files.load(Ordering::SeqCst);
                    self.work.listener.tell(&Event::Moved {
                        phase_bytes,
                        phase_files,
                    });
                    // the other end is gone only when storing failed, which is told there
                    let _ = values.send(value);
                }
                Ok(None) => {}
                Err(fault) if fault.class == Class::Stopped => {}
                Err(fault) => {
                    self.counted.failed.fetch_add(1, Ordering::SeqCst);
                    let path = JsonPath::of(task.path.as_bytes()).path;
                    self.work.warn(format!("{path}: {fault}"));
                }
            }
        }
    }

    fn hash_one(&self, task: &Task, buffer: &mut [u8]) -> Result<Option<FreshChecksum>, Fault> {
        let Some(place) = self.roots.iter().find(|place| place.id == task.root) else {
            return Ok(None);
        };
        let algorithm = self.work.settings.hash;
        let known = |size_bytes, mtime_ns| {
            let key = Key::of(&place.located, &task.path, size_bytes, mtime_ns, algorithm);
            self.cache.get(&key).ok().flatten().is_some()
        };
        let content = Content::open(
            &place.tree,
            &task.path,
            algorithm,
            self.work.stop,
            &self.work.activity,
        )?;
        let meta = *content.meta();
        if !self.anew && known(meta.size_bytes, meta.mtime_ns) {
            return Ok(None);
        }
        let (checksum, read_bytes) = content.hash_rest(buffer)?;
        let key = Key::of(
            &place.located,
            &task.path,
            meta.size_bytes,
            meta.mtime_ns,
            algorithm,
        );
        Ok(Some(((key, checksum), read_bytes)))
    }
}

impl From<Hashed> for Outcome {
    fn from(hashed: Hashed) -> Self {
        Outcome {
            failed_files: hashed.failed_files,
            touched_files: hashed.hashed_files,
            stopped: hashed.stopped,
        }
    }
}
