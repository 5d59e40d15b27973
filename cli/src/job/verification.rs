//! Results of verifications, kept until they are cleared: an interrupted one goes on where it stopped.

use rusqlite::{Connection, params};

use super::{FileId, JobError, files::unsigned};
use crate::clock::UnixNanos;

/// How much was compared. The numbers are the database's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Depth {
    /// Existence, size and time.
    Shallow = 0,
    /// All of that, and the content.
    Deep = 1,
}

/// What was found. The numbers are the database's.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Finding {
    /// As the ledger says.
    Equal = 0,
    /// Nothing is under the name.
    Gone = 1,
    /// It has another length.
    OtherSize = 2,
    /// It was touched.
    OtherTime = 3,
    /// It has other content.
    OtherContent = 4,
    /// It could not be read.
    Unreadable = 5,
}

impl Finding {
    /// Every finding, in the order of their numbers.
    pub const ALL: [Finding; 6] = [
        Finding::Equal,
        Finding::Gone,
        Finding::OtherSize,
        Finding::OtherTime,
        Finding::OtherContent,
        Finding::Unreadable,
    ];

    /// As shown.
    pub fn name(self) -> &'static str {
        match self {
            Finding::Equal => "equal",
            Finding::Gone => "gone",
            Finding::OtherSize => "other size",
            Finding::OtherTime => "other time",
            Finding::OtherContent => "other content",
            Finding::Unreadable => "unreadable",
        }
    }

    fn from_number(number: i64) -> Self {
        let known = Self::ALL
            .into_iter()
            .find(|finding| i64::from(*finding as u8) == number);
        known.unwrap_or(Finding::Unreadable)
    }
}

/// Of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Which.
    pub file: FileId,
    /// When.
    pub at_ns: UnixNanos,
    /// What was found.
    pub finding: Finding,
    /// For a person, when it is not equal.
    pub detail: Option<String>,
}

/// Stores results.
pub fn store(connection: &Connection, depth: Depth, results: &[Verified]) -> Result<(), JobError> {
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO verification (stage, file, at_ns, result, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for result in results {
        statement.execute(params![
            depth as u8,
            result.file.0,
            result.at_ns,
            result.finding as u8,
            result.detail
        ])?;
    }
    Ok(())
}

/// Forgets the results of a depth.
pub fn clear(connection: &Connection, depth: Depth) -> Result<(), JobError> {
    connection.execute("DELETE FROM verification WHERE stage = ?1", [depth as u8])?;
    Ok(())
}

/// Forgets what was found of files: they were copied anew.
pub fn forget(connection: &Connection, files: &[FileId]) -> Result<(), JobError> {
    let mut statement = connection.prepare_cached("DELETE FROM verification WHERE file = ?1")?;
    for file in files {
        statement.execute([file.0])?;
    }
    Ok(())
}

/// Files that are done, deduplicated or skipped and have no result of this depth yet, in pages after an id. A result
/// that is older than the file's state does not count.
pub fn page_to_verify(
    connection: &Connection,
    depth: Depth,
    after: FileId,
    limit: u32,
) -> Result<Vec<FileId>, JobError> {
    let mut statement = connection.prepare_cached(
        "SELECT s.file FROM copy_status s WHERE s.file > ?2 AND s.state IN (2, 3, 4) AND s.destination_root IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM verification v WHERE v.stage = ?1 AND v.file = s.file AND v.at_ns >= coalesce(s.changed_at_ns, v.at_ns))
         ORDER BY s.file LIMIT ?3",
    )?;
    let rows = statement.query_map(params![depth as u8, after.0, limit], |row| {
        row.get(0).map(FileId)
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How often each finding was made.
pub fn tally(connection: &Connection, depth: Depth) -> Result<Vec<(Finding, u64)>, JobError> {
    let mut statement = connection.prepare_cached(
        "SELECT result, count(*) FROM verification WHERE stage = ?1 GROUP BY result ORDER BY result",
    )?;
    let rows = statement.query_map([depth as u8], |row| {
        Ok((Finding::from_number(row.get(0)?), unsigned(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls for each stored result; `all`: also for equal ones.
pub fn each(
    connection: &Connection,
    depth: Depth,
    all: bool,
    mut take: impl FnMut(Verified) -> Result<(), JobError>,
) -> Result<(), JobError> {
    let mut statement = connection.prepare(
        "SELECT file, at_ns, result, detail FROM verification WHERE stage = ?1 AND (?2 OR result <> 0) ORDER BY file",
    )?;
    let mut rows = statement.query(params![depth as u8, all])?;
    while let Some(row) = rows.next()? {
        take(Verified {
            file: FileId(row.get(0)?),
            at_ns: row.get(1)?,
            finding: Finding::from_number(row.get(2)?),
            detail: row.get(3)?,
        })?;
    }
    Ok(())
}
