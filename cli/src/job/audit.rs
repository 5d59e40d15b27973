//! The audit trail: append only, each entry chained to the one before by BLAKE3. Replayed, it gives every file's state.
//! The chain shows tampering afterwards; it does not prevent it, for whoever can write the database can forge it whole.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::Value;

use super::{FileState, JobError};
use crate::clock::UnixNanos;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// From 1, without a gap.
    pub seq: i64,
    /// When.
    pub at_ns: UnixNanos,
    /// Of which run of which command.
    pub operation: Option<String>,
    /// What: `states`, `added`, `removed`, `started`, `ended`, `phase`, `decision`, …
    pub event: String,
    /// JSON.
    pub body: String,
}

impl Entry {
    /// From the columns `seq, at_ns, operation, event, body`.
    fn of_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Entry> {
        Ok(Entry {
            seq: row.get(0)?,
            at_ns: row.get(1)?,
            operation: row.get(2)?,
            event: row.get(3)?,
            body: row.get(4)?,
        })
    }
}

/// When the last entry was made; none: there is none.
pub fn last_ns(connection: &Connection) -> Result<Option<UnixNanos>, JobError> {
    Ok(connection
        .query_row(
            "SELECT at_ns FROM audit ORDER BY seq DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()?)
}

/// Appends one entry.
pub fn append(
    connection: &Connection,
    at_ns: UnixNanos,
    operation: Option<&str>,
    event: &str,
    body: &Value,
) -> Result<(), JobError> {
    let last: Option<(i64, Vec<u8>)> = connection
        .prepare_cached("SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (before, chain) = last.unwrap_or_default();
    let entry = Entry {
        seq: before + 1,
        at_ns,
        operation: operation.map(str::to_owned),
        event: event.to_owned(),
        body: body.to_string(),
    };
    connection
        .prepare_cached("INSERT INTO audit (seq, at_ns, operation, event, body, chain) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![entry.seq, at_ns, operation, event, entry.body, link(&chain, &entry)])?;
    Ok(())
}

/// Appends which files got which state, as `{"done":"1-50,52","error":"51"}`.
pub fn append_states(
    connection: &Connection,
    at_ns: UnixNanos,
    operation: Option<&str>,
    event: &str,
    states: &[(FileState, Vec<i64>)],
) -> Result<(), JobError> {
    let body: serde_json::Map<String, Value> = states
        .iter()
        .filter(|(_, files)| !files.is_empty())
        .map(|(state, files)| (state.name().to_owned(), Value::String(ranges(files))))
        .collect();
    match body.is_empty() {
        true => Ok(()),
        false => append(connection, at_ns, operation, event, &Value::Object(body)),
    }
}

fn link(before: &[u8], entry: &Entry) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(&entry.seq.to_le_bytes());
    hasher.update(&entry.at_ns.to_le_bytes());
    for text in [
        entry.operation.as_deref().unwrap_or(""),
        &entry.event,
        &entry.body,
    ] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    hasher.finalize().into()
}

/// `1-50,52`.
fn ranges(files: &[i64]) -> String {
    let mut sorted = files.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for file in sorted {
        match runs.last_mut() {
            Some((_, end)) if *end + 1 == file => *end = file,
            _ => runs.push((file, file)),
        }
    }
    let words = runs.iter().map(|(begin, end)| match begin == end {
        true => begin.to_string(),
        false => format!("{begin}-{end}"),
    });
    words.collect::<Vec<_>>().join(",")
}

fn files_in(ranges: &str) -> impl Iterator<Item = i64> {
    ranges
        .split(',')
        .filter_map(|word| {
            let (begin, end) = word.split_once('-').unwrap_or((word, word));
            Some(begin.parse::<i64>().ok()?..=end.parse::<i64>().ok()?)
        })
        .flatten()
}

/// Whether an entry tells of a file.
pub fn concerns(entry: &Entry, file: i64) -> bool {
    let body: Value = serde_json::from_str(&entry.body).unwrap_or_default();
    let words = body
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, value)| value.as_str());
    matches!(entry.event.as_str(), "states" | "added" | "removed")
        && words.flat_map(files_in).any(|id| id == file)
}

/// Calls for every entry, oldest first, until it says stop.
pub fn each(
    connection: &Connection,
    since_ns: UnixNanos,
    mut take: impl FnMut(Entry) -> Result<bool, JobError>,
) -> Result<(), JobError> {
    let mut statement = connection.prepare(
        "SELECT seq, at_ns, operation, event, body FROM audit WHERE at_ns >= ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([since_ns])?;
    while let Some(row) = rows.next()? {
        let entry = Entry::of_row(row)?;
        if !take(entry)? {
            break;
        }
    }
    Ok(())
}

/// Proves the chain unbroken; gives the number of entries.
pub fn prove(connection: &Connection) -> Result<i64, JobError> {
    let mut statement = connection
        .prepare("SELECT seq, at_ns, operation, event, body, chain FROM audit ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let (mut last, mut chain) = (0, Vec::new());
    while let Some(row) = rows.next()? {
        let entry = Entry::of_row(row)?;
        let stored: Vec<u8> = row.get(5)?;
        if entry.seq != last + 1 || stored != link(&chain, &entry) {
            return Err(JobError::ChainBroken { seq: last + 1 });
        }
        (last, chain) = (entry.seq, stored);
    }
    Ok(last)
}

/// What the trail says of every file: its state, by id.
pub fn replay(connection: &Connection) -> Result<BTreeMap<i64, FileState>, JobError> {
    let mut states = BTreeMap::new();
    each(connection, i64::MIN, |entry| {
        if !matches!(entry.event.as_str(), "states" | "added" | "removed") {
            return Ok(true);
        }
        let body: BTreeMap<String, String> = serde_json::from_str(&entry.body).unwrap_or_default();
        for (name, ranges) in body {
            let state = FileState::ALL
                .into_iter()
                .find(|state| state.name() == name);
            for file in files_in(&ranges) {
                match state {
                    Some(state) if entry.event != "removed" => states.insert(file, state),
                    _ => states.remove(&file),
                };
            }
        }
        Ok(true)
    })?;
    Ok(states)
}

/// Files whose state in the ledger is not what the trail says.
pub fn differences(connection: &Connection) -> Result<Vec<i64>, JobError> {
    let mut told = replay(connection)?;
    let mut statement = connection.prepare("SELECT file, state FROM copy_status")?;
    let mut rows = statement.query([])?;
    let mut different = Vec::new();
    while let Some(row) = rows.next()? {
        let (file, state): (i64, i64) = (row.get(0)?, row.get(1)?);
        if told.remove(&file) != FileState::from_number(state) {
            different.push(file);
        }
    }
    different.extend(told.into_keys());
    Ok(different)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_and_read() {
        assert_eq!(ranges(&[3, 1, 2, 9, 5, 9]), "1-3,5,9");
        assert_eq!(files_in("1-3,5,9").collect::<Vec<_>>(), [1, 2, 3, 5, 9]);
    }
}
