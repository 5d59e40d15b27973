//! What goes into the download machine and what comes out. The rules of the exchange are in [`crate::transfer`]. What it
//! has in common with the upload's contract is written in both, so that a driver of one reads one page and matches on one
//! enum.

use uuid::Uuid;

use crate::plan::{PartSpan, PlanParams};
use crate::transfer::{Failure, SealedRow, Ticket, TransferError};
use crate::wire::PartsPage;

/// What the machine must know before it begins.
#[derive(Debug, Clone)]
pub struct DownloadSetup {
    /// Id of a complete file.
    pub file_id: Uuid,
    /// Any random number: spreads retries of many clients.
    pub jitter_seed: u64,
    /// Plaintext bytes that may be in memory; one part is always allowed.
    pub buffer_bytes: u64,
    /// Most fetches at once.
    pub max_fetches: u32,
}

/// What the driver tells the machine.
#[derive(Debug, Clone)]
pub enum Event {
    /// Begin the download; counts once.
    Begin,
    /// A request was answered.
    Answered {
        /// Ticket of the request.
        ticket: Ticket,
        /// The answer that belongs to it.
        answer: Answer,
    },
    /// A request has no answer and its buffer, if it had one, is gone.
    Failed {
        /// Ticket of the request.
        ticket: Ticket,
        /// What the driver saw.
        failure: Failure,
    },
    /// The time asked for by [`Action::WakeAt`] has come. Harmless at any other time.
    Tick,
    /// The device has a network again.
    Online,
    /// The device has no network.
    Offline,
    /// A person signed in again after `Waiting` for that.
    SignedIn,
    /// The person does not want to wait for the next try.
    RetryNow,
    /// Stop; the sink is aborted.
    Stop,
}

/// What the driver must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Carry out a request; answer it by exactly one `Answered` or `Failed` with its ticket.
    Do {
        /// Goes back with the answer.
        ticket: Ticket,
        /// What the driver does.
        request: Request,
    },
    /// This ticket is not waited for any more: abort it if it runs, drop the buffer that it kept. Not answered.
    Cancel {
        /// Of a request, or of the buffer that a fetch kept.
        ticket: Ticket,
    },
    /// Send [`Event::Tick`] at this time. Replaces the time asked for before.
    WakeAt {
        /// On the clock of `step`'s `now_ms`.
        at_ms: u64,
    },
    /// It is over; nothing is under way. Close the sink after [`Outcome::Done`], else abort it.
    Ended(Outcome),
}

/// Something to carry out.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// Fetch the file's row, open slot, header and manifest (seq >= 1, not below the highest seen, its label the one of
    /// the row) -> [`Answer::Opened`]; [`Failure::NotGenuine`] where any of that is refused.
    Open {
        /// Id of the file.
        file_id: Uuid,
    },
    /// `GET /api/files/{id}/parts` -> [`Answer::Parts`].
    FetchParts {
        /// Id of the file.
        file_id: Uuid,
        /// Part number after which the page begins.
        after: u32,
    },
    /// Fetch a body, check that it carries the row's IV, tag and length, open it with the row's MAC, unpack it; keep
    /// the plaintext under the ticket -> [`Answer::Fetched`]; [`Failure::NotGenuine`] where any of that is refused.
    Fetch {
        /// Id of the file.
        file_id: Uuid,
        /// Where it lies in the file.
        part: PartSpan,
        /// Its row in the list that the manifest vouches for.
        row: SealedRow,
    },
    /// Feed the plaintext kept under `buffer` into the whole-file SHA-256, write it to the sink, drop it
    /// -> [`Answer::Written`]. Always in order of parts, one at a time.
    Write {
        /// The next part in order.
        part: PartSpan,
        /// The fetch that kept it.
        buffer: Ticket,
    },
    /// Finish the SHA-256 -> [`Answer::FileHash`].
    FinishHash,
}

/// What a request gave.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Of [`Request::Open`].
    Opened(OpenedFile),
    /// Of [`Request::FetchParts`].
    Parts(PartsPage),
    /// Of [`Request::Fetch`].
    Fetched,
    /// Of [`Request::Write`].
    Written,
    /// Of [`Request::FinishHash`].
    FileHash([u8; 32]),
}

/// What header and manifest say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenedFile {
    /// The plan in the header.
    pub plan: PlanParams,
    /// Plaintext size in the manifest.
    pub size_bytes: u64,
    /// Parts in the manifest.
    pub parts: u32,
    /// SHA-256 in the manifest.
    pub sha256: [u8; 32],
    /// Parts root in the manifest.
    pub parts_root: [u8; 32],
}

/// How a download ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// Every byte is written, and the hash is the manifest's.
    Done,
    /// It was stopped; nothing that was written may be kept.
    Stopped,
    /// Nothing that was written may be kept.
    Failed {
        /// What ended it.
        error: TransferError,
        /// The driver's failure that led to it; none where the machine found it itself.
        cause: Option<Box<Failure>>,
    },
}

impl Outcome {
    /// Why it failed, where it did.
    pub fn error(&self) -> Option<TransferError> {
        match self {
            Outcome::Failed { error, .. } => Some(*error),
            Outcome::Done | Outcome::Stopped => None,
        }
    }
}
