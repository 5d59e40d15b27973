//! What goes into the upload machine and what comes out. The rules of the exchange are in [`crate::transfer`].

use uuid::Uuid;

use crate::plan::{PartSpan, PlanParams};
use crate::transfer::{Checkpoint, Failure, Ticket, TransferError};
use crate::wire::{Bytes64, Candidate, CheckResponse, PartsPage, StoredPart};

/// What the machine must know before it begins.
#[derive(Debug, Clone)]
pub struct UploadSetup {
    /// Label of the file, as `check` and `start` send it.
    pub label: String,
    /// Size of the file now.
    pub size_bytes: u64,
    /// Any random number: spreads retries of many clients.
    pub jitter_seed: u64,
    /// What it may use.
    pub limits: UploadLimits,
}

/// Bounds of one upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadLimits {
    /// Plaintext and sealed bytes that may be in memory; one part is always allowed.
    pub buffer_bytes: u64,
    /// Most sends at once.
    pub max_sends: u32,
}

/// What the driver tells the machine.
#[derive(Debug, Clone)]
pub enum Event {
    /// Begin the first run. Once.
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
    /// A send is under way, and the server has confirmed so much of its body. The first one, with 0, comes when the send
    /// leaves the driver's queue. What was only handed to the network is no progress.
    SendProgress {
        /// Ticket of the send.
        ticket: Ticket,
        /// Bytes of the body that the server says it has (the total so far, not the difference).
        confirmed_bytes: u64,
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
    /// The answer to [`Action::AskChanged`].
    Decide(Decision),
    /// Stop; everything stored is kept.
    Stop,
    /// Begin a new run after the last one ended (stopped or failed).
    Resume,
    /// Stop and delete what is stored of it. Only after the person confirmed.
    Discard,
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
        /// Of a request, or of the buffer that a read kept.
        ticket: Ticket,
    },
    /// Send [`Event::Tick`] at this time. Replaces the time asked for before.
    WakeAt {
        /// On the clock of `step`'s `now_ms`.
        at_ms: u64,
    },
    /// Ask the person, then answer with [`Event::Decide`].
    AskChanged(Changed),
    /// Seal and keep it; the newest one wins.
    SaveCheckpoint(Box<Checkpoint>),
    /// The checkpoint of this file is of no use any more.
    DropCheckpoint {
        /// Id of the file that it is about.
        file_id: Uuid,
    },
    /// The run ended; nothing is under way. `Resume` begins another one unless it is done or discarded.
    Ended(Outcome),
}

/// Something to carry out.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    /// `GET /api/upload/check` with the label and size -> [`Answer::Checked`].
    Check,
    /// Open slot, header and manifest of a candidate (no network) -> [`Answer::Opened`]: from now on this is the file whose
    /// keys reads and sends use. [`Answer::InUse`] where another upload works on it, [`Failure::NotGenuine`] where it is
    /// refused.
    OpenCandidate(Box<Candidate>),
    /// `GET /api/files/{id}/parts` -> [`Answer::Parts`].
    FetchParts {
        /// Id of the file.
        file_id: Uuid,
        /// Part number after which the page begins.
        after: u32,
    },
    /// Make id, header, keys and manifest 0, `POST /api/upload/start` -> [`Answer::Started`]. From now on this is the
    /// file whose keys reads and sends use.
    Start {
        /// True: make everything new (the first try). False: the very bytes of the try before, whose answer is not known.
        renew: bool,
    },
    /// Seal manifest 0 again for the new size, `PATCH /api/upload/resume/{id}` -> [`Answer::Resized`].
    Resize {
        /// Id of the file.
        file_id: Uuid,
        /// Plaintext size now.
        size_bytes: u64,
        /// Parts by the same plan.
        total_parts: u32,
        /// Revision of the row that is changed: goes into `If-Match`.
        revision: u32,
    },
    /// Read a part, MAC it with the current file's key -> [`Answer::Read`].
    Read {
        /// Where it lies in the file.
        part: PartSpan,
        /// What it is read for.
        purpose: Purpose,
    },
    /// Seal the buffer that the read `buffer` kept (fresh IV), drop the plaintext, `PUT` it, drop the body
    /// -> [`Answer::Sent`]. The buffer is used up, also when this fails.
    Send {
        /// Id of the file.
        file_id: Uuid,
        /// Where it lies in the file.
        part: PartSpan,
        /// The read that kept its plaintext.
        buffer: Ticket,
        /// Its MAC, as that read answered.
        mac: [u8; 32],
        /// Generation for `If-Match`: the person agreed to replace it.
        if_match: Option<u32>,
    },
    /// Finish the SHA-256 of the pass -> [`Answer::FileHash`].
    FinishHash,
    /// Seal the final manifest and keep the bytes (no network) -> [`Answer::ManifestSealed`].
    SealManifest {
        /// Id of the file.
        file_id: Uuid,
        /// Sequence number of the manifest.
        manifest_seq: u32,
        /// Size of the plaintext.
        size_bytes: u64,
        /// SHA-256 of the whole file.
        sha256: [u8; 32],
        /// Parts of the file.
        total_parts: u32,
        /// Over the acknowledged rows, with the MACs of this pass.
        parts_root: [u8; 32],
    },
    /// `POST /api/upload/complete/{id}` with the bytes that were sealed last; the same bytes each time
    /// -> [`Answer::Completed`].
    Complete {
        /// Id of the file.
        file_id: Uuid,
    },
    /// Open a manifest of the current file (no network) -> [`Answer::ManifestOpened`].
    OpenManifest {
        /// The sealed manifest, as the server sent it.
        manifest: Bytes64,
    },
    /// Give the complete file this upload's label: fetch manifest and revision, seal seq + 1,
    /// `PATCH /api/files/{id}` -> [`Answer::Renamed`].
    Rename {
        /// Id of the file.
        file_id: Uuid,
    },
    /// `DELETE /api/upload/resume/{id}` -> [`Answer::Discarded`].
    Discard {
        /// Id of the file.
        file_id: Uuid,
    },
}

