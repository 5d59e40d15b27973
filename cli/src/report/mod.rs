//! What happened, afterwards: summary, CSV, and a page to look at. Reads the ledger only.
//!
//! [`JobReport`] holds what is told; the rest are its forms.

pub mod html;
mod job_report;
mod read;

pub use job_report::{
    DuplicateGroup, Duplicates, Example, Failure, JobReport, Run, SlowDirectory, Step, Verdict,
    Verification,
};
pub use read::{Csv, read};
