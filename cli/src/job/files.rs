//! The lists of files: adding, finding, going through. What became of a file is [`super::ledger`].

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{Cause, DuplicateKind, FileId, FileRow, FileState, JobError, RootId, Share};
use crate::{
    clock::UnixNanos,
    path::{RelativePath, VolumeId},
    settings::{Algorithm, OrderBy},
};

/// What a scan saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Below its root.
    pub path: RelativePath,
    /// Its length; of a link: of its target.
    pub size_bytes: u64,
    /// When its content changed last.
    pub mtime_ns: UnixNanos,
    /// A symbolic link, not a regular file.
    pub is_symlink: bool,
    /// Permission bits.
    pub mode: u32,
    /// Its number on its filesystem.
    pub inode: u64,
    /// Names that it has.
    pub nlink: u64,
}

/// What adding did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// New to the job.
    Added(FileId),
    /// Known, and its size or time is another now.
    Changed(FileId),
    /// Known and as it was.
    Same(FileId),
}

/// SQLite's integers are signed: sizes of files fit.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// Id, size, mtime, mode, inode, links, and whether it is a symbolic link, as stored.
type StoredFile = (i64, i64, i64, Option<i64>, Option<i64>, Option<i64>, bool);

/// Adds a source file or brings its row up to date. A changed file is pending again, whatever it was.
pub fn put_source(connection: &Connection, root: RootId, seen: &Seen) -> Result<Put, JobError> {
    let known: Option<StoredFile> = connection
        .prepare_cached("SELECT id, size_bytes, mtime_ns, mode, inode, nlink, kind FROM source_file WHERE root = ?1 AND path = ?2")?
        .query_row(params![root.0, seen.path.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?, row.get(6)?))
        })
        .optional()?;
    let (size, inode, nlink) = (
        signed(seen.size_bytes),
        seen.inode.cast_signed(),
        signed(seen.nlink),
    );
    let Some((id, old_size, old_mtime, mode, old_inode, old_nlink, kind)) = known else {
        connection
            .prepare_cached("INSERT INTO source_file (root, path, size_bytes, mtime_ns, kind, mode, inode, nlink) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![root.0, seen.path.as_bytes(), size, seen.mtime_ns, seen.is_symlink, seen.mode, inode, nlink])?;
        let id = connection.last_insert_rowid();
        connection
            .prepare_cached("INSERT INTO copy_status (file, state) VALUES (?1, 0)")?
            .execute([id])?;
        return Ok(Put::Added(FileId(id)));
    };
    let content_same = old_size == size && old_mtime == seen.mtime_ns && kind == seen.is_symlink;
    if content_same
        && (mode, old_inode, old_nlink) == (Some(i64::from(seen.mode)), Some(inode), Some(nlink))
    {
        return Ok(Put::Same(FileId(id)));
    }
    connection
        .prepare_cached("UPDATE source_file SET size_bytes = ?2, mtime_ns = ?3, kind = ?4, mode = ?5, inode = ?6, nlink = ?7 WHERE id = ?1")?
        .execute(params![id, size, seen.mtime_ns, seen.is_symlink, seen.mode, inode, nlink])?;
    Ok(match content_same {
        true => Put::Same(FileId(id)),
        false => Put::Changed(FileId(id)),
    })
}

/// Adds a file of a destination or pool root, or brings its row up to date. True: something changed.
pub fn put_destination(
    connection: &Connection,
    root: RootId,
    seen: &Seen,
) -> Result<bool, JobError> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO destination_file (root, path, size_bytes, mtime_ns) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (root, path) DO UPDATE SET size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns
             WHERE size_bytes <> excluded.size_bytes OR mtime_ns <> excluded.mtime_ns",
        )?
        .execute(params![root.0, seen.path.as_bytes(), signed(seen.size_bytes), seen.mtime_ns])?;
    Ok(changed > 0)
}

/// A file was read and is another than the scan saw.
pub fn set_size_and_time(
    connection: &Connection,
    id: i64,
    size_bytes: u64,
    mtime_ns: UnixNanos,
) -> Result<(), JobError> {
    connection
        .prepare_cached("UPDATE source_file SET size_bytes = ?2, mtime_ns = ?3 WHERE id = ?1")?
        .execute(params![id, signed(size_bytes), mtime_ns])?;
    Ok(())
}

/// Takes a file off the job's list.
pub fn remove_source(connection: &Connection, file: FileId) -> Result<(), JobError> {
    connection
        .prepare_cached("DELETE FROM source_file WHERE id = ?1")?
        .execute([file.0])?;
    Ok(())
}

