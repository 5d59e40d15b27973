//! What happened, afterwards: summary, CSV, and a page to look at. Reads the ledger only.
//!
//! [`Story`] holds what is told; the rest are its forms.

pub mod html;
mod read;
mod story;

pub use read::{Csv, read};
pub use story::{
    DuplicateGroup, Duplicates, Example, Failure, Run, SlowDirectory, Step, Story, Verdict,
    Verification,
};
