//! What is read and sent next. Missing parts go first, wherever they are; the pass goes on beside them, in order, and
//! where it meets a part that must be sent anyway, one read serves both.

use super::{Mode, Pass, Purpose, Reading, Request, Sending, Working};
use crate::plan::PartSpan;
use crate::transfer::upload::{Leave, UploadDesk};

/// Reads of the pass under way at once: one is being hashed while the next one is read.
const PASS_READS: usize = 2;
/// Parts prepared beyond those on the wire.
const PREPARED_AHEAD: u32 = 1;

impl Pass {
    fn next(&self) -> u32 {
        self.asked + 1
    }
}

impl Working {
    /// Does all that can be done now.
    pub(in crate::transfer::upload) fn proceed(
        &mut self,
        desk: &mut UploadDesk,
    ) -> Result<(), Leave> {
        self.parts.wake(desk.now_ms());
        match self.mode {
            Mode::Sending if self.pass_is_over() && self.parts.all_stored() => {
                self.begin_finish(desk)?
            }
            Mode::Surveying
                if self.pass_is_over() && self.sends.is_empty() && !desk.has_errand() =>
            {
                self.conclude_survey(desk)?;
            }
            Mode::Listing(_) if self.sends.is_empty() && !desk.has_errand() => {
                self.fetch_list(desk)
            }
            _ => {}
        }
        self.send_ready(desk);
        self.read_to_send(desk);
        self.read_for_pass(desk);
        Ok(())
    }

    pub(super) fn pass_is_over(&self) -> bool {
        self.pass.read == self.plan.part_count()
    }

    fn sends(&self) -> bool {
        matches!(self.mode, Mode::Sending)
    }

    fn free_sends(&self) -> u32 {
        let under_way = u32::try_from(self.sends.len()).unwrap_or(u32::MAX);
        self.window.sends().saturating_sub(under_way)
    }

    fn send_ready(&mut self, desk: &mut UploadDesk) {
        while self.sends() && self.free_sends() > 0 && desk.line.is_open(desk.now_ms()) {
            let Some(ready) = self.parts.take_ready() else {
                return;
            };
            let Some(part) = self.plan.part(ready.number) else {
                return;
            };
            let ticket = desk.send_out(Request::Send {
                file_id: self.file.id,
                part,
                buffer: ready.buffer,
                mac: ready.mac,
                if_match: ready.if_match,
            });
            self.sends.insert(
                ticket,
                Sending {
                    part,
                    mac: ready.mac,
                    sent_bytes: 0,
                },
            );
        }
    }

    fn read_to_send(&mut self, desk: &mut UploadDesk) {
        while self.sends() && self.parts.in_preparation() < self.free_sends() + PREPARED_AHEAD {
            let Some(part) = self
                .parts
                .next_todo()
                .and_then(|number| self.plan.part(number))
            else {
                return;
            };
            if !self.has_room_for(part) {
                return;
            }
            if part.number == self.pass.next() {
                self.pass.asked += 1;
                self.read(desk, part, Purpose::CompareAndSend);
            } else {
                self.read(desk, part, Purpose::Send);
            }
        }
    }

    fn read_for_pass(&mut self, desk: &mut UploadDesk) {
        while let Some(part) = self.plan.part(self.pass.next()) {
            let will_be_sent = self.sends() && self.parts.is_todo(part.number);
            let reads = self
                .reads
                .values()
                .filter(|reading| reading.purpose == Purpose::Compare)
                .count();
            if will_be_sent || reads >= PASS_READS || !self.has_room_for(part) {
                return;
            }
            self.pass.asked += 1;
            self.read(desk, part, Purpose::Compare);
        }
    }

    fn has_room_for(&self, part: PartSpan) -> bool {
        let then_bytes = self.buffered_bytes + u64::from(part.len_bytes);
        self.buffered_bytes == 0 || then_bytes <= self.limits.buffer_bytes
    }

    fn read(&mut self, desk: &mut UploadDesk, part: PartSpan, purpose: Purpose) {
        let ticket = desk.send_out(Request::Read { part, purpose });
        self.buffered_bytes += u64::from(part.len_bytes);
        self.reads.insert(ticket, Reading { part, purpose });
        if purpose.keeps_buffer() {
            self.parts.begin_read(part.number, ticket);
        }
    }

    /// A buffer is free again.
    pub(super) fn release(&mut self, part: PartSpan) {
        self.buffered_bytes = self
            .buffered_bytes
            .saturating_sub(u64::from(part.len_bytes));
    }
}
