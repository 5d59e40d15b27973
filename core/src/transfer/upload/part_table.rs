//! The table of an upload's parts: what the server is known to hold of each, what is under way for it here, and the
//! MAC that the file gave for it. It answers which part to send next; it decides nothing about questions.

mod indexes;

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::transfer::{SealedRow, Ticket};

/// What the server holds of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerCopy {
    Missing,
    /// A row whose bytes are damaged.
    Damaged(SealedRow),
    /// Acknowledged, and as far as is known the file's content.
    Stored(SealedRow),
    /// Another content than the file's.
    Differs(SealedRow),
    /// The same, and the person agreed to replace it.
    Replace(SealedRow),
}

/// What is under way for a part here, apart from the pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LocalState {
    Idle,
    /// Failed; not before this time.
    Delayed {
        until_ms: u64,
    },
    /// Read, to be sent.
    Reading(Ticket),
    /// Its plaintext is kept, to be sent.
    Buffered(Ticket),
    Sending,
}

#[derive(Debug, Clone, Copy)]
struct PartRow {
    len_bytes: u32,
    server: ServerCopy,
    local: LocalState,
    /// From the first read in this run; every later read must give the same.
    mac: Option<[u8; 32]>,
    attempts: u32,
}

impl PartRow {
    fn needs_send(&self) -> bool {
        matches!(
            self.server,
            ServerCopy::Missing | ServerCopy::Damaged(_) | ServerCopy::Replace(_)
        )
    }
}

/// What a read of a part showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// Nothing that contradicts what is known.
    AsKnown,
    /// The server holds another content.
    Differs,
    /// An earlier read of this run gave another content.
    ChangedWhileReading,
}

/// A kept buffer that is ready to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReadyPart {
    pub(super) number: u32,
    pub(super) buffer: Ticket,
    pub(super) mac: [u8; 32],
    pub(super) if_match: Option<u32>,
}

/// All parts of one file.
#[derive(Debug)]
pub(super) struct PartTable {
    parts: Vec<PartRow>,
    /// Idle parts that must be sent.
    todo: BTreeSet<u32>,
    delayed: BTreeSet<(u64, u32)>,
    buffered: BTreeSet<u32>,
    reading: u32,
    stored_parts: u32,
    stored_bytes: u64,
    differing: u32,
}

impl PartTable {
    /// The table of a file of which nothing is stored.
    pub(super) fn new(plan: &Plan) -> Self {
        let new_row = |len_bytes| PartRow {
            len_bytes,
            server: ServerCopy::Missing,
            local: LocalState::Idle,
            mac: None,
            attempts: 0,
        };
        PartTable {
            parts: plan.iter().map(|part| new_row(part.len_bytes)).collect(),
            todo: (1..=plan.part_count()).collect(),
            delayed: BTreeSet::new(),
            buffered: BTreeSet::new(),
            reading: 0,
            stored_parts: 0,
            stored_bytes: 0,
            differing: 0,
        }
    }

