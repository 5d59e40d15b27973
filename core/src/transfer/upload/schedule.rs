//! What is read and sent next. Missing parts go first, wherever they are; the pass goes on beside them, in order, and
//! where it meets a part that must be sent anyway, one read serves both.

use std::ops::ControlFlow::Continue;

use super::active::{ActiveUpload, Mode, Pass, Reading, Sending};
use super::contract::{Purpose, Request};
use super::step::{Flow, Step};
use crate::plan::PartSpan;

/// Reads of the pass under way at once: one is being hashed while the next one is read.
const PASS_READS: usize = 2;
/// Parts prepared beyond those on the wire.
const PREPARED_AHEAD: u32 = 1;

impl Pass {
    fn next(&self) -> u32 {
        self.asked + 1
    }
}

impl ActiveUpload {
    /// Does all that can be done now.
    pub(super) fn proceed(&mut self, step: &mut Step<'_>) -> Flow {
        self.parts.wake(step.queue.now_ms());
        match self.mode {
            Mode::Sending if self.pass_is_over() && self.parts.all_stored() => {
                self.begin_finish(step)?
            }
            Mode::Comparing
                if self.pass_is_over() && self.sends.is_empty() && !step.queue.has_pending() =>
            {
                self.conclude_comparison(step)?;
            }
            Mode::Relisting(_) if self.sends.is_empty() && !step.queue.has_pending() => {
                self.fetch_list(step)
            }
            _ => {}
        }
        self.send_ready(step);
        self.read_to_send(step);
        self.read_for_pass(step);
        Continue(())
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

    fn send_ready(&mut self, step: &mut Step<'_>) {
        while self.sends()
            && self.free_sends() > 0
            && step.queue.connection.is_open(step.queue.now_ms())
        {
            let Some(ready) = self.parts.take_ready() else {
                return;
            };
            let Some(part) = self.plan.part(ready.number) else {
                return;
            };
            let ticket = step.queue.issue(Request::Send {
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
                    began_ms: step.queue.now_ms(),
                    is_admitted: false,
                    confirmed_bytes: 0,
                },
            );
        }
    }

    fn read_to_send(&mut self, step: &mut Step<'_>) {
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
                self.read(step, part, Purpose::CompareAndSend);
            } else {
                self.read(step, part, Purpose::Send);
            }
        }
    }

    fn read_for_pass(&mut self, step: &mut Step<'_>) {
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
            self.read(step, part, Purpose::Compare);
        }
    }

    fn has_room_for(&self, part: PartSpan) -> bool {
        let then_bytes = self.buffered_bytes + u64::from(part.len_bytes);
        self.buffered_bytes == 0 || then_bytes <= self.limits.buffer_bytes
    }

    fn read(&mut self, step: &mut Step<'_>, part: PartSpan, purpose: Purpose) {
        let ticket = step.queue.issue(Request::Read { part, purpose });
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
