//! Rebuilds what a job says of its files from what lies there now. Scans both sides, then sets all states in one
//! transaction; the ledger as it was stays beside it as a backup. Nothing is called done without a match.

use std::path::PathBuf;

use serde_json::json;

use super::{
    Phase, PhaseError, Work, analyze, checksum, copy,
    places::{self, Target},
    work::stopped_by,
};
use crate::{
    destination::Destination as _,
    engine::{disk::Kind, hasher::Checksum, stop::Stop},
    exit::ExitCode,
    job::{
        FileId, FileState, Job, JobError, RootId, Side, audit,
        cache::{self, Cache, Key},
        files::{self, SourceFile},
        ledger::{self, Verdict},
        roots::Root,
        schema, verification,
    },
    path::RelativePath,
    settings::{Algorithm, Dedup, Trust},
};

#[cfg(test)]
mod tests;

/// Files of one page.
const PAGE: u32 = 2000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Regenerated {
    /// Files of the job.
    pub files: u64,
    /// At the destination under their names.
    pub present_files: u64,
    /// At the destination under another name.
    pub moved_files: u64,
    /// To be copied.
    pub pending_files: u64,
    /// On neither side.
    pub missing_files: u64,
    /// Whose state is another now.
    pub changed_files: u64,
    /// The ledger as it was.
    pub backup: String,
    /// It was told to stop: what the scans saw and the checksums so far are written down, no state was rebuilt.
    pub stopped: Option<ExitCode>,
}

/// Where the roots of a job are now.
struct Found {
    sources: Vec<(Root, PathBuf)>,
    targets: Vec<Target>,
}

/// Scans, compares, and sets the states.
pub fn run(work: &Work<'_>, cache: &Cache, trust: Trust) -> Result<Regenerated, PhaseError> {
    let reader = work.job.read()?;
    let sources = places::find(&reader, Side::Source, &[])?;
    let destinations = places::find(&reader, Side::Destination, &[])?;
    let targets = places::open_targets(&reader, &work.disk, &[], &copy::manner(work))?;
    drop(reader);
    let backup = back_up(work.job)?;
    analyze::sources(work, &sources)?;
    analyze::destinations(work, &destinations)?;
    if trust == Trust::Checksum {
        for side in [Side::Source, Side::Destination] {
            checksum::run(work, cache, checksum::Which { side, anew: false }, &[])?;
        }
    }
    let mut done = Regenerated {
        backup: backup.display().to_string(),
        stopped: stopped_by(work.stop),
        ..Regenerated::default()
    };
    if done.stopped.is_some() {
        return Ok(done);
    }
    work.enter(Phase::Planning, None, None)?;
    // what is found there counts as done: it has to survive a power cut
    for target in &targets {
        target.directory.make_all_durable()?;
    }
    let compare = Compare {
        found: Found { sources, targets },
        cache: work.job.place.cache(),
        algorithm: work.settings.hash,
        trust,
        dedup: work.settings.dedup,
    };
    match rebuilt(work, compare, done.clone()) {
        Err(JobError::Stopped) => {
            done.stopped = stopped_by(work.stop);
            Ok(done)
        }
        other => Ok(other?),
    }
}

/// All of it in one transaction: a job is the old one or the new one.
fn rebuilt(work: &Work<'_>, compare: Compare, told: Regenerated) -> Result<Regenerated, JobError> {
    let (now_ns, operation, stop) = (
        work.job.clock.now_ns(),
        work.operation.clone(),
        work.stop.clone(),
    );
    work.job.writer.write_durably(move |transaction| {
        let mut done = told;
        let cached = schema::open_cache_reader(&compare.cache)?;
        let mut after = FileId(0);
        loop {
            let page = files::page(transaction, &[], after, PAGE)?;
            let Some(last) = page.last() else { break };
            after = last.row.id;
            let verdicts = compare.page(transaction, &cached, &page, &mut done, &stop)?;
            done.changed_files += verdicts.len() as u64;
            let ids: Vec<FileId> = verdicts.iter().map(|verdict| verdict.file).collect();
            ledger::record(transaction, now_ns, Some(&operation), &verdicts)?;
            verification::forget(transaction, &ids)?;
        }
        let body = json!({"regenerated": done.files, "changed": done.changed_files, "backup": done.backup});
        audit::append(transaction, now_ns, Some(&operation), "decision", &body)?;
        Ok(done)
    })
}

