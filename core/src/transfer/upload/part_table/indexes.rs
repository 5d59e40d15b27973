//! The indexes of the part table: every change of a part goes through here, so that sums and sets are always those of the parts.

use super::{LocalState, PartRow, PartTable, ServerCopy};

impl PartTable {
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + use<> {
        1..=u32::try_from(self.parts.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn part(&self, number: u32) -> Option<&PartRow> {
        self.parts.get(position(number)?)
    }

    /// The only way to change a part: sums and sets follow.
    pub(super) fn change(&mut self, number: u32, change: impl FnOnce(&mut PartRow)) {
        let Some(part) = position(number).and_then(|position| self.parts.get_mut(position)) else {
            return;
        };
        let before = *part;
        change(part);
        let after = *part;
        self.unindex(number, before);
        self.index(number, after);
    }

    fn index(&mut self, number: u32, part: PartRow) {
        match part.server {
            ServerCopy::Stored(_) => {
                self.stored_parts += 1;
                self.stored_bytes += u64::from(part.len_bytes);
            }
            ServerCopy::Differs(_) => self.differing += 1,
            _ => {}
        }
        match part.local {
            LocalState::Idle if part.needs_send() => {
                self.todo.insert(number);
            }
            LocalState::Delayed { until_ms } => {
                self.delayed.insert((until_ms, number));
            }
            LocalState::Buffered(_) => {
                self.buffered.insert(number);
            }
            LocalState::Reading(_) => self.reading += 1,
            LocalState::Idle | LocalState::Sending => {}
        }
    }

    fn unindex(&mut self, number: u32, part: PartRow) {
        match part.server {
            ServerCopy::Stored(_) => {
                self.stored_parts -= 1;
                self.stored_bytes -= u64::from(part.len_bytes);
            }
            ServerCopy::Differs(_) => self.differing -= 1,
            _ => {}
        }
        match part.local {
            LocalState::Delayed { until_ms } => {
                self.delayed.remove(&(until_ms, number));
            }
            LocalState::Reading(_) => self.reading -= 1,
            LocalState::Idle | LocalState::Buffered(_) | LocalState::Sending => {}
        }
        self.todo.remove(&number);
        self.buffered.remove(&number);
    }
}

fn position(number: u32) -> Option<usize> {
    usize::try_from(number.checked_sub(1)?).ok()
}
