//! What clients see of an emulator and what tests do to it, over real connections.

#![expect(clippy::expect_used, reason = "a test that can't go on ends")]

mod conformance;
mod control;
mod dialects;
mod faults;
mod files;
mod limits;
mod program;
mod wire;
