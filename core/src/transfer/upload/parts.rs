//! The ledger of an upload's parts: what the server is known to hold of each, what is under way for it here, and the
//! MAC that the file gave for it. It answers which part to send next; it decides nothing about questions.

mod books;

use std::collections::BTreeSet;

use crate::plan::Plan;
use crate::transfer::{SealedRow, Ticket};

/// What the server holds of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remote {
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
enum Local {
    Idle,
    /// Failed; not before this time.
    Delayed {
        until_ms: u64,
    },
    /// Read, to be sent.
    Reading(Ticket),
    /// Its plaintext is kept, to be sent.
    Held(Ticket),
    Sending,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    len_bytes: u32,
    remote: Remote,
    local: Local,
    /// From the first read in this run; every later read must give the same.
    mac: Option<[u8; 32]>,
    attempts: u32,
}

impl Slot {
    fn needs_send(&self) -> bool {
        matches!(
            self.remote,
            Remote::Missing | Remote::Damaged(_) | Remote::Replace(_)
        )
    }
}

/// What a read of a part showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Nothing that contradicts what is known.
    AsKnown,
    /// The server holds another content.
    Differs,
    /// An earlier read of this run gave another content.
    ChangedWhileReading,
}

/// A kept buffer that is ready to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ready {
    pub(super) number: u32,
    pub(super) buffer: Ticket,
    pub(super) mac: [u8; 32],
    pub(super) if_match: Option<u32>,
}

/// All parts of one file.
#[derive(Debug)]
pub(super) struct Ledger {
    slots: Vec<Slot>,
    /// Idle parts that must be sent.
    todo: BTreeSet<u32>,
    delayed: BTreeSet<(u64, u32)>,
    held: BTreeSet<u32>,
    reading: u32,
    stored_parts: u32,
    stored_bytes: u64,
    differing: u32,
}

