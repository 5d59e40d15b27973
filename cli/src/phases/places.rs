//! Finds the roots of a job where they are now: a mount point that moved changes nothing, one that is absent is an
//! error before anything is written into the empty directory in its place.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;

use super::{PhaseError, Work};
use crate::{
    destination::local::{LocalDirectory, Manner},
    engine::{disk::Disk, tree::Tree, volume},
    job::{
        Job, JobError, RootId, Side,
        roots::{self, Root},
    },
};

/// A source root, open.
#[derive(Debug)]
pub struct Source {
    /// Its row.
    pub root: Root,
    /// Where it is now.
    pub path: PathBuf,
    /// To reach files below it.
    pub tree: Tree,
}

/// A destination root, open.
#[derive(Debug)]
pub struct Target {
    /// Its row.
    pub root: Root,
    /// Where it is now.
    pub path: PathBuf,
    /// To read and write below it.
    pub directory: LocalDirectory,
}

/// Where the roots of a side are now. `told`: places that were named on the command line, which may be new ones of
/// roots that moved.
pub fn find(
    connection: &Connection,
    side: Side,
    told: &[PathBuf],
) -> Result<Vec<(Root, PathBuf)>, PhaseError> {
    let told: Vec<(PathBuf, volume::Located)> = told
        .iter()
        .map(|path| Ok((whole(path)?, located(path)?)))
        .collect::<Result<_, PhaseError>>()?;
    let known = roots::of_side(connection, side)?;
    let found = known.into_iter().map(|root| {
        let named = told.iter().find(|(_, located)| *located == root.located);
        let path = named
            .map(|(path, _)| path.clone())
            .or_else(|| volume::find(&root.located, &root.seen_at));
        match path {
            Some(path) => Ok((root, path)),
            None => Err(PhaseError::NotFound(absent(&root, side))),
        }
    });
    found.collect()
}

fn absent(root: &Root, side: Side) -> String {
    let (what, option) = match side {
        Side::Source => ("source", "--source"),
        Side::Destination => ("destination", "--dest"),
        Side::Pool => ("pool directory", "pool add"),
    };
    format!(
        "the {what} {} is not there (filesystem {}): connect or mount it; if it moved, say where with {option}",
        root.seen_at.display(),
        root.located.volume
    )
}

/// The absolute path, links followed.
pub fn whole(path: &Path) -> Result<PathBuf, PhaseError> {
    std::fs::canonicalize(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => JobError::NoSuchPath(path.to_owned()).into(),
        _ => JobError::Io {
            path: path.to_owned(),
            source,
        }
        .into(),
    })
}

/// Which filesystem a directory is on.
pub fn located(path: &Path) -> Result<volume::Located, PhaseError> {
    volume::locate(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => JobError::NoSuchPath(path.to_owned()).into(),
        _ => JobError::Io {
            path: path.to_owned(),
            source,
        }
        .into(),
    })
}

/// Adds a root to the job, or notes where a known one is now.
pub fn add(
    job: &Job,
    side: Side,
    path: &Path,
    listed_only: bool,
) -> Result<(RootId, PathBuf), PhaseError> {
    let (path, located) = (whole(path)?, located(path)?);
    if !path.is_dir() {
        return Err(PhaseError::Usage(format!(
            "{} is not a directory",
            path.display()
        )));
    }
    let seen_at = path.clone();
    let id = job
        .writer
        .write(move |transaction| roots::put(transaction, side, &located, &seen_at, listed_only))?;
    Ok((id, path))
}

/// Opens the source roots.
pub fn open_sources(
    connection: &Connection,
    disk: &Arc<dyn Disk>,
    told: &[PathBuf],
) -> Result<Vec<Source>, PhaseError> {
    let found = find(connection, Side::Source, told)?;
    let opened = found.into_iter().map(|(root, path)| {
        let dir = disk.open_root(&path).map_err(|source| JobError::Io {
            path: path.clone(),
            source,
        })?;
        Ok(Source {
            root,
            path,
            tree: Tree::new(dir),
        })
    });
    opened.collect()
}

/// Opens the destination roots.
pub fn open_targets(
    connection: &Connection,
    disk: &Arc<dyn Disk>,
    told: &[PathBuf],
    manner: &Manner,
) -> Result<Vec<Target>, PhaseError> {
    let found = find(connection, Side::Destination, told)?.into_iter();
    found
        .map(|(root, path)| open_target(root, path, disk, manner))
        .collect()
}

/// Opens the pool roots that are there; one that is not costs duplicates that are not found, and a warning.
pub fn open_pools(
    connection: &Connection,
    work: &Work<'_>,
    manner: &Manner,
) -> Result<Vec<Target>, PhaseError> {
    let mut pools = Vec::new();
    for root in roots::of_side(connection, Side::Pool)? {
        match volume::find(&root.located, &root.seen_at) {
            Some(path) => pools.push(open_target(root, path, &work.disk, manner)?),
            None => work.warn(absent(&root, Side::Pool)),
        }
    }
    Ok(pools)
}

fn open_target(
    root: Root,
    path: PathBuf,
    disk: &Arc<dyn Disk>,
    manner: &Manner,
) -> Result<Target, PhaseError> {
    let dir = disk.open_root(&path).map_err(|source| JobError::Io {
        path: path.clone(),
        source,
    })?;
    Ok(Target {
        root,
        path,
        directory: LocalDirectory::new(dir, manner.clone()),
    })
}
