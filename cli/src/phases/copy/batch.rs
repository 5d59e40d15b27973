//! Settles what was received, batch by batch, and writes the ledger: the one place where a file becomes done.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;

use super::{Arrival, Copy, HELD_OPEN, Step, Task, claims::Holder};
use crate::{
    destination::{Destination as _, Received, Settled, Ticket},
    engine::{
        fault::{Class, Fault},
        open_files,
    },
    exit::ExitCode,
    job::{
        FileId, FileState, JobError,
        cache::Key,
        ledger::{self, Attempt, Verdict},
        operations, verification,
        writer::Pending,
    },
    path::JsonPath,
    phases::Event,
};

/// A batch this large is settled although it has few files.
const BATCH_BYTES: u64 = 256 << 20;

/// Nor is a batch larger than this, or than its share of what may be open.
const BATCH_FILES: usize = 512;

/// A batch that fills sooner goes on for so long: to do one second of work again costs nobody anything, a sync every
/// few milliseconds does.
const SHORTEST: Duration = Duration::from_secs(1);

/// A batch is settled when nothing arrived for so long.
const QUIET: Duration = Duration::from_millis(200);

/// A file's end in this run.
struct Decided {
    task: Task,
    verdict: Verdict,
    /// Its size and time as they were when it was read.
    now: Option<(u64, i64)>,
    /// For the checksum cache: where it is now.
    target: Option<usize>,
    written_bytes: u64,
}

impl Copy<'_, '_> {
    /// Until nothing more can arrive.
    pub(super) fn settle_all(&self, arrived: &Receiver<Step>) -> Result<(), JobError> {
        loop {
            let Some(batch) = self.gather(arrived) else {
                return Ok(());
            };
            if let Err(error) = self.settle_batch(batch) {
                // without a ledger nothing may go on
                self.end_with(ExitCode::Error);
                self.broken.store(true, Ordering::SeqCst);
                arrived.iter().for_each(drop);
                return Err(error);
            }
        }
    }

    /// As many files as may be lost at a crash, or as many seconds. Files that are so small that they come in less than
    /// a second are as many as come in that time.
    fn gather(&self, arrived: &Receiver<Step>) -> Option<Vec<Step>> {
        let manager = &self.work.settings.resume_manager;
        let most = usize::try_from(manager.checkpoint_interval.max(1)).unwrap_or(usize::MAX);
        let first = arrived.recv().ok()?;
        let began = Instant::now();
        let until = began + Duration::from_secs(manager.checkpoint_time_interval);
        let is_last = |batch: &[Step]| {
            self.outstanding.load(Ordering::SeqCst) <= batch.len() || self.work.stop.is_asked()
        };
        let mut size_bytes = size_of(&first);
        let mut batch = vec![first];
        let most_open = open_files::share(HELD_OPEN, BATCH_FILES);
        let is_full = |batch: &[Step]| {
            batch.len() >= most_open || batch.len() >= most && began.elapsed() >= SHORTEST
        };
        while !is_full(&batch) && size_bytes < BATCH_BYTES {
            // the last files of a run are not kept waiting for more, nor are files while nothing else arrives
            let patience = if is_last(&batch) {
                Duration::from_millis(5)
            } else {
                QUIET
            };
            let left = until.saturating_duration_since(Instant::now());
            match arrived.recv_timeout(patience.min(left)) {
                Ok(step) => {
                    size_bytes += size_of(&step);
                    batch.push(step);
                }
                Err(_) => break,
            }
        }
        Some(batch)
    }

    fn settle_batch(&self, batch: Vec<Step>) -> Result<(), JobError> {
        let mut decided = Vec::with_capacity(batch.len());
        let mut arrivals: Vec<Vec<Arrival>> = self.targets.iter().map(|_| Vec::new()).collect();
        for step in batch {
            match step {
                Step::Received(arrival) => {
                    if let Some(of_target) = arrivals.get_mut(arrival.target) {
                        of_target.push(*arrival);
                    }
                }
                Step::Decided(task, verdict) => {
                    decided.push(Decided {
                        task: *task,
                        verdict,
                        now: None,
                        target: None,
                        written_bytes: 0,
                    });
                }
                Step::Failed(task, fault) => decided.extend(self.after_fault(*task, fault, None)),
            }
        }
        for (target, of_target) in arrivals.into_iter().enumerate() {
            decided.extend(self.settle_arrivals(target, of_target));
        }
        self.write_down(decided)?;
        if let Some(fault) = self.gate.take() {
            self.wait_at_gate(&fault);
        }
        Ok(())
    }