/// What a part is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Compare a few parts with a candidate: MAC, drop the buffer.
    Probe,
    /// In the pass: feed the SHA-256, MAC, drop the buffer.
    Compare,
    /// In the pass: feed the SHA-256, MAC, keep the buffer.
    CompareAndSend,
    /// Out of order: MAC, keep the buffer.
    Send,
}

impl Purpose {
    /// The bytes go into the whole-file SHA-256, in the order in which these reads were asked for. Part 1 begins it anew.
    pub fn feeds_hash(self) -> bool {
        matches!(self, Purpose::Compare | Purpose::CompareAndSend)
    }

    /// The plaintext stays until a `Send` names it or a `Cancel` drops it.
    pub fn keeps_buffer(self) -> bool {
        matches!(self, Purpose::CompareAndSend | Purpose::Send)
    }
}

/// What a request gave.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Of [`Request::Check`].
    Checked(Box<CheckResponse>),
    /// Of [`Request::OpenCandidate`].
    Opened(Box<OpenedCandidate>),
    /// Of [`Request::OpenCandidate`]: another upload of this device works on it.
    InUse,
    /// Of [`Request::FetchParts`].
    Parts(PartsPage),
    /// Of [`Request::Start`].
    Started {
        /// Id of the new file.
        file_id: Uuid,
        /// The plan in its header.
        plan: PlanParams,
    },
    /// Of [`Request::Resize`].
    Resized,
    /// Of [`Request::Read`].
    Read {
        /// MAC of the part under the current file's key.
        mac: [u8; 32],
    },
    /// Of [`Request::Send`]: 200 or 201.
    Sent {
        /// The row that counts.
        row: StoredPart,
        /// IV of the body that was sent.
        sealed_iv: [u8; 12],
        /// Tag of the body that was sent.
        sealed_tag: [u8; 16],
    },
    /// Of [`Request::FinishHash`].
    FileHash([u8; 32]),
    /// Of [`Request::SealManifest`].
    ManifestSealed,
    /// Of [`Request::Complete`].
    Completed,
    /// Of [`Request::OpenManifest`].
    ManifestOpened(SealedContent),
    /// Of [`Request::Rename`].
    Renamed,
    /// Of [`Request::Discard`].
    Discarded,
}

/// A candidate whose slot, header and manifest opened.
#[derive(Debug, Clone)]
pub struct OpenedCandidate {
    /// The plan in its header.
    pub plan: PlanParams,
    /// What its manifest says about the content; none before seq 1.
    pub content: Option<SealedContent>,
    /// What this device kept about it, if it did and the box opened.
    pub checkpoint: Option<Checkpoint>,
}

/// What a final manifest says about the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedContent {
    /// Size of the plaintext.
    pub size_bytes: u64,
    /// SHA-256 of the whole file.
    pub sha256: [u8; 32],
}

/// The file is not what an earlier upload stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Id of the earlier upload.
    pub file_id: Uuid,
    /// Stored parts that are not the file's, exactly.
    pub differing_parts: u32,
    /// Parts of the file now.
    pub total_parts: u32,
    /// Size at the earlier upload.
    pub stored_size_bytes: u64,
    /// Size of the file now.
    pub size_bytes: u64,
    /// It was complete once: it cannot be replaced, only be uploaded as a new file.
    pub complete: bool,
}

impl Changed {
    /// What may be answered.
    pub fn choices(&self) -> &'static [Decision] {
        if self.complete {
            &[Decision::Fresh, Decision::Stop]
        } else {
            &[Decision::Replace, Decision::Fresh, Decision::Stop]
        }
    }
}

/// The person's answer about a changed file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// Send only the parts that differ.
    Replace,
    /// Upload as a new file, keep the old one.
    Fresh,
    /// End the run; everything stored is kept.
    Stop,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The file is complete on the server, with this content.
    Done(Done),
    /// By `Stop`, by the answer `Stop`, or by a `Discard` that found nothing which it may delete.
    Stopped,
    /// By `Discard`: nothing of it is stored any more.
    Discarded,
    /// Ended by itself; stored parts are kept.
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
            Outcome::Done(_) | Outcome::Stopped | Outcome::Discarded => None,
        }
    }
}

/// What a run that reached its goal left on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// Id of the complete file.
    pub file_id: Uuid,
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
    /// It was complete before; nothing was sent in this run.
    pub already_stored: bool,
    /// It was begun under another label, and giving it this one failed for this reason.
    pub not_renamed: Option<TransferError>,
}
