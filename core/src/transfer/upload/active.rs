//! An upload whose file is chosen: sends what is missing beside the pass that compares everything, and completes it.
//!
//! What it does is in the files beside this one, in reading order: `schedule` decides what is read and sent next,
//! `compare` and `sends` take the results, `changed` is the question about a changed file, `relist` follows the
//! server's part list, `finish` completes.

use std::ops::ControlFlow::{Break, Continue};

use std::collections::BTreeMap;

use uuid::Uuid;

use super::candidate_probes::{ResumeCandidate, is_sound};
use super::contract::{Answer, Changed, Purpose, Request, SealedContent, UploadLimits};
use super::part_table::PartTable;
use super::step::{Flow, Handled, Step, UploadQueue, client_fault, fail_because};
use crate::plan::{PartSpan, Plan};
use crate::progress::Phase;
use crate::transfer::window::Window;
use crate::transfer::{Checkpoint, Failure, SealedRow, Ticket, TransferError, WaitReason};
use crate::wire::{ErrorCode, PartEntry};

/// A send that waits so long for its turn makes its file one that waits.
pub(super) const TURN_MS: u64 = 3_000;
/// Times in a run that server and client may disagree about what is stored.
const MOST_DISPUTES: u32 = 8;
/// Shortest time between two checkpoints; a thousand rows take a second more.
pub(super) const CHECKPOINT_EVERY_MS: u64 = 2_000;

/// The file on the server.
#[derive(Debug)]
pub(super) struct ServerFile {
    pub(super) id: Uuid,
    /// Of its manifest now.
    pub(super) manifest_seq: u32,
    /// Goes into `If-Match` of a resize.
    pub(super) revision: u32,
    /// The size it was begun with.
    pub(super) size_bytes: u64,
    pub(super) is_complete: bool,
    /// It was begun under another label.
    pub(super) is_renamed: bool,
    /// What a final manifest says: its content never changes any more.
    pub(super) content: Option<SealedContent>,
    /// Stored parts beyond the end of the file as it is now.
    pub(super) parts_beyond: u32,
}

/// What it does. The pass goes on in every mode but the last ones.
#[derive(Debug)]
pub(super) enum Mode {
    /// Sends what is missing.
    Sending,
    /// Sends nothing until the pass has shown how much the file changed.
    Comparing,
    /// A person was asked.
    Asking(Changed),
    /// The server is told the new size.
    Resizing,
    /// The part list is fetched again, once nothing is on the wire.
    Relisting(Vec<PartEntry>),
    /// Everything is stored and compared.
    Finishing,
}

/// The reading of every part in order.
#[derive(Debug, Default)]
pub(super) struct Pass {
    /// Parts that were asked for, from 1.
    pub(super) asked: u32,
    /// Parts whose read was answered.
    pub(super) read: u32,
}

/// A read under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) part: PartSpan,
    pub(super) purpose: Purpose,
}

/// A send under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sending {
    pub(super) part: PartSpan,
    pub(super) mac: [u8; 32],
    /// When it was asked for; from its admission on, when that was.
    pub(super) began_ms: u64,
    /// It left the driver's queue.
    pub(super) is_admitted: bool,
    pub(super) confirmed_bytes: u64,
}

/// An upload that is being worked on.
#[derive(Debug)]
pub(super) struct ActiveUpload {
    pub(super) file: ServerFile,
    pub(super) plan: Plan,
    pub(super) parts: PartTable,
    pub(super) pass: Pass,
    pub(super) mode: Mode,
    pub(super) sha256: Option<[u8; 32]>,
    pub(super) reads: BTreeMap<Ticket, Reading>,
    pub(super) sends: BTreeMap<Ticket, Sending>,
    /// Bytes that reads, kept buffers and sends hold.
    pub(super) buffered_bytes: u64,
    pub(super) limits: UploadLimits,
    pub(super) window: Window,
    pub(super) disputes: u32,
    pub(super) sent_parts: u32,
    pub(super) checkpoint_due_ms: u64,
}