    fn settle_arrivals(&self, target: usize, arrivals: Vec<Arrival>) -> Vec<Decided> {
        let Some(place) = self.targets.get(target).filter(|_| !arrivals.is_empty()) else {
            return Vec::new();
        };
        let (received, rest): (Vec<Received>, Vec<Arrival>) = arrivals
            .into_iter()
            .map(|mut arrival| {
                let empty = Received {
                    at: arrival.received.at.clone(),
                    size_bytes: arrival.received.size_bytes,
                    checksum: arrival.received.checksum,
                    lost: Vec::new(),
                    owner_kept: true,
                    ticket: Ticket(Box::new(())),
                };
                (std::mem::replace(&mut arrival.received, empty), arrival)
            })
            .unzip();
        let verdicts = place.directory.settle(received);
        let pairs = rest.into_iter().zip(verdicts);
        pairs
            .filter_map(|(arrival, verdict)| self.after_settle(target, arrival, verdict))
            .collect()
    }

    fn after_settle(
        &self,
        target: usize,
        arrival: Arrival,
        verdict: Result<Settled, Fault>,
    ) -> Option<Decided> {
        let settled = match verdict {
            Ok(settled) => settled,
            Err(fault) => {
                self.release(arrival.claim, None);
                return self.after_fault(arrival.task, fault, Some(arrival.received.checksum));
            }
        };
        let holder = Holder {
            target,
            path: arrival.received.at.clone(),
            checksum: arrival.received.checksum,
        };
        self.release(arrival.claim, Some(holder));
        let root = self.targets.get(target).map(|place| place.root.id);
        let attempt = Attempt {
            moved_bytes: settled.written_bytes,
            source_checksum: Some(arrival.received.checksum),
            destination_checksum: Some(settled.read_back),
            took: Some(arrival.took),
        };
        let at = root.map(|root| (root, arrival.received.at.clone()));
        let verdict = Verdict {
            at: arrival.verdict.at.clone().or(at),
            attempt: Some(attempt),
            ..arrival.verdict
        };
        Some(Decided {
            task: arrival.task,
            verdict,
            now: Some((arrival.size_bytes, arrival.mtime_ns)),
            target: Some(target),
            written_bytes: settled.written_bytes,
        })
    }

    /// Tries again, waits, or gives the file its state. None: it comes again.
    fn after_fault(&self, task: Task, fault: Fault, checksum: Option<[u8; 32]>) -> Option<Decided> {
        let id = task.file.row.id;
        let verdict = match fault.class {
            Class::Stopped => Verdict::plain(id, FileState::Pending),
            Class::Full | Class::Gone => {
                if !self.work.stop.is_asked() {
                    self.gate.note(fault);
                    // both ends are ours and live as long as the run
                    let _ = self.again.0.send(task);
                    return None;
                }
                Verdict::plain(id, FileState::Pending)
            }
            Class::Transient
                if task.failures < self.work.settings.retries && !self.work.stop.is_asked() =>
            {
                self.try_again(task, &fault, checksum);
                return None;
            }
            Class::Missing => Verdict {
                message: Some("it is not on the source any more".into()),
                ..Verdict::plain(id, FileState::Missing)
            },
            Class::Transient | Class::Permanent => failed(id, &fault, checksum),
        };
        Some(Decided {
            task,
            verdict,
            now: None,
            target: None,
            written_bytes: 0,
        })
    }

    /// Notes the attempt, waits a little, and hands the file out once more.
    fn try_again(&self, mut task: Task, fault: &Fault, checksum: Option<[u8; 32]>) {
        task.failures += 1;
        task.file.row.attempts += 1;
        let tried = Verdict {
            state: FileState::InProgress,
            ..failed(task.file.row.id, fault, checksum)
        };
        self.retried
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(tried);
        self.work.listener.tell(&Event::Retry {
            path: JsonPath::of(task.file.row.path.as_bytes()),
            attempt: task.failures,
            message: fault.message.clone(),
        });
        let pause = Duration::from_millis(50 << task.failures.min(6));
        self.work.stop.wait(pause);
        // both ends are ours and live as long as the run
        let _ = self.again.0.send(task);
    }

    /// One transaction marks the batch.
    fn write_down(&self, decided: Vec<Decided>) -> Result<(), JobError> {
        let mut verdicts =
            std::mem::take(&mut *self.retried.lock().unwrap_or_else(PoisonError::into_inner));
        verdicts.extend(decided.iter().map(|file| file.verdict.clone()));
        if verdicts.is_empty() {
            return Ok(());
        }
        let now_ns = self.work.job.clock.now_ns();
        let operation = self.work.operation.clone();
        let resized: Vec<(i64, u64, i64)> = decided
            .iter()
            .filter_map(|file| {
                let (size_bytes, mtime_ns) = file.now?;
                let row = &file.task.file.row;
                ((size_bytes, mtime_ns) != (row.size_bytes, row.mtime_ns))
                    .then_some((row.id.0, size_bytes, mtime_ns))
            })
            .collect();
        self.work.job.writer.write(move |transaction| {
            for (id, size_bytes, mtime_ns) in &resized {
                crate::job::files::set_size_and_time(transaction, *id, *size_bytes, *mtime_ns)?;
            }
            ledger::record(transaction, now_ns, Some(&operation), &verdicts)?;
            let files: Vec<_> = verdicts.iter().map(|verdict| verdict.file).collect();
            verification::forget(transaction, &files)?;
            operations::set_checkpoint(transaction, now_ns, &operation)
        })?;
        self.cache_checksums(&decided, now_ns);
        self.tell(decided);
        Ok(())
    }

