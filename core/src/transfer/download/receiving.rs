//! Parts come in side by side, are opened, and are written in order; the hash decides at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow::{Break, Continue};

use uuid::Uuid;

use super::contract::{Answer, DownloadSetup, Outcome, Request};
use super::step::{DownloadQueue, Flow, Step, Transition, fail, fail_because};
use crate::plan::{PartSpan, Plan};
use crate::progress::Phase;
use crate::transfer::queue::AfterFailure;
use crate::transfer::{Failure, SealedRow, Ticket, TransferError};
use crate::wire::ErrorCode;

/// A body that does not open is fetched so often in all: it may have been damaged on its way.
const MOST_BAD_BODIES: u32 = 2;

/// The content on its way to the sink.
#[derive(Debug)]
pub(super) struct Receiving {
    file_id: Uuid,
    plan: Plan,
    rows: Vec<SealedRow>,
    sha256: [u8; 32],
    /// Parts asked for at least once: 1 to this.
    asked: u32,
    /// Parts to be fetched again.
    again: BTreeSet<u32>,
    delayed: BTreeSet<(u64, u32)>,
    failures: BTreeMap<u32, Failures>,
    fetches: BTreeMap<Ticket, PartSpan>,
    /// Opened, to be written.
    ready: BTreeMap<u32, Ticket>,
    /// Being written to the sink.
    writing: Option<Ticket>,
    written_parts: u32,
    written_bytes: u64,
    buffered_bytes: u64,
    buffer_bytes: u64,
    max_fetches: u32,
}

/// Of one part, so far.
#[derive(Debug, Default, Clone, Copy)]
struct Failures {
    in_all: u32,
    bad_bodies: u32,
}

impl Receiving {
    pub(super) fn new(
        setup: &DownloadSetup,
        plan: Plan,
        rows: Vec<SealedRow>,
        sha256: [u8; 32],
    ) -> Self {
        Receiving {
            file_id: setup.file_id,
            plan,
            rows,
            sha256,
            asked: 0,
            again: BTreeSet::new(),
            delayed: BTreeSet::new(),
            failures: BTreeMap::new(),
            fetches: BTreeMap::new(),
            ready: BTreeMap::new(),
            writing: None,
            written_parts: 0,
            written_bytes: 0,
            buffered_bytes: 0,
            buffer_bytes: setup.buffer_bytes,
            max_fetches: setup.max_fetches.max(1),
        }
    }

    /// Does all that can be done now.
    pub(super) fn proceed(&mut self, step: &mut Step<'_>) {
        self.wake(step.queue.now_ms());
        self.write_next(step);
        self.fetch_more(step);
        if self.written_parts == self.plan.part_count()
            && self.writing.is_none()
            && !step.queue.has_pending()
        {
            step.queue.submit(Request::FinishHash);
        }
    }

    fn write_next(&mut self, step: &mut Step<'_>) {
        let number = self.written_parts + 1;
        if self.writing.is_some() {
            return;
        }
        if let (Some(buffer), Some(part)) = (self.ready.remove(&number), self.plan.part(number)) {
            self.writing = Some(step.queue.issue(Request::Write { part, buffer }));
        }
    }

    fn fetch_more(&mut self, step: &mut Step<'_>) {
        while self.has_free_fetch() && step.queue.connection.is_open(step.queue.now_ms()) {
            let Some(part) = self.next_part().filter(|part| self.has_room_for(*part)) else {
                return;
            };
            let index = usize::try_from(part.number - 1).unwrap_or(usize::MAX);
            let Some(row) = self.rows.get(index).copied() else {
                return;
            };
            if !self.again.remove(&part.number) {
                self.asked = part.number;
                self.buffered_bytes += u64::from(part.len_bytes);
            }
            let ticket = step.queue.issue(Request::Fetch {
                file_id: self.file_id,
                part,
                row,
            });
            self.fetches.insert(ticket, part);
        }
    }

    fn has_free_fetch(&self) -> bool {
        u32::try_from(self.fetches.len()).is_ok_and(|under_way| under_way < self.max_fetches)
    }

    fn next_part(&self) -> Option<PartSpan> {
        let number = self.again.first().copied().unwrap_or(self.asked + 1);
        self.plan.part(number)
    }

    /// A part keeps its room from its first fetch until it is written, so the one that is due can always come.
    fn has_room_for(&self, part: PartSpan) -> bool {
        let then_bytes = self.buffered_bytes + u64::from(part.len_bytes);
        self.again.contains(&part.number)
            || self.buffered_bytes == 0
            || then_bytes <= self.buffer_bytes
    }

