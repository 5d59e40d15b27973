//! Opens databases and brings them up to date: a copy first, then one transaction. Knows SQLite's settings and why.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};
use rusqlite_migration::{M, Migrations};

use super::{JobError, JobId, audit};
use crate::{clock::Clock, engine::os_disk::filesystem_type};

const JOB: &[M<'static>] = &[
    M::up(include_str!("../../migrations/0001_lists.sql")),
    M::up(include_str!("../../migrations/0002_ledger.sql")),
    M::up(include_str!("../../migrations/0003_metadata.sql")),
    M::up(include_str!("../../migrations/0004_estimates.sql")),
];
const CACHE: &[M<'static>] = &[
    M::up(include_str!("../../migrations/cache_0001.sql")),
    M::up(include_str!("../../migrations/cache_0002.sql")),
];

/// A kind of database: its steps, one a version.
#[derive(Clone, Copy)]
struct Schema {
    steps: &'static [M<'static>],
    /// Jobs have a trail that tells of migrations.
    has_trail: bool,
}

const JOB_SCHEMA: Schema = Schema {
    steps: JOB,
    has_trail: true,
};
const CACHE_SCHEMA: Schema = Schema {
    steps: CACHE,
    has_trail: false,
};

impl Schema {
    /// The version that this program writes.
    const fn version(self) -> u32 {
        self.steps.len() as u32
    }
}

/// The version of jobs that this program writes.
pub const JOB_VERSION: u32 = JOB_SCHEMA.version();

/// The version of jobs that had lists of files and neither states nor a trail.
const WITHOUT_STATES: u32 = 1;

/// Filesystems that lie on other machines: their shared memory does not reach us, so WAL would break there.
/// Numbers of `statfs(2)`: NFS, SMB, CIFS, SMB2, AFS, Coda, 9P, Ceph, FUSE (sshfs and others).
const NETWORK: &[i64] = &[
    0x6969,
    0x517B,
    0xFF53_4D42,
    0xFE53_4D42,
    0x5346_414F,
    0x7375_7245,
    0x0102_1997,
    0x00C3_6400,
    0x6573_5546,
];

/// How a database keeps its promises on the filesystem it lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// Readers see snapshots while one writes. `NORMAL`: the last commits may be lost at a power cut, which only means
    /// that idempotent work is done again, because files are durable before their rows are.
    Wal,
    /// Without shared memory: readers wait for the writer.
    Rollback,
}

impl Journal {
    /// For a filesystem of this kind.
    pub fn on(filesystem_type: i64) -> Self {
        match NETWORK.contains(&filesystem_type) {
            true => Journal::Rollback,
            false => Journal::Wal,
        }
    }
}

/// Opens a job's database for the one writer.
pub fn open_job(path: &Path, clock: &Arc<Clock>) -> Result<Connection, JobError> {
    open_with(path, JOB_SCHEMA, journal_at(path), clock)
}

/// Opens the checksum cache for writing.
pub fn open_cache(path: &Path, clock: &Arc<Clock>) -> Result<Connection, JobError> {
    open_with(path, CACHE_SCHEMA, journal_at(path), clock)
}

fn journal_at(path: &Path) -> Journal {
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::File::open(dir).map_or(Journal::Wal, |dir| Journal::on(filesystem_type(&dir)))
}

fn open_with(
    path: &Path,
    schema: Schema,
    journal: Journal,
    clock: &Arc<Clock>,
) -> Result<Connection, JobError> {
    let attempt = || {
        let mut connection = Connection::open(path)?;
        set_up(&connection, journal)?;
        bring_up_to_date(&mut connection, path, schema, clock)?;
        Ok(connection)
    };
    attempt().map_err(|error| named(error, path))
}

/// Opens a job's database to read from it only. It sees a snapshot while another process writes.
pub fn open_reader(path: &Path) -> Result<Connection, JobError> {
    reader_of(path, JOB_SCHEMA)
}

/// The same for a checksum cache.
pub fn open_cache_reader(path: &Path) -> Result<Connection, JobError> {
    reader_of(path, CACHE_SCHEMA)
}

