//! The roots of a job: where its files come from, go to, and are looked for. SQL only; who finds them is
//! [`crate::phases::places`].

use std::{
    ffi::OsString,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{JobError, RootId, Side};
use crate::{engine::volume::Located, path::VolumeId};

/// A row of `root`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// In this database.
    pub id: RootId,
    /// What it is for.
    pub side: Side,
    /// Where it is, independent of mount points.
    pub located: Located,
    /// Where it was found last.
    pub seen_at: PathBuf,
    /// Holds single files that were added by name.
    pub listed_only: bool,
}

fn root_of(row: &Row<'_>) -> rusqlite::Result<Root> {
    let side: i64 = row.get(1)?;
    let side = [Side::Source, Side::Destination, Side::Pool]
        .into_iter()
        .find(|known| i64::from(*known as u8) == side);
    Ok(Root {
        id: RootId(row.get(0)?),
        side: side.unwrap_or(Side::Pool),
        located: Located {
            volume: VolumeId(row.get(2)?),
            path: row.get(3)?,
        },
        seen_at: PathBuf::from(OsString::from_vec(row.get(4)?)),
        listed_only: row.get(5)?,
    })
}

/// All roots of one side, in the order they were added.
pub fn of_side(connection: &Connection, side: Side) -> Result<Vec<Root>, JobError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, side, volume, path, seen_at, listed_only FROM root WHERE side = ?1 ORDER BY id",
    )?;
    let rows = statement.query_map([side as u8], root_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Adds a root or finds it, and notes where it is now.
pub fn put(
    connection: &Connection,
    side: Side,
    located: &Located,
    seen_at: &Path,
    listed_only: bool,
) -> Result<RootId, JobError> {
    let known: Option<i64> = connection
        .prepare_cached("SELECT id FROM root WHERE side = ?1 AND volume = ?2 AND path = ?3")?
        .query_row(params![side as u8, located.volume.0, located.path], |row| {
            row.get(0)
        })
        .optional()?;
    let seen_at = seen_at.as_os_str().as_bytes();
    if let Some(id) = known {
        connection.execute(
            "UPDATE root SET seen_at = ?2, listed_only = min(listed_only, ?3) WHERE id = ?1",
            params![id, seen_at, listed_only],
        )?;
        return Ok(RootId(id));
    }
    connection.execute(
        "INSERT INTO root (side, volume, path, seen_at, listed_only) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            side as u8,
            located.volume.0,
            located.path,
            seen_at,
            listed_only
        ],
    )?;
    Ok(RootId(connection.last_insert_rowid()))
}
