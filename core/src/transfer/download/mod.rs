//! The download machine. `contract` is all that a driver needs to read.
//!
//! In reading order: `opening` takes manifest and part list and refuses what does not fit together, `receiving`
//! fetches with a bounded look-ahead and writes in order. `machine` joins them.

mod contract;
mod machine;
mod opening;
mod receiving;
mod step;

pub use contract::*;
pub use machine::DownloadMachine;
