//! Reads checksums out of a database that may be any: another job's, a cache, or neither. Never writes to it.

use std::path::Path;

use rusqlite::{Connection, Row};

use super::{
    JobError,
    cache::Key,
    files::{algorithm_of, unsigned},
    schema,
};
use crate::{engine::hasher::Checksum, path::VolumeId};

/// A cache has them by volume and path.
const OF_CACHE: &str = "SELECT v.name, c.path, c.algorithm, c.size_bytes, c.mtime_ns, c.value
    FROM checksum c JOIN volume v ON v.id = c.volume ORDER BY c.volume, c.path";

/// A job has them of sources, and of copies that it made itself: those have the time of their source. Only of what is
/// settled (done, deduplicated, skipped): a source that changed is pending and keeps the checksum of its earlier copy.
const OF_JOB: &str = "
    SELECT r.volume, CASE r.path WHEN x'' THEN f.path ELSE CAST(r.path || x'2f' || f.path AS BLOB) END,
        s.algorithm, f.size_bytes, f.mtime_ns, s.checksum
    FROM copy_status s JOIN source_file f ON f.id = s.file JOIN root r ON r.id = f.root
    WHERE s.checksum IS NOT NULL AND f.kind = 0 AND s.state IN (2, 3, 4)
    UNION ALL
    SELECT r.volume, CASE r.path WHEN x'' THEN coalesce(s.destination_path, f.path)
            ELSE CAST(r.path || x'2f' || coalesce(s.destination_path, f.path) AS BLOB) END,
        s.algorithm, f.size_bytes, f.mtime_ns, s.checksum
    FROM copy_status s JOIN source_file f ON f.id = s.file JOIN root r ON r.id = s.destination_root
    WHERE s.checksum IS NOT NULL AND f.kind = 0 AND s.state = 2";

/// Calls for each checksum until it says stop.
///
/// # Errors
/// It is neither a job's database nor a cache.
pub fn each_checksum(
    path: &Path,
    mut take: impl FnMut(Key, Checksum) -> Result<bool, JobError>,
) -> Result<(), JobError> {
    let mut connection = schema::open_reader(path)?;
    let sql = if has(&connection, "checksum")? {
        // a newer cache is refused by its own version
        connection = schema::open_cache_reader(path)?;
        OF_CACHE
    } else if has(&connection, "copy_status")? {
        OF_JOB
    } else {
        return Err(JobError::NoChecksums(path.to_owned()));
    };
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if let Some((key, value)) = checksum_of(row)?
            && !take(key, value)?
        {
            break;
        }
    }
    Ok(())
}

fn has(connection: &Connection, table: &str) -> Result<bool, JobError> {
    Ok(connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?1)",
        [table],
        |row| row.get(0),
    )?)
}

/// None: of an algorithm that this program does not have.
fn checksum_of(row: &Row<'_>) -> Result<Option<(Key, Checksum)>, JobError> {
    let Some(algorithm) = algorithm_of(row.get(2)?) else {
        return Ok(None);
    };
    let key = Key {
        volume: VolumeId(row.get(0)?),
        path: row.get(1)?,
        size_bytes: unsigned(row.get(3)?),
        mtime_ns: row.get(4)?,
        algorithm,
    };
    Ok(Some((key, row.get(5)?)))
}
