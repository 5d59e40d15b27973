//! The upload and download machines: `step(now_ms, event) -> actions`, and nothing else. They decide; a driver (the
//! browser's coordinator worker, a CLI) carries out. No clock, no randomness, no IO: "now" comes with every event, and
//! the jitter's seed with the setup.
//!
//! # The driver's contract
//! 1. Make a machine, send [`upload::Event::Begin`], carry out the returned actions in order, report what happens as
//!    further events, one at a time. `now_ms` is any clock in milliseconds that never goes back.
//! 2. Every [`Do`](upload::Action::Do) carries a [`Ticket`] and is answered by exactly one `Answered` or `Failed` with
//!    that ticket, in any order; several run at once. Late, repeated and unknown tickets are ignored, so nothing has to
//!    be filtered.
//! 3. A read whose purpose [`keeps_buffer`](upload::Purpose::keeps_buffer) keeps its plaintext under its ticket until a
//!    `Send` names it or `Cancel` drops it. `Send` seals it with a fresh IV, drops the plaintext, sends the body and
//!    drops that too, whatever comes out. A failed send is read again by the machine's own request, so no buffer
//!    outlives a failure.
//! 4. `Cancel` aborts what runs under the ticket, or drops the buffer kept under it. It is never answered. While a person
//!    is asked about a changed file, no buffer is kept.
//! 5. Reads that [`feed_hash`](upload::Purpose::feeds_hash) go into the whole-file SHA-256 in the order of the actions;
//!    the one of part 1 begins the hash anew. Reads of other purposes never touch it.
//! 6. The driver never retries, and never decides what a failure means: it reports [`Failure`] at once. The exceptions
//!    are its own: it notices that no byte moved for 30 s ([`Failure::Stalled`]), aborts requests that are cancelled, and
//!    sends one body in pieces as long as [`PieceSize`] says, from where the server says that it is. A piece that is not
//!    confirmed in time is broken off, and the server is asked; where no byte came meanwhile, twice, it has stalled. What
//!    an offset means, also that of another server, is for [`BodyCourse`] to say.
//! 7. One timer: `WakeAt` replaces the one before; when it fires, send `Tick`.
//! 8. "The current file" (its keys) is the one opened or started last: `OpenCandidate` and `Start` change it.
//!    At that moment no read or send of another file is under way any more (they were cancelled).
//! 9. `progress(now_ms)` may be asked at any time, and after every step.
//! 10. After `Ended` nothing is under way: no timer is needed, buffers are gone. `Resume` begins a new run in the same
//!     machine (a new `check`, with what this one acknowledged as the checkpoint); after a crash a new machine does the
//!     same from the server's answers and the sealed checkpoint.
//!
//! # What the upload machine promises
//! - Nothing counts as stored unless the server acknowledged it, and no acknowledged unchanged part is sent again.
//! - One full pass compares every part with the file before `complete`; the SHA-256 comes from the same pass.
//! - The first part goes out before anything was hashed as a whole; a missing part of a resumed upload goes out while
//!   the pass is still comparing.
//! - A changed file never goes on silently; a retryable failure never ends an upload.

mod checkpoint;
pub mod download;
mod failure;
mod piece;
mod queue;
mod retry;
mod ticket;
pub mod upload;
mod window;

pub use checkpoint::{Checkpoint, CheckpointError, SealedRow};
pub use failure::{Distrust, Failure, TransferError, WaitReason};
pub use piece::{Bearing, BodyCourse, PIECE_TIMEOUT_MS, PieceSize, STORE_TIMEOUT_MS};
pub use ticket::Ticket;
pub use window::Window;
