//! The workers under the coordinator, and how they are spoken to. Each role is one file; the pool is how the coordinator sees them.

mod buffers;
pub(crate) mod kdf;
pub(crate) mod link;
pub(crate) mod part;
pub(crate) mod pool;
pub(crate) mod reader;
pub(crate) mod semaphore;
pub(crate) mod send_gate;
mod xhr;
