//! Numbers that tie an answer to what was asked. Not an id of anything on the server.

/// Ties an answer to its request, and a kept buffer to the read that filled it. Never used twice by one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(u64);

impl Ticket {
    /// As a number, for messages between workers.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The ticket of a number that [`Ticket::number`] gave.
    pub fn from_number(number: u64) -> Self {
        Ticket(number)
    }
}

/// Gives out tickets, each number once.
#[derive(Debug, Default)]
pub(super) struct Tickets(u64);

impl Tickets {
    pub(super) fn next(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}
