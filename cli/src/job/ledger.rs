//! What became of each file: state changes with their attempts and their entry in the trail, always in one transaction.

use std::{collections::BTreeMap, time::Duration};

use rusqlite::{Connection, Transaction, params};

use super::{
    Cause, Counts, DuplicateKind, FileId, FileState, JobError, RootId, Share, audit,
    files::{algorithm_number, signed, unsigned},
};
use crate::{clock::UnixNanos, path::RelativePath, settings::Algorithm};

/// A file's new state and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// Which.
    pub file: FileId,
    /// From now on.
    pub state: FileState,
    /// Proved content.
    pub checksum: Option<(Algorithm, [u8; 32])>,
    /// Where its content is.
    pub at: Option<(RootId, RelativePath)>,
    /// When it was there already.
    pub duplicate: Option<DuplicateKind>,
    /// When it failed.
    pub cause: Option<Cause>,
    /// For a person.
    pub message: Option<String>,
    /// When it was tried; none: decided without trying.
    pub attempt: Option<Attempt>,
}

/// One try.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempt {
    /// Bytes that were written.
    pub moved_bytes: u64,
    /// Of what the source gave.
    pub source_checksum: Option<[u8; 32]>,
    /// Of what was read back.
    pub destination_checksum: Option<[u8; 32]>,
    /// How long a thread worked on it, when that was measured.
    pub took: Option<Duration>,
}

impl Verdict {
    /// A state and nothing else.
    pub fn plain(file: FileId, state: FileState) -> Self {
        Verdict {
            file,
            state,
            checksum: None,
            at: None,
            duplicate: None,
            cause: None,
            message: None,
            attempt: None,
        }
    }

    /// In error.
    pub fn error(file: FileId, cause: Cause, message: impl Into<String>) -> Self {
        Verdict {
            cause: Some(cause),
            message: Some(message.into()),
            ..Self::plain(file, FileState::Error)
        }
    }
}

/// Writes verdicts, their attempts and one entry of the trail.
pub fn record(
    transaction: &Transaction<'_>,
    now_ns: UnixNanos,
    operation: Option<&str>,
    verdicts: &[Verdict],
) -> Result<(), JobError> {
    let mut states: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for verdict in verdicts {
        record_one(transaction, now_ns, verdict)?;
        states
            .entry(verdict.state.number())
            .or_default()
            .push(verdict.file.0);
    }
    let states: Vec<(FileState, Vec<i64>)> = states
        .into_iter()
        .filter_map(|(number, files)| Some((FileState::from_number(number)?, files)))
        .collect();
    audit::append_states(transaction, now_ns, operation, "states", &states)
}

fn record_one(
    transaction: &Transaction<'_>,
    now_ns: UnixNanos,
    verdict: &Verdict,
) -> Result<(), JobError> {
    let (root, path) = match &verdict.at {
        Some((root, path)) => (Some(root.0), Some(path.as_bytes())),
        None => (None, None),
    };
    let (algorithm, checksum) = match verdict.checksum {
        Some((algorithm, checksum)) => (Some(algorithm_number(algorithm)), Some(checksum)),
        None => (None, None),
    };
    transaction
        .prepare_cached(
            "UPDATE copy_status SET state = ?2, changed_at_ns = ?3, attempts = attempts + ?4, algorithm = ?5, checksum = ?6,
                destination_root = ?7,
                destination_path = (SELECT CASE WHEN f.path = ?8 THEN NULL ELSE ?8 END FROM source_file f WHERE f.id = ?1),
                duplicate = ?9, cause = ?10, message = ?11
             WHERE file = ?1",
        )?
        .execute(params![
            verdict.file.0,
            verdict.state.number(),
            now_ns,
            verdict.attempt.is_some(),
            algorithm,
            checksum,
            root,
            path,
            verdict.duplicate.map(|kind| kind as u8),
            verdict.cause.map(Cause::name),
            verdict.message,
        ])?;
    let Some(attempt) = &verdict.attempt else {
        return Ok(());
    };
    transaction
        .prepare_cached(
            "INSERT INTO attempt (file, number, at_ns, state, moved_bytes, source_checksum, destination_checksum, error, took_ns)
             SELECT ?1, attempts, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM copy_status WHERE file = ?1",
        )?
        .execute(params![
            verdict.file.0,
            now_ns,
            verdict.state.number(),
            signed(attempt.moved_bytes),
            attempt.source_checksum,
            attempt.destination_checksum,
            verdict.message,
            attempt.took.map(as_ns),
        ])?;
    Ok(())
}

fn as_ns(took: Duration) -> i64 {
    i64::try_from(took.as_nanos()).unwrap_or(i64::MAX)
}

