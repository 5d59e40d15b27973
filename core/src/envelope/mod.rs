//! The crypto contract, byte for byte as `docs/envelope.md` has it. No IO and no randomness of its own:
//! [`Entropy`] is handed in, and an [`Iv`] is used up by the sealing it was made for.
//!
//! In reading order:
//! - [`keys`]: password to stretched key, account keys, file keys; which secret is for what.
//! - [`slot`]: the account key sealed under a password or recovery key (132 bytes).
//! - [`header`]: what a file's header says, and its key commitment (88 bytes).
//! - [`file_slot`]: a file's key sealed under the account (80 bytes).
//! - [`part`]: MAC, associated data, sealing and opening of one part; [`packing`] compresses its plaintext.
//! - [`parts_root`]: one hash over all stored parts.
//! - [`manifest`]: name, size and hashes of the file, sealed.
//! - [`reading`]: the order in which a reader believes all of the above.
//! - [`label`]: what the server sees in place of names and hashes.
//! - [`checkpoint`]: a resumable upload's state, sealed for the disk of this device.
//! - [`self_test`]: known answers that every AES-GCM at hand must give before the first byte.

pub mod checkpoint;
mod entropy;
pub mod file_slot;
mod gcm;
pub mod header;
pub mod keys;
pub mod label;
mod layout;
pub mod manifest;
pub mod packing;
pub mod part;
pub mod parts_root;
pub mod reading;
pub mod self_test;
pub mod slot;
#[cfg(test)]
pub(crate) mod test_support;

pub use entropy::{Entropy, IV_BYTES, Iv};
pub use gcm::TAG_BYTES;
