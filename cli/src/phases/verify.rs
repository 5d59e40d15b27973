//! Compares what is done with what lies at the destination, and keeps the results. Interrupted, it goes on where it was.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use crossbeam_channel::{Receiver, Sender};

use super::{
    Event, Outcome, Phase, PhaseError, Work, copy,
    places::{self, Target},
    work::stopped_by,
};
use crate::{
    destination::{Destination as _, Found},
    engine::{
        disk::Kind,
        fault::{Class, Fault},
    },
    exit::ExitCode,
    job::{
        DuplicateKind, FileId, JobError,
        files::{self, SourceFile},
        ledger, operations,
        verification::{self, Depth, Finding, Verified},
    },
    path::JsonPath,
};

/// Results of one transaction.
const BATCH_RESULTS: usize = 500;

/// The command of a verification, as its operation is called.
pub fn command_of(depth: Depth) -> &'static str {
    match depth {
        Depth::Shallow => "verify",
        Depth::Deep => "deep-verify",
    }
}

/// Whether the last one of this depth, before the operation `but`, was cut off: then the next one goes on where it was.
fn was_cut_off(reader: &rusqlite::Connection, depth: Depth, but: &str) -> Result<bool, JobError> {
    let all = operations::all(reader)?;
    let last = all
        .iter()
        .rev()
        .find(|one| one.command == command_of(depth) && one.id != but);
    let ended = |one: &operations::Operation| {
        let outcome = one.outcome.as_deref();
        [ExitCode::Ok, ExitCode::Different]
            .iter()
            .any(|code| outcome == Some(format!("{code:?}").as_str()))
    };
    Ok(last.is_some_and(|one| !ended(one)))
}

/// Verifies everything, or, when the last verification was cut off, what has no result yet; `anew`: everything in any
/// case. Results of a verification that came to its end say nothing about today.
pub fn run(
    work: &Work<'_>,
    depth: Depth,
    anew: bool,
    dests: &[PathBuf],
) -> Result<Outcome, PhaseError> {
    let reader = work.job.read()?;
    let manner = copy::manner(work);
    let mut targets = places::open_targets(&reader, &work.disk, dests, &manner)?;
    targets.extend(places::open_pools(&reader, work, &manner)?);
    if anew || !was_cut_off(&reader, depth, &work.operation)? {
        work.job
            .writer
            .write(move |transaction| verification::clear(transaction, depth))?;
    }
    work.enter(Phase::Verifying, None, None)?;
    let verify = Verify {
        work,
        depth,
        targets: &targets,
        checked: AtomicU64::new(0),
    };
    verify.all()?;
    let tally = verification::tally(&work.job.read()?, depth)?;
    let different = tally
        .iter()
        .filter(|(finding, _)| *finding != Finding::Equal)
        .map(|(_, count)| count)
        .sum();
    Ok(Outcome {
        failed_files: different,
        touched_files: verify.checked.load(Ordering::SeqCst),
        stopped: stopped_by(work.stop),
    })
}

/// The exit code of a verification.
pub fn exit_code(outcome: &Outcome) -> ExitCode {
    match outcome.stopped {
        Some(code) => code,
        None if outcome.failed_files > 0 => ExitCode::Different,
        None => ExitCode::Ok,
    }
}

struct Verify<'a, 'w> {
    work: &'a Work<'w>,
    depth: Depth,
    targets: &'a [Target],
    checked: AtomicU64,
}

impl Verify<'_, '_> {
    fn all(&self) -> Result<(), JobError> {
        let (files, queue) = crossbeam_channel::bounded::<SourceFile>(256);
        let (results, found) = crossbeam_channel::bounded::<(SourceFile, Verified)>(256);
        std::thread::scope(|scope| {
            for _ in 0..self.work.threads() {
                let (queue, results) = (queue.clone(), results.clone());
                scope.spawn(move || self.compare_all(&queue, &results));
            }
            drop((queue, results));
            let stored = scope.spawn(|| self.store_all(&found));
            let fed = self.feed(&files);
            drop(files);
            let stored = stored.join().unwrap_or(Err(JobError::WriterGone));
            fed.and(stored)
        })
    }

    fn feed(&self, tasks: &Sender<SourceFile>) -> Result<(), JobError> {
        let reader = self.work.job.read()?;
        let mut after = FileId(0);
        loop {
            let page = verification::page_to_verify(&reader, self.depth, after, 500)?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = *last;
            for id in page {
                let Some(file) = files::get(&reader, id)? else {
                    continue;
                };
                if self.work.stop.is_asked() || tasks.send(file).is_err() {
                    return Ok(());
                }
            }
        }
    }