    pub(super) fn answered(
        &mut self,
        step: &mut Step<'_>,
        ticket: Ticket,
        request: Option<Request>,
        answer: Answer,
    ) -> Flow {
        match (request, answer) {
            (None, Answer::Fetched) => {
                self.fetched(step, ticket);
                Continue(())
            }
            (None, Answer::Written) if self.writing == Some(ticket) => {
                self.written(step);
                Continue(())
            }
            (Some(Request::FinishHash), Answer::FileHash(sha256)) if sha256 == self.sha256 => {
                Break(Transition::End(Outcome::Done))
            }
            (Some(Request::FinishHash), Answer::FileHash(_)) => {
                fail(TransferError::NotGenuine { part: None })
            }
            (None, _) if self.writing != Some(ticket) && !self.fetches.contains_key(&ticket) => {
                Continue(())
            }
            _ => fail(TransferError::ClientFault),
        }
    }

    fn fetched(&mut self, step: &mut Step<'_>, ticket: Ticket) {
        if let Some(part) = self.fetches.remove(&ticket) {
            step.queue.connection.succeeded();
            self.failures.remove(&part.number);
            self.ready.insert(part.number, ticket);
        }
    }

    fn written(&mut self, step: &mut Step<'_>) {
        self.writing = None;
        self.written_parts += 1;
        let len_bytes = self
            .plan
            .part(self.written_parts)
            .map_or(0, |part| u64::from(part.len_bytes));
        self.buffered_bytes = self.buffered_bytes.saturating_sub(len_bytes);
        self.written_bytes += len_bytes;
        step.meter.compared(step.queue.now_ms(), len_bytes);
        step.meter.confirmed(step.queue.now_ms(), 0, len_bytes);
        step.meter.restate(self.written_parts, self.written_bytes);
    }

    pub(super) fn part_failed(
        &mut self,
        step: &mut Step<'_>,
        ticket: Ticket,
        failure: &Failure,
    ) -> Flow {
        if self.writing == Some(ticket) {
            self.writing = None;
            let error = match failure {
                Failure::SinkFailed { .. } => TransferError::SinkFailed,
                _ => TransferError::ClientFault,
            };
            return fail_because(error, failure);
        }
        let Some(part) = self.fetches.remove(&ticket) else {
            return Continue(());
        };
        let failures = self.failures.entry(part.number).or_default();
        failures.in_all = failures.in_all.saturating_add(1);
        failures.bad_bodies += u32::from(matches!(failure, Failure::NotGenuine { .. }));
        let failures = *failures;
        let after_secs = match step.queue.after_failure(failure) {
            AfterFailure::Retry { after_secs } => after_secs,
            AfterFailure::GiveUp(TransferError::NotGenuine { .. })
                if failures.bad_bodies < MOST_BAD_BODIES =>
            {
                None
            }
            AfterFailure::GiveUp(error) => {
                return fail_because(of_part(error, part.number), failure);
            }
        };
        let until_ms = step.queue.due_ms(failures.in_all, after_secs);
        self.delayed.insert((until_ms, part.number));
        Continue(())
    }

    /// Drops everything under way.
    pub(super) fn cancel(&mut self, step: &mut Step<'_>) {
        let fetches = std::mem::take(&mut self.fetches).into_keys();
        let ready = std::mem::take(&mut self.ready).into_values();
        fetches
            .chain(ready)
            .chain(self.writing.take())
            .for_each(|ticket| step.queue.cancel(ticket));
    }

    pub(super) fn next_wake_ms(&self) -> Option<u64> {
        self.delayed.first().map(|(until_ms, _)| *until_ms)
    }

    pub(super) fn wake_all(&mut self) {
        self.wake(u64::MAX);
    }

    fn wake(&mut self, now_ms: u64) {
        while let Some((until_ms, number)) = self.delayed.first().copied()
            && until_ms <= now_ms
        {
            self.delayed.remove(&(until_ms, number));
            self.again.insert(number);
        }
    }

    pub(super) fn phase(&self, queue: &DownloadQueue) -> Phase {
        if self.written_parts == self.plan.part_count() {
            return Phase::Finishing;
        }
        if !self.fetches.is_empty() || self.writing.is_some() {
            return Phase::Sending;
        }
        let delayed = || {
            self.next_wake_ms()
                .map(|until_ms| (queue.last_reason(), Some(until_ms)))
        };
        match queue.connection.waiting(queue.now_ms()).or_else(delayed) {
            Some((reason, until_ms)) => Phase::Waiting { reason, until_ms },
            None => Phase::Sending,
        }
    }
}

/// Damage has a place.
fn of_part(error: TransferError, number: u32) -> TransferError {
    match error {
        TransferError::NotGenuine { .. } => TransferError::NotGenuine { part: Some(number) },
        TransferError::Refused(ErrorCode::PartCorrupt) => {
            TransferError::PartCorrupt { part: number }
        }
        other => other,
    }
}