impl ActiveUpload {
    /// A new file: nothing is stored.
    pub(super) fn fresh(
        step: &mut Step<'_>,
        file_id: Uuid,
        plan: Plan,
        limits: UploadLimits,
    ) -> Self {
        let file = ServerFile {
            id: file_id,
            manifest_seq: 0,
            revision: 0,
            size_bytes: plan.size_bytes(),
            is_complete: false,
            is_renamed: false,
            content: None,
            parts_beyond: 0,
        };
        let mut active = ActiveUpload::new(file, plan, limits, step.queue);
        active.begin(step);
        active
    }

    /// An earlier upload that may be this file's.
    pub(super) fn adopt(
        step: &mut Step<'_>,
        found: ResumeCandidate,
        label: &str,
        limits: UploadLimits,
    ) -> Self {
        let count = found.plan.part_count();
        let beyond = found
            .rows
            .iter()
            .filter(|entry| entry.number > count)
            .count();
        let file = ServerFile {
            id: found.candidate.file_id,
            manifest_seq: found.candidate.manifest_seq,
            revision: found.candidate.revision,
            size_bytes: found.candidate.size,
            is_complete: found.candidate.is_complete,
            is_renamed: found.candidate.filename != label,
            content: found.content,
            parts_beyond: u32::try_from(beyond).unwrap_or(u32::MAX),
        };
        let rows: Vec<_> = found
            .rows
            .iter()
            .map(|entry| (SealedRow::from(entry), is_sound(entry), found.fits(entry)))
            .collect();
        let mut active = ActiveUpload::new(file, found.plan, limits, step.queue);
        rows.into_iter()
            .for_each(|(row, is_sound, fits)| active.parts.list_row(row, is_sound, fits));
        active.begin(step);
        active
    }

    fn new(file: ServerFile, plan: Plan, limits: UploadLimits, queue: &UploadQueue) -> Self {
        ActiveUpload {
            parts: PartTable::new(&plan),
            file,
            plan,
            pass: Pass::default(),
            mode: Mode::Sending,
            sha256: None,
            reads: BTreeMap::new(),
            sends: BTreeMap::new(),
            buffered_bytes: 0,
            limits,
            window: Window::new(limits.max_sends),
            disputes: 0,
            sent_parts: 0,
            checkpoint_due_ms: queue.now_ms().saturating_add(CHECKPOINT_EVERY_MS),
        }
    }

    /// A final manifest, another size, or a part that differs already: compare first, then ask or go on.
    fn begin(&mut self, step: &mut Step<'_>) {
        step.meter
            .measure(self.plan.size_bytes(), self.plan.part_count());
        step.meter.begin_pass();
        step.meter.adopt(
            self.parts.stored_parts(),
            self.parts.stored_bytes(),
            self.parts.first_unstored(),
        );
        if self.file.content.is_some() || self.is_resized() || self.parts.differing() > 0 {
            self.mode = Mode::Comparing;
        }
    }

    pub(super) fn file_id(&self) -> Uuid {
        self.file.id
    }

    pub(super) fn is_resized(&self) -> bool {
        self.file.size_bytes != self.plan.size_bytes()
    }

    /// A request that is not about a part was answered.
    pub(super) fn answered(
        &mut self,
        step: &mut Step<'_>,
        request: Request,
        answer: Answer,
    ) -> Flow {
        match (request, answer) {
            (Request::FetchParts { .. }, Answer::Parts(page)) => self.listed(step, page),
            (Request::Resize { .. }, Answer::Resized) => {
                self.resized();
                Continue(())
            }
            (Request::FinishHash, Answer::FileHash(sha256)) => self.hashed(step, sha256),
            (Request::SealManifest { .. }, Answer::ManifestSealed) => {
                step.queue.submit(Request::Complete {
                    file_id: self.file.id,
                });
                Continue(())
            }
            (Request::Complete { .. }, Answer::Completed) => self.completed(step),
            (Request::OpenManifest { .. }, Answer::ManifestOpened(content)) => {
                self.completed_by_another(step, content)
            }
            (Request::Rename { .. }, Answer::Renamed) => Break(self.done(None)),
            _ => client_fault(),
        }
    }

