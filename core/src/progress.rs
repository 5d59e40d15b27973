//! Exact progress: every byte is counted once, it never passes 100 %, and it falls only when a part was found changed,
//! corrupt or lost, which [`Progress::set_back_bytes`] then says, or when a full store refuses a part that had begun. Not the machines, which feed it.

mod meter;
mod rate;

pub(crate) use meter::Meter;

use crate::transfer::{TransferError, WaitReason};

/// What a person sees of a transfer at one moment. A download counts written bytes where an upload counts stored ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What it does now.
    pub phase: Phase,
    /// Size of the file.
    pub size_bytes: u64,
    /// Stored, or confirmed by the server as a beginning of a part. Never more than `size_bytes`. What was only handed to
    /// the network does not count: it may lie in a buffer of this device for minutes, and be lost there.
    pub done_bytes: u64,
    /// Acknowledged as stored.
    pub stored_bytes: u64,
    /// Of these, stored before this run began.
    pub stored_before_bytes: u64,
    /// Read by the pass: compared, hashed.
    pub compared_bytes: u64,
    /// Bytes that had counted as stored in this run and do not any more.
    pub set_back_bytes: u64,
    /// Of confirmed bytes, over half a minute (while comparing: of bytes read, over ten seconds); none until known.
    pub rate_bytes_per_sec: Option<u64>,
    /// Time left at the present rate; none until that is known.
    pub eta_secs: Option<u64>,
    /// While it sends: nothing was confirmed for so long, where that is longer than a line that moves should take.
    pub silent_secs: Option<u64>,
    /// Parts of the file; 0 until known.
    pub parts_total: u32,
    /// Parts that are acknowledged as stored.
    pub parts_stored: u32,
    /// Of these, stored before this run began.
    pub parts_stored_before: u32,
    /// In an upload that began earlier: where it went on.
    pub resumed: Option<Resumed>,
}

/// "Resuming at part 76 of 167, 45 % was already stored".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    /// The first missing part.
    pub first_part: u32,
    /// Parts of the file.
    pub total_parts: u32,
    /// Share of the file's bytes, in percent, rounded down.
    pub stored_percent: u32,
}

/// What a transfer does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    Queued,
    /// Looks for an earlier upload of this file (a download: opens manifest and part list).
    Checking,
    /// Compares the file with what is stored; nothing is being sent.
    Comparing,
    /// Like `Sending`, in an upload that began earlier.
    Resuming,
    /// Parts are under way, or about to be.
    Sending,
    /// Nothing is on the wire, though something is left to do.
    Waiting {
        /// What it waits for.
        reason: WaitReason,
        /// When it goes on by itself; none when that depends on something else.
        until_ms: Option<u64>,
    },
    /// A person was asked about a changed file.
    Asking,
    /// Everything is stored; the manifest is sealed and completed.
    Finishing,
    /// The file is whole at its destination.
    Done,
    /// A person stopped it; stored parts are kept.
    Stopped,
    /// A person discarded it; what was stored is deleted.
    Discarded,
    /// It ended by itself, for this reason.
    Failed(TransferError),
}

impl Progress {
    /// Nothing counted yet.
    pub fn new(phase: Phase, size_bytes: u64) -> Self {
        Progress {
            phase,
            size_bytes,
            done_bytes: 0,
            stored_bytes: 0,
            stored_before_bytes: 0,
            compared_bytes: 0,
            set_back_bytes: 0,
            rate_bytes_per_sec: None,
            eta_secs: None,
            silent_secs: None,
            parts_total: 0,
            parts_stored: 0,
            parts_stored_before: 0,
            resumed: None,
        }
    }

    /// Of the file's bytes, in hundredths of a percent, rounded down; 10,000 only when done.
    pub fn hundredths_of_percent(&self) -> u32 {
        if self.phase == Phase::Done {
            return 10_000;
        }
        let share = u128::from(self.done_bytes) * 10_000 / u128::from(self.size_bytes.max(1));
        u32::try_from(share).unwrap_or(9_999).min(9_999)
    }
}