impl Ledger {
    /// Nothing stored yet.
    pub(super) fn new(plan: &Plan) -> Self {
        let slot = |len_bytes| Slot {
            len_bytes,
            remote: Remote::Missing,
            local: Local::Idle,
            mac: None,
            attempts: 0,
        };
        Ledger {
            slots: plan.iter().map(|part| slot(part.len_bytes)).collect(),
            todo: (1..=plan.part_count()).collect(),
            delayed: BTreeSet::new(),
            held: BTreeSet::new(),
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
        usize::try_from(self.stored_parts).is_ok_and(|stored| stored == self.slots.len())
    }

    /// The first part that has to be sent or is on its way.
    pub(super) fn first_unstored(&self) -> Option<u32> {
        (1..)
            .zip(&self.slots)
            .find(|(_, slot)| !matches!(slot.remote, Remote::Stored(_)))
            .map(|(number, _)| number)
    }

    /// Parts without any row.
    pub(super) fn missing_rows(&self) -> u32 {
        let missing = self
            .slots
            .iter()
            .filter(|slot| slot.remote == Remote::Missing)
            .count();
        u32::try_from(missing).unwrap_or(u32::MAX)
    }

    /// Acknowledged rows by number.
    pub(super) fn stored_rows(&self) -> Vec<SealedRow> {
        let stored = |slot: &Slot| match slot.remote {
            Remote::Stored(row) => Some(row),
            _ => None,
        };
        self.slots.iter().filter_map(stored).collect()
    }

    /// Every acknowledged row under the MAC that the file gave; none while something is missing.
    pub(super) fn sealed_rows(&self) -> Option<Vec<SealedRow>> {
        let sealed = |slot: &Slot| match (slot.remote, slot.mac) {
            (Remote::Stored(row), Some(mac)) => Some(SealedRow { mac, ..row }),
            _ => None,
        };
        self.slots.iter().map(sealed).collect()
    }

    /// The acknowledged row of a part.
    pub(super) fn stored_row(&self, number: u32) -> Option<SealedRow> {
        match self.slot(number)?.remote {
            Remote::Stored(row) => Some(row),
            _ => None,
        }
    }

    // What the server says.

    /// A row of the part list. `fits`: its plaintext length is the planned one.
    pub(super) fn list_row(&mut self, row: SealedRow, is_sound: bool, fits: bool) {
        let Some(slot) = self.slot(row.number).copied() else {
            return;
        };
        let is_equal = fits && slot.mac.is_none_or(|mac| mac == row.mac);
        let agreed = matches!(slot.remote, Remote::Replace(old) if old == row);
        let remote = match (is_equal, is_sound) {
            (true, true) => Remote::Stored(row),
            (true, false) => Remote::Damaged(row),
            (false, _) if agreed => Remote::Replace(row),
            (false, _) => Remote::Differs(row),
        };
        self.change(row.number, |slot| slot.remote = remote);
    }

    /// The part list has no row for it.
    pub(super) fn list_none(&mut self, number: u32) {
        self.change(number, |slot| slot.remote = Remote::Missing);
    }

    /// The server acknowledged it.
    pub(super) fn acknowledge(&mut self, row: SealedRow) {
        self.change(row.number, |slot| {
            slot.remote = Remote::Stored(row);
            slot.local = Local::Idle;
            slot.attempts = 0;
        });
    }

    /// The person agreed: what differs will be replaced.
    pub(super) fn agree_to_replace(&mut self) {
        for number in self.numbers() {
            self.change(number, |slot| {
                if let Remote::Differs(row) = slot.remote {
                    slot.remote = Remote::Replace(row);
                }
            });
        }
    }

    // What happens here.

    /// A read gave this MAC.
    pub(super) fn observe(&mut self, number: u32, mac: [u8; 32]) -> Seen {
        let Some(slot) = self.slot(number).copied() else {
            return Seen::AsKnown;
        };
        if slot.mac.is_some_and(|known| known != mac) {
            return Seen::ChangedWhileReading;
        }
        let differing = match slot.remote {
            Remote::Stored(row) | Remote::Damaged(row) if row.mac != mac => Some(row),
            _ => None,
        };
        self.change(number, |slot| {
            slot.mac = Some(mac);
            if let Some(row) = differing {
                slot.remote = Remote::Differs(row);
            }
        });
        if differing.is_some() {
            Seen::Differs
        } else {
            Seen::AsKnown
        }
    }

    pub(super) fn begin_read(&mut self, number: u32, ticket: Ticket) {
        self.change(number, |slot| slot.local = Local::Reading(ticket));
    }

    /// The read for a send is over and its buffer kept. False: nobody needs it any more.
    pub(super) fn keep(&mut self, number: u32, ticket: Ticket) -> bool {
        let is_wanted = |slot: &Slot| slot.local == Local::Reading(ticket) && slot.needs_send();
        if self.slot(number).is_some_and(is_wanted) {
            self.change(number, |slot| slot.local = Local::Held(ticket));
            true
        } else {
            self.let_go_of(number, ticket);
            false
        }
    }

    /// Nothing is read or kept under this ticket any more.
    pub(super) fn let_go_of(&mut self, number: u32, ticket: Ticket) {
        self.change(number, |slot| {
            if slot.local == Local::Reading(ticket) || slot.local == Local::Held(ticket) {
                slot.local = Local::Idle;
            }
        });
    }

    /// The kept part with the lowest number goes out.
    pub(super) fn take_ready(&mut self) -> Option<Ready> {
        let number = *self.held.first()?;
        let slot = *self.slot(number)?;
        let (Local::Held(buffer), Some(mac)) = (slot.local, slot.mac) else {
            return None;
        };
        let if_match = match slot.remote {
            Remote::Replace(row) => Some(row.generation),
            _ => None,
        };
        self.change(number, |slot| slot.local = Local::Sending);
        Some(Ready {
            number,
            buffer,
            mac,
            if_match,
        })
    }

    /// The send failed; returns how often in a row.
    pub(super) fn send_failed(&mut self, number: u32) -> u32 {
        self.change(number, |slot| {
            slot.local = Local::Idle;
            slot.attempts = slot.attempts.saturating_add(1);
        });
        self.slot(number).map_or(0, |slot| slot.attempts)
    }

    pub(super) fn delay(&mut self, number: u32, until_ms: u64) {
        self.change(number, |slot| slot.local = Local::Delayed { until_ms });
    }

    /// Delayed parts whose time has come may be sent again.
    pub(super) fn wake(&mut self, now_ms: u64) {
        while let Some((until_ms, number)) = self.delayed.first().copied()
            && until_ms <= now_ms
        {
            self.change(number, |slot| slot.local = Local::Idle);
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
        self.reading + u32::try_from(self.held.len()).unwrap_or(u32::MAX)
    }

    /// Buffers that are kept although nobody needs them any more, or all: they are given up.
    pub(super) fn give_up_held(&mut self, even_needed: bool) -> Vec<(u32, Ticket)> {
        let gives_up =
            |number: &u32| even_needed || self.slot(*number).is_some_and(|slot| !slot.needs_send());
        let numbers: Vec<u32> = self.held.iter().copied().filter(gives_up).collect();
        let mut given_up = Vec::new();
        for number in numbers {
            if let Some(Local::Held(ticket)) = self.slot(number).map(|slot| slot.local) {
                self.let_go_of(number, ticket);
                given_up.push((number, ticket));
            }
        }
        given_up
    }
}
