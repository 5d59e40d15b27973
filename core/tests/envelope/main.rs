//! The envelope through its public face alone: what a server may try, what may never repeat, and the vectors that
//! other implementations share.

mod freshness;
mod support;
mod tampering;
mod vectors;
