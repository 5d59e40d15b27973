//! Copies what is not done yet, and proves each file before it counts.
//!
//! In reading order:
//! - [`plan`] decides before the first byte: space, one name for two files, places inside each other.
//! - [`feed`] hands open files out, [`one`] takes one of them to the destination, [`share`] finds its content there,
//!   [`claims`] lets the second of two
//!   equal files wait for the first, [`batch`] settles what was received and writes the ledger.
//! - [`gate`] waits for a destination that is full or gone.
//! - [`recheck`] looks, meanwhile, whether what is done is still there, and [`watch`] whether anything moves at all.

mod batch;
mod claims;
mod feed;
mod gate;
mod one;
mod plan;
mod recheck;
mod share;
#[cfg(test)]
mod tests;
mod watch;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};

use super::{
    Outcome, Phase, PhaseError, Work,
    analyze::Filter,
    places::{self, Source, Target},
    work::stopped_by,
};
use crate::{
    destination::{
        Received,
        local::{LARGE_BYTES, Manner},
    },
    engine::{fault::Fault, open_files, pace::Pace},
    exit::ExitCode,
    job::{
        Counts, FileId, JobError,
        cache::Cache,
        files::{self, SourceFile},
        ledger::{self, Verdict},
        writer::Pending,
    },
    settings::Dedup,
};

pub use plan::{Plan, make as make_plan};

/// Files between two threads, at most.
const WAITING: usize = 256;

/// A file that was received holds itself and its directory open: one part in so many of what may be open, for those
/// that wait to be settled, and for a batch.
const HELD_OPEN: usize = 8;

/// What the command line says beside the settings.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where source roots are now, when they moved.
    pub sources: Vec<PathBuf>,
    /// Where destination roots are now, when they moved.
    pub dests: Vec<PathBuf>,
    /// Begin although space seems short.
    pub force: bool,
    /// What becomes of a run that hangs.
    pub hang: Hang,
}

/// A system call that never comes back.
#[derive(Debug, Clone, Copy)]
pub struct Hang {
    /// Silence that is worth a line.
    pub silence: Duration,
    /// How the process is left when it lasts; none: never.
    pub leave: Option<fn(ExitCode)>,
}

impl Default for Hang {
    fn default() -> Self {
        Hang {
            silence: watch::SILENCE,
            leave: None,
        }
    }
}

/// A file on its way.
#[derive(Debug)]
struct Task {
    file: SourceFile,
    /// An earlier run had it in hand when it was cut off: what lies under its name may be ours.
    was_in_hand: bool,
    /// Attempts of this run that failed.
    failures: u32,
}

/// Received, or decided without receiving; either way the settler writes it down.
enum Step {
    Received(Box<Arrival>),
    Decided(Box<Task>, Verdict),
    Failed(Box<Task>, Fault),
}

/// A file that a destination took in.
struct Arrival {
    task: Task,
    target: usize,
    received: Received,
    /// What becomes of it when it settles well.
    verdict: Verdict,
    /// As the source was when it was read.
    size_bytes: u64,
    mtime_ns: i64,
    /// How long a thread worked on it.
    took: Duration,
    /// Whether another file waits for it.
    claim: Option<claims::Claim>,
}

/// What the threads of one copy share.
struct Copy<'a, 'w> {
    work: &'a Work<'w>,
    cache: &'a Cache,
    reader: Mutex<rusqlite::Connection>,
    sources: &'a [Source],
    targets: &'a [Target],
    /// Looked at for content, never written.
    pools: &'a [Target],
    filter: Filter,
    hang: Hang,
    pace: Pace,
    gate: gate::Gate,
    claims: claims::Claims,
    counts: Mutex<Counts>,
    /// Files that are fed and not yet written down.
    outstanding: AtomicUsize,
    /// Nothing more will be fed.
    fed: AtomicBool,
    again: (Sender<Task>, Receiver<Task>),
    /// Files that came to an end of any kind, for the watch.
    ended_files: AtomicU64,
    /// Files that were done and were looked for, for the watch.
    looked_at: AtomicU64,
    /// All threads but the watch ended.
    over: AtomicBool,
    /// The ledger cannot be written.
    broken: AtomicBool,
    /// Attempts that failed and are followed by another.
    retried: Mutex<Vec<Verdict>>,
    /// Checksums on their way into the cache.
    caching: Mutex<Option<Pending<()>>>,
    failed: AtomicU64,
    settled: AtomicU64,
    moved_bytes: AtomicU64,
    /// Files that belong to somebody else than at the source.
    owners_lost: AtomicU64,
    /// Clones do not work there.
    cannot_clone: AtomicBool,
    ended: Mutex<Option<ExitCode>>,
}

