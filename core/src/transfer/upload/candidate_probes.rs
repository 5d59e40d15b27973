//! A candidate that was opened: what the server holds of it, and how well a few parts of the file match.
//! Not the order in which candidates are tried (`resume_search`).

use uuid::Uuid;

use super::contract::{OpenedCandidate, SealedContent};
use crate::plan::Plan;
use crate::transfer::{Checkpoint, SealedRow};
use crate::wire::{Candidate, PartEntry, PartState};

/// Most parts read to see whether a candidate is this file.
const PROBES: usize = 5;

/// A candidate whose slot, header and manifest opened, with its rows.
#[derive(Debug, Clone)]
pub(super) struct ResumeCandidate {
    pub(super) candidate: Box<Candidate>,
    pub(super) content: Option<SealedContent>,
    checkpoint: Option<Checkpoint>,
    /// Its plan over the file as it is now.
    pub(super) plan: Plan,
    /// Rows of all its parts, as they were listed.
    pub(super) rows: Vec<PartEntry>,
}

/// How many of the probed parts are the file's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Match {
    pub(super) equal: u32,
    pub(super) probed: u32,
}

impl Match {
    pub(super) fn is_full(self) -> bool {
        self.equal == self.probed
    }

    pub(super) fn is_none(self) -> bool {
        self.equal == 0 && self.probed > 0
    }

    /// A larger share matches.
    pub(super) fn is_better_than(self, other: Match) -> bool {
        u64::from(self.equal) * u64::from(other.probed)
            > u64::from(other.equal) * u64::from(self.probed)
    }
}

impl ResumeCandidate {
    /// None: its plan is not the one of its own size and count, or does not hold the file.
    pub(super) fn new(
        candidate: Box<Candidate>,
        opened: OpenedCandidate,
        size_bytes: u64,
    ) -> Option<Self> {
        let own_plan = Plan::new(opened.plan, candidate.size).ok()?;
        if own_plan.part_count() != candidate.total_parts {
            return None;
        }
        let plan = if size_bytes == candidate.size {
            own_plan
        } else {
            Plan::new(opened.plan, size_bytes).ok()?
        };
        Some(ResumeCandidate {
            candidate,
            content: opened.content,
            checkpoint: opened.checkpoint,
            plan,
            rows: Vec::new(),
        })
    }

    pub(super) fn file_id(&self) -> Uuid {
        self.candidate.file_id
    }

    /// The row's part has the same place and length in the file as it is now.
    pub(super) fn fits(&self, entry: &PartEntry) -> bool {
        self.plan
            .part(entry.number)
            .is_some_and(|part| part.len_bytes == entry.size)
    }

    /// Numbers and MACs of parts spread over what is stored: first, last, and some between.
    pub(super) fn probes(&self) -> Vec<(u32, [u8; 32])> {
        let comparable: Vec<&PartEntry> =
            self.rows.iter().filter(|entry| self.fits(entry)).collect();
        let last = comparable.len().saturating_sub(1);
        let mut picks: Vec<usize> = (0..PROBES).map(|step| last * step / (PROBES - 1)).collect();
        picks.dedup();
        picks
            .into_iter()
            .filter_map(|pick| comparable.get(pick))
            .map(|entry| (entry.number, entry.part_mac.0))
            .collect()
    }

    /// The first part whose row contradicts one that this device remembers.
    pub(super) fn contradiction(&self, remembered: Option<&Checkpoint>) -> Option<u32> {
        let of_this_file = |checkpoint: &&Checkpoint| checkpoint.file_id() == self.file_id();
        let known = remembered
            .into_iter()
            .chain(&self.checkpoint)
            .filter(of_this_file);
        known
            .flat_map(Checkpoint::rows)
            .find(|row| self.contradicts(row))
            .map(|row| row.number)
    }

    fn contradicts(&self, known: &SealedRow) -> bool {
        let found = self
            .rows
            .binary_search_by_key(&known.number, |entry| entry.number);
        let entry = found.ok().and_then(|index| self.rows.get(index));
        entry.is_some_and(|entry| contradicts(known, &SealedRow::from(entry)))
    }
}

/// A row may be followed when it is the one that was acknowledged, or a later one: a repair of the same content, or
/// another content, which the comparison with the file will find. The same generation with other bytes is a lie.
pub(super) fn contradicts(known: &SealedRow, shown: &SealedRow) -> bool {
    known != shown && shown.generation <= known.generation
}

/// The stored bytes are sound as far as the server knows.
pub(super) fn is_sound(entry: &PartEntry) -> bool {
    entry.state == PartState::Stored
}
