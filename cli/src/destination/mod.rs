//! Where files go to. The seam knows names and bytes, neither paths of this machine nor handles: a Ferry server is
//! the next to stand behind it.

pub mod local;
#[cfg(test)]
mod power_cuts;

use crate::{
    clock::UnixNanos,
    engine::{
        content::Content,
        disk::{Kind, Owner, Room},
        fault::Fault,
        hasher::Checksum,
        pace::Pace,
    },
    path::RelativePath,
};

/// So many directories cost more one by one than their filesystem at once.
pub const SYNCED_TOGETHER_FROM: usize = 8;

/// What the names of a job's temporary files end with; they begin with a dot.
pub const TEMPORARY_SUFFIX: &str = ".ferry-part";

/// Whether a name is that of a temporary file, of whatever job: a killed run leaves some.
pub fn is_temporary(name: &[u8]) -> bool {
    name.starts_with(b".") && name.ends_with(TEMPORARY_SUFFIX.as_bytes())
}

/// A place that holds files under names. Five methods; called from several threads.
pub trait Destination: Send + Sync {
    /// What is there under a name; none: nothing.
    fn look(&self, at: &RelativePath) -> Result<Option<Found>, Fault>;

    /// Takes a file in, under no name that anybody else sees. It counts for nothing before [`Destination::settle`].
    fn receive(&self, at: &RelativePath, incoming: Incoming<'_>) -> Result<Received, Fault>;

    /// Makes received files durable, reads them back, compares, and gives them their names; those names are durable
    /// when this returns. One verdict for each, in order. What failed leaves nothing behind.
    fn settle(&self, batch: Vec<Received>) -> Vec<Result<Settled, Fault>>;

    /// Hashes what is there under a name, as storage has it.
    fn hash(&self, at: &RelativePath) -> Result<(Checksum, Found), Fault>;

    /// Space that is left. Fails when the destination is not there any more.
    fn room(&self) -> Result<Room, Fault>;
}

/// What lies under a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its length.
    pub size_bytes: u64,
    /// When its content changed last, as stored there.
    pub mtime_ns: UnixNanos,
}

/// What is to lie under a name.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// A content, read once.
    Content {
        /// The source, open.
        content: Content,
        /// Permission bits that it gets.
        mode: u32,
        /// Whether something under the name is replaced.
        replace: bool,
        /// What the bytes pass through.
        pace: &'a Pace,
    },
    /// A symbolic link.
    Symlink {
        /// Where it points to, unchanged.
        target: &'a [u8],
        /// Whether something under the name is replaced.
        replace: bool,
    },
    /// The content that lies under another name of this destination.
    SameAs {
        /// That name.
        existing: &'a RelativePath,
        /// How it is shared.
        how: Sharing,
        /// Of that content.
        checksum: Checksum,
        /// Time and permission bits of a clone.
        mtime_ns: UnixNanos,
        /// Permission bits of a clone.
        mode: u32,
        /// Whose a clone is to be.
        owner: Owner,
    },
    /// It is there already, was read and found equal; it only has to become durable.
    Present {
        /// Of the content that was read there.
        checksum: Checksum,
    },
}

/// How two names share one content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Two files that share storage until one is changed.
    Clone,
    /// Two names of one file.
    Hardlink,
}

/// Taken in, not yet durable.
pub struct Received {
    /// The name it is to have.
    pub at: RelativePath,
    /// Its length.
    pub size_bytes: u64,
    /// Of what the source gave.
    pub checksum: Checksum,
    /// What could not be kept, for a person: attributes that this destination has no place for.
    pub lost: Vec<String>,
    /// Whether it belongs to who owns it at the source.
    pub owner_kept: bool,
    /// What the destination needs to go on with it.
    pub ticket: Ticket,
}

impl std::fmt::Debug for Received {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Received({:?})", self.at)
    }
}

/// A destination's own state of a received file.
pub struct Ticket(pub(crate) Box<dyn std::any::Any + Send>);

/// Durable under its name, and equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// Of what was read back; of a link's target.
    pub read_back: Checksum,
    /// Bytes that were written for it.
    pub written_bytes: u64,
}