/// Copies all open files of the job.
pub fn run(work: &Work<'_>, cache: &Cache, options: &Options) -> Result<Outcome, PhaseError> {
    let reader = work.job.read()?;
    let manner = manner(work);
    let sources = places::open_sources(&reader, &work.disk, &options.sources)?;
    let targets = places::open_targets(&reader, &work.disk, &options.dests, &manner)?;
    let pools = places::open_pools(&reader, work, &manner)?;
    work.enter(Phase::Planning, None, None)?;
    let plan = plan::make(work, cache, &reader, &sources, &targets)?;
    plan.refuse_what_cannot_work(options.force)?;
    plan::write_down(work, &plan)?;
    work.enter(
        Phase::Copying,
        Some(plan.open.files),
        Some(plan.open.size_bytes),
    )?;
    let copy = Copy::new(work, cache, &sources, &targets, &pools, options)?;
    let blocked = plan.blocked_ids();
    let mut ids = files::open_ids(&reader, work.settings.order_by)?;
    ids.retain(|id| !blocked.contains(id));
    copy.failed.store(blocked.len() as u64, Ordering::SeqCst);
    drop(reader);
    copy.all(ids)?;
    copy.say_whose_owners_are_lost();
    work.enter(Phase::Cleanup, None, None)?;
    Ok(copy.outcome())
}

/// How destinations are written to.
pub fn manner(work: &Work<'_>) -> Manner {
    Manner {
        job_short: work.job.id.short().to_owned(),
        algorithm: work.settings.hash,
        durability: work.settings.durability,
        buffer_bytes: work.settings.buffer_bytes,
        large_bytes: LARGE_BYTES,
        stop: work.stop.clone(),
        activity: work.activity.clone(),
    }
}

impl<'a, 'w> Copy<'a, 'w> {
    fn new(
        work: &'a Work<'w>,
        cache: &'a Cache,
        sources: &'a [Source],
        targets: &'a [Target],
        pools: &'a [Target],
        options: &Options,
    ) -> Result<Self, PhaseError> {
        let counts = ledger::counts(&work.job.read()?)?;
        let can_clone = work.settings.dedup == Dedup::Reflink
            && targets.iter().any(|target| target.directory.can_clone());
        Ok(Copy {
            work,
            cache,
            reader: Mutex::new(work.job.read()?),
            sources,
            targets,
            pools,
            filter: Filter::new(&work.settings.include, &work.settings.exclude)?,
            hang: options.hang,
            pace: Pace::new(work.settings.bwlimit_bytes_per_sec),
            gate: gate::Gate::new(work.settings.wait()),
            claims: claims::Claims::default(),
            counts: Mutex::new(counts),
            outstanding: AtomicUsize::new(0),
            fed: AtomicBool::new(false),
            again: crossbeam_channel::unbounded(),
            ended_files: AtomicU64::new(0),
            looked_at: AtomicU64::new(0),
            over: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            retried: Mutex::default(),
            caching: Mutex::new(None),
            failed: AtomicU64::new(0),
            settled: AtomicU64::new(0),
            moved_bytes: AtomicU64::new(0),
            owners_lost: AtomicU64::new(0),
            cannot_clone: AtomicBool::new(!can_clone),
            ended: Mutex::new(None),
        })
    }