    /// A request that is not about a part failed.
    pub(super) fn request_failed(
        &mut self,
        step: &mut Step<'_>,
        request: &Request,
        failure: &Failure,
    ) -> Flow<Handled> {
        match request {
            Request::Complete { .. } => self.complete_failed(step, failure),
            Request::Rename { .. } => self.rename_failed(failure),
            Request::Resize { .. } | Request::FetchParts { .. } => self.listing_failed(failure),
            _ => Continue(Handled::ByCommonRule),
        }
    }

    /// Server and client do not agree about what is stored. A few times in a run that is a race; again and again it is a
    /// fault.
    pub(super) fn dispute(&mut self, code: ErrorCode, failure: &Failure) -> Flow {
        self.disputes += 1;
        if self.disputes > MOST_DISPUTES {
            fail_because(TransferError::Refused(code), failure)
        } else {
            Continue(())
        }
    }

    /// Drops everything under way.
    pub(super) fn cancel(&mut self, step: &mut Step<'_>) {
        let reads = std::mem::take(&mut self.reads).into_keys();
        let sends = std::mem::take(&mut self.sends).into_keys();
        reads
            .chain(sends)
            .for_each(|ticket| step.queue.cancel(ticket));
        self.parts
            .release_buffers(true)
            .into_iter()
            .for_each(|(_, ticket)| step.queue.cancel(ticket));
        self.buffered_bytes = 0;
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new(self.file.id, self.file.size_bytes, self.parts.stored_rows())
    }

    pub(super) fn next_wake_ms(&self) -> Option<u64> {
        self.parts.next_wake_ms()
    }

    pub(super) fn wake_all(&mut self) {
        self.parts.wake_all();
    }

    /// What it does, for a person.
    pub(super) fn phase(&self, queue: &UploadQueue, is_resumed: bool, now_ms: u64) -> Phase {
        match self.mode {
            Mode::Asking(_) => Phase::Asking,
            Mode::Comparing => Phase::Comparing,
            _ if let Some(waiting) = self.waiting(queue) => waiting,
            Mode::Sending if self.waits_for_its_turn(now_ms) => Phase::Waiting {
                reason: WaitReason::Turn,
                until_ms: None,
            },
            Mode::Finishing => Phase::Finishing,
            _ if self.parts.all_stored() => Phase::Comparing,
            _ if is_resumed => Phase::Resuming,
            _ => Phase::Sending,
        }
    }

    /// All its sends have been in the driver's queue for a while. A moment of that is no waiting: files that share a line
    /// take turns.
    fn waits_for_its_turn(&self, now_ms: u64) -> bool {
        let waits = |sending: &Sending| {
            !sending.is_admitted && now_ms.saturating_sub(sending.began_ms) >= TURN_MS
        };
        !self.sends.is_empty() && self.sends.values().all(waits)
    }

    fn waiting(&self, queue: &UploadQueue) -> Option<Phase> {
        let needs_server = !self.parts.all_stored() || queue.has_pending();
        if !needs_server || !self.sends.is_empty() || queue.pending_is_issued() {
            return None;
        }
        if let Some((reason, until_ms)) = queue.connection.waiting(queue.now_ms()) {
            return Some(Phase::Waiting { reason, until_ms });
        }
        let is_idle = self.reads.is_empty() && self.parts.next_todo().is_none();
        let until_ms = self.parts.next_wake_ms().filter(|_| is_idle)?;
        Some(Phase::Waiting {
            reason: queue.last_reason(),
            until_ms: Some(until_ms),
        })
    }
}
