//! Takes over checksums that were computed elsewhere: by other jobs, `sha256sum`, `b3sum` or `hashdeep`. A value that was
//! taken over counts only while the file still has the size and time it had then; nothing is hashed here.

mod database;
mod lists;

use std::{fs::File, io::Read as _, path::Path};

use super::{Event, Phase, PhaseError, Work, work::stopped_by};
use crate::{
    engine::hasher::Checksum,
    exit::ExitCode,
    job::{
        JobError,
        cache::{self, Cache, Key},
    },
    settings::{Algorithm, ChecksumFormat},
};

/// Values of one transaction.
const BATCH_VALUES: usize = 10_000;

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Imported {
    /// Values that the file has.
    pub values: u64,
    /// Of these, new here or another now.
    pub changed_values: u64,
    /// Of files that are not there, or have another size, or changed or were copied there after the list was
    /// made: not taken over.
    pub skipped_values: u64,
    /// It was told to stop.
    pub stopped: Option<ExitCode>,
}

/// Takes over what `from` has.
///
/// # Errors
/// `from` is none of these; nothing was changed then.
pub fn run(
    work: &Work<'_>,
    cache: &Cache,
    from: &Path,
    format: ChecksumFormat,
) -> Result<Imported, PhaseError> {
    let format = match format {
        ChecksumFormat::Auto => recognised(from)?,
        told => told,
    };
    work.enter(Phase::Importing, None, None)?;
    let mut import = Import {
        work,
        cache,
        batch: Vec::new(),
        done: Imported::default(),
    };
    match format {
        ChecksumFormat::Db | ChecksumFormat::Auto => database::read(from, &mut import)?,
        ChecksumFormat::Sha256sum => lists::read_sums(from, Algorithm::Sha256, &mut import)?,
        ChecksumFormat::B3sum => lists::read_sums(from, Algorithm::Blake3, &mut import)?,
        ChecksumFormat::Hashdeep => lists::read_hashdeep(from, &mut import)?,
    }
    import.flush()?;
    import.done.stopped = stopped_by(work.stop);
    Ok(import.done)
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> JobError + '_ {
    move |source| match source.kind() {
        std::io::ErrorKind::NotFound => JobError::NoSuchPath(path.to_owned()),
        _ => JobError::Io {
            path: path.to_owned(),
            source,
        },
    }
}

/// By its first bytes; `sha256sum` and `b3sum` write the same lines, so the file's name decides between them.
fn recognised(from: &Path) -> Result<ChecksumFormat, JobError> {
    let mut head = Vec::new();
    let file = File::open(from).map_err(unreadable(from))?;
    file.take(64)
        .read_to_end(&mut head)
        .map_err(unreadable(from))?;
    let name = from.file_name().unwrap_or_default().to_string_lossy();
    let name = name.to_lowercase();
    Ok(if head.starts_with(b"SQLite format 3\0") {
        ChecksumFormat::Db
    } else if head.starts_with(b"%%%% HASHDEEP-") {
        ChecksumFormat::Hashdeep
    } else if name.contains("b3") || name.contains("blake3") || head.starts_with(b"BLAKE3 (") {
        ChecksumFormat::B3sum
    } else {
        ChecksumFormat::Sha256sum
    })
}

/// An import on its way.
struct Import<'a, 'w> {
    work: &'a Work<'w>,
    cache: &'a Cache,
    batch: Vec<(Key, Checksum)>,
    done: Imported,
}

impl Import<'_, '_> {
    fn take(&mut self, key: Key, value: Checksum) -> Result<(), JobError> {
        self.done.values += 1;
        self.batch.push((key, value));
        match self.batch.len() >= BATCH_VALUES {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn skip(&mut self) {
        self.done.values += 1;
        self.done.skipped_values += 1;
    }

    fn flush(&mut self) -> Result<(), JobError> {
        let values = std::mem::take(&mut self.batch);
        let now_ns = self.work.job.clock.now_ns();
        self.done.changed_values += self
            .cache
            .write(move |transaction| cache::put_all(transaction, &values, now_ns, true))?;
        self.work.listener.tell(&Event::Scanned {
            files: self.done.values,
            size_bytes: 0,
        });
        Ok(())
    }
}