    /// Feeder, workers, settler and re-checker, until nothing is outstanding.
    fn all(&self, ids: Vec<FileId>) -> Result<(), PhaseError> {
        let (tasks, queue) = crossbeam_channel::bounded::<Task>(WAITING);
        let (steps, arrived) =
            crossbeam_channel::bounded::<Step>(open_files::share(HELD_OPEN, WAITING));
        let ended = std::thread::scope(|scope| {
            let settler = scope.spawn(move || {
                let _ends_the_run = self.breaks_on_panic();
                // with the thread goes its end of the line, so that no worker waits for it for ever
                let arrived = arrived;
                self.settle_all(&arrived)
            });
            let workers: Vec<_> = (0..self.work.threads())
                .map(|_| {
                    let (queue, steps) = (queue.clone(), steps.clone());
                    scope.spawn(move || {
                        let _ends_the_run = self.breaks_on_panic();
                        self.work_off(&queue, &steps);
                    })
                })
                .collect();
            drop((queue, steps));
            scope.spawn(|| self.watch());
            let checker = scope.spawn(|| self.gone());
            let fed = self.feed(ids, &tasks);
            let gone = checker.join().unwrap_or(Err(JobError::Panicked));
            let rechecked = fed.and(gone).and_then(|gone| self.copy_again(gone, &tasks));
            self.fed.store(true, Ordering::SeqCst);
            drop(tasks);
            let worked = workers
                .into_iter()
                .try_for_each(|worker| worker.join().map_err(|_| JobError::Panicked));
            let settled = settler.join().unwrap_or(Err(JobError::Panicked));
            self.over.store(true, Ordering::SeqCst);
            worked.and(settled).and(rechecked)
        });
        let caching = self
            .caching
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.say_how_caching_went(caching);
        self.release_in_hand()?;
        Ok(ended?)
    }

    /// A thread that panics takes files with it that nobody else waits for in vain: the run ends.
    fn breaks_on_panic(&self) -> OnPanic<impl Fn() + '_> {
        OnPanic(|| {
            self.broken.store(true, Ordering::SeqCst);
            self.work.stop.by_itself();
        })
    }

    /// A worker: the files that are to be tried again first.
    fn work_off(&self, queue: &Receiver<Task>, steps: &Sender<Step>) {
        let tick = Duration::from_millis(20);
        let mut open = true;
        loop {
            let next = match self.again.1.try_recv() {
                Ok(task) => Some(task),
                Err(_) if open => match queue.recv_timeout(tick) {
                    Ok(task) => Some(task),
                    Err(error) => {
                        open = !error.is_disconnected();
                        None
                    }
                },
                Err(_) => self.again.1.recv_timeout(tick).ok(),
            };
            match next {
                Some(task) => {
                    let began = Instant::now();
                    let mut step = self.one(task);
                    if let Some(Step::Received(arrival)) = &mut step {
                        arrival.took = began.elapsed();
                    }
                    if step.is_some_and(|step| steps.send(step).is_err()) {
                        return;
                    }
                }
                None if self.is_over() => return,
                None => {}
            }
        }
    }

    fn is_over(&self) -> bool {
        let done = self.fed.load(Ordering::SeqCst) && self.outstanding.load(Ordering::SeqCst) == 0;
        done || self.broken.load(Ordering::SeqCst)
    }

    /// Files that were taken in hand and not finished, because the run was stopped, are pending again.
    fn release_in_hand(&self) -> Result<(), JobError> {
        let (now_ns, operation) = (self.work.job.clock.now_ns(), self.work.operation.clone());
        self.work.job.writer.write_durably(move |transaction| {
            let in_hand = ledger::in_hand(transaction)?;
            ledger::set_state(
                transaction,
                now_ns,
                Some(&operation),
                &in_hand,
                crate::job::FileState::Pending,
            )
        })
    }

    fn say_whose_owners_are_lost(&self) {
        let files = self.owners_lost.load(Ordering::Relaxed);
        if files > 0 {
            self.work.warn(format!(
                "owners not kept, of files: {files}. They are yours now; to keep owners, run ferry as root"
            ));
        }
    }

    /// Ends the run with this code, once.
    fn end_with(&self, code: ExitCode) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.get_or_insert(code);
        self.work.stop.by_itself();
    }

    fn outcome(&self) -> Outcome {
        let ended = *self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        Outcome {
            failed_files: self.failed.load(Ordering::SeqCst),
            touched_files: self.settled.load(Ordering::SeqCst),
            stopped: stopped_by(self.work.stop).or(ended),
        }
    }
}

/// Runs its closure when it is dropped by a panic.
struct OnPanic<F: Fn()>(F);

impl<F: Fn()> Drop for OnPanic<F> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            (self.0)();
        }
    }
}

/// The disk of the machine, as phases want it.
pub fn os_disk() -> Arc<dyn crate::engine::disk::Disk> {
    Arc::new(crate::engine::os_disk::OsDisk)
}
