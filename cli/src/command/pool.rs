//! `ferry pool …`: directories that are looked through for content that need not be written again. They are indexed and
//! never written; their checksums are in the shared cache.

use std::path::{Path, PathBuf};

use super::{
    JobName, PoolCommand,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{self, Side, cache::Cache, files, roots},
    path::RelativePath,
    phases::{Outcome, analyze, checksum, places},
    settings::Settings,
    terminal::{answers, words},
};

impl Session<'_> {
    pub(super) fn pool(&self, command: &PoolCommand) -> Ended {
        match command {
            PoolCommand::Add(arguments) => self.pool_add(&arguments.words),
            PoolCommand::List(job) => self.pool_list(job),
            PoolCommand::Has(arguments) => self.pool_has(&arguments.words),
            PoolCommand::EnsureChecksums(job) => self.pool_checksums(job),
        }
    }

    /// `ferry pool add`.
    pub(super) fn pool_add(&self, words: &[PathBuf]) -> Ended {
        let (place, dirs) = self.place_and_rest(words)?;
        let job = self.open_at(place)?;
        for dir in dirs {
            places::whole(dir)?;
        }
        let mut added = Vec::new();
        for dir in dirs {
            added.push(places::add(&job, Side::Pool, dir, false)?.0);
        }
        self.listen_to_signals()?;
        let settings = Settings::default();
        let work = self.begin(&job, &settings, "pool")?;
        let found: Vec<_> = places::find(&job.read()?, Side::Pool, dirs)?
            .into_iter()
            .filter(|(root, _)| added.contains(&root.id))
            .collect();
        let scanned = analyze::destinations(&work, &found)?;
        let code = scanned.exit_code();
        work.finish("pool", code, None)?;
        let text = format!(
            "{} in the pool, {} new or changed, {} gone; `ferry pool ensure-checksums` makes their content known, `ferry copy --dedup skip` uses it",
            words::files(scanned.files),
            words::grouped(scanned.added_files),
            words::grouped(scanned.missing_files)
        );
        self.screen.document("scan", &scanned, &text)?;
        Ok(code)
    }

    fn pool_list(&self, name: &JobName) -> Ended {
        let reader = job::open_reader(&self.place(name.job.as_deref())?, &self.clock)?;
        for root in roots::of_side(&reader, Side::Pool)? {
            let share = files::destination_share(&reader, root.id)?;
            let answer = answers::Pool {
                directory: root.seen_at.display().to_string(),
                volume: root.located.volume.0,
                files: share.files,
                size_bytes: share.size_bytes,
            };
            let text = format!(
                "{}\t{}\t{}",
                answer.directory,
                words::files(answer.files),
                words::bytes(answer.size_bytes)
            );
            self.screen.line("pool", &answer, &text)?;
        }
        Ok(ExitCode::Ok)
    }

    /// 0: the index knows the path, below a pool directory or on this machine; 1: it does not.
    fn pool_has(&self, words: &[PathBuf]) -> Ended {
        let (place, paths) = self.place_and_rest(words)?;
        let reader = job::open_reader(&place, &self.clock)?;
        let pools = roots::of_side(&reader, Side::Pool)?;
        let mut code = ExitCode::Ok;
        for path in paths {
            let found = pool_file(&reader, &pools, path)?;
            let text = match &found {
                Some((directory, seen)) => {
                    format!(
                        "{directory}/{}\t{}",
                        seen.path,
                        words::bytes(seen.size_bytes)
                    )
                }
                None => format!("{}: not in the pool", path.display()),
            };
            if found.is_none() {
                code = ExitCode::Error;
            }
            let answer = answers::PoolFile {
                asked: path.display().to_string(),
                is_there: found.is_some(),
                directory: found.as_ref().map(|(directory, _)| directory.clone()),
                size_bytes: found.as_ref().map(|(_, seen)| seen.size_bytes),
            };
            self.screen.line("pool_file", &answer, &text)?;
        }
        Ok(code)
    }

    fn pool_checksums(&self, name: &JobName) -> Ended {
        let job = self.open(name)?;
        let settings = Settings::default();
        let cache = Cache::open(&job.place.cache(), &self.clock)?;
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "pool")?;
        let which = checksum::Which {
            side: Side::Pool,
            anew: false,
        };
        let hashed = checksum::run(&work, &cache, which, &[])?;
        let code = Outcome::from(hashed).exit_code();
        work.finish("pool", code, None)?;
        self.screen
            .document("checksum", &hashed, &hashed.to_string())?;
        Ok(code)
    }
}

/// The row of a path: as typed below a pool directory, or as a path of this machine.
fn pool_file(
    reader: &rusqlite::Connection,
    pools: &[roots::Root],
    path: &Path,
) -> Result<Option<(String, files::Seen)>, CommandError> {
    let whole = std::path::absolute(path)?;
    for root in pools {
        let below = match path.is_absolute() {
            true => None,
            false => RelativePath::from_path(path).ok(),
        };
        let on_machine = whole
            .strip_prefix(&root.seen_at)
            .ok()
            .and_then(|below| RelativePath::from_path(below).ok());
        for path in [below, on_machine].into_iter().flatten() {
            if let Some(seen) = files::find_destination(reader, root.id, &path)? {
                return Ok(Some((root.seen_at.display().to_string(), seen)));
            }
        }
    }
    Ok(None)
}
