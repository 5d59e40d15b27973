//! The upload machine. `contract` is all that a driver needs to read.
//!
//! In reading order: `resume_search` looks for an earlier upload of the file to resume (`candidate_probes` is one),
//! `active` is the upload that is worked on, with `part_table` as its state of every part: `schedule` decides what is read and sent next, `compare` and `sends` take the results, `changed` is the question
//! about a changed file, `relist` follows the server's part list, `finish` completes. `machine` joins them, and
//! `transitions` says what follows when a state is left.

mod active;
mod candidate_probes;
mod changed;
mod compare;
mod contract;
mod finish;
mod machine;
mod part_table;
mod relist;
mod resume_search;
mod schedule;
mod sends;
mod step;
mod transitions;

pub use contract::*;
pub use machine::UploadMachine;
