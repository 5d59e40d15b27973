//! The reader and the part workers as the coordinator sees them: each job is a future. Bounds bytes in memory and sends at
//! once over all transfers; what is done with a job's outcome is the transfer's business.
//!
//! `state` is the pool itself, `jobs` how a worker is asked, `reading` what the reader does, `parts` what the part workers
//! do.

mod jobs;
mod parts;
mod reading;
mod state;

pub(crate) use self::{
    parts::{SentPart, WorkerBuffer},
    reading::ReadOrder,
    state::{
        DOWNLOAD_BYTES_IN_FLIGHT, FETCHES_AT_ONCE, Job, LeasedBytes, Pool, SENDS_AT_ONCE,
        UPLOAD_BYTES_IN_FLIGHT,
    },
};
