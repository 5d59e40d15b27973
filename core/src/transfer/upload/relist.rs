//! The server's part list, followed again when server and client disagreed. What is on the wire arrives first, so that
//! the list is not older than an acknowledgement.

use std::ops::ControlFlow::Continue;

use super::active::{ActiveUpload, Mode};
use super::candidate_probes::{contradicts, is_sound};
use super::contract::Request;
use super::resume_search::next_page;
use super::step::{Flow, Handled, Step, check_again, client_fault, fail};
use crate::transfer::{Failure, SealedRow, TransferError};
use crate::wire::{ErrorCode, PartEntry, PartsPage};

impl ActiveUpload {
    /// Stops sending and fetches the list. While the file is being compared there is time for that later: what was
    /// refused now will be refused again.
    pub(super) fn relist(
        &mut self,
        step: &mut Step<'_>,
        code: ErrorCode,
        failure: &Failure,
    ) -> Flow {
        if matches!(self.mode, Mode::Sending | Mode::Finishing) {
            self.dispute(code, failure)?;
            step.queue.cancel_pending();
            self.mode = Mode::Relisting(Vec::new());
        }
        Continue(())
    }

    pub(super) fn fetch_list(&mut self, step: &mut Step<'_>) {
        step.queue.submit(Request::FetchParts {
            file_id: self.file.id,
            after: 0,
        });
    }

    pub(super) fn listed(&mut self, step: &mut Step<'_>, page: PartsPage) -> Flow {
        let Mode::Relisting(rows) = &mut self.mode else {
            return client_fault();
        };
        let next = next_page(rows, &page)?;
        rows.extend(page.parts);
        if let Some(after) = next {
            step.queue.submit(Request::FetchParts {
                file_id: self.file.id,
                after,
            });
            return Continue(());
        }
        let rows = std::mem::take(rows);
        self.mode = Mode::Sending;
        self.follow(&rows)?;
        self.restate(step);
        self.drop_buffers(step, false);
        if self.parts.differing() > 0 {
            self.compare_before_sending(step);
        }
        Continue(())
    }

    fn follow(&mut self, rows: &[PartEntry]) -> Flow {
        let mut listed = rows.iter().peekable();
        for number in 1..=self.plan.part_count() {
            match listed.next_if(|entry| entry.number == number) {
                Some(entry) => self.follow_row(entry)?,
                None => self.parts.list_none(number),
            }
        }
        Continue(())
    }

    fn follow_row(&mut self, entry: &PartEntry) -> Flow {
        let row = SealedRow::from(entry);
        let acknowledged = self.parts.stored_row(entry.number);
        if acknowledged.is_some_and(|known| contradicts(&known, &row)) {
            let part = Some(entry.number);
            return fail(TransferError::RolledBack { part });
        }
        let fits = self
            .plan
            .part(entry.number)
            .is_some_and(|part| part.len_bytes == entry.size);
        self.parts.list_row(row, is_sound(entry), fits);
        Continue(())
    }

    /// The upload is gone or was changed by another client: look again.
    pub(super) fn listing_failed(&mut self, failure: &Failure) -> Flow<Handled> {
        use ErrorCode as E;
        match failure {
            Failure::Problem(problem)
                if matches!(
                    problem.code,
                    E::UploadExpired | E::GenerationMismatch | E::FileComplete
                ) =>
            {
                check_again(problem.code, failure)
            }
            _ => Continue(Handled::ByCommonRule),
        }
    }
}
