//! An upload whose file is chosen: sends what is missing beside the pass that compares everything, and completes it.
//!
//! In reading order: `schedule` decides what is read and sent next, `reading` and `sending` take the results,
//! `changed` is the question about a changed file, `listing` follows the server's part list, `finishing`
//! completes.

mod changed;
mod finishing;
mod listing;
mod reading;
mod schedule;
mod sending;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::contract::{Answer, Changed, Purpose, Request, SealedContent, UploadLimits};
use super::found::{Found, is_sound};
use super::parts::Ledger;
use super::{Leave, UploadDesk};
use crate::plan::{PartSpan, Plan};
use crate::progress::{Meter, Phase};
use crate::transfer::window::Window;
use crate::transfer::{Checkpoint, Failure, SealedRow, Ticket, Trouble};
use crate::wire::PartEntry;

/// Times in a run that server and client may disagree about what is stored.
const MOST_DISPUTES: u32 = 8;
/// Shortest time between two checkpoints; a thousand rows take a second more.
const CHECKPOINT_EVERY_MS: u64 = 2_000;

/// The file on the server.
#[derive(Debug)]
struct Remote {
    id: Uuid,
    /// Of its manifest now.
    manifest_seq: u32,
    /// Goes into `If-Match` of a resize.
    revision: u32,
    /// The size it was begun with.
    size_bytes: u64,
    is_complete: bool,
    /// It was begun under another label.
    is_renamed: bool,
    /// What a final manifest says: its content never changes any more.
    content: Option<SealedContent>,
    /// Stored parts beyond the end of the file as it is now.
    parts_beyond: u32,
}

/// What it does. The pass goes on in every mode but the last ones.
#[derive(Debug)]
enum Mode {
    /// Sends what is missing.
    Sending,
    /// Sends nothing until the pass has shown how much the file changed.
    Surveying,
    /// A person was asked.
    Asking(Changed),
    /// The server is told the new size.
    Resizing,
    /// The part list is fetched again, once nothing is on the wire.
    Listing(Vec<PartEntry>),
    /// Everything is stored and compared.
    Finishing,
}

/// The reading of every part in order.
#[derive(Debug, Default)]
struct Pass {
    /// Parts asked for.
    asked: u32,
    /// Parts read.
    read: u32,
}

/// A read under way.
#[derive(Debug, Clone, Copy)]
struct Reading {
    part: PartSpan,
    purpose: Purpose,
}

/// A send under way.
#[derive(Debug, Clone, Copy)]
struct Sending {
    part: PartSpan,
    mac: [u8; 32],
    sent_bytes: u64,
}

/// An upload that is being worked on.
#[derive(Debug)]
pub(super) struct Working {
    file: Remote,
    plan: Plan,
    parts: Ledger,
    pass: Pass,
    mode: Mode,
    sha256: Option<[u8; 32]>,
    reads: BTreeMap<Ticket, Reading>,
    sends: BTreeMap<Ticket, Sending>,
    /// Bytes that reads, kept buffers and sends hold.
    buffered_bytes: u64,
    limits: UploadLimits,
    window: Window,
    disputes: u32,
    sent_parts: u32,
    checkpoint_due_ms: u64,
}

impl Working {
    /// A new file: nothing is stored.
    pub(super) fn fresh(
        file_id: Uuid,
        plan: Plan,
        limits: UploadLimits,
        desk: &UploadDesk,
        meter: &mut Meter,
    ) -> Self {
        let file = Remote {
            id: file_id,
            manifest_seq: 0,
            revision: 0,
            size_bytes: plan.size_bytes(),
            is_complete: false,
            is_renamed: false,
            content: None,
            parts_beyond: 0,
        };
        let mut working = Working::new(file, plan, limits, desk);
        working.begin(meter);
        working
    }

