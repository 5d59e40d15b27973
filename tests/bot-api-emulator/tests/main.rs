//! What clients see of an emulator and what tests do to it, over real connections.

#![expect(clippy::expect_used, reason = "a test that can't go on ends")]

mod dialects;
mod files;
mod wire;
