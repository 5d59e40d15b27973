//! Commands about jobs and their lists: init, list, add, remove, status, log. They read and write the ledger, no files.

use std::{
    io::IsTerminal as _,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use serde_json::json;

use super::{
    InitArgs, JobName, ListFilesArgs, LogArgs,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{
        self, Job, JobError, Side, audit,
        cache::Cache,
        files::{self, Put, SourceFile},
        ledger,
        lock::{Lock, rfc3339},
        operations,
        place::JobPlace,
        roots,
    },
    path::{JsonPath, RelativePath, hex, shown},
    phases::{analyze, places},
    settings::Settings,
};

impl Session<'_> {
    /// `ferry init`.
    pub(super) fn init(&self, arguments: &InitArgs) -> Ended {
        let place = self.place(arguments.job.job.as_deref())?;
        let is_new = !place.database().exists();
        if !self.typed.common.dry_run {
            let job = Job::create(place.clone(), &self.clock)?;
            Cache::open(&job.place.cache(), &self.clock)?;
        }
        let word = if is_new { "made" } else { "is there already" };
        let document = json!({"job": place.name(), "database": place.database(), "cache": place.cache(), "logs": place.logs(), "made": is_new});
        self.screen.document(
            "job",
            &document,
            &format!("{} {word}: {}", place.name(), place.database().display()),
        )?;
        Ok(ExitCode::Ok)
    }

    /// `ferry job list`.
    pub(super) fn list_jobs(&self) -> Ended {
        let dir = self.job_dir()?;
        for name in JobPlace::jobs_in(&dir)? {
            let place = JobPlace::new(&dir, &name, None);
            let counts = ledger::counts(&job::open_reader(&place, &self.clock)?)?;
            let text = format!(
                "{name}: {} of {} files settled",
                counts.total().files - counts.pending.files,
                counts.total().files
            );
            self.screen
                .line("job", &json!({"job": name, "counts": counts}), &text)?;
        }
        Ok(ExitCode::Ok)
    }

    /// `ferry job show`.
    pub(super) fn show_job(&self, name: &JobName) -> Ended {
        let place = self.place(name.job.as_deref())?;
        let reader = job::open_reader(&place, &self.clock)?;
        let mut lines = vec![format!("{}: {}", place.name(), place.database().display())];
        let mut all = Vec::new();
        for (side, word) in [
            (Side::Source, "source"),
            (Side::Destination, "destination"),
            (Side::Pool, "pool"),
        ] {
            for root in roots::of_side(&reader, side)? {
                lines.push(format!(
                    "{word}: {} ({})",
                    root.seen_at.display(),
                    root.located.volume
                ));
                all.push(
                    json!({"side": word, "seen_at": root.seen_at, "volume": root.located.volume.0}),
                );
            }
        }
        let document = json!({"job": place.name(), "database": place.database(), "roots": all, "counts": ledger::counts(&reader)?});
        self.screen.document("job", &document, &lines.join("\n"))?;
        Ok(ExitCode::Ok)
    }

    /// `ferry job remove`.
    pub(super) fn remove_job(&self, name: &JobName, yes: bool) -> Ended {
        let place = self.place(name.job.as_deref())?;
        place.must_exist()?;
        let question = format!(
            "delete the ledger, logs and reports of {}? Copied files stay",
            place.name()
        );
        if !self.typed.common.dry_run && !yes && !self.ask(&question, "--yes")? {
            return Ok(ExitCode::Ok);
        }
        if !self.typed.common.dry_run {
            let lock = Lock::take(&place.lock_file(), &self.clock)?;
            remove_files(&place)?;
            drop(lock);
        }
        self.screen.document(
            "job",
            &json!({"job": place.name(), "removed": true}),
            &format!("{} removed", place.name()),
        )?;
        Ok(ExitCode::Ok)
    }

    /// A question; where nobody can answer, the option that answers it.
    pub(super) fn ask(&self, question: &str, option: &str) -> Result<bool, CommandError> {
        let nobody = self.typed.common.no_input
            || !std::io::stdin().is_terminal()
            || !std::io::stderr().is_terminal();
        if nobody {
            return Err(CommandError::Unasked(format!(
                "{question}: nobody is here to answer; say so with {option}"
            )));
        }
        let asked = dialoguer::Confirm::new()
            .with_prompt(question)
            .default(false)
            .interact();
        asked.map_err(|error| CommandError::Unasked(error.to_string()))
    }

    /// `ferry add-source`.
    pub(super) fn add_source(&self, words: &[PathBuf]) -> Ended {
        let (place, dirs) = self.place_and_rest(words)?;
        let job = self.open_at(place)?;
        let settings = Settings::default();
        let reader = job.read()?;
        for dir in dirs {
            places::whole(dir)?;
        }
        for dir in dirs {
            places::add(&job, Side::Source, dir, false)?;
        }
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "add-source")?;
        let told: Vec<PathBuf> = dirs
            .iter()
            .map(|dir| places::whole(dir))
            .collect::<Result<_, _>>()?;
        let found: Vec<_> = places::find(&reader, Side::Source, &told)?
            .into_iter()
            .filter(|(_, path)| told.contains(path))
            .collect();
        let scanned = analyze::sources(&work, &found)?;
        let code = scanned.stopped.unwrap_or(if scanned.unreadable > 0 {
            ExitCode::SomeFailed
        } else {
            ExitCode::Ok
        });
        work.finish("add-source", code, None)?;
        let text = format!(
            "{} files and {} symbolic links, {} of them new, {} changed",
            scanned.files, scanned.symlinks, scanned.added_files, scanned.changed_files
        );
        self.screen.document("scan", &scanned, &text)?;
        Ok(code)
    }

    /// `ferry add-file`.
    pub(super) fn add_file(&self, words: &[PathBuf]) -> Ended {
        let (place, paths) = self.place_and_rest(words)?;
        let seen: Vec<(PathBuf, std::fs::Metadata)> = paths
            .iter()
            .map(|path| match std::fs::symlink_metadata(path) {
                Ok(meta) => Ok((path.clone(), meta)),
                Err(_) => Err(JobError::NoSuchPath(path.clone())),
            })
            .collect::<Result<_, _>>()?;
        let job = self.open_at(place)?;
        let mut added = 0;
        for (path, meta) in &seen {
            if meta.is_dir() {
                return Err(CommandError::Usage(format!(
                    "{} is a directory: add it with add-source",
                    path.display()
                )));
            }
            added += u64::from(self.add_one(&job, path, meta)?);
        }
        self.screen.document(
            "scan",
            &json!({"added_files": added}),
            &format!("{added} added"),
        )?;
        Ok(ExitCode::Ok)
    }

    /// Adds one file, wherever it lies.
    pub(super) fn add_single(&self, job: &Job, path: &Path) -> Result<(), CommandError> {
        let meta =
            std::fs::symlink_metadata(path).map_err(|_| JobError::NoSuchPath(path.to_owned()))?;
        self.add_one(job, path, &meta).map(drop)
    }

    fn add_one(
        &self,
        job: &Job,
        path: &Path,
        meta: &std::fs::Metadata,
    ) -> Result<bool, CommandError> {
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let (dir, name) = (places::whole(dir)?, path.file_name().unwrap_or_default());
        let known = places::find(&job.read()?, Side::Source, &[]).unwrap_or_default();
        let (root, below) = match analyze::below(&known, &dir.join(name)) {
            Some((root, below)) => (root.id, below),
            None => {
                let (root, _) = places::add(job, Side::Source, &dir, true)?;
                let below = RelativePath::new(name.as_bytes())
                    .map_err(|error| CommandError::Usage(error.to_string()))?;
                (root, below)
            }
        };
        let (seen, now_ns) = (analyze::seen(below, meta), self.clock.now_ns());
        let put = job.writer.write(move |transaction| {
            let put = files::put_source(transaction, root, &seen)?;
            if let Put::Added(id) = put {
                audit::append_states(
                    transaction,
                    now_ns,
                    None,
                    "added",
                    &[(job::FileState::Pending, vec![id.0])],
                )?;
            }
            Ok(put)
        })?;
        Ok(matches!(put, Put::Added(_)))
    }

    /// `ferry remove-file`.
    pub(super) fn remove_file(&self, words: &[PathBuf]) -> Ended {
        let (place, paths) = self.place_and_rest(words)?;
        let job = self.open_at(place)?;
        let reader = job.read()?;
        let ids = paths
            .iter()
            .map(|path| self.known_file(&reader, path))
            .collect::<Result<Vec<_>, _>>()?;
        let (count, now_ns) = (ids.len(), self.clock.now_ns());
        job.writer.write(move |transaction| {
            ids.iter()
                .try_for_each(|id| files::remove_source(transaction, *id))?;
            let ids = ids.iter().map(|id| id.0).collect();
            audit::append_states(
                transaction,
                now_ns,
                None,
                "removed",
                &[(job::FileState::Pending, ids)],
            )
        })?;
        self.screen.document(
            "scan",
            &json!({"removed_files": count}),
            &format!("{count} taken off the list"),
        )?;
        Ok(ExitCode::Ok)
    }

    /// A file of the job by its relative path, or by its path on this machine.
    pub(super) fn known_file(
        &self,
        reader: &rusqlite::Connection,
        path: &Path,
    ) -> Result<job::FileId, CommandError> {
        let sources = roots::of_side(reader, Side::Source)?;
        if let Ok(relative) = RelativePath::from_path(path) {
            for root in &sources {
                if let Some(id) = files::find_source(reader, root.id, &relative)? {
                    return Ok(id);
                }
            }
        }
        let whole = std::path::absolute(path)?;
        let placed: Vec<_> = sources
            .into_iter()
            .map(|root| {
                let at = root.seen_at.clone();
                (root, at)
            })
            .collect();
        for (root, top) in &placed {
            let below = whole
                .strip_prefix(top)
                .ok()
                .and_then(|below| RelativePath::from_path(below).ok());
            if let Some(below) = below
                && let Some(id) = files::find_source(reader, root.id, &below)?
            {
                return Ok(id);
            }
        }
        Err(JobError::NotInJob(path.display().to_string()).into())
    }

    /// `ferry list-files`.
    pub(super) fn list_files(&self, arguments: &ListFilesArgs) -> Ended {
        let reader = job::open_reader(&self.place(arguments.job.job.as_deref())?, &self.clock)?;
        let mut failed = None;
        if arguments.csv {
            self.screen
                .raw(b"volume,path,size_bytes,mtime_ns,state,attempts,checksum,message\n")?;
        }
        files::each(&reader, &arguments.status, |file| {
            if failed.is_none() {
                failed = self.list_one(arguments, &file).err();
            }
            Ok(())
        })?;
        match failed {
            // a reader that closed its end has seen enough
            Some(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::Ok),
            Some(error) => Err(error.into()),
            None => Ok(ExitCode::Ok),
        }
    }

    fn list_one(&self, arguments: &ListFilesArgs, file: &SourceFile) -> std::io::Result<()> {
        let row = &file.row;
        if arguments.null {
            return self.screen.raw(&[row.path.as_bytes(), b"\0"].concat());
        }
        let checksum = row.checksum.map(|(_, value)| hex(&value));
        if arguments.csv {
            return self.screen.raw(&csv_line(file, checksum.as_deref())?);
        }
        let document = json!({
            "volume": row.volume.0, "file": JsonPath::of(row.path.as_bytes()), "size_bytes": row.size_bytes,
            "mtime_ns": row.mtime_ns, "state": row.state, "attempts": row.attempts, "checksum": checksum,
            "duplicate": row.duplicate, "cause": row.cause, "message": row.message,
        });
        let text = format!(
            "{}\t{}\t{}\t{}",
            row.volume,
            row.state.name(),
            row.size_bytes,
            shown(row.path.as_bytes())
        );
        self.screen.line("file", &document, &text)
    }

    /// `ferry status`.
    pub(super) fn status(&self, name: &JobName) -> Ended {
        let place = self.place(name.job.as_deref())?;
        let reader = job::open_reader(&place, &self.clock)?;
        let counts = ledger::counts(&reader)?;
        let latest = operations::latest(&reader, None)?;
        let holder = Lock::holder(&place.lock_file());
        let last_ns = operations::all(&reader)?
            .iter()
            .filter_map(|operation| operation.checkpoint_at_ns)
            .max();
        let shares = ledger::shares(&reader)?;
        let states: serde_json::Map<String, serde_json::Value> = shares
            .iter()
            .map(|(state, share)| (state.name().to_owned(), json!(share)))
            .collect();
        let percent = f64::from(counts.hundredths_of_percent()) / 100.0;
        let checked = verified(&reader)?;
        let document = json!({
            "job": place.name(), "states": states, "counts": counts, "percent": percent,
            "phase": latest.as_ref().map(|operation| operation.phase.clone()),
            "last_checkpoint": last_ns.map(rfc3339), "running": holder, "copied_and_read_back": counts.copied,
            "mismatched_files": checked.mismatched, "unverified_files": counts.pending.files, "verification": checked.later,
        });
        let mut lines = vec![format!(
            "{}: {percent:.2} % of {} files settled",
            place.name(),
            counts.total().files
        )];
        lines.extend(shares.iter().map(|(state, share)| {
            format!(
                "  {:<13}{:>10} files {:>18}",
                state.name(),
                share.files,
                bytesize::ByteSize(share.size_bytes)
                    .display()
                    .iec()
                    .to_string()
            )
        }));
        lines.push(format!(
            "verified {} files, mismatched {}, unverified {}",
            counts.copied.files, checked.mismatched, counts.pending.files
        ));
        lines.extend(latest.map(|operation| {
            format!(
                "last: {} ({})",
                operation.command,
                operation.outcome.unwrap_or(operation.phase)
            )
        }));
        lines.extend(last_ns.map(|at| format!("last checkpoint: {}", rfc3339(at))));
        lines.push(match &holder {
            Some(holder) => format!(
                "running: pid {} on {}, since {}",
                holder.pid, holder.host, holder.since
            ),
            None => "nothing runs".to_owned(),
        });
        self.screen
            .document("status", &document, &lines.join("\n"))?;
        Ok(ExitCode::Ok)
    }

    /// `ferry log`.
    pub(super) fn log(&self, arguments: &LogArgs) -> Ended {
        let reader = job::open_reader(&self.place(arguments.job.job.as_deref())?, &self.clock)?;
        if arguments.verify {
            let entries = audit::prove(&reader)?;
            let different = audit::differences(&reader)?;
            let document = json!({"entries": entries, "different_files": different.len()});
            let text = format!(
                "{entries} entries, the chain is whole; replayed, {} files differ from the ledger",
                different.len()
            );
            self.screen.document("log", &document, &text)?;
            return Ok(if different.is_empty() {
                ExitCode::Ok
            } else {
                ExitCode::Error
            });
        }
        let since_ns = arguments
            .since
            .as_deref()
            .map_or(Ok(i64::MIN), |text| self.since(text))?;
        let file = arguments
            .file
            .as_deref()
            .map(|path| self.known_file(&reader, path))
            .transpose()?;
        let mut failed = None;
        audit::each(&reader, since_ns, |entry| {
            let wanted = arguments
                .event
                .as_ref()
                .is_none_or(|event| *event == entry.event)
                && file.is_none_or(|file| audit::concerns(&entry, file.0));
            if wanted && failed.is_none() {
                let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap_or_default();
                let document = json!({"seq": entry.seq, "at": rfc3339(entry.at_ns), "operation": entry.operation, "event": entry.event, "body": body});
                let text = format!(
                    "{} {} {} {}",
                    rfc3339(entry.at_ns),
                    entry.operation.as_deref().unwrap_or("-"),
                    entry.event,
                    entry.body
                );
                failed = self.screen.line("log", &document, &text).err();
            }
            Ok(failed.is_none())
        })?;
        if let Some(file) = file {
            for attempt in ledger::attempts(&reader, file)? {
                let of = &attempt.attempt;
                let document = json!({
                    "attempt": attempt.number, "at": rfc3339(attempt.at_ns), "state": attempt.state, "moved_bytes": of.moved_bytes,
                    "source_checksum": of.source_checksum.map(|value| hex(&value)),
                    "destination_checksum": of.destination_checksum.map(|value| hex(&value)), "error": attempt.error,
                });
                let text = format!(
                    "{} attempt {}: {}{}",
                    rfc3339(attempt.at_ns),
                    attempt.number,
                    attempt.state.name(),
                    attempt
                        .error
                        .as_ref()
                        .map(|error| format!(", {error}"))
                        .unwrap_or_default()
                );
                self.screen.line("attempt", &document, &text)?;
            }
        }
        Ok(ExitCode::Ok)
    }

    /// `2h` before now, or a time.
    fn since(&self, text: &str) -> Result<i64, CommandError> {
        if let Ok(before) = humantime::parse_duration(text) {
            let before_ns = i64::try_from(before.as_nanos()).unwrap_or(i64::MAX);
            return Ok(self.clock.now_ns().saturating_sub(before_ns));
        }
        let at = humantime::parse_rfc3339_weak(text);
        let at = at.map_err(|_| {
            CommandError::Usage(format!(
                "--since {text}: write 2h, or a time such as 2026-11-28T07:00:00"
            ))
        })?;
        let since = at.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Ok(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

struct Checked {
    mismatched: i64,
    later: serde_json::Value,
}

fn verified(reader: &rusqlite::Connection) -> Result<Checked, JobError> {
    use crate::job::verification::{self, Depth};
    let mismatched = ledger::count_of_cause(reader, job::Cause::Mismatch)?;
    let mut later = serde_json::Map::new();
    for (depth, word) in [(Depth::Shallow, "shallow"), (Depth::Deep, "deep")] {
        let tally: Vec<_> = verification::tally(reader, depth)?
            .into_iter()
            .map(|(finding, files)| json!({"finding": finding, "files": files}))
            .collect();
        later.insert(word.into(), tally.into());
    }
    Ok(Checked {
        mismatched,
        later: later.into(),
    })
}

/// One line of CSV; the path's bytes as they are.
fn csv_line(file: &SourceFile, checksum: Option<&str>) -> std::io::Result<Vec<u8>> {
    let row = &file.row;
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        row.volume.0.as_bytes(),
        row.path.as_bytes(),
        row.size_bytes.to_string().as_bytes(),
        row.mtime_ns.to_string().as_bytes(),
        row.state.name().as_bytes(),
        row.attempts.to_string().as_bytes(),
        checksum.unwrap_or("").as_bytes(),
        row.message.as_deref().unwrap_or("").as_bytes(),
    ])?;
    writer.flush()?;
    writer
        .into_inner()
        .map_err(|error| std::io::Error::other(error.to_string()))
}

fn remove_files(place: &JobPlace) -> Result<(), CommandError> {
    let database = place.database();
    let beside = |ending: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(ending);
        PathBuf::from(name)
    };
    for path in [
        beside("-wal"),
        beside("-shm"),
        database.clone(),
        place.lock_file(),
    ] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(JobError::Io {
                    path,
                    source: error,
                }
                .into());
            }
            _ => {}
        }
    }
    match std::fs::remove_dir_all(place.reports()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(JobError::Io {
            path: place.reports(),
            source: error,
        }
        .into()),
        _ => Ok(()),
    }
}
