//! Which commands ran on a job, how far they came, and how they ended.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::json;

use super::{JobError, audit};
use crate::clock::UnixNanos;

/// A row of `operation`.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Operation {
    /// Eight letters.
    pub id: String,
    /// `copy`, `verify`, …
    pub command: String,
    /// For a person.
    pub description: String,
    /// Where it is or ended.
    pub phase: String,
    /// When it began.
    pub started_at_ns: UnixNanos,
    /// When the last batch became durable.
    pub checkpoint_at_ns: Option<UnixNanos>,
    /// When it ended; none: it runs or was cut off.
    pub ended_at_ns: Option<UnixNanos>,
    /// The exit code, when it ended.
    pub outcome: Option<String>,
    /// JSON: the settings it ran with.
    pub configuration: String,
    /// JSON: how long it was said to take.
    pub estimate: Option<String>,
    /// How long copying took; none: it did not come to its end.
    pub copying_secs: Option<f64>,
}

fn operation_of(row: &Row<'_>) -> rusqlite::Result<Operation> {
    Ok(Operation {
        id: row.get(0)?,
        command: row.get(1)?,
        description: row.get(2)?,
        phase: row.get(3)?,
        started_at_ns: row.get(4)?,
        checkpoint_at_ns: row.get(5)?,
        ended_at_ns: row.get(6)?,
        outcome: row.get(7)?,
        configuration: row.get(8)?,
        estimate: row.get(9)?,
        copying_secs: row.get(10)?,
    })
}

const ROW: &str = "SELECT id, command, description, phase, started_at_ns, checkpoint_at_ns, ended_at_ns, outcome, configuration, estimate, copying_secs FROM operation";

/// Begins one; gives its id.
pub fn begin(
    connection: &Connection,
    now_ns: UnixNanos,
    command: &str,
    description: &str,
    configuration: &str,
) -> Result<String, JobError> {
    let id: String =
        connection.query_row("SELECT lower(hex(randomblob(4)))", [], |row| row.get(0))?;
    connection.execute(
        "INSERT INTO operation (id, command, description, phase, started_at_ns, configuration) VALUES (?1, ?2, ?3, 'scanning', ?4, ?5)",
        params![id, command, description, now_ns, configuration],
    )?;
    audit::append(
        connection,
        now_ns,
        Some(&id),
        "started",
        &json!({"command": command, "description": description}),
    )?;
    Ok(id)
}

/// It does something else now.
pub fn set_phase(
    connection: &Connection,
    now_ns: UnixNanos,
    id: &str,
    phase: &str,
) -> Result<(), JobError> {
    connection.execute(
        "UPDATE operation SET phase = ?2 WHERE id = ?1",
        params![id, phase],
    )?;
    audit::append(
        connection,
        now_ns,
        Some(id),
        "phase",
        &json!({"phase": phase}),
    )
}

/// How long copying is said to take, as JSON.
pub fn set_estimate(connection: &Connection, id: &str, estimate: &str) -> Result<(), JobError> {
    connection.execute(
        "UPDATE operation SET estimate = ?2 WHERE id = ?1",
        params![id, estimate],
    )?;
    Ok(())
}

/// How long copying took to its end.
pub fn set_copying_secs(connection: &Connection, id: &str, secs: f64) -> Result<(), JobError> {
    connection.execute(
        "UPDATE operation SET copying_secs = ?2 WHERE id = ?1",
        params![id, secs],
    )?;
    Ok(())
}

/// A batch became durable.
pub fn set_checkpoint(
    connection: &Connection,
    now_ns: UnixNanos,
    id: &str,
) -> Result<(), JobError> {
    connection
        .prepare_cached("UPDATE operation SET checkpoint_at_ns = ?2 WHERE id = ?1")?
        .execute(params![id, now_ns])?;
    Ok(())
}

/// It ended.
pub fn end(
    connection: &Connection,
    now_ns: UnixNanos,
    id: &str,
    outcome: &str,
) -> Result<(), JobError> {
    connection.execute(
        "UPDATE operation SET ended_at_ns = ?2, outcome = ?3 WHERE id = ?1",
        params![id, now_ns, outcome],
    )?;
    audit::append(
        connection,
        now_ns,
        Some(id),
        "ended",
        &json!({"outcome": outcome}),
    )
}

/// The latest one, or the latest of a command.
pub fn latest(
    connection: &Connection,
    command: Option<&str>,
) -> Result<Option<Operation>, JobError> {
    let sql =
        format!("{ROW} WHERE ?1 IS NULL OR command = ?1 ORDER BY started_at_ns DESC, id LIMIT 1");
    Ok(connection
        .prepare(&sql)?
        .query_row([command], operation_of)
        .optional()?)
}

/// All of them, oldest first.
pub fn all(connection: &Connection) -> Result<Vec<Operation>, JobError> {
    let sql = format!("{ROW} ORDER BY started_at_ns, id");
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map([], operation_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}