    /// An earlier upload that may be this file's.
    pub(super) fn adopt(
        found: Found,
        label: &str,
        limits: UploadLimits,
        desk: &UploadDesk,
        meter: &mut Meter,
    ) -> Self {
        let count = found.plan.part_count();
        let beyond = found
            .rows
            .iter()
            .filter(|entry| entry.number > count)
            .count();
        let file = Remote {
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
        let mut working = Working::new(file, found.plan, limits, desk);
        rows.into_iter()
            .for_each(|(row, is_sound, fits)| working.parts.list_row(row, is_sound, fits));
        working.begin(meter);
        working
    }

    fn new(file: Remote, plan: Plan, limits: UploadLimits, desk: &UploadDesk) -> Self {
        Working {
            parts: Ledger::new(&plan),
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
            checkpoint_due_ms: desk.now_ms().saturating_add(CHECKPOINT_EVERY_MS),
        }
    }

    /// A final manifest, another size, or a part that differs already: compare first, then ask or go on.
    fn begin(&mut self, meter: &mut Meter) {
        meter.measure(self.plan.size_bytes(), self.plan.part_count());
        meter.begin_pass();
        meter.adopt(
            self.parts.stored_parts(),
            self.parts.stored_bytes(),
            self.parts.first_unstored(),
        );
        if self.file.content.is_some() || self.is_resized() || self.parts.differing() > 0 {
            self.mode = Mode::Surveying;
        }
    }

    pub(super) fn file_id(&self) -> Uuid {
        self.file.id
    }

    fn is_resized(&self) -> bool {
        self.file.size_bytes != self.plan.size_bytes()
    }

    /// An errand was answered.
    pub(super) fn answered(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        request: Request,
        answer: Answer,
    ) -> Result<(), Leave> {
        match (request, answer) {
            (Request::FetchParts { .. }, Answer::Parts(page)) => self.listed(desk, meter, page),
            (Request::Resize { .. }, Answer::Resized) => {
                self.resized();
                Ok(())
            }
            (Request::FinishHash, Answer::FileHash(sha256)) => self.hashed(desk, sha256),
            (Request::SealManifest { .. }, Answer::ManifestSealed) => {
                desk.want(Request::Complete {
                    file_id: self.file.id,
                });
                Ok(())
            }
            (Request::Complete { .. }, Answer::Completed) => self.completed(desk),
            (Request::OpenManifest { .. }, Answer::ManifestOpened(content)) => {
                self.completed_by_another(content, desk)
            }
            (Request::Rename { .. }, Answer::Renamed) => Err(self.done(None)),
            _ => Err(Leave::fault()),
        }
    }

    /// An errand failed. False: it is to be judged by the common rule.
    pub(super) fn errand_failed(
        &mut self,
        desk: &mut UploadDesk,
        meter: &mut Meter,
        request: &Request,
        failure: &Failure,
    ) -> Result<bool, Leave> {
        match request {
            Request::Complete { .. } => self.complete_failed(desk, meter, failure),
            Request::Rename { .. } => self.rename_failed(failure),
            Request::Resize { .. } | Request::FetchParts { .. } => self.listing_failed(failure),
            _ => Ok(false),
        }
    }

    /// Server and client do not agree about what is stored. A few times in a run that is a race; for ever it is a fault.
    fn dispute(&mut self, trouble: Trouble) -> Result<(), Leave> {
        self.disputes += 1;
        if self.disputes > MOST_DISPUTES {
            Err(Leave::failed(trouble))
        } else {
            Ok(())
        }
    }

    /// Drops everything under way.
    pub(super) fn cancel(&mut self, desk: &mut UploadDesk) {
        let reads = std::mem::take(&mut self.reads).into_keys();
        let sends = std::mem::take(&mut self.sends).into_keys();
        reads.chain(sends).for_each(|ticket| desk.cancel(ticket));
        self.parts
            .give_up_held(true)
            .into_iter()
            .for_each(|(_, ticket)| desk.cancel(ticket));
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
    pub(super) fn phase(&self, desk: &UploadDesk, is_resumed: bool) -> Phase {
        match self.mode {
            Mode::Asking(_) => Phase::Asking,
            Mode::Surveying => Phase::Comparing,
            _ if let Some(waiting) = self.waiting(desk) => waiting,
            Mode::Finishing => Phase::Finishing,
            _ if self.parts.all_stored() => Phase::Comparing,
            _ if is_resumed => Phase::Resuming,
            _ => Phase::Sending,
        }
    }

    fn waiting(&self, desk: &UploadDesk) -> Option<Phase> {
        let needs_server = !self.parts.all_stored() || desk.has_errand();
        if !needs_server || !self.sends.is_empty() || desk.errand_is_out() {
            return None;
        }
        if let Some((reason, until_ms)) = desk.line.waiting(desk.now_ms()) {
            return Some(Phase::Waiting { reason, until_ms });
        }
        let is_idle = self.reads.is_empty() && self.parts.next_todo().is_none();
        let until_ms = self.parts.next_wake_ms().filter(|_| is_idle)?;
        Some(Phase::Waiting {
            reason: desk.last_reason(),
            until_ms: Some(until_ms),
        })
    }
}
