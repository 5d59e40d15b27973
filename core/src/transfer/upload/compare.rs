//! Results of reads: every part's MAC is compared with what an earlier read and the server said.

use std::ops::ControlFlow::Continue;

use super::active::{ActiveUpload, Mode, Reading};
use super::part_table::Comparison;
use super::step::{Flow, Step, fail, unread};
use crate::transfer::{Failure, Ticket, TransferError};

impl ActiveUpload {
    /// A read of this upload was answered.
    pub(super) fn read_done(&mut self, step: &mut Step<'_>, ticket: Ticket, mac: [u8; 32]) -> Flow {
        let Some(Reading { part, purpose }) = self.reads.remove(&ticket) else {
            return Continue(());
        };
        let seen = self.parts.record_mac(part.number, mac);
        if purpose.feeds_hash() {
            self.pass.read += 1;
            step.meter
                .compared(step.queue.now_ms(), part.len_bytes.into());
        }
        let is_kept = purpose.keeps_buffer()
            && self.keeps_buffers()
            && self.parts.keep_buffer(part.number, ticket);
        if !is_kept {
            self.release(part);
            if purpose.keeps_buffer() {
                self.parts.release(part.number, ticket);
                step.queue.cancel(ticket);
            }
        }
        match seen {
            Comparison::AsKnown => Continue(()),
            Comparison::ChangedWhileReading => {
                fail(TransferError::FileChangedWhileReading { part: part.number })
            }
            Comparison::Differs => {
                self.restate(step);
                self.compare_before_sending(step);
                Continue(())
            }
        }
    }

    /// A read of this upload failed.
    pub(super) fn read_failed(&mut self, ticket: Ticket, failure: &Failure) -> Flow {
        self.reads.remove(&ticket);
        unread(failure)
    }

    pub(super) fn is_read(&self, ticket: Ticket) -> bool {
        self.reads.contains_key(&ticket)
    }

    fn keeps_buffers(&self) -> bool {
        matches!(self.mode, Mode::Sending | Mode::Relisting(_))
    }

    /// What is stored was counted anew.
    pub(super) fn restate(&self, step: &mut Step<'_>) {
        step.meter
            .restate(self.parts.stored_parts(), self.parts.stored_bytes());
    }
}
