//! What a person runs: analyze, checksum, copy, verify, and `run`, which is all of them. They tell what happens as
//! [`Event`]s and print nothing.

mod event;

pub use event::{Event, Listener, Phase, Resumed};
