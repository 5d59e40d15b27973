//! Whether the destination has room for what is still to be copied.

use super::{Sizes, Storage};
use crate::terminal::words;

/// What a file costs beside its bytes: its last block and its entry, on usual filesystems.
const FILE_OVERHEAD_BYTES: u64 = 4096;

/// There is not enough room.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, serde::Serialize, schemars::JsonSchema)]
#[error(
    "{destination} has {} free, {} are needed: make room for {}, choose another destination, or add --force",
    words::bytes(*free_bytes), words::bytes(*needed_bytes), words::bytes(needed_bytes - free_bytes)
)]
pub struct Shortage {
    /// Where.
    pub destination: String,
    /// What is to be written, with what files cost beside their bytes.
    pub needed_bytes: u64,
    /// What may be written.
    pub free_bytes: u64,
}

/// Set when what remains does not fit; not set where nobody knows.
pub fn shortage(remaining: &Sizes, destination: &Storage) -> Option<Shortage> {
    let free_bytes = destination.free_bytes?;
    let overhead = remaining.files.saturating_mul(FILE_OVERHEAD_BYTES);
    let needed_bytes = match remaining.size_bytes {
        0 => 0,
        bytes => bytes.saturating_add(overhead),
    };
    (needed_bytes > free_bytes).then(|| Shortage {
        destination: destination.path.clone(),
        needed_bytes,
        free_bytes,
    })
}
