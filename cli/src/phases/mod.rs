//! What a person runs: analyze, checksum, copy, verify, and `run`, which is all of them. They tell what happens as
//! [`Event`]s and print nothing.
//!
//! [`work`] is what each of them gets: the job, the settings, who listens, and how it is told to stop.

pub mod analyze;
pub mod checksum;
pub mod closing;
pub mod copy;
mod error;
mod event;
pub mod import;
pub mod places;
pub mod regenerate;
pub mod verify;
pub mod work;

pub use error::PhaseError;
pub use event::{Event, Listener, Phase, Resumed};
pub use work::{Outcome, Work};
