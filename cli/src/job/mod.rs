//! The ledger: one SQLite database a job. One thread writes, everybody reads snapshots. Not what the phases do with it.
//!
//! In reading order:
//! - [`place`] is where a job's files lie, [`schema`] opens its database and brings it up to date, [`lock`] keeps a
//!   second writer out, [`writer`] is the one thread that writes.
//! - [`roots`] and [`files`] are the lists, [`ledger`] what became of each file, [`verification`] what was found later,
//!   [`operations`] which commands ran, [`audit`] the trail behind all of it.
//! - [`cache`] is the checksum cache, which jobs share; [`foreign`] reads those of others.
//!
//! SQL is in this room alone: plain functions over a connection.

pub mod audit;
pub mod cache;
mod error;
pub mod files;
pub mod foreign;
pub mod ledger;
pub mod lock;
pub mod operations;
pub mod place;
pub mod roots;
mod row;
pub mod schema;
mod state;
pub mod verification;
pub mod writer;

use std::sync::Arc;

pub use error::JobError;
pub use row::{FileId, FileRow, JobId, RootId, Side};
use rusqlite::Connection;
pub use state::{Cause, Counts, DuplicateKind, FileState, Share};

use crate::clock::Clock;
use lock::Lock;
use place::JobPlace;
use writer::Writer;

/// A job that is open for writing: nobody else writes to it meanwhile.
#[derive(Debug)]
pub struct Job {
    /// Where its files lie.
    pub place: JobPlace,
    /// Its identity.
    pub id: JobId,
    /// The thread that writes.
    pub writer: Writer,
    /// What time it is.
    pub clock: Arc<Clock>,
    /// How far the system's clock is behind the last entry of the trail: it was set back.
    pub clock_behind_ns: u64,
    _lock: Lock,
    /// Of a dry run: goes away with it.
    _scratch: Option<tempfile::TempDir>,
}

impl Job {
    /// Makes the job, or opens it when it is there already.
    pub fn create(place: JobPlace, clock: &Arc<Clock>) -> Result<Self, JobError> {
        place.make_directories()?;
        Self::opened(place, clock)
    }

    /// Opens a job that must be there.
    pub fn open(place: JobPlace, clock: &Arc<Clock>) -> Result<Self, JobError> {
        place.must_exist()?;
        Self::opened(place, clock)
    }

    fn opened(place: JobPlace, clock: &Arc<Clock>) -> Result<Self, JobError> {
        let lock = Lock::take(&place.lock_file(), clock)?;
        let connection = schema::open_job(&place.database(), clock)?;
        let clock_behind_ns = audit::last_ns(&connection)?.map_or(0, |last| clock.not_before(last));
        let id = schema::job_id(&connection, clock)?;
        Ok(Job {
            place,
            id,
            writer: Writer::start(connection),
            clock: clock.clone(),
            clock_behind_ns,
            _lock: lock,
            _scratch: None,
        })
    }

    /// A copy of the job that can be written to without changing it: for dry runs. A job that is not there yet is empty.
    pub fn scratch(place: &JobPlace, clock: &Arc<Clock>) -> Result<Self, JobError> {
        let failed = |source| JobError::Io {
            path: std::env::temp_dir(),
            source,
        };
        let dir = tempfile::tempdir().map_err(failed)?;
        let copy = JobPlace::new(dir.path(), place.name(), None);
        for (from, to) in [
            (place.database(), copy.database()),
            (place.cache(), copy.cache()),
        ] {
            if from.exists() {
                schema::open_reader(&from)?.backup("main", &to, None)?;
            }
        }
        let job = Self::create(copy, clock)?;
        Ok(Job {
            _scratch: Some(dir),
            ..job
        })
    }

    /// A snapshot of what is written so far.
    pub fn read(&self) -> Result<Connection, JobError> {
        schema::open_reader(&self.place.database())
    }
}

/// Opens a job for reading, while another process may write to it. An older schema is brought up to date first.
pub fn open_reader(place: &JobPlace, clock: &Arc<Clock>) -> Result<Connection, JobError> {
    place.must_exist()?;
    if schema::is_older(&place.database())? {
        let _lock = Lock::take(&place.lock_file(), clock)?;
        schema::open_job(&place.database(), clock)?;
    }
    schema::open_reader(&place.database())
}