/// `N.db.before-regenerate-1.bak`, the first number that is free.
fn back_up(job: &Job) -> Result<PathBuf, JobError> {
    let database = job.place.database();
    let target = (1..)
        .map(|number| {
            let mut name = database.as_os_str().to_owned();
            name.push(format!(".before-regenerate-{number}.bak"));
            PathBuf::from(name)
        })
        .find(|path| !path.exists())
        .unwrap_or_else(|| database.with_extension("bak"));
    schema::copy_to(&job.read()?, &target)?;
    Ok(target)
}

struct Compare {
    found: Found,
    cache: PathBuf,
    algorithm: Algorithm,
    trust: Trust,
    dedup: Dedup,
}

fn is_settled(state: FileState) -> bool {
    matches!(
        state,
        FileState::Done | FileState::Deduplicated | FileState::Skipped
    )
}

impl Compare {
    /// Files whose state or place is another than the ledger says.
    fn page(
        &self,
        ledger: &rusqlite::Connection,
        cached: &rusqlite::Connection,
        page: &[SourceFile],
        done: &mut Regenerated,
        stop: &Stop,
    ) -> Result<Vec<Verdict>, JobError> {
        let mut verdicts = Vec::new();
        for file in page {
            if stop.is_asked() {
                return Err(JobError::Stopped);
            }
            done.files += 1;
            let verdict = self.file(ledger, cached, file)?;
            match verdict.state {
                FileState::Pending => done.pending_files += 1,
                FileState::Missing => done.missing_files += 1,
                _ if verdict
                    .at
                    .as_ref()
                    .is_some_and(|(_, at)| *at != file.row.path) =>
                {
                    done.moved_files += 1;
                }
                _ => done.present_files += 1,
            }
            let row = &file.row;
            let is_as_before = (row.state, &row.at) == (verdict.state, &verdict.at)
                || (verdict.at.is_none() && row.state == verdict.state);
            if !is_as_before {
                verdicts.push(verdict);
            }
        }
        Ok(verdicts)
    }

    fn file(
        &self,
        ledger: &rusqlite::Connection,
        cached: &rusqlite::Connection,
        file: &SourceFile,
    ) -> Result<Verdict, JobError> {
        let row = &file.row;
        let here = self.source_is_there(file);
        let wanted = match here {
            true => self.source_checksum(cached, file)?,
            false => self.ledger_checksum(file),
        };
        if let Some((root, path, checksum)) = self.present(cached, file, wanted)? {
            return Ok(self.there(file, (root, path), checksum));
        }
        if self.trust == Trust::Checksum
            && !file.is_symlink
            && row.size_bytes > 0
            && let Some(checksum) = wanted
            && let Some(at) = self.elsewhere(ledger, cached, file, checksum)?
        {
            let message = Some(format!("found at {}", at.1));
            let verdict = self.there(file, at, Some(checksum));
            return Ok(Verdict { message, ..verdict });
        }
        Ok(match here {
            true => Verdict::plain(row.id, FileState::Pending),
            false => Verdict {
                message: Some("it is on neither side any more".into()),
                ..Verdict::plain(row.id, FileState::Missing)
            },
        })
    }

    /// Done when this job copied it, or its content was compared; skipped when only size and time speak for it.
    fn there(
        &self,
        file: &SourceFile,
        at: (RootId, RelativePath),
        checksum: Option<Checksum>,
    ) -> Verdict {
        let row = &file.row;
        let recorded = row.checksum.map(|(_, value)| value);
        let state = match (is_settled(row.state), self.trust) {
            (true, _) => row.state,
            (false, Trust::Checksum) => FileState::Done,
            (false, Trust::SizeAndTime) if recorded.is_some() && recorded == checksum => {
                FileState::Done
            }
            (false, Trust::SizeAndTime) => FileState::Skipped,
        };
        Verdict {
            checksum: checksum
                .map(|value| (self.algorithm, value))
                .or(row.checksum.filter(|_| is_settled(row.state))),
            duplicate: row.duplicate,
            at: Some(at),
            ..Verdict::plain(row.id, state)
        }
    }

