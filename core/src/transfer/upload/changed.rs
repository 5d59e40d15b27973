//! The file is not what is stored: sends stop, the pass shows exactly how much differs, a person decides.

use std::ops::ControlFlow::{Break, Continue};

use super::active::{ActiveUpload, Mode};
use super::contract::{Action, Changed, Decision, Outcome, Purpose, Request, SealedContent};
use super::step::{Flow, Step, Transition, fail};
use crate::transfer::{Ticket, TransferError};

impl ActiveUpload {
    /// Sends nothing more until the pass is over. What is on the wire arrives.
    pub(super) fn compare_before_sending(&mut self, step: &mut Step<'_>) {
        if !matches!(self.mode, Mode::Sending) {
            return;
        }
        self.mode = Mode::Comparing;
        self.drop_buffers(step, true);
        let ahead: Vec<Ticket> = self
            .reads
            .iter()
            .filter(|(_, reading)| reading.purpose == Purpose::Send)
            .map(|(ticket, _)| *ticket)
            .collect();
        for ticket in ahead {
            if let Some(reading) = self.reads.remove(&ticket) {
                self.release(reading.part);
                self.parts.release(reading.part.number, ticket);
                step.queue.cancel(ticket);
            }
        }
    }

    /// Gives up kept buffers that are not needed, or all.
    pub(super) fn drop_buffers(&mut self, step: &mut Step<'_>, even_needed: bool) {
        for (number, ticket) in self.parts.release_buffers(even_needed) {
            if let Some(part) = self.plan.part(number) {
                self.release(part);
            }
            step.queue.cancel(ticket);
        }
    }

    /// Every part was compared.
    pub(super) fn conclude_comparison(&mut self, step: &mut Step<'_>) -> Flow {
        if self.is_resized() || self.parts.differing() > 0 {
            self.ask(step, self.parts.differing() + self.file.parts_beyond);
            return Continue(());
        }
        match (self.file.content, self.sha256) {
            (None, _) => {
                self.mode = Mode::Sending;
                Continue(())
            }
            (Some(_), None) => {
                step.queue.submit(Request::FinishHash);
                Continue(())
            }
            (Some(content), Some(sha256)) => self.compare_with_manifest(step, content, sha256),
        }
    }

    /// All rows have the file's MACs; now the file's manifest must have its hash.
    fn compare_with_manifest(
        &mut self,
        step: &mut Step<'_>,
        content: SealedContent,
        sha256: [u8; 32],
    ) -> Flow {
        let is_equal = content
            == SealedContent {
                size_bytes: self.plan.size_bytes(),
                sha256,
            };
        let unknown_parts = self.parts.missing_rows();
        match (is_equal, self.file.is_complete && self.parts.all_stored()) {
            (true, true) => Break(self.done(None)),
            // Verification found damage: what is missing is sent, the content stays.
            (true, false) => {
                self.mode = Mode::Sending;
                Continue(())
            }
            // The difference is in parts that have no row to compare with.
            (false, _) if unknown_parts > 0 => {
                self.ask(step, unknown_parts);
                Continue(())
            }
            (false, _) => fail(TransferError::NotGenuine { part: None }),
        }
    }

    fn ask(&mut self, step: &mut Step<'_>, differing_parts: u32) {
        let changed = Changed {
            file_id: self.file.id,
            differing_parts,
            total_parts: self.plan.part_count(),
            stored_size_bytes: self.file.size_bytes,
            size_bytes: self.plan.size_bytes(),
            complete: self.file.content.is_some() || self.file.is_complete,
        };
        self.mode = Mode::Asking(changed);
        step.queue.emit(Action::AskChanged(changed));
    }

    /// The person answered. An answer that was not offered, or not asked for, changes nothing.
    pub(super) fn decide(&mut self, step: &mut Step<'_>, decision: Decision) -> Flow {
        let Mode::Asking(changed) = self.mode else {
            return Continue(());
        };
        match decision {
            _ if !changed.choices().contains(&decision) => Continue(()),
            Decision::Stop => Break(Transition::End(Outcome::Stopped)),
            Decision::Fresh => Break(Transition::FreshByChoice),
            Decision::Replace => {
                self.parts.agree_to_replace();
                step.meter.forget_silence();
                self.begin_replacing(step);
                Continue(())
            }
        }
    }

    fn begin_replacing(&mut self, step: &mut Step<'_>) {
        if !self.is_resized() {
            self.mode = Mode::Sending;
            return;
        }
        self.mode = Mode::Resizing;
        step.queue.submit(Request::Resize {
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
        self.mode = Mode::Relisting(Vec::new());
    }
}
