//! Results of sends: acknowledged rows, and what each failure means for the part and for the upload.

use std::ops::ControlFlow::Continue;

use super::active::{ActiveUpload, CHECKPOINT_EVERY_MS, Sending, TURN_MS};
use super::contract::Action;
use super::step::{Flow, Step, check_again, fail, fail_because};
use crate::envelope::part::BodyLength;
use crate::transfer::queue::AfterFailure;
use crate::transfer::{Failure, SealedRow, Ticket, TransferError};
use crate::wire::{ErrorCode, StoredPart};

impl ActiveUpload {
    pub(super) fn is_send(&self, ticket: Ticket) -> bool {
        self.sends.contains_key(&ticket)
    }

    /// A send is under way, and the server has `confirmed_bytes` of its body in all.
    pub(super) fn send_moved(&mut self, step: &mut Step<'_>, ticket: Ticket, confirmed_bytes: u64) {
        let Some(sending) = self.sends.get_mut(&ticket) else {
            return;
        };
        let now_ms = step.queue.now_ms();
        if !sending.is_admitted {
            let had_to_wait = now_ms.saturating_sub(sending.began_ms) >= TURN_MS;
            sending.is_admitted = true;
            sending.began_ms = now_ms;
            step.meter.send_began(now_ms, had_to_wait);
        }
        let now_bytes = confirmed_bytes
            .min(sending.part.len_bytes.into())
            .max(sending.confirmed_bytes);
        let more_bytes = now_bytes - sending.confirmed_bytes;
        sending.confirmed_bytes = now_bytes;
        if more_bytes > 0 {
            step.queue.connection.succeeded();
            self.show_confirmed(step, more_bytes);
        }
    }

    fn show_confirmed(&self, step: &mut Step<'_>, more_bytes: u64) {
        let under_way = self.sends.values();
        let confirmed_bytes = under_way.map(|sending| sending.confirmed_bytes).sum();
        step.meter
            .confirmed(step.queue.now_ms(), confirmed_bytes, more_bytes);
    }

    /// A part was acknowledged.
    pub(super) fn sent(
        &mut self,
        step: &mut Step<'_>,
        ticket: Ticket,
        row: &StoredPart,
        sealed: ([u8; 12], [u8; 16]),
    ) -> Flow {
        let Some(sending) = self.sends.remove(&ticket) else {
            return Continue(());
        };
        self.release(sending.part);
        if !is_honest(&sending, row, sealed) {
            return fail(TransferError::NotGenuine {
                part: Some(sending.part.number),
            });
        }
        self.parts.acknowledge(acknowledged(&sending, row));
        self.sent_parts += 1;
        step.queue.connection.succeeded();
        let now_ms = step.queue.now_ms();
        let took_ms = now_ms.saturating_sub(sending.began_ms);
        self.window
            .arrived(now_ms, sending.part.len_bytes.into(), took_ms);
        let more_bytes = u64::from(sending.part.len_bytes).saturating_sub(sending.confirmed_bytes);
        self.show_confirmed(step, more_bytes);
        self.restate(step);
        self.save_checkpoint(step);
        Continue(())
    }

    fn save_checkpoint(&mut self, step: &mut Step<'_>) {
        if step.queue.now_ms() >= self.checkpoint_due_ms {
            step.queue
                .emit(Action::SaveCheckpoint(Box::new(self.checkpoint())));
            let pause_ms = CHECKPOINT_EVERY_MS + u64::from(self.parts.stored_parts());
            self.checkpoint_due_ms = step.queue.now_ms().saturating_add(pause_ms);
        }
    }

    /// A part was not acknowledged.
    pub(super) fn send_failed(
        &mut self,
        step: &mut Step<'_>,
        ticket: Ticket,
        failure: &Failure,
    ) -> Flow {
        let Some(sending) = self.sends.remove(&ticket) else {
            return Continue(());
        };
        self.release(sending.part);
        self.show_confirmed(step, 0);
        let attempts = self.parts.send_failed(sending.part.number);
        match failure {
            Failure::Problem(problem) => match problem.code {
                ErrorCode::PartDiffers | ErrorCode::GenerationMismatch => {
                    self.relist(step, problem.code, failure)
                }
                ErrorCode::FileComplete | ErrorCode::UploadExpired => {
                    check_again(problem.code, failure)
                }
                // Nothing of the body is kept there: what was confirmed of it does not count any more.
                ErrorCode::StorageFull | ErrorCode::StorageUnavailable => {
                    step.meter.fall_to_stored();
                    self.send_again_later(step, sending, attempts, failure)
                }
                // Refused for its slowness, or cut off: the line stumbled.
                ErrorCode::BodyIncomplete => {
                    self.window.stumbled();
                    self.send_again_later(step, sending, attempts, failure)
                }
                _ => self.send_again_later(step, sending, attempts, failure),
            },
            Failure::Network | Failure::Stalled => {
                self.window.stumbled();
                self.send_again_later(step, sending, attempts, failure)
            }
            _ => self.send_again_later(step, sending, attempts, failure),
        }
    }

    fn send_again_later(
        &mut self,
        step: &mut Step<'_>,
        sending: Sending,
        attempts: u32,
        failure: &Failure,
    ) -> Flow {
        match step.queue.after_failure(failure) {
            AfterFailure::Retry { after_secs } => {
                let until_ms = step.queue.due_ms(attempts, after_secs);
                self.parts.delay(sending.part.number, until_ms);
                Continue(())
            }
            AfterFailure::GiveUp(TransferError::NotGenuine { part: None }) => {
                let part = Some(sending.part.number);
                fail_because(TransferError::NotGenuine { part }, failure)
            }
            AfterFailure::GiveUp(error) => fail_because(error, failure),
        }
    }
}

/// A newly stored row must be of the body that was sent; the row of a duplicate is of an earlier one.
fn is_honest(sending: &Sending, row: &StoredPart, sealed: ([u8; 12], [u8; 16])) -> bool {
    let is_sent_body = row.duplicate || (row.iv.0, row.auth_tag.0) == sealed;
    let length = BodyLength::of(sending.part.len_bytes, row.compression);
    let has_length = length.allows(row.stored_size.into());
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
