//! Results of sends: acknowledged rows, and what each failure means for the part and for the upload.

use super::{CHECKPOINT_EVERY_MS, Sending, Working};
use crate::progress::Meter;
use crate::transfer::desk::AfterFailure;
use crate::transfer::upload::contract::Action;
use crate::transfer::upload::{Leave, UploadDesk};
use crate::transfer::{Failure, SealedRow, Ticket, Trouble};
use crate::wire::{Compression, ErrorCode, StoredPart};

/// IV and tag that a sealed body has beyond its plaintext.
const SEAL_BYTES: u32 = 28;

impl Working {
    pub(in crate::transfer::upload) fn is_send(&self, ticket: Ticket) -> bool {
        self.sends.contains_key(&ticket)
    }

    /// Body bytes moved.
    pub(in crate::transfer::upload) fn send_moved(
        &mut self,
        desk: &UploadDesk,
        meter: &mut Meter,
        ticket: Ticket,
        sent_bytes: u64,
    ) {
        let Some(sending) = self.sends.get_mut(&ticket) else {
            return;
        };
        let now_bytes = sent_bytes
            .min(sending.part.len_bytes.into())
            .max(sending.sent_bytes);
        let moved_bytes = now_bytes - sending.sent_bytes;
        sending.sent_bytes = now_bytes;
        self.show_wire(desk, meter, moved_bytes);
    }

    fn show_wire(&self, desk: &UploadDesk, meter: &mut Meter, moved_bytes: u64) {
        let on_wire_bytes = self.sends.values().map(|sending| sending.sent_bytes).sum();
        meter.on_wire(desk.now_ms(), on_wire_bytes, moved_bytes);
    }

    /// A part was acknowledged.
    pub(in crate::transfer::upload) fn sent(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        ticket: Ticket,
        row: &StoredPart,
        sealed: ([u8; 12], [u8; 16]),
    ) -> Result<(), Leave> {
        let Some(sending) = self.sends.remove(&ticket) else {
            return Ok(());
        };
        self.release(sending.part);
        if !is_honest(&sending, row, sealed) {
            return Err(Leave::failed(Trouble::NotGenuine {
                part: Some(sending.part.number),
            }));
        }
        self.parts.acknowledge(acknowledged(&sending, row));
        self.sent_parts += 1;
        desk.line.succeeded();
        self.window
            .arrived(desk.now_ms(), sending.part.len_bytes.into());
        self.show_wire(
            desk,
            meter,
            u64::from(sending.part.len_bytes).saturating_sub(sending.sent_bytes),
        );
        self.restate(meter);
        self.save_checkpoint(desk);
        Ok(())
    }

    fn save_checkpoint(&mut self, desk: &mut UploadDesk) {
        if desk.now_ms() >= self.checkpoint_due_ms {
            desk.act(Action::SaveCheckpoint(Box::new(self.checkpoint())));
            let pause_ms = CHECKPOINT_EVERY_MS + u64::from(self.parts.stored_parts());
            self.checkpoint_due_ms = desk.now_ms().saturating_add(pause_ms);
        }
    }

    /// A part was not acknowledged.
    pub(in crate::transfer::upload) fn send_failed(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        ticket: Ticket,
        failure: &Failure,
    ) -> Result<(), Leave> {
        let Some(sending) = self.sends.remove(&ticket) else {
            return Ok(());
        };
        self.release(sending.part);
        self.show_wire(desk, meter, 0);
        let attempts = self.parts.send_failed(sending.part.number);
        match failure {
            Failure::Problem(problem) => match problem.code {
                ErrorCode::PartDiffers | ErrorCode::GenerationMismatch => {
                    self.list_again(desk, Trouble::Refused(problem.code))
                }
                ErrorCode::FileComplete | ErrorCode::UploadExpired => {
                    Err(Leave::CheckAgain(problem.code))
                }
                _ => self.send_again_later(desk, sending, attempts, failure),
            },
            Failure::Network | Failure::Stalled => {
                self.window.stumbled();
                self.send_again_later(desk, sending, attempts, failure)
            }
            _ => self.send_again_later(desk, sending, attempts, failure),
        }
    }

    fn send_again_later(
        &mut self,
        desk: &mut UploadDesk,
        sending: Sending,
        attempts: u32,
        failure: &Failure,
    ) -> Result<(), Leave> {
        match desk.after_failure(failure) {
            AfterFailure::Again { after_secs } => {
                let until_ms = desk.due_ms(attempts, after_secs);
                self.parts.delay(sending.part.number, until_ms);
                Ok(())
            }
            AfterFailure::Over(Trouble::NotGenuine { part: None }) => {
                Err(Leave::failed(Trouble::NotGenuine {
                    part: Some(sending.part.number),
                }))
            }
            AfterFailure::Over(trouble) => Err(Leave::failed(trouble)),
        }
    }
}

/// A newly stored row must be of the body that was sent; the row of a duplicate is of an earlier one.
fn is_honest(sending: &Sending, row: &StoredPart, sealed: ([u8; 12], [u8; 16])) -> bool {
    let is_sent_body = row.duplicate || (row.iv.0, row.auth_tag.0) == sealed;
    let has_length = row.compression != Compression::None
        || row.stored_size == sending.part.len_bytes + SEAL_BYTES;
    row.part_number == sending.part.number && is_sent_body && has_length
}

fn acknowledged(sending: &Sending, row: &StoredPart) -> SealedRow {
    SealedRow {
        number: row.part_number,
        iv: row.iv.0,
        tag: row.auth_tag.0,
        stored_len_bytes: row.stored_size,
        compression: row.compression,
        mac: sending.mac,
        generation: row.generation,
    }
}
