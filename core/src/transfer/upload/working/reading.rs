//! Results of reads: every part's MAC is compared with what an earlier read and the server said.

use super::{Mode, Reading, Working};
use crate::progress::Meter;
use crate::transfer::upload::parts::Seen;
use crate::transfer::upload::{Leave, UploadDesk};
use crate::transfer::{Failure, Ticket, Trouble};

impl Working {
    /// A read of this upload was answered; false: it is none of its own.
    pub(in crate::transfer::upload) fn read_done(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        ticket: Ticket,
        mac: [u8; 32],
    ) -> Result<(), Leave> {
        let Some(Reading { part, purpose }) = self.reads.remove(&ticket) else {
            return Ok(());
        };
        let seen = self.parts.observe(part.number, mac);
        if purpose.feeds_hash() {
            self.pass.read += 1;
            meter.checked(desk.now_ms(), part.len_bytes.into());
        }
        let is_kept =
            purpose.keeps_buffer() && self.keeps_buffers() && self.parts.keep(part.number, ticket);
        if !is_kept {
            self.release(part);
            if purpose.keeps_buffer() {
                self.parts.let_go_of(part.number, ticket);
                desk.cancel(ticket);
            }
        }
        match seen {
            Seen::AsKnown => Ok(()),
            Seen::ChangedWhileReading => Err(Leave::failed(Trouble::FileChangedWhileReading {
                part: part.number,
            })),
            Seen::Differs => {
                self.restate(meter);
                self.survey(desk);
                Ok(())
            }
        }
    }

    /// A read of this upload failed.
    pub(in crate::transfer::upload) fn read_failed(
        &mut self,
        ticket: Ticket,
        failure: &Failure,
    ) -> Leave {
        self.reads.remove(&ticket);
        Leave::unread(failure)
    }

    pub(in crate::transfer::upload) fn is_read(&self, ticket: Ticket) -> bool {
        self.reads.contains_key(&ticket)
    }

    fn keeps_buffers(&self) -> bool {
        matches!(self.mode, Mode::Sending | Mode::Listing(_))
    }

    /// What is stored was counted anew.
    pub(super) fn restate(&self, meter: &mut Meter) {
        meter.restate(self.parts.stored_parts(), self.parts.stored_bytes());
    }
}
