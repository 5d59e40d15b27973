//! The server's part list, followed again when server and client disagreed. What is on the wire arrives first, so that
//! the list is not older than an acknowledgement.

use super::{Mode, PartEntry, Working};
use crate::progress::Meter;
use crate::transfer::upload::choosing::next_page;
use crate::transfer::upload::contract::Request;
use crate::transfer::upload::found::{contradicts, is_sound};
use crate::transfer::upload::{Leave, UploadDesk};
use crate::transfer::{Failure, SealedRow, Trouble};
use crate::wire::{ErrorCode, PartsPage};

impl Working {
    /// Stops sending and fetches the list. While the file is being compared there is time for that later: what was
    /// refused now will be refused again.
    pub(super) fn list_again(
        &mut self,
        desk: &mut UploadDesk,
        trouble: Trouble,
    ) -> Result<(), Leave> {
        if matches!(self.mode, Mode::Sending | Mode::Finishing) {
            self.dispute(trouble)?;
            desk.drop_errand();
            self.mode = Mode::Listing(Vec::new());
        }
        Ok(())
    }

    pub(super) fn fetch_list(&mut self, desk: &mut UploadDesk) {
        desk.want(Request::FetchParts {
            file_id: self.file.id,
            after: 0,
        });
    }

    pub(super) fn listed(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        page: PartsPage,
    ) -> Result<(), Leave> {
        let Mode::Listing(rows) = &mut self.mode else {
            return Err(Leave::fault());
        };
        let next = next_page(rows, &page)?;
        rows.extend(page.parts);
        if let Some(after) = next {
            desk.want(Request::FetchParts {
                file_id: self.file.id,
                after,
            });
            return Ok(());
        }
        let rows = std::mem::take(rows);
        self.mode = Mode::Sending;
        self.follow(&rows)?;
        self.restate(meter);
        self.drop_buffers(desk, false);
        if self.parts.differing() > 0 {
            self.survey(desk);
        }
        Ok(())
    }

    fn follow(&mut self, rows: &[PartEntry]) -> Result<(), Leave> {
        let mut listed = rows.iter().peekable();
        for number in 1..=self.plan.part_count() {
            match listed.next_if(|entry| entry.number == number) {
                Some(entry) => self.follow_row(entry)?,
                None => self.parts.list_none(number),
            }
        }
        Ok(())
    }

    fn follow_row(&mut self, entry: &PartEntry) -> Result<(), Leave> {
        let row = SealedRow::from(entry);
        let acknowledged = self.parts.stored_row(entry.number);
        if acknowledged.is_some_and(|known| contradicts(&known, &row)) {
            return Err(Leave::failed(Trouble::RolledBack { part: entry.number }));
        }
        let fits = self
            .plan
            .part(entry.number)
            .is_some_and(|part| part.len_bytes == entry.size);
        self.parts.list_row(row, is_sound(entry), fits);
        Ok(())
    }

    /// The upload is gone or was changed by another client: look again. False: the common rule.
    pub(super) fn listing_failed(&mut self, failure: &Failure) -> Result<bool, Leave> {
        use ErrorCode as E;
        match failure {
            Failure::Problem(problem)
                if matches!(
                    problem.code,
                    E::UploadExpired | E::GenerationMismatch | E::FileComplete
                ) =>
            {
                Err(Leave::CheckAgain(problem.code))
            }
            _ => Ok(false),
        }
    }
}
