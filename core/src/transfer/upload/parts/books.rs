//! The ledger's books: every change of a part goes through here, so that sums and sets are always those of the parts.

use super::{Ledger, Local, Remote, Slot};

impl Ledger {
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        1..=u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn slot(&self, number: u32) -> Option<&Slot> {
        self.slots.get(index(number)?)
    }

    /// The only way to change a slot: sums and sets follow.
    pub(super) fn change(&mut self, number: u32, change: impl FnOnce(&mut Slot)) {
        let Some(slot) = index(number).and_then(|index| self.slots.get_mut(index)) else {
            return;
        };
        let before = *slot;
        change(slot);
        let after = *slot;
        self.unbook(number, before);
        self.book(number, after);
    }

    fn book(&mut self, number: u32, slot: Slot) {
        match slot.remote {
            Remote::Stored(_) => {
                self.stored_parts += 1;
                self.stored_bytes += u64::from(slot.len_bytes);
            }
            Remote::Differs(_) => self.differing += 1,
            _ => {}
        }
        match slot.local {
            Local::Idle if slot.needs_send() => {
                self.todo.insert(number);
            }
            Local::Delayed { until_ms } => {
                self.delayed.insert((until_ms, number));
            }
            Local::Held(_) => {
                self.held.insert(number);
            }
            Local::Reading(_) => self.reading += 1,
            Local::Idle | Local::Sending => {}
        }
    }

    fn unbook(&mut self, number: u32, slot: Slot) {
        match slot.remote {
            Remote::Stored(_) => {
                self.stored_parts -= 1;
                self.stored_bytes -= u64::from(slot.len_bytes);
            }
            Remote::Differs(_) => self.differing -= 1,
            _ => {}
        }
        match slot.local {
            Local::Delayed { until_ms } => {
                self.delayed.remove(&(until_ms, number));
            }
            Local::Reading(_) => self.reading -= 1,
            Local::Idle | Local::Held(_) | Local::Sending => {}
        }
        self.todo.remove(&number);
        self.held.remove(&number);
    }
}

fn index(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}
