//! What can go wrong: what drivers report ([`Failure`]), why a transfer waits ([`WaitReason`]) and why it ended
//! ([`TransferError`]). How long it waits is decided in `retry`.

use crate::wire::{ErrorCode, Problem};

/// Why a request has no answer. The driver says what it saw; the machine decides what follows.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The server answered with `application/problem+json`.
    Problem(Box<Problem>),
    /// The server, or something before it, answered with what is not Ferry's.
    Status {
        /// HTTP status of the answer.
        status: u16,
        /// `Retry-After`, where it came.
        retry_after_secs: Option<u32>,
    },
    /// No connection, or it broke.
    Network,
    /// No byte moved for 30 seconds.
    Stalled,
    /// The file cannot be read: moved, deleted, withdrawn, or changed since it was picked.
    NotReadable {
        /// What the system said, for the report; nothing is decided by it.
        detail: Option<String>,
    },
    /// What the server returned is not believed.
    NotGenuine {
        /// Which check refused it.
        reason: Distrust,
        /// What exactly, for the report; nothing is decided by it.
        detail: Option<String>,
    },
    /// The sink refuses bytes (downloads).
    SinkFailed {
        /// What the sink said, for the report; nothing is decided by it.
        detail: Option<String>,
    },
    /// A fault of the driver itself, such as a worker that died.
    Fault {
        /// What happened, for the report; nothing is decided by it.
        detail: Option<String>,
    },
}

/// Why an answer of the server is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distrust {
    /// A seal, MAC, hash or length does not fit, or the keys are not the right ones: damaged or forged.
    Altered,
    /// Genuine, and older than what this device saw before.
    RolledBack,
}

/// Why nothing is on the wire although something is left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitReason {
    /// The device says that it has no network; goes on with `Online`.
    Offline,
    /// Other files of this driver go first.
    Turn,
    /// The server cannot be reached.
    Network,
    /// No byte moved for 30 seconds.
    Stalled,
    /// A person must sign in again; goes on with `SignedIn`.
    SignIn,
    /// The server said so.
    Server(ErrorCode),
    /// Something that is not a Ferry server answered with this status.
    Status(u16),
}

/// Why a transfer ended without its goal. What is stored stays stored; `Resume` begins a new run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// The file cannot be read any more: pick it again.
    #[error("the file cannot be read any more")]
    NotReadable,
    /// The same part was read twice with different content.
    #[error("the file changed while it was read (part {part})")]
    FileChangedWhileReading {
        /// Where it was noticed.
        part: u32,
    },
    /// The server shows an older manifest, or another row of a part, than this device saw before.
    #[error("the server shows an older state than it did before (part {part:?})")]
    RolledBack {
        /// The first such part, where it is about parts.
        part: Option<u32>,
    },
    /// A cryptographic check failed.
    #[error("what the server returned is not genuine (part {part:?})")]
    NotGenuine {
        /// The part, where it is one.
        part: Option<u32>,
    },
    /// The server's stored bytes of a part are damaged (downloads): uploading the file again sends only those.
    #[error("the stored bytes of part {part} are damaged")]
    PartCorrupt {
        /// Number of the damaged part.
        part: u32,
    },
    /// The server refuses, and repeating would not help.
    #[error("the server refuses: {}", .0.as_str())]
    Refused(ErrorCode),
    /// An answer that no Ferry server gives.
    #[error("the answer is not one of a Ferry server (status {status:?})")]
    BadAnswer {
        /// HTTP status, where there was one.
        status: Option<u16>,
    },
    /// The file is too large for its part plan.
    #[error("the file has too many parts")]
    TooManyParts,
    /// The sink refuses bytes.
    #[error("the destination refuses more bytes")]
    SinkFailed,
    /// A fault in the client's own code.
    #[error("a fault in the client itself")]
    ClientFault,
}
