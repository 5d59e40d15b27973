//! One writer a job: a lock on `N.lock`, which says who holds it. The system takes the lock away when its holder dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    path::Path,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::JobError;
use crate::clock::Clock;

/// Held while it lives.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Who works on a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Holder {
    /// Its process.
    pub pid: u32,
    /// Its machine.
    pub host: String,
    /// Since when, in RFC 3339.
    pub since: String,
}

impl Lock {
    /// Takes it, or says who has it.
    pub fn take(path: &Path, clock: &Arc<Clock>) -> Result<Self, JobError> {
        let failed = |source| JobError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = opened(path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let Holder { pid, host, since } = holder_in(&mut file);
                return Err(JobError::Locked { pid, host, since });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let holder = Holder {
            pid: std::process::id(),
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            since: rfc3339(clock.now_ns()),
        };
        let text = serde_json::to_vec(&holder).unwrap_or_default();
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(&text));
        written.map_err(failed)?;
        Ok(Lock { _file: file })
    }

    /// Who has it; none: nobody.
    pub fn holder(path: &Path) -> Option<Holder> {
        let mut file = opened(path).ok()?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Some(holder_in(&mut file)),
            _ => None,
        }
    }
}

/// One of the places for jobs that copy at one time (`max_concurrent_resumes`). Held while it lives.
#[derive(Debug)]
pub struct Slot {
    _lock: Lock,
}

impl Slot {
    /// Takes a free place of a job directory, or says who has the last one.
    pub fn take(dir: &Path, places: u32, clock: &Arc<Clock>) -> Result<Self, JobError> {
        let mut taken = None;
        for place in 0..places.max(1) {
            match Lock::take(&dir.join(format!(".copying-{place}.lock")), clock) {
                Ok(lock) => return Ok(Slot { _lock: lock }),
                Err(error @ JobError::Locked { .. }) => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        match taken {
            Some(JobError::Locked { pid, host, since }) => Err(JobError::TooMany {
                places: places.max(1),
                pid,
                host,
                since,
            }),
            _ => Err(JobError::WriterGone),
        }
    }
}

fn opened(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
}

fn holder_in(file: &mut File) -> Holder {
    let mut text = String::new();
    // a holder that has not written yet is still a holder
    let _ = file.read_to_string(&mut text);
    serde_json::from_str(&text).unwrap_or(Holder {
        pid: 0,
        host: "?".into(),
        since: "just now".into(),
    })
}

/// A time for people and machines.
pub fn rfc3339(at_ns: i64) -> String {
    let time =
        jiff::Timestamp::from_nanosecond(i128::from(at_ns)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.round(jiff::Unit::Second).unwrap_or(time).to_string()
}
