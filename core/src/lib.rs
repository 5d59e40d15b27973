//! Ferry without IO: everything both ends must agree on, and nothing that touches a disk, a socket or a clock.
//!
//! In reading order:
//! - [`plan`] cuts a file of known size into parts.
//! - [`digest`] holds the hashes and MACs by name.
//! - [`envelope`] is the crypto contract: keys, slots, header, sealed parts, manifest, labels.
//! - [`progress`] counts bytes once and derives rate and time left.
//! - [`transfer`] decides: the resume decision and the upload and download machines, `step(event) -> actions`.
//! - [`wire`] is what goes over HTTP: requests, responses, and the one list of error codes.
//!
//! Randomness and "now" are parameters everywhere. No async, no global state.
#![warn(missing_docs)]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::as_conversions))]

pub mod digest;
pub mod envelope;
pub mod plan;
pub mod progress;
pub mod transfer;
pub mod wire;
