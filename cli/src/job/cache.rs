//! The checksum cache, shared by the jobs of a directory: a value holds while size and time are what they were.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{
    JobError,
    files::{algorithm_number, signed, unsigned},
    schema,
    writer::Writer,
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
            reader: Mutex::new(schema::open_reader(path)?),
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

    fn locked(&self) -> std::sync::MutexGuard<'_, Connection> {
        self.reader.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stores values, in one transaction.
    pub fn put(&self, values: Vec<(Key, Checksum)>, now_ns: UnixNanos) -> Result<(), JobError> {
        self.writer.write(move |transaction| {
            values
                .iter()
                .try_for_each(|(key, value)| put(transaction, key, value, now_ns, false).map(drop))
        })
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

/// Stores one value. True: something changed.
pub fn put(
    connection: &Connection,
    key: &Key,
    value: &Checksum,
    now_ns: UnixNanos,
    imported: bool,
) -> Result<bool, JobError> {
    connection
        .prepare_cached("INSERT INTO volume (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([&key.volume.0])?;
    let changed = connection
        .prepare_cached(
            "INSERT INTO checksum (volume, path, algorithm, size_bytes, mtime_ns, value, computed_at_ns, imported)
             SELECT id, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM volume WHERE name = ?1
             ON CONFLICT (volume, path, algorithm) DO UPDATE SET size_bytes = excluded.size_bytes,
                mtime_ns = excluded.mtime_ns, value = excluded.value, computed_at_ns = excluded.computed_at_ns,
                imported = excluded.imported
             WHERE size_bytes <> excluded.size_bytes OR mtime_ns <> excluded.mtime_ns OR value <> excluded.value",
        )?
        .execute(params![
            key.volume.0,
            key.path,
            algorithm_number(key.algorithm),
            signed(key.size_bytes),
            key.mtime_ns,
            value,
            now_ns,
            imported,
        ])?;
    Ok(changed > 0)
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