/// Marks files as being in hand, without touching what is known of them.
pub fn take_in_hand(
    transaction: &Transaction<'_>,
    now_ns: UnixNanos,
    operation: Option<&str>,
    files: &[FileId],
) -> Result<(), JobError> {
    set_state(transaction, now_ns, operation, files, FileState::InProgress)
}

/// Sets a state. Why an earlier try failed is no part of being pending or missing; the attempts keep it.
pub fn set_state(
    transaction: &Transaction<'_>,
    now_ns: UnixNanos,
    operation: Option<&str>,
    files: &[FileId],
    state: FileState,
) -> Result<(), JobError> {
    let mut statement = transaction
        .prepare_cached(
            "UPDATE copy_status SET state = ?2, changed_at_ns = ?3, cause = iif(?2 IN (0, 5), NULL, cause),
                message = iif(?2 IN (0, 5), NULL, message)
             WHERE file = ?1",
        )?;
    for file in files {
        statement.execute(params![file.0, state.number(), now_ns])?;
    }
    let ids = files.iter().map(|file| file.0).collect();
    audit::append_states(transaction, now_ns, operation, "states", &[(state, ids)])
}

/// Files that a run has in hand, or had when it was cut off.
pub fn in_hand(connection: &Connection) -> Result<Vec<FileId>, JobError> {
    let sql = "SELECT file FROM copy_status WHERE state IN (0, 1, 6) AND state = 1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([], |row| row.get(0).map(FileId))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Files and bytes of every state.
pub fn counts(connection: &Connection) -> Result<Counts, JobError> {
    let mut counts = Counts::default();
    for (state, share) in shares(connection)? {
        let of = counts.of_mut(state);
        of.files += share.files;
        of.size_bytes += share.size_bytes;
    }
    Ok(counts)
}

/// The same, state by state.
pub fn shares(connection: &Connection) -> Result<Vec<(FileState, Share)>, JobError> {
    let mut statement =
        connection.prepare_cached("SELECT state, files, size_bytes FROM tally ORDER BY state")?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, i64>(1)?,
            row.get::<_, i64>(2)?,
        ))
    })?;
    let mut shares = Vec::new();
    for row in rows {
        let (state, files, size_bytes) = row?;
        if let Some(state) = FileState::from_number(state) {
            shares.push((
                state,
                Share {
                    files: unsigned(files),
                    size_bytes: unsigned(size_bytes),
                },
            ));
        }
    }
    Ok(shares)
}

/// A row of `attempt`.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptRow {
    /// From 1.
    pub number: u32,
    /// When it ended.
    pub at_ns: UnixNanos,
    /// How it ended.
    pub state: FileState,
    /// What it moved, and the checksums of both sides.
    pub attempt: Attempt,
    /// When it failed.
    pub error: Option<String>,
}

/// Every try of a file, first first.
pub fn attempts(connection: &Connection, file: FileId) -> Result<Vec<AttemptRow>, JobError> {
    let mut statement = connection.prepare_cached(
        "SELECT number, at_ns, state, moved_bytes, source_checksum, destination_checksum, error, took_ns FROM attempt WHERE file = ?1 ORDER BY number",
    )?;
    let rows = statement.query_map([file.0], |row| {
        Ok(AttemptRow {
            number: row.get(0)?,
            at_ns: row.get(1)?,
            state: FileState::from_number(row.get(2)?).unwrap_or(FileState::Pending),
            attempt: Attempt {
                moved_bytes: unsigned(row.get(3)?),
                source_checksum: row.get(4)?,
                destination_checksum: row.get(5)?,
                took: row
                    .get::<_, Option<i64>>(7)?
                    .map(|ns| Duration::from_nanos(unsigned(ns))),
            },
            error: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls for each try that was measured, with its file's path and size.
pub fn each_duration(
    connection: &Connection,
    mut take: impl FnMut(&[u8], u64, Duration),
) -> Result<(), JobError> {
    let mut statement = connection.prepare(
        "SELECT f.path, f.size_bytes, a.took_ns FROM attempt a JOIN source_file f ON f.id = a.file WHERE a.took_ns IS NOT NULL",
    )?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let took = Duration::from_nanos(unsigned(row.get(2)?));
        take(
            row.get_ref(0)?.as_blob().unwrap_or_default(),
            unsigned(row.get(1)?),
            took,
        );
    }
    Ok(())
}

/// Files in error for this cause.
pub fn count_of_cause(connection: &Connection, cause: Cause) -> Result<i64, JobError> {
    // the first term is that of the partial index, word for word: SQLite proves no more
    let sql =
        "SELECT count(*) FROM copy_status WHERE state IN (0, 1, 6) AND state = 6 AND cause = ?1";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([cause.name()], |row| row.get(0))?)
}