fn reader_of(path: &Path, schema: Schema) -> Result<Connection, JobError> {
    let attempt = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "cache_size", -8_192)?;
        refuse_newer(&connection, path, schema.version())?;
        Ok(connection)
    };
    attempt().map_err(|error| named(error, path))
}

/// Whether a job's database is of an earlier version.
pub fn is_older(path: &Path) -> Result<bool, JobError> {
    let attempt = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        Ok(version(&connection)? < JOB_VERSION)
    };
    attempt().map_err(|error| named(error, path))
}

fn set_up(connection: &Connection, journal: Journal) -> Result<(), JobError> {
    connection.busy_timeout(Duration::from_secs(30))?;
    let (mode, synchronous) = match journal {
        Journal::Wal => ("WAL", "NORMAL"),
        Journal::Rollback => ("DELETE", "EXTRA"),
    };
    connection.pragma_update(None, "journal_mode", mode)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // KiB, negative by SQLite's convention: memory stays small however large the job is
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn version(connection: &Connection) -> Result<u32, JobError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn refuse_newer(connection: &Connection, path: &Path, known: u32) -> Result<u32, JobError> {
    let found = version(connection)?;
    match found > known {
        true => Err(JobError::Newer {
            path: path.to_owned(),
            found,
            known,
        }),
        false => Ok(found),
    }
}

fn bring_up_to_date(
    connection: &mut Connection,
    path: &Path,
    schema: Schema,
    clock: &Arc<Clock>,
) -> Result<(), JobError> {
    let known = schema.version();
    let found = refuse_newer(connection, path, known)?;
    if found == known {
        return Ok(());
    }
    if found > 0 {
        back_up(connection, path, found)?;
    }
    let migrated = Migrations::from_slice(schema.steps).to_latest(connection);
    migrated.map_err(|error| JobError::Damaged {
        path: path.to_owned(),
        detail: error.to_string(),
    })?;
    if schema.has_trail {
        let transaction = connection.transaction()?;
        audit::append(
            &transaction,
            clock.now_ns(),
            None,
            "migrated",
            &serde_json::json!({"from": found, "to": known}),
        )?;
        if found == WITHOUT_STATES {
            tell_all_pending(&transaction, clock)?;
        }
        transaction.commit()?;
    }
    Ok(())
}

/// The step from [`WITHOUT_STATES`] made every listed file pending. Later versions told each state when it came about.
fn tell_all_pending(connection: &Connection, clock: &Clock) -> Result<(), JobError> {
    let listed: Vec<i64> = connection
        .prepare("SELECT id FROM source_file ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    audit::append_states(
        connection,
        clock.now_ns(),
        None,
        "added",
        &[(super::FileState::Pending, listed)],
    )
}

/// `N.db.v2.bak` beside the database.
pub fn back_up(connection: &Connection, path: &Path, version: u32) -> Result<PathBuf, JobError> {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".v{version}.bak"));
    let target = PathBuf::from(name);
    copy_to(connection, &target)?;
    Ok(target)
}

/// A whole copy of a database as it is now.
pub fn copy_to(connection: &Connection, target: &Path) -> Result<(), JobError> {
    Ok(connection.backup("main", target, None)?)
}

/// The job's identity; made when it has none yet.
pub fn job_id(connection: &Connection, clock: &Arc<Clock>) -> Result<JobId, JobError> {
    let found: Option<String> = connection
        .query_row("SELECT json_extract(body, '$.job') FROM audit WHERE event = 'created' ORDER BY seq LIMIT 1", [], |row| row.get(0))
        .optional()?;
    if let Some(id) = found {
        return Ok(JobId(id));
    }
    let id: String =
        connection.query_row("SELECT lower(hex(randomblob(16)))", [], |row| row.get(0))?;
    audit::append(
        connection,
        clock.now_ns(),
        None,
        "created",
        &serde_json::json!({"job": id}),
    )?;
    Ok(JobId(id))
}

/// SQLite's word about a file that is none of its own becomes ours.
fn named(error: JobError, path: &Path) -> JobError {
    let JobError::Sqlite(inner) = &error else {
        return error;
    };
    match inner.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => JobError::Damaged {
            path: path.to_owned(),
            detail: inner.to_string(),
        },
        _ => error,
    }
}
