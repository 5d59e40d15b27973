//! Requirements of the terminal client, each a test that runs the real binary: `rNN_…` is requirement NN of
//! `cli/REQUIREMENTS.md`. What needs a fault filesystem or no process is a test beside its source.
#![expect(
    clippy::unwrap_used,
    reason = "a test's helpers end the test, too, when the ground is not as they need it"
)]

mod contract;
mod copying;
mod crashes;
mod features;
mod fixture;
mod jobs;
mod readme;
mod real_tree;
mod reuse;
mod scale;
mod scanning;
mod table;
mod verifying;
