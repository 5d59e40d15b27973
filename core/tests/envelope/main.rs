//! The envelope through its public face alone: what a server may try, what may never repeat, and the vectors that
//! other implementations share.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod freshness;
mod support;
mod tampering;
mod vectors;