    fn compare_all(&self, queue: &Receiver<SourceFile>, results: &Sender<(SourceFile, Verified)>) {
        for file in queue {
            if self.work.stop.is_asked() {
                continue;
            }
            let (finding, detail) = match self.compare(&file) {
                Ok((Finding::Equal, _)) => (Finding::Equal, None),
                Ok((finding, detail)) => (finding, Some(detail)),
                Err(fault) if fault.class == Class::Stopped => continue,
                Err(fault) => (Finding::Unreadable, Some(fault.message)),
            };
            let verified = Verified {
                file: file.row.id,
                at_ns: self.work.job.clock.now_ns(),
                finding,
                detail,
            };
            // the other end is gone only when storing failed, which is told there
            let _ = results.send((file, verified));
        }
    }

    /// Shallow first; content only when that is as it should be.
    fn compare(&self, file: &SourceFile) -> Result<(Finding, String), Fault> {
        let row = &file.row;
        let Some((root, path)) = &row.at else {
            return Ok((Finding::Gone, "the ledger does not say where it is".into()));
        };
        let Some(target) = self.targets.iter().find(|target| target.root.id == *root) else {
            return Ok((
                Finding::Gone,
                "its destination root is not part of the job any more".into(),
            ));
        };
        let Some(found) = target.directory.look(path)? else {
            return Ok((Finding::Gone, format!("nothing is at {path}")));
        };
        let shallow = shallow(file, &found);
        if shallow.0 != Finding::Equal || self.depth == Depth::Shallow {
            return Ok(shallow);
        }
        let Some((algorithm, wanted)) = row.checksum else {
            return Ok((
                Finding::OtherContent,
                "the ledger has no checksum of it".into(),
            ));
        };
        let (found, _) = target.directory.hash_with(algorithm, path)?;
        Ok(match found == wanted {
            true => (Finding::Equal, String::new()),
            false => {
                let (wanted, found) = (crate::path::hex(&wanted), crate::path::hex(&found));
                (
                    Finding::OtherContent,
                    format!("checksum {found} instead of {wanted}"),
                )
            }
        })
    }

    fn store_all(&self, found: &Receiver<(SourceFile, Verified)>) -> Result<(), JobError> {
        let counts = ledger::counts(&self.work.job.read()?)?;
        let mut batch: Vec<(SourceFile, Verified)> = Vec::new();
        loop {
            let next = found.recv();
            let ended = next.is_err();
            batch.extend(next.ok());
            if batch.len() < BATCH_RESULTS && !ended {
                continue;
            }
            let results: Vec<Verified> = batch.iter().map(|(_, result)| result.clone()).collect();
            let depth = self.depth;
            self.work
                .job
                .writer
                .write(move |transaction| verification::store(transaction, depth, &results))?;
            for (file, result) in batch.drain(..) {
                self.checked.fetch_add(1, Ordering::SeqCst);
                self.work.listener.tell(&Event::File {
                    path: JsonPath::of(file.row.path.as_bytes()),
                    state: file.row.state,
                    size_bytes: file.row.size_bytes,
                    attempts: file.row.attempts,
                    cause: None,
                    message: result
                        .detail
                        .map(|detail| format!("{}: {detail}", result.finding.name())),
                    same_as: None,
                    counts,
                });
            }
            if ended {
                return Ok(());
            }
        }
    }
}

fn shallow(file: &SourceFile, found: &Found) -> (Finding, String) {
    let row = &file.row;
    let kind = if file.is_symlink {
        Kind::Symlink
    } else {
        Kind::File
    };
    if found.kind != kind {
        return (
            Finding::OtherContent,
            "something of another kind is there".into(),
        );
    }
    if found.size_bytes != row.size_bytes {
        return (
            Finding::OtherSize,
            format!("{} bytes instead of {}", found.size_bytes, row.size_bytes),
        );
    }
    // of a hard link and of an absent duplicate the time is that of the first copy; of a link it is not set
    let time_is_its_own = !file.is_symlink
        && !matches!(
            row.duplicate,
            Some(DuplicateKind::Absent | DuplicateKind::Hardlink)
        );
    let was_there = row.state == crate::job::FileState::Skipped;
    if time_is_its_own && !was_there && found.mtime_ns != row.mtime_ns {
        return (
            Finding::OtherTime,
            "it was touched after it was copied".into(),
        );
    }
    (Finding::Equal, String::new())
}
