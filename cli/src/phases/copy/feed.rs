//! Hands open files out, marked as being in hand first.

use std::sync::{PoisonError, atomic::Ordering};

use crossbeam_channel::Sender;
use rusqlite::Connection;

use super::{Copy, Task};
use crate::{
    job::{FileId, FileState, JobError, files, ledger},
    phases::Event,
};

/// Files of one transaction that marks them as being in hand.
const TAKEN_AT_ONCE: usize = 64;

impl Copy<'_, '_> {
    /// All of them, in order, until the run is told to stop.
    pub(super) fn feed(&self, ids: Vec<FileId>, tasks: &Sender<Task>) -> Result<(), JobError> {
        let reader = self.work.job.read()?;
        for taken in ids.chunks(TAKEN_AT_ONCE) {
            if self.work.stop.is_asked() {
                return Ok(());
            }
            self.reopen_failed(&reader, taken)?;
            let (now_ns, operation, owned) = (
                self.work.job.clock.now_ns(),
                self.work.operation.clone(),
                taken.to_vec(),
            );
            self.work.job.writer.write(move |transaction| {
                ledger::take_in_hand(transaction, now_ns, Some(&operation), &owned)
            })?;
            for id in taken {
                let Some(file) = files::get(&reader, *id)? else {
                    continue;
                };
                self.outstanding.fetch_add(1, Ordering::SeqCst);
                if self.work.stop.is_asked() || tasks.send(Task { file, failures: 0 }).is_err() {
                    self.outstanding.fetch_sub(1, Ordering::SeqCst);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// What failed in an earlier run is tried again: it counts as pending from now on, and that is told.
    fn reopen_failed(&self, reader: &Connection, taken: &[FileId]) -> Result<(), JobError> {
        let mut failed = Vec::new();
        for id in taken {
            let file = files::get(reader, *id)?;
            failed.extend(file.filter(|file| file.row.state == FileState::Error));
        }
        if failed.is_empty() {
            return Ok(());
        }
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for file in &failed {
            counts.moved(FileState::Error, FileState::Pending, file.row.size_bytes);
        }
        self.work.listener.tell(&Event::Reopened {
            files: failed.len() as u64,
            counts: *counts,
        });
        Ok(())
    }
}