    /// What was hashed anyway is kept for the next phase and the next job. A cache that fails costs time, nothing else.
    fn cache_checksums(&self, decided: &[Decided], now_ns: i64) {
        let mut values = Vec::new();
        for file in decided.iter().filter(|file| !file.task.file.is_symlink) {
            let row = &file.task.file.row;
            let (Some((algorithm, checksum)), Some((size_bytes, mtime_ns)), Some(target)) =
                (file.verdict.checksum, file.now, file.target)
            else {
                continue;
            };
            let source = self
                .sources
                .iter()
                .find(|source| source.root.id == row.root)
                .map(|source| &source.root.located);
            let place = self.targets.get(target).map(|place| &place.root.located);
            for root in [source, place].into_iter().flatten() {
                values.push((
                    Key::of(root, &row.path, size_bytes, mtime_ns, algorithm),
                    checksum,
                ));
            }
        }
        let later = self.cache.put_later(values, now_ns);
        let mut caching = self.caching.lock().unwrap_or_else(PoisonError::into_inner);
        // one transaction may be on its way while the next batch settles
        let before = std::mem::replace(&mut *caching, later.ok());
        drop(caching);
        self.say_how_caching_went(before);
    }

    /// A cache that fails costs time in a later run, nothing else.
    pub(super) fn say_how_caching_went(&self, pending: Option<Pending<()>>) {
        if let Some(Err(error)) = pending.map(Pending::wait) {
            self.work.warn(format!("the checksum cache: {error}"));
        }
    }

    /// One event a file, each with counts that add up.
    fn tell(&self, decided: Vec<Decided>) {
        let files = decided.len() as u64;
        let mut batch_bytes = 0;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for file in decided {
            let row = &file.task.file.row;
            let state = file.verdict.state;
            let size_bytes = file
                .now
                .map_or(row.size_bytes, |(size_bytes, _)| size_bytes);
            counts.resized(row.state, row.size_bytes, size_bytes);
            counts.moved(row.state, state, size_bytes);
            batch_bytes += size_bytes;
            self.moved_bytes
                .fetch_add(file.written_bytes, Ordering::SeqCst);
            match state {
                FileState::Error => {
                    self.failed.fetch_add(1, Ordering::SeqCst);
                }
                FileState::Pending | FileState::InProgress => {}
                _ => {
                    self.settled.fetch_add(1, Ordering::SeqCst);
                }
            }
            if state != FileState::Pending {
                self.work.listener.tell(&Event::File {
                    path: JsonPath::of(row.path.as_bytes()),
                    state,
                    size_bytes,
                    attempts: row.attempts + u32::from(file.verdict.attempt.is_some()),
                    cause: file.verdict.cause,
                    message: file.verdict.message.clone(),
                    same_as: same_as(&file.verdict),
                    counts: *counts,
                });
            }
            self.ended_files.fetch_add(1, Ordering::SeqCst);
            self.outstanding.fetch_sub(1, Ordering::SeqCst);
        }
        drop(counts);
        self.work.listener.tell(&Event::Checkpoint {
            files,
            size_bytes: batch_bytes,
        });
        let most = self.work.settings.max_errors;
        if most > 0 && self.failed.load(Ordering::SeqCst) > most {
            self.work.warn(format!(
                "stopped: more than {most} files failed (--max-errors)"
            ));
            self.end_with(ExitCode::GaveUp);
        }
    }
}

fn size_of(step: &Step) -> u64 {
    match step {
        Step::Received(arrival) => arrival.received.size_bytes,
        Step::Decided(..) | Step::Failed(..) => 0,
    }
}

fn same_as(verdict: &Verdict) -> Option<String> {
    verdict.duplicate?;
    verdict.message.clone()
}

fn failed(id: FileId, fault: &Fault, checksum: Option<[u8; 32]>) -> Verdict {
    let attempt = Attempt {
        source_checksum: checksum,
        destination_checksum: fault.read_back,
        ..Attempt::default()
    };
    Verdict {
        attempt: Some(attempt),
        ..Verdict::error(id, fault.cause, fault.message.clone())
    }
}