/// A file by its root and path.
pub fn find_source(
    connection: &Connection,
    root: RootId,
    path: &RelativePath,
) -> Result<Option<FileId>, JobError> {
    let found = connection
        .prepare_cached("SELECT id FROM source_file WHERE root = ?1 AND path = ?2")?
        .query_row(params![root.0, path.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(found.map(FileId))
}

/// The columns that [`row_of`] reads, and where they come from. `CROSS` keeps SQLite from beginning with the roots once it
/// has counted them: each page would be sorted from all files then.
const ROW: &str = "SELECT f.id, f.root, r.volume, f.path, f.size_bytes, f.mtime_ns, s.state, s.attempts, s.changed_at_ns,
    s.algorithm, s.checksum, s.destination_root, s.destination_path, s.duplicate, s.cause, s.message, f.kind, f.mode, f.inode, f.nlink
    FROM copy_status s CROSS JOIN source_file f ON f.id = s.file CROSS JOIN root r ON r.id = f.root";

/// A file with what the copy needs to know beside the ledger's row.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceFile {
    /// The ledger's row.
    pub row: FileRow,
    /// A symbolic link, not a regular file.
    pub is_symlink: bool,
    /// Permission bits; none: never seen by a scan of this version.
    pub mode: Option<u32>,
    /// Its number on its filesystem.
    pub inode: Option<u64>,
    /// Names that it has.
    pub nlink: u64,
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<SourceFile> {
    let path: Vec<u8> = row.get(3)?;
    let bad = |column: usize| {
        move |error: crate::path::NotBelow| {
            rusqlite::Error::FromSqlConversionFailure(
                column,
                rusqlite::types::Type::Blob,
                Box::new(error),
            )
        }
    };
    let path = RelativePath::new(&path).map_err(bad(3))?;
    let at = match (
        row.get::<_, Option<i64>>(11)?,
        row.get::<_, Option<Vec<u8>>>(12)?,
    ) {
        (Some(root), Some(other)) => {
            Some((RootId(root), RelativePath::new(&other).map_err(bad(12))?))
        }
        (Some(root), None) => Some((RootId(root), path.clone())),
        (None, _) => None,
    };
    let checksum = match (
        row.get::<_, Option<i64>>(9)?.and_then(algorithm_of),
        row.get::<_, Option<[u8; 32]>>(10)?,
    ) {
        (Some(algorithm), Some(value)) => Some((algorithm, value)),
        _ => None,
    };
    Ok(SourceFile {
        row: FileRow {
            id: FileId(row.get(0)?),
            root: RootId(row.get(1)?),
            volume: VolumeId(row.get(2)?),
            path,
            size_bytes: unsigned(row.get(4)?),
            mtime_ns: row.get(5)?,
            state: FileState::from_number(row.get(6)?).unwrap_or(FileState::Pending),
            attempts: row.get(7)?,
            changed_at_ns: row.get(8)?,
            checksum,
            at,
            duplicate: row
                .get::<_, Option<i64>>(13)?
                .and_then(DuplicateKind::from_number),
            cause: row
                .get::<_, Option<String>>(14)?
                .and_then(|name| Cause::from_name(&name)),
            message: row.get(15)?,
        },
        is_symlink: row.get(16)?,
        mode: row.get(17)?,
        inode: row.get::<_, Option<i64>>(18)?.map(i64::cast_unsigned),
        nlink: row.get::<_, Option<i64>>(19)?.map_or(1, unsigned),
    })
}

/// The database's number of an algorithm.
pub fn algorithm_number(algorithm: Algorithm) -> i64 {
    match algorithm {
        Algorithm::Blake3 => 0,
        Algorithm::Sha256 => 1,
    }
}

pub(super) fn algorithm_of(number: i64) -> Option<Algorithm> {
    [Algorithm::Blake3, Algorithm::Sha256]
        .into_iter()
        .find(|known| algorithm_number(*known) == number)
}

/// One file.
pub fn get(connection: &Connection, file: FileId) -> Result<Option<SourceFile>, JobError> {
    let sql = format!("{ROW} WHERE s.file = ?1");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([file.0], row_of)
        .optional()?)
}

/// Calls for each file of these states (none: all), by id, in pages, so that the snapshot is never held for long.
pub fn each(
    connection: &Connection,
    states: &[FileState],
    mut take: impl FnMut(SourceFile) -> Result<(), JobError>,
) -> Result<(), JobError> {
    let mut after = FileId(0);
    loop {
        let page = page(connection, states, after, 2000)?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.row.id;
        page.into_iter().try_for_each(&mut take)?;
    }
}

/// The next files of these states (none: all) after an id.
pub fn page(
    connection: &Connection,
    states: &[FileState],
    after: FileId,
    limit: u32,
) -> Result<Vec<SourceFile>, JobError> {
    let sql = page_sql(states);
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![after.0, limit], row_of)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Of [`page`]. Open files are taken from their index, state by state, which gives them in order: sorted all together
/// they would be read once for each page.
fn page_sql(states: &[FileState]) -> String {
    let numbers: Vec<String> = states
        .iter()
        .map(|state| state.number().to_string())
        .collect();
    let wanted = match (
        states.is_empty(),
        states.iter().all(|state| state.is_open()),
    ) {
        (true, _) => "s.file > ?1".to_owned(),
        // by the row's own number, so that no index brings another order
        (false, false) => format!("s.file > ?1 AND +s.state IN ({})", numbers.join(",")),
        (false, true) => {
            let of_state = |number: &String| {
                // the partial index's own words first: SQLite proves no more
                format!(
                    "SELECT file FROM (SELECT file FROM copy_status WHERE state IN (0, 1, 6) AND state = {number} AND file > ?1 ORDER BY file LIMIT ?2)"
                )
            };
            let each: Vec<String> = numbers.iter().map(of_state).collect();
            format!(
                "s.file IN (SELECT file FROM ({}) ORDER BY file LIMIT ?2)",
                each.join(" UNION ALL ")
            )
        }
    };
    format!("{ROW} WHERE {wanted} ORDER BY s.file LIMIT ?2")
}

/// Ids of the open files (pending, in progress, error) in the order they are to be copied. 8 bytes a file.
pub fn open_ids(connection: &Connection, order: OrderBy) -> Result<Vec<FileId>, JobError> {
    let sql = match order {
        OrderBy::Name => OPEN_BY_SCAN.to_owned(),
        OrderBy::Size => format!(
            "SELECT s.file FROM ({OPEN_BY_SCAN}) s JOIN source_file f ON f.id = s.file ORDER BY f.size_bytes, f.id"
        ),
        OrderBy::Mtime => format!(
            "SELECT s.file FROM ({OPEN_BY_SCAN}) s JOIN source_file f ON f.id = s.file ORDER BY f.mtime_ns, f.id"
        ),
    };
    let mut statement = connection.prepare(&sql)?;
    let mut ids: Vec<FileId> = statement
        .query_map([], |row| row.get(0).map(FileId))?
        .collect::<Result<_, _>>()?;
    if order == OrderBy::Name {
        ids.sort_unstable();
    }
    Ok(ids)
}

/// Answered from the partial index alone.
pub const OPEN_BY_SCAN: &str = "SELECT file FROM copy_status WHERE state IN (0, 1, 6)";

/// Paths that more than one source root has, each with its files, first added first.
pub fn same_names(connection: &Connection) -> Result<Vec<Vec<FileId>>, JobError> {
    let roots: i64 =
        connection.query_row("SELECT count(*) FROM root WHERE side = 0", [], |row| {
            row.get(0)
        })?;
    if roots < 2 {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(
        "SELECT group_concat(id) FROM (SELECT id, path FROM source_file ORDER BY path, id) GROUP BY path HAVING count(*) > 1",
    )?;
    let groups = statement.query_map([], |row| row.get::<_, String>(0))?;
    groups
        .map(|group| {
            Ok(group?
                .split(',')
                .filter_map(|id| id.parse().ok().map(FileId))
                .collect())
        })
        .collect()
}

/// Whether another file of the job or of a destination or pool root has this size.
pub fn size_is_shared(
    connection: &Connection,
    file: FileId,
    size_bytes: u64,
) -> Result<bool, JobError> {
    let sql = "SELECT EXISTS (SELECT 1 FROM source_file WHERE size_bytes = ?1 AND id <> ?2)
        OR EXISTS (SELECT 1 FROM destination_file WHERE size_bytes = ?1)";
    let shared = connection
        .prepare_cached(sql)?
        .query_row(params![signed(size_bytes), file.0], |row| row.get(0));
    Ok(shared?)
}

/// Files of a side's roots as (root, path, size, mtime), in pages after a (root, path): of `destination_file`.
pub fn destination_page(
    connection: &Connection,
    after: Option<(RootId, &[u8])>,
    limit: u32,
) -> Result<Vec<(RootId, Seen)>, JobError> {
    let (root, path) = after.map_or((0, &[][..]), |(root, path)| (root.0, path));
    let mut statement = connection.prepare_cached(
        "SELECT root, path, size_bytes, mtime_ns FROM destination_file WHERE (root, path) > (?1, ?2) ORDER BY root, path LIMIT ?3",
    )?;
    let rows = statement.query_map(params![root, path, limit], |row| {
        Ok((
            row.get::<_, i64>(0)?,
            row.get::<_, Vec<u8>>(1)?,
            row.get::<_, i64>(2)?,
            row.get::<_, i64>(3)?,
        ))
    })?;
    let mut page = Vec::new();
    for row in rows {
        let (root, path, size, mtime_ns) = row?;
        let Ok(path) = RelativePath::new(&path) else {
            continue;
        };
        page.push((RootId(root), at_destination(path, size, mtime_ns)));
    }
    Ok(page)
}

/// A file of a destination or pool root by its path.
pub fn find_destination(
    connection: &Connection,
    root: RootId,
    path: &RelativePath,
) -> Result<Option<Seen>, JobError> {
    let found = connection
        .prepare_cached(
            "SELECT size_bytes, mtime_ns FROM destination_file WHERE root = ?1 AND path = ?2",
        )?
        .query_row(params![root.0, path.as_bytes()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    Ok(found.map(|(size, mtime_ns)| at_destination(path.clone(), size, mtime_ns)))
}

/// How many files a destination or pool root has, and their bytes.
pub fn destination_share(connection: &Connection, root: RootId) -> Result<Share, JobError> {
    Ok(connection.query_row(
        "SELECT count(*), coalesce(sum(size_bytes), 0) FROM destination_file WHERE root = ?1",
        [root.0],
        |row| {
            Ok(Share {
                files: unsigned(row.get(0)?),
                size_bytes: unsigned(row.get(1)?),
            })
        },
    )?)
}

fn at_destination(path: RelativePath, size: i64, mtime_ns: i64) -> Seen {
    Seen {
        path,
        size_bytes: unsigned(size),
        mtime_ns,
        is_symlink: false,
        mode: 0,
        inode: 0,
        nlink: 1,
    }
}

/// Takes a file off the list of a destination or pool root.
pub fn remove_destination(
    connection: &Connection,
    root: RootId,
    path: &RelativePath,
) -> Result<(), JobError> {
    connection
        .prepare_cached("DELETE FROM destination_file WHERE root = ?1 AND path = ?2")?
        .execute(params![root.0, path.as_bytes()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;
    use crate::{
        clock::Clock,
        job::{Job, Side, place::JobPlace, roots},
        path::VolumeId,
    };

    /// Steps of SQLite's machine for the first page of 100.
    fn steps(files: u64, states: &[FileState]) -> i32 {
        let dir = tempfile::tempdir().unwrap();
        let clock = std::sync::Arc::new(Clock::system());
        let job = Job::create(JobPlace::new(dir.path(), "j", None), &clock).unwrap();
        let put = move |transaction: &rusqlite::Transaction<'_>| {
            let located = crate::engine::volume::Located {
                volume: VolumeId("id:v".into()),
                path: Vec::new(),
            };
            let root = roots::put(transaction, Side::Source, &located, "/".as_ref(), false)?;
            for number in 0..files {
                let path = RelativePath::new(format!("f{number}").as_bytes()).unwrap();
                put_source(transaction, root, &at_destination(path, 1, 0))?;
            }
            Ok(())
        };
        job.writer.write(put).unwrap();
        // as the writer does when a run ends: what SQLite counted must not change its plan
        let counted = |connection: &mut Connection| Ok(connection.execute_batch("ANALYZE")?);
        job.writer.with_connection(counted).unwrap();
        let reader = job.read().unwrap();
        let mut statement = reader.prepare(&page_sql(states)).unwrap();
        let rows = statement.query_map([0, 100], row_of).unwrap();
        assert_eq!(rows.count(), 100);
        statement.get_status(StatementStatus::VmStep)
    }

    #[test]
    fn r02_a_page_costs_the_same_however_many_files_there_are() {
        let open = [FileState::Pending, FileState::InProgress, FileState::Error];
        let mixed = [FileState::Pending, FileState::Done, FileState::Missing];
        for states in [&[][..], &open, &mixed] {
            let (few, many) = (steps(400, states), steps(4_000, states));
            assert!(
                many < few * 2,
                "{few} steps for 400 files, {many} for 4,000"
            );
        }
    }
}
