//! While the first files are copied: whether what is done still lies in one of the destination roots. What does not is
//! pending again and copied in the same run. Names are looked at, nothing is read.

use std::sync::{Mutex, PoisonError, atomic::Ordering};

use crossbeam_channel::Sender;

use super::{Copy, Task};
use crate::{
    destination::Destination as _,
    job::{
        FileId, FileState, JobError,
        files::{self, SourceFile},
        ledger, operations,
    },
    phases::Event,
};

const CHECKED: &[FileState] = &[FileState::Done, FileState::Deduplicated, FileState::Skipped];

/// A file that was done and is gone.
pub(super) struct Gone {
    id: FileId,
    state: FileState,
    size_bytes: u64,
}

impl Copy<'_, '_> {
    /// Resets what is gone, and feeds it.
    pub(super) fn copy_again(&self, gone: Vec<Gone>, tasks: &Sender<Task>) -> Result<(), JobError> {
        if gone.is_empty() {
            return Ok(());
        }
        let count = gone.len();
        self.work.warn(format!(
            "{count} files that were done are at the destination no more; they are copied again"
        ));
        let ids: Vec<FileId> = gone.iter().map(|file| file.id).collect();
        let (now_ns, operation, owned) = (
            self.work.job.clock.now_ns(),
            self.work.operation.clone(),
            ids.clone(),
        );
        self.work.job.writer.write(move |transaction| {
            ledger::set_state(
                transaction,
                now_ns,
                Some(&operation),
                &owned,
                FileState::Pending,
            )
        })?;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        gone.iter()
            .for_each(|file| counts.moved(file.state, FileState::Pending, file.size_bytes));
        // told before the next file is, so that nobody sees progress fall without the reason
        self.work.listener.tell(&Event::Reopened {
            files: count as u64,
            counts: *counts,
        });
        drop(counts);
        self.feed(ids, tasks)
    }

    /// Files that are done and in none of the roots, of those that were done when the run began.
    pub(super) fn gone(&self) -> Result<Vec<Gone>, JobError> {
        if !self.wants_recheck()? {
            return Ok(Vec::new());
        }
        let reader = self.work.job.read()?;
        // one snapshot: what this run finishes meanwhile is not looked at
        reader.execute_batch("BEGIN")?;
        let gone = Mutex::new(Vec::new());
        let (pages, queue) = crossbeam_channel::bounded::<Vec<SourceFile>>(4);
        let read = std::thread::scope(|scope| {
            for _ in 0..self.work.threads() {
                let queue = queue.clone();
                let gone = &gone;
                scope.spawn(move || {
                    let looked = |file: &SourceFile| {
                        self.looked_at.fetch_add(1, Ordering::Relaxed);
                        self.is_gone(file)
                    };
                    for file in queue.iter().flatten().filter(looked) {
                        let file = Gone {
                            id: file.row.id,
                            state: file.row.state,
                            size_bytes: file.row.size_bytes,
                        };
                        gone.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(file);
                    }
                });
            }
            drop(queue);
            let mut after = FileId(0);
            loop {
                let page = files::page(&reader, CHECKED, after, 2000)?;
                let Some(last) = page.last() else { break };
                after = last.row.id;
                if self.work.stop.is_asked() || pages.send(page).is_err() {
                    break;
                }
            }
            drop(pages);
            Ok::<(), JobError>(())
        });
        read?;
        let mut gone = gone.into_inner().unwrap_or_else(PoisonError::into_inner);
        gone.sort_unstable_by_key(|file| file.id);
        Ok(gone)
    }

    /// By the settings; a job whose last batch is too long ago is always looked at.
    fn wants_recheck(&self) -> Result<bool, JobError> {
        let manager = &self.work.settings.resume_manager;
        if manager.verify_state_on_resume {
            return Ok(true);
        }
        let all = operations::all(&self.work.job.read()?)?;
        let last_ns = all
            .iter()
            .filter_map(|operation| operation.checkpoint_at_ns)
            .max();
        let age_ns = last_ns.map_or(0, |last_ns| self.work.job.clock.now_ns() - last_ns);
        Ok(age_ns > i64::from(manager.max_checkpoint_age_days) * 86_400 * 1_000_000_000)
    }

    fn is_gone(&self, file: &SourceFile) -> bool {
        let Some((root, path)) = &file.row.at else {
            return false;
        };
        // in a pool root: the next verification looks
        let ours = self.targets.iter().any(|target| target.root.id == *root);
        // what cannot be looked at now is not called gone
        ours && self
            .targets
            .iter()
            .all(|target| matches!(target.directory.look(path), Ok(None)))
    }
}
