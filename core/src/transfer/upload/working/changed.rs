//! The file is not what is stored: sends stop, the pass shows exactly how much differs, a person decides.

use super::{Mode, Purpose, Working};
use crate::transfer::upload::contract::{
    Action, Changed, Decision, Outcome, Request, SealedContent,
};
use crate::transfer::upload::{Leave, UploadDesk};
use crate::transfer::{Ticket, Trouble};

impl Working {
    /// Sends nothing more until the pass is over. What is on the wire arrives.
    pub(super) fn survey(&mut self, desk: &mut UploadDesk) {
        if !matches!(self.mode, Mode::Sending) {
            return;
        }
        self.mode = Mode::Surveying;
        self.drop_buffers(desk, true);
        let ahead: Vec<Ticket> = self
            .reads
            .iter()
            .filter(|(_, reading)| reading.purpose == Purpose::Send)
            .map(|(ticket, _)| *ticket)
            .collect();
        for ticket in ahead {
            if let Some(reading) = self.reads.remove(&ticket) {
                self.release(reading.part);
                self.parts.let_go_of(reading.part.number, ticket);
                desk.cancel(ticket);
            }
        }
    }

    /// Gives up kept buffers that nobody needs, or all.
    pub(super) fn drop_buffers(&mut self, desk: &mut UploadDesk, even_needed: bool) {
        for (number, ticket) in self.parts.give_up_held(even_needed) {
            if let Some(part) = self.plan.part(number) {
                self.release(part);
            }
            desk.cancel(ticket);
        }
    }

    /// Every part was compared.
    pub(super) fn conclude_survey(&mut self, desk: &mut UploadDesk) -> Result<(), Leave> {
        if self.is_resized() || self.parts.differing() > 0 {
            self.ask(desk, self.parts.differing() + self.file.parts_beyond);
            return Ok(());
        }
        match (self.file.content, self.sha256) {
            (None, _) => {
                self.mode = Mode::Sending;
                Ok(())
            }
            (Some(_), None) => {
                desk.want(Request::FinishHash);
                Ok(())
            }
            (Some(content), Some(sha256)) => self.compare_with_manifest(desk, content, sha256),
        }
    }

    /// All rows have the file's MACs; now the file's manifest must have its hash.
    fn compare_with_manifest(
        &mut self,
        desk: &mut UploadDesk,
        content: SealedContent,
        sha256: [u8; 32],
    ) -> Result<(), Leave> {
        let is_equal = content
            == SealedContent {
                size_bytes: self.plan.size_bytes(),
                sha256,
            };
        let unknown_parts = self.parts.missing_rows();
        match (is_equal, self.file.is_complete && self.parts.all_stored()) {
            (true, true) => Err(self.done(None)),
            // Verification found damage: what is missing is sent, the content stays.
            (true, false) => {
                self.mode = Mode::Sending;
                Ok(())
            }
            // The difference is in parts that have no row to compare with.
            (false, _) if unknown_parts > 0 => {
                self.ask(desk, unknown_parts);
                Ok(())
            }
            (false, _) => Err(Leave::failed(Trouble::NotGenuine { part: None })),
        }
    }

    fn ask(&mut self, desk: &mut UploadDesk, differing_parts: u32) {
        let changed = Changed {
            file_id: self.file.id,
            differing_parts,
            total_parts: self.plan.part_count(),
            stored_size_bytes: self.file.size_bytes,
            size_bytes: self.plan.size_bytes(),
            complete: self.file.content.is_some() || self.file.is_complete,
        };
        self.mode = Mode::Asking(changed);
        desk.act(Action::AskChanged(changed));
    }

    /// The person answered. An answer that was not offered, or not asked for, changes nothing.
    pub(in crate::transfer::upload) fn decide(
        &mut self,
        desk: &mut UploadDesk,
        decision: Decision,
    ) -> Result<(), Leave> {
        let Mode::Asking(changed) = self.mode else {
            return Ok(());
        };
        match decision {
            _ if !changed.choices().contains(&decision) => Ok(()),
            Decision::Stop => Err(Leave::End(Outcome::Stopped)),
            Decision::Fresh => Err(Leave::FreshByChoice),
            Decision::Replace => {
                self.parts.agree_to_replace();
                self.begin_replacing(desk);
                Ok(())
            }
        }
    }

    fn begin_replacing(&mut self, desk: &mut UploadDesk) {
        if !self.is_resized() {
            self.mode = Mode::Sending;
            return;
        }
        self.mode = Mode::Resizing;
        desk.want(Request::Resize {
            file_id: self.file.id,
            size_bytes: self.plan.size_bytes(),
            total_parts: self.plan.part_count(),
            revision: self.file.revision,
        });
    }

    /// The server dropped what the new size does not hold; its list says what is left.
    pub(super) fn resized(&mut self) {
        self.file.size_bytes = self.plan.size_bytes();
        self.file.parts_beyond = 0;
        self.mode = Mode::Listing(Vec::new());
    }
}