    pub(super) fn stored_parts(&self) -> u32 {
        self.stored_parts
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    /// Stored parts that are known not to be the file's.
    pub(super) fn differing(&self) -> u32 {
        self.differing
    }

    pub(super) fn all_stored(&self) -> bool {
        usize::try_from(self.stored_parts).is_ok_and(|stored| stored == self.parts.len())
    }

    /// The first part that has to be sent or is on its way.
    pub(super) fn first_unstored(&self) -> Option<u32> {
        (1..)
            .zip(&self.parts)
            .find(|(_, part)| !matches!(part.server, ServerCopy::Stored(_)))
            .map(|(number, _)| number)
    }

    /// Parts without any row.
    pub(super) fn missing_rows(&self) -> u32 {
        let missing = self
            .parts
            .iter()
            .filter(|part| part.server == ServerCopy::Missing)
            .count();
        u32::try_from(missing).unwrap_or(u32::MAX)
    }

    /// Acknowledged rows by number.
    pub(super) fn stored_rows(&self) -> Vec<SealedRow> {
        let stored = |part: &PartRow| match part.server {
            ServerCopy::Stored(row) => Some(row),
            _ => None,
        };
        self.parts.iter().filter_map(stored).collect()
    }

    /// Every acknowledged row under the MAC that the file gave; none while something is missing.
    pub(super) fn sealed_rows(&self) -> Option<Vec<SealedRow>> {
        let sealed = |part: &PartRow| match (part.server, part.mac) {
            (ServerCopy::Stored(row), Some(mac)) => Some(SealedRow { mac, ..row }),
            _ => None,
        };
        self.parts.iter().map(sealed).collect()
    }

    /// The acknowledged row of a part.
    pub(super) fn stored_row(&self, number: u32) -> Option<SealedRow> {
        match self.part(number)?.server {
            ServerCopy::Stored(row) => Some(row),
            _ => None,
        }
    }

    // What the server says.

    /// A row of the part list. `fits`: its plaintext length is the planned one.
    pub(super) fn list_row(&mut self, row: SealedRow, is_sound: bool, fits: bool) {
        let Some(part) = self.part(row.number).copied() else {
            return;
        };
        let is_equal = fits && part.mac.is_none_or(|mac| mac == row.mac);
        let agreed = matches!(part.server, ServerCopy::Replace(old) if old == row);
        let server = match (is_equal, is_sound) {
            (true, true) => ServerCopy::Stored(row),
            (true, false) => ServerCopy::Damaged(row),
            (false, _) if agreed => ServerCopy::Replace(row),
            (false, _) => ServerCopy::Differs(row),
        };
        self.change(row.number, |part| part.server = server);
    }

    /// The part list has no row for it.
    pub(super) fn list_none(&mut self, number: u32) {
        self.change(number, |part| part.server = ServerCopy::Missing);
    }

    /// The server acknowledged it.
    pub(super) fn acknowledge(&mut self, row: SealedRow) {
        self.change(row.number, |part| {
            part.server = ServerCopy::Stored(row);
            part.local = LocalState::Idle;
            part.attempts = 0;
        });
    }

    /// The person agreed: what differs will be replaced.
    pub(super) fn agree_to_replace(&mut self) {
        for number in self.numbers() {
            self.change(number, |part| {
                if let ServerCopy::Differs(row) = part.server {
                    part.server = ServerCopy::Replace(row);
                }
            });
        }
    }

    // What happens here.

    /// A read gave this MAC.
    pub(super) fn record_mac(&mut self, number: u32, mac: [u8; 32]) -> Comparison {
        let Some(part) = self.part(number).copied() else {
            return Comparison::AsKnown;
        };
        if part.mac.is_some_and(|known| known != mac) {
            return Comparison::ChangedWhileReading;
        }
        let differing = match part.server {
            ServerCopy::Stored(row) | ServerCopy::Damaged(row) if row.mac != mac => Some(row),
            _ => None,
        };
        self.change(number, |part| {
            part.mac = Some(mac);
            if let Some(row) = differing {
                part.server = ServerCopy::Differs(row);
            }
        });
        if differing.is_some() {
            Comparison::Differs
        } else {
            Comparison::AsKnown
        }
    }

    pub(super) fn begin_read(&mut self, number: u32, ticket: Ticket) {
        self.change(number, |part| part.local = LocalState::Reading(ticket));
    }

    /// The read for a send is over and its buffer kept. False where it is not needed any more.
    pub(super) fn keep_buffer(&mut self, number: u32, ticket: Ticket) -> bool {
        let is_wanted =
            |part: &PartRow| part.local == LocalState::Reading(ticket) && part.needs_send();
        if self.part(number).is_some_and(is_wanted) {
            self.change(number, |part| part.local = LocalState::Buffered(ticket));
            true
        } else {
            self.release(number, ticket);
            false
        }
    }

    /// Nothing is read or kept under this ticket any more.
    pub(super) fn release(&mut self, number: u32, ticket: Ticket) {
        self.change(number, |part| {
            if part.local == LocalState::Reading(ticket)
                || part.local == LocalState::Buffered(ticket)
            {
                part.local = LocalState::Idle;
            }
        });
    }

    /// The kept part with the lowest number goes out.
    pub(super) fn take_ready(&mut self) -> Option<ReadyPart> {
        let number = *self.buffered.first()?;
        let part = *self.part(number)?;
        let (LocalState::Buffered(buffer), Some(mac)) = (part.local, part.mac) else {
            return None;
        };
        let if_match = match part.server {
            ServerCopy::Replace(row) => Some(row.generation),
            _ => None,
        };
        self.change(number, |part| part.local = LocalState::Sending);
        Some(ReadyPart {
            number,
            buffer,
            mac,
            if_match,
        })
    }

    /// The send failed; returns how often in a row.
    pub(super) fn send_failed(&mut self, number: u32) -> u32 {
        self.change(number, |part| {
            part.local = LocalState::Idle;
            part.attempts = part.attempts.saturating_add(1);
        });
        self.part(number).map_or(0, |part| part.attempts)
    }

    pub(super) fn delay(&mut self, number: u32, until_ms: u64) {
        self.change(number, |part| part.local = LocalState::Delayed { until_ms });
    }

    /// Delayed parts whose time has come may be sent again.
    pub(super) fn wake(&mut self, now_ms: u64) {
        while let Some((until_ms, number)) = self.delayed.first().copied()
            && until_ms <= now_ms
        {
            self.change(number, |part| part.local = LocalState::Idle);
        }
    }

    /// The person does not want to wait.
    pub(super) fn wake_all(&mut self) {
        self.wake(u64::MAX);
    }

    /// When the first delayed part is due.
    pub(super) fn next_wake_ms(&self) -> Option<u64> {
        self.delayed.first().map(|(until_ms, _)| *until_ms)
    }

    /// The first idle part that must be sent.
    pub(super) fn next_todo(&self) -> Option<u32> {
        self.todo.first().copied()
    }

    pub(super) fn is_todo(&self, number: u32) -> bool {
        self.todo.contains(&number)
    }

    /// Parts that are read or kept, to be sent.
    pub(super) fn in_preparation(&self) -> u32 {
        self.reading + u32::try_from(self.buffered.len()).unwrap_or(u32::MAX)
    }

    /// Gives up kept buffers that are not needed any more, or all.
    pub(super) fn release_buffers(&mut self, even_needed: bool) -> Vec<(u32, Ticket)> {
        let gives_up =
            |number: &u32| even_needed || self.part(*number).is_some_and(|part| !part.needs_send());
        let numbers: Vec<u32> = self.buffered.iter().copied().filter(gives_up).collect();
        let mut given_up = Vec::new();
        for number in numbers {
            if let Some(LocalState::Buffered(ticket)) = self.part(number).map(|part| part.local) {
                self.release(number, ticket);
                given_up.push((number, ticket));
            }
        }
        given_up
    }
}
