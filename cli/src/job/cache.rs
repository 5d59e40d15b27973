//! The checksum cache, shared by the jobs of a directory: a value holds while size and time are what they were.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    JobError,
    files::{algorithm_number, signed, unsigned},
    schema,
    writer::{Pending, Writer},
};
use crate::{
    clock::{Clock, UnixNanos},
    engine::{hasher::Checksum, volume::Located},
    path::{RelativePath, VolumeId},
    settings::Algorithm,
};

/// Which content: a file at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its filesystem.
    pub volume: VolumeId,
    /// Below the filesystem's top.
    pub path: Vec<u8>,
    /// Its length.
    pub size_bytes: u64,
    /// When its content changed last.
    pub mtime_ns: UnixNanos,
    /// Of the checksum.
    pub algorithm: Algorithm,
}

impl Key {
    /// Of a file below a root.
    pub fn of(
        root: &Located,
        path: &RelativePath,
        size_bytes: u64,
        mtime_ns: UnixNanos,
        algorithm: Algorithm,
    ) -> Self {
        Key {
            volume: root.volume.clone(),
            path: joined(&root.path, path.as_bytes()),
            size_bytes,
            mtime_ns,
            algorithm,
        }
    }
}

impl Located {
    /// The path below this root of a file that the cache knows; none: it is not below it.
    pub fn below(&self, key: &Key) -> Option<RelativePath> {
        if self.volume != key.volume {
            return None;
        }
        let path = match self.path.is_empty() {
            true => key.path.as_slice(),
            false => key
                .path
                .strip_prefix(self.path.as_slice())?
                .strip_prefix(b"/")?,
        };
        RelativePath::new(path).ok()
    }
}

fn joined(above: &[u8], below: &[u8]) -> Vec<u8> {
    match above.is_empty() {
        true => below.to_vec(),
        false => [above, b"/", below].concat(),
    }
}

/// The cache, open for writing by this process; other processes may write too, each transaction waits for theirs.
#[derive(Debug)]
pub struct Cache {
    writer: Writer,
    reader: Mutex<Connection>,
}

impl Cache {
    /// Opens it; makes it when it is not there.
    pub fn open(path: &Path, clock: &Arc<Clock>) -> Result<Self, JobError> {
        let writer = Writer::start(schema::open_cache(path, clock)?);
        Ok(Cache {
            writer,
            reader: Mutex::new(schema::open_cache_reader(path)?),
        })
    }

    /// What is known of a content.
    pub fn get(&self, key: &Key) -> Result<Option<Checksum>, JobError> {
        get(&self.locked(), key)
    }

    /// Files that had this content when they were hashed. Whether they still have it, nobody says.
    pub fn with_content(
        &self,
        algorithm: Algorithm,
        value: &Checksum,
    ) -> Result<Vec<Key>, JobError> {
        with_content(&self.locked(), algorithm, value)
    }

