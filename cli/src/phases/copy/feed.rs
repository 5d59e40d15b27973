//! Hands open files out, marked as being in hand first.

use std::sync::{PoisonError, atomic::Ordering};

use crossbeam_channel::Sender;

use super::{Copy, Task};
use crate::{
    job::{
        FileId, FileState, JobError,
        files::{self, SourceFile},
        ledger,
    },
    phases::Event,
};

/// Files of one transaction that marks them as being in hand.
const TAKEN_AT_ONCE: usize = 256;

impl Copy<'_, '_> {
    /// All of them, in order, until the run is told to stop.
    pub(super) fn feed(&self, ids: Vec<FileId>, tasks: &Sender<Task>) -> Result<(), JobError> {
        let reader = self.work.job.read()?;
        for ids in ids.chunks(TAKEN_AT_ONCE) {
            if self.work.stop.is_asked() {
                return Ok(());
            }
            let found = ids.iter().map(|id| files::get(&reader, *id));
            let taken: Vec<SourceFile> = found
                .filter_map(Result::transpose)
                .collect::<Result<_, _>>()?;
            self.reopen_failed(&taken);
            let (now_ns, operation, owned) = (
                self.work.job.clock.now_ns(),
                self.work.operation.clone(),
                taken.iter().map(|file| file.row.id).collect::<Vec<_>>(),
            );
            self.work.job.writer.write(move |transaction| {
                ledger::take_in_hand(transaction, now_ns, Some(&operation), &owned)
            })?;
            for mut file in taken {
                let was_in_hand = file.row.state == FileState::InProgress;
                file.row.state = FileState::InProgress;
                let task = Task {
                    file,
                    was_in_hand,
                    failures: 0,
                };
                self.outstanding.fetch_add(1, Ordering::SeqCst);
                if self.work.stop.is_asked() || tasks.send(task).is_err() {
                    self.outstanding.fetch_sub(1, Ordering::SeqCst);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What failed in an earlier run is tried again: it counts as pending from now on, and that is told.
    fn reopen_failed(&self, taken: &[SourceFile]) {
        let is_failed = |file: &&SourceFile| file.row.state == FileState::Error;
        let failed: Vec<&SourceFile> = taken.iter().filter(is_failed).collect();
        if failed.is_empty() {
            return;
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for file in &failed {
            counts.moved(FileState::Error, FileState::Pending, file.row.size_bytes);
        }
        self.work.listener.tell(&Event::Reopened {
            files: failed.len() as u64,
            counts: *counts,
        });
    }
}