    /// Whether another file of the job, that the source still has, goes to this path.
    fn is_owned(
        &self,
        ledger: &rusqlite::Connection,
        file: &SourceFile,
        path: &RelativePath,
    ) -> Result<bool, JobError> {
        for (root, _) in &self.found.sources {
            if let Some(id) = files::find_source(ledger, root.id, path)?
                && id != file.row.id
                && files::get(ledger, id)?.is_some_and(|owner| self.source_is_there(&owner))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn source_is_there(&self, file: &SourceFile) -> bool {
        let source = self
            .found
            .sources
            .iter()
            .find(|(root, _)| root.id == file.row.root);
        source.is_some_and(|(_, path)| {
            std::fs::symlink_metadata(path.join(file.row.path.as_path())).is_ok()
        })
    }

    fn source_checksum(
        &self,
        cached: &rusqlite::Connection,
        file: &SourceFile,
    ) -> Result<Option<Checksum>, JobError> {
        let row = &file.row;
        let Some((root, _)) = self
            .found
            .sources
            .iter()
            .find(|(root, _)| root.id == row.root)
        else {
            return Ok(None);
        };
        let key = Key::of(
            &root.located,
            &row.path,
            row.size_bytes,
            row.mtime_ns,
            self.algorithm,
        );
        Ok(cache::get(cached, &key)?.or(self.ledger_checksum(file)))
    }

    /// As the ledger has it, of what is settled: a source that changed keeps the checksum of its earlier copy.
    fn ledger_checksum(&self, file: &SourceFile) -> Option<Checksum> {
        file.row
            .checksum
            .filter(|(algorithm, _)| *algorithm == self.algorithm && is_settled(file.row.state))
            .map(|(_, value)| value)
    }

    /// Under its own name, or where the ledger says that it is.
    fn present(
        &self,
        cached: &rusqlite::Connection,
        file: &SourceFile,
        wanted: Option<Checksum>,
    ) -> Result<Option<(RootId, RelativePath, Option<Checksum>)>, JobError> {
        let row = &file.row;
        let recorded = row.at.clone().map(|(root, path)| (Some(root), path));
        for (only, path) in recorded.into_iter().chain([(None, row.path.clone())]) {
            for target in &self.found.targets {
                if only.is_some_and(|root| root != target.root.id) {
                    continue;
                }
                if let Some(checksum) = self.is_it(cached, target, &path, file, wanted)? {
                    return Ok(Some((target.root.id, path, checksum)));
                }
            }
        }
        Ok(None)
    }

    /// None: it is not. The inner value: its checksum, where one is known.
    fn is_it(
        &self,
        cached: &rusqlite::Connection,
        target: &Target,
        path: &RelativePath,
        file: &SourceFile,
        wanted: Option<Checksum>,
    ) -> Result<Option<Option<Checksum>>, JobError> {
        let row = &file.row;
        let Ok(Some(found)) = target.directory.look(path) else {
            return Ok(None);
        };
        let kind = if file.is_symlink {
            Kind::Symlink
        } else {
            Kind::File
        };
        if found.kind != kind || found.size_bytes != row.size_bytes {
            return Ok(None);
        }
        if file.is_symlink {
            let same = target.directory.hash_with(self.algorithm, path).ok();
            let ledger = row.checksum.map(|(_, value)| value);
            return Ok(same
                .filter(|(value, _)| ledger.is_none_or(|ledger| ledger == *value))
                .map(|(value, _)| Some(value)));
        }
        if self.trust == Trust::SizeAndTime {
            return Ok((found.mtime_ns == row.mtime_ns).then_some(wanted));
        }
        let key = Key::of(
            &target.root.located,
            path,
            found.size_bytes,
            found.mtime_ns,
            self.algorithm,
        );
        let theirs = cache::get(cached, &key)?;
        Ok((theirs.is_some() && theirs == wanted).then_some(theirs))
    }

    /// The content under another name of a destination. Not what is another file's own copy, unless the job is to
    /// write equal content once.
    fn elsewhere(
        &self,
        ledger: &rusqlite::Connection,
        cached: &rusqlite::Connection,
        file: &SourceFile,
        checksum: Checksum,
    ) -> Result<Option<(RootId, RelativePath)>, JobError> {
        for key in cache::with_content(cached, self.algorithm, &checksum)? {
            for target in &self.found.targets {
                let Some(path) = target.root.located.below(&key) else {
                    continue;
                };
                let found = target.directory.look(&path).ok().flatten();
                let same = found.is_some_and(|found| {
                    (found.kind, found.size_bytes, found.mtime_ns)
                        == (Kind::File, key.size_bytes, key.mtime_ns)
                });
                if same && (self.dedup == Dedup::Skip || !self.is_owned(ledger, file, &path)?) {
                    return Ok(Some((target.root.id, path)));
                }
            }
        }
        Ok(None)
    }
}