    /// What the last runs between two filesystems took against what was said, latest first.
    pub fn paces(&self, source: &VolumeId, destination: &VolumeId) -> Result<Vec<f64>, JobError> {
        let connection = self.locked();
        let mut statement = connection.prepare_cached(
            "SELECT ratio FROM pace WHERE source = ?1 AND destination = ?2 ORDER BY at_ns DESC LIMIT 20",
        )?;
        let rows = statement.query_map(params![source.0, destination.0], |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// One more of them.
    pub fn put_pace(
        &self,
        source: VolumeId,
        destination: VolumeId,
        ratio: f64,
        now_ns: UnixNanos,
    ) -> Result<(), JobError> {
        self.writer.write(move |transaction| {
            transaction.execute(
                "INSERT INTO pace (at_ns, source, destination, ratio) VALUES (?1, ?2, ?3, ?4)",
                params![now_ns, source.0, destination.0, ratio],
            )?;
            Ok(())
        })
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores values, in one transaction.
    pub fn put(&self, values: Vec<(Key, Checksum)>, now_ns: UnixNanos) -> Result<(), JobError> {
        self.writer
            .write(move |transaction| put_all(transaction, &values, now_ns, false).map(drop))
    }

    /// The same, without waiting for it: whoever wants to know asks the answer.
    pub fn put_later(
        &self,
        values: Vec<(Key, Checksum)>,
        now_ns: UnixNanos,
    ) -> Result<Pending<()>, JobError> {
        self.writer
            .write_later(move |transaction| put_all(transaction, &values, now_ns, false).map(drop))
    }

    /// Other work in one transaction: imports.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, JobError> + Send + 'static,
    ) -> Result<T, JobError> {
        self.writer.write(work)
    }
}

/// What is known of a content.
pub fn get(connection: &Connection, key: &Key) -> Result<Option<Checksum>, JobError> {
    let found = connection
        .prepare_cached(
            "SELECT c.value FROM checksum c JOIN volume v ON v.id = c.volume
             WHERE v.name = ?1 AND c.path = ?2 AND c.algorithm = ?3 AND c.size_bytes = ?4 AND c.mtime_ns = ?5",
        )?
        .query_row(
            params![key.volume.0, key.path, algorithm_number(key.algorithm), signed(key.size_bytes), key.mtime_ns],
            |row| row.get(0),
        )
        .optional()?;
    Ok(found)
}

/// Stores values; gives how many were new or are another now. What is imported never takes the place of a value that
/// was computed here from a later state of the file.
pub fn put_all(
    connection: &Connection,
    values: &[(Key, Checksum)],
    now_ns: UnixNanos,
    imported: bool,
) -> Result<u64, JobError> {
    let mut volumes: HashMap<&VolumeId, i64> = HashMap::new();
    let mut changed = 0;
    let mut statement = connection.prepare_cached(
        "INSERT INTO checksum (volume, path, algorithm, size_bytes, mtime_ns, value, computed_at_ns, imported)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (volume, path, algorithm) DO UPDATE SET size_bytes = excluded.size_bytes,
            mtime_ns = excluded.mtime_ns, value = excluded.value, computed_at_ns = excluded.computed_at_ns,
            imported = excluded.imported
         WHERE (size_bytes <> excluded.size_bytes OR mtime_ns <> excluded.mtime_ns OR value <> excluded.value)
            AND (excluded.imported = 0 OR imported = 1 OR excluded.mtime_ns > mtime_ns)",
    )?;
    for (key, value) in values {
        let volume = match volumes.get(&key.volume) {
            Some(known) => *known,
            None => {
                let number = volume_number(connection, &key.volume)?;
                volumes.insert(&key.volume, number);
                number
            }
        };
        changed += statement.execute(params![
            volume,
            key.path,
            algorithm_number(key.algorithm),
            signed(key.size_bytes),
            key.mtime_ns,
            value,
            now_ns,
            imported,
        ])?;
    }
    Ok(changed as u64)
}

/// The database's number of a volume; a new one gets its row.
fn volume_number(connection: &Connection, volume: &VolumeId) -> Result<i64, JobError> {
    connection
        .prepare_cached("INSERT INTO volume (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([&volume.0])?;
    Ok(connection
        .prepare_cached("SELECT id FROM volume WHERE name = ?1")?
        .query_row([&volume.0], |row| row.get(0))?)
}

/// Files that had this content when they were hashed, wherever they are. Whether they still have it, nobody says.
pub fn with_content(
    connection: &Connection,
    algorithm: Algorithm,
    value: &Checksum,
) -> Result<Vec<Key>, JobError> {
    let mut statement = connection.prepare_cached(
        "SELECT v.name, c.path, c.size_bytes, c.mtime_ns FROM checksum c JOIN volume v ON v.id = c.volume
         WHERE c.value = ?1 AND c.algorithm = ?2 LIMIT 64",
    )?;
    let rows = statement.query_map(params![value, algorithm_number(algorithm)], |row| {
        Ok(Key {
            volume: VolumeId(row.get(0)?),
            path: row.get(1)?,
            size_bytes: unsigned(row.get(2)?),
            mtime_ns: row.get(3)?,
            algorithm,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
