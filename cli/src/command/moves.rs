//! Commands that look at files and move them: analyze, checksum, copy, resume, verify, run.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde_json::json;

use super::{
    AnalyzeArgs, ChecksumArgs, CopyArgs, ResumeArgs, RunArgs, SideName, Stage, Tuning, VerifyArgs,
    VerifyStatusArgs,
    error::CommandError,
    session::{Ended, Session},
    tuning,
};
use crate::{
    exit::ExitCode,
    job::{
        self, Job, JobError, Side,
        cache::Cache,
        files, ledger, operations,
        place::JobPlace,
        verification::{self, Depth},
    },
    path::JsonPath,
    phases::{
        Outcome, Work, analyze, checksum,
        copy::{self, Options},
        places, verify,
    },
    settings::Settings,
};

fn usage(error: String) -> CommandError {
    CommandError::Usage(error)
}

impl Session<'_> {
    /// `ferry analyze`.
    pub(super) fn analyze(&self, arguments: &AnalyzeArgs) -> Ended {
        let job = self.open(&arguments.job)?;
        let mut settings = Settings::default();
        settings.include.clone_from(&arguments.include);
        settings.exclude.clone_from(&arguments.exclude);
        self.add_sources(&job, &arguments.source)?;
        self.add_dests(&job, &arguments.dest)?;
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "analyze")?;
        let reader = job.read()?;
        let wants = |side: &[PathBuf]| {
            !side.is_empty() || (arguments.source.is_empty() && arguments.dest.is_empty())
        };
        let mut code = ExitCode::Ok;
        let mut text = Vec::new();
        let mut document = json!({});
        for (side, word, told) in [
            (Side::Source, "source", &arguments.source),
            (Side::Destination, "destination", &arguments.dest),
        ] {
            if !wants(told) || self.stop.is_asked() {
                continue;
            }
            let found = places::find(&reader, side, told)?;
            let scanned = match side {
                Side::Source => analyze::sources(&work, &found)?,
                Side::Destination | Side::Pool => analyze::destinations(&work, &found)?,
            };
            if scanned.unreadable > 0 {
                code = ExitCode::SomeFailed;
            }
            code = scanned.stopped.unwrap_or(code);
            text.push(format!(
                "{word}: {} files, {} symbolic links, {} new, {} changed, {} missing, {} unreadable",
                scanned.files, scanned.symlinks, scanned.added_files, scanned.changed_files, scanned.missing_files, scanned.unreadable
            ));
            document[word] = json!(scanned);
        }
        work.finish("analyze", code, None)?;
        self.screen.document("scan", &document, &text.join("\n"))?;
        Ok(code)
    }

    fn add_sources(&self, job: &Job, sources: &[PathBuf]) -> Result<(), CommandError> {
        for source in sources {
            places::add(job, Side::Source, source, false)?;
        }
        Ok(())
    }

    /// `ferry checksum`.
    pub(super) fn checksum(&self, arguments: &ChecksumArgs) -> Ended {
        let job = self.open(&arguments.job)?;
        let typed = Tuning {
            threads: arguments.threads.clone(),
            buffer_size: arguments.buffer_size.clone(),
            hash: arguments.hash,
            ..Tuning::default()
        };
        let settings = tuning::settings(Settings::default(), &typed).map_err(usage)?;
        let cache = Cache::open(&job.place.cache(), &self.clock)?;
        self.listen_to_signals()?;
        let side = match arguments.side {
            SideName::Source => Side::Source,
            SideName::Dest => Side::Destination,
        };
        let work = self.begin(&job, &settings, "checksum")?;
        let hashed = checksum::run(
            &work,
            &cache,
            checksum::Which {
                side,
                anew: arguments.no_cache,
            },
            &[],
        )?;
        let code = Outcome::from(hashed).exit_code();
        work.finish("checksum", code, None)?;
        let text = format!(
            "{} of {} files hashed now, {} bytes read, {} failed",
            hashed.hashed_files, hashed.files, hashed.read_bytes, hashed.failed_files
        );
        self.screen.document("checksum", &hashed, &text)?;
        Ok(code)
    }

    /// `ferry copy`.
    pub(super) fn copy(&self, arguments: &CopyArgs) -> Ended {
        let job = self.open(&arguments.job)?;
        let settings = tuning::settings(Settings::default(), &arguments.tuning).map_err(usage)?;
        self.add_dests(&job, &arguments.dest)?;
        if !self.has_dest(&job)? {
            return Err(CommandError::Usage(
                "the job has no destination yet: name one with --dest".into(),
            ));
        }
        if arguments.no_resume {
            let question = format!(
                "forget what {} did and copy everything again",
                job.place.name()
            );
            if !self.typed.common.dry_run && !arguments.yes && !self.ask(&question, "--yes")? {
                return Ok(ExitCode::Ok);
            }
            start_over(&job)?;
        }
        let options = Options {
            sources: arguments.source.clone(),
            dests: arguments.dest.clone(),
            force: arguments.force,
        };
        self.copy_with(
            &job,
            &settings,
            &options,
            "copy",
            arguments.error_on_no_transfer,
        )
    }

    /// `ferry resume`: what is left, with the settings of the last copy; what is typed goes before them.
    pub(super) fn resume(&self, arguments: &ResumeArgs, matches: &ArgMatches) -> Ended {
        let job = self.open(&arguments.job)?;
        let stored = stored_settings(&job)?;
        let typed = only_typed(&arguments.tuning, matches);
        let settings = tuning::settings(stored, &typed).map_err(usage)?;
        let options = Options {
            sources: arguments.source.clone(),
            dests: arguments.dest.clone(),
            force: false,
        };
        self.copy_with(&job, &settings, &options, "resume", false)
    }

    fn copy_with(
        &self,
        job: &Job,
        settings: &Settings,
        options: &Options,
        command: &'static str,
        error_on_nothing: bool,
    ) -> Ended {
        let cache = Cache::open(&job.place.cache(), &self.clock)?;
        if self.typed.common.dry_run {
            return self.show_plan(job, &cache, settings, options);
        }
        let _slot = job::lock::Slot::take(
            job.place.dir(),
            settings.resume_manager.max_concurrent_resumes,
            &self.clock,
        )?;
        self.listen_to_signals()?;
        let work = self.begin(job, settings, command)?;
        let ended = copy::run(&work, &cache, options);
        let outcome = match ended {
            Ok(outcome) => outcome,
            Err(error) => {
                work.finish(command, error.exit_code(), None)?;
                return Err(error.into());
            }
        };
        let nothing =
            outcome.touched_files == 0 && outcome.failed_files == 0 && outcome.stopped.is_none();
        let code = match nothing && error_on_nothing {
            true => ExitCode::NothingToDo,
            false => outcome.exit_code(),
        };
        self.end_copy(&work, job, command, code)
    }

    fn end_copy(&self, work: &Work<'_>, job: &Job, command: &str, code: ExitCode) -> Ended {
        let untracked = self.untracked(job);
        let counts = work.finish(command, code, untracked)?;
        let text = format!(
            "{} copied, {} deduplicated, {} skipped, {} missing, {} in error, {} pending of {} files",
            counts.copied.files,
            counts.deduplicated.files,
            counts.skipped.files,
            counts.missing.files,
            counts.errored.files,
            counts.pending.files,
            counts.total().files
        );
        if !self.typed.common.json {
            self.screen
                .document("summary", &json!({"counts": counts}), &text)?;
        }
        self.say_how_to_resume(job, code);
        Ok(code)
    }

    /// Files below the sources that the job does not know.
    fn untracked(&self, job: &Job) -> Option<u64> {
        if self.stop.is_asked() {
            return None;
        }
        let found = analyze::untracked(job, 20).ok()?;
        for path in &found.first {
            self.screen.note(&format!("not in the job: {path}"));
        }
        Some(found.files)
    }

    fn show_plan(&self, job: &Job, cache: &Cache, settings: &Settings, options: &Options) -> Ended {
        let work = self.begin(job, settings, "copy")?;
        let reader = job.read()?;
        let sources = places::open_sources(&reader, &self.disk, &options.sources)?;
        let targets =
            places::open_targets(&reader, &self.disk, &options.dests, &copy::manner(&work))?;
        if targets.is_empty() {
            let open = ledger::counts(&reader)?;
            let text = format!(
                "would copy {} files, {} bytes, to a directory that is made",
                open.pending.files, open.pending.size_bytes
            );
            self.screen.document(
                "plan",
                &json!({"files": open.pending.files, "size_bytes": open.pending.size_bytes}),
                &text,
            )?;
            return Ok(ExitCode::Ok);
        }
        let plan = copy::make_plan(&work, cache, &reader, &sources, &targets)?;
        let document = json!({
            "files": plan.open.files, "size_bytes": plan.open.size_bytes, "blocked_files": plan.blocked.len(),
            "needed_bytes": plan.needed_bytes, "free_bytes": plan.free_bytes,
        });
        let text = format!(
            "would copy {} files, {} bytes; {} cannot be copied because another file has their name",
            plan.open.files,
            plan.open.size_bytes,
            plan.blocked.len()
        );
        self.screen.document("plan", &document, &text)?;
        plan.refuse_what_cannot_work(options.force)?;
        Ok(ExitCode::Ok)
    }

    /// `ferry verify`.
    pub(super) fn verify(&self, arguments: &VerifyArgs, stage: Stage) -> Ended {
        let job = self.open(&arguments.job)?;
        let typed = Tuning {
            threads: arguments.threads.clone(),
            ..Tuning::default()
        };
        let settings = tuning::settings(stored_settings(&job)?, &typed).map_err(usage)?;
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "verify")?;
        let depth = depth_of(stage);
        let outcome = verify::run(&work, depth, arguments.reverify, &arguments.dest)?;
        let code = verify::exit_code(&outcome);
        work.finish("verify", code, None)?;
        self.show_verification(&job.read()?, depth, false)?;
        Ok(code)
    }

    fn show_verification(
        &self,
        reader: &rusqlite::Connection,
        depth: Depth,
        list_equal: bool,
    ) -> Result<(), CommandError> {
        let mut failed = None;
        verification::each(reader, depth, list_equal, |result| {
            let path = files::get(reader, result.file)?.map(|file| file.row.path);
            let shown = path.as_ref().map_or(String::new(), ToString::to_string);
            let document = json!({
                "file": path.map(|path| JsonPath::of(path.as_bytes())), "finding": result.finding, "detail": result.detail,
            });
            let text = format!(
                "{}: {shown}{}",
                result.finding.name(),
                result
                    .detail
                    .map(|detail| format!(" ({detail})"))
                    .unwrap_or_default()
            );
            if failed.is_none() {
                failed = self.screen.line("verified", &document, &text).err();
            }
            Ok(())
        })?;
        failed.map_or(Ok(()), Err)?;
        self.show_tally(reader, depth)
    }

    fn show_tally(&self, reader: &rusqlite::Connection, depth: Depth) -> Result<(), CommandError> {
        let tally = verification::tally(reader, depth)?;
        let words: Vec<String> = tally
            .iter()
            .map(|(finding, files)| format!("{files} {}", finding.name()))
            .collect();
        let rows: Vec<_> = tally
            .iter()
            .map(|(finding, files)| json!({"finding": finding, "files": files}))
            .collect();
        let word = if depth == Depth::Deep {
            "deep"
        } else {
            "shallow"
        };
        let text = match words.is_empty() {
            true => format!("{word} verification: nothing is verified yet"),
            false => format!("{word} verification: {}", words.join(", ")),
        };
        self.screen.document(
            "verification",
            &json!({"stage": word, "results": rows}),
            &text,
        )?;
        Ok(())
    }

    /// `ferry verify-status`.
    pub(super) fn verify_status(&self, arguments: &VerifyStatusArgs, stage: Stage) -> Ended {
        let reader = job::open_reader(&self.place(arguments.job.job.as_deref())?, &self.clock)?;
        match arguments.summary {
            true => self.show_tally(&reader, depth_of(stage))?,
            false => self.show_verification(&reader, depth_of(stage), arguments.full)?,
        }
        Ok(ExitCode::Ok)
    }

    /// `ferry run`.
    pub(super) fn run(&self, arguments: &RunArgs) -> Ended {
        let Some((dest, sources)) = arguments.places.split_last() else {
            return Err(CommandError::Usage(
                "name sources and, last, the destination".into(),
            ));
        };
        let settings = tuning::settings(Settings::default(), &arguments.tuning).map_err(usage)?;
        for source in sources {
            places::whole(source)?;
        }
        let place = self.place_of_run(arguments, sources, dest)?;
        let job = match self.typed.common.dry_run {
            true => Job::scratch(&place, &self.clock)?,
            false => Job::create(place, &self.clock)?,
        };
        self.add_run_places(&job, sources, dest)?;
        self.listen_to_signals()?;
        let scanned = self.scan_run(&job, &settings)?;
        if let Some(code) = scanned.stopped {
            self.say_how_to_resume(&job, code);
            return Ok(code);
        }
        let options = Options {
            force: arguments.force,
            ..Options::default()
        };
        let copied = self.copy_with(
            &job,
            &settings,
            &options,
            "run",
            arguments.error_on_no_transfer,
        )?;
        if self.typed.common.dry_run || !matches!(copied, ExitCode::Ok | ExitCode::SomeFailed) {
            return Ok(copied);
        }
        let verified = self.verify_run(&job, &settings, arguments.stage)?;
        Ok(match (verified, copied, scanned.unreadable) {
            (ExitCode::Ok, ExitCode::Ok, 1..) => ExitCode::SomeFailed,
            (ExitCode::Ok, copied, _) => copied,
            (verified, ..) => verified,
        })
    }

    fn add_run_places(
        &self,
        job: &Job,
        sources: &[PathBuf],
        dest: &Path,
    ) -> Result<(), CommandError> {
        for source in sources {
            match source.is_dir() {
                true => drop(places::add(job, Side::Source, source, false)?),
                false => self.add_single(job, source)?,
            }
        }
        self.add_dests(job, std::slice::from_ref(&dest.to_owned()))
    }

    fn scan_run(&self, job: &Job, settings: &Settings) -> Result<analyze::Scanned, CommandError> {
        let work = self.begin(job, settings, "analyze")?;
        let found = places::find(&job.read()?, Side::Source, &[])?;
        let scanned = analyze::sources(&work, &found)?;
        let code = scanned.stopped.unwrap_or(ExitCode::Ok);
        work.finish("analyze", code, None)?;
        Ok(scanned)
    }

    fn verify_run(&self, job: &Job, settings: &Settings, stage: Stage) -> Ended {
        let work = self.begin(job, settings, "verify")?;
        let depth = depth_of(stage);
        let outcome = verify::run(&work, depth, false, &[])?;
        let code = verify::exit_code(&outcome);
        work.finish("verify", code, None)?;
        self.show_verification(&job.read()?, depth, false)?;
        Ok(code)
    }

    /// The job of the same places goes on: its name is made from them.
    fn place_of_run(
        &self,
        arguments: &RunArgs,
        sources: &[PathBuf],
        dest: &Path,
    ) -> Result<JobPlace, CommandError> {
        if let Some(name) = arguments
            .job
            .as_ref()
            .or(self.typed.common.job_name.as_ref())
        {
            return self.place(Some(Path::new(name)));
        }
        let mut hasher = blake3::Hasher::new();
        for place in sources.iter().map(PathBuf::as_path).chain([dest]) {
            let whole = std::path::absolute(place)?;
            hasher.update(std::os::unix::ffi::OsStrExt::as_bytes(whole.as_os_str()));
            hasher.update(&[0]);
        }
        let digest = hasher.finalize().to_hex();
        let name = dest.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{}-{}", name, digest.get(..8).unwrap_or(""));
        Ok(JobPlace::new(
            &self.job_dir()?,
            &name,
            self.typed.common.checksum_db.as_deref(),
        ))
    }
}

fn depth_of(stage: Stage) -> Depth {
    match stage {
        Stage::Shallow => Depth::Shallow,
        Stage::Deep => Depth::Deep,
    }
}

/// Of the last run that moved files.
fn stored_settings(job: &Job) -> Result<Settings, JobError> {
    let all = operations::all(&job.read()?)?;
    let moving = all
        .iter()
        .rev()
        .find(|operation| matches!(operation.command.as_str(), "copy" | "run" | "resume"));
    Ok(moving
        .and_then(|operation| serde_json::from_str(&operation.configuration).ok())
        .unwrap_or_default())
}

/// Without what only stands in configuration files: what the job ran with goes before that.
fn only_typed(tuning: &Tuning, matches: &ArgMatches) -> Tuning {
    use clap::parser::ValueSource;
    let said = |id: &str| {
        let below = matches.subcommand().map(|(_, below)| below);
        let source = below.and_then(|below| below.value_source(id));
        matches!(
            source,
            Some(ValueSource::CommandLine | ValueSource::EnvVariable)
        )
    };
    let mut typed = tuning.clone();
    macro_rules! keep {
        ($($field:ident),*) => { $( if !said(stringify!($field)) { typed.$field = Default::default(); } )* };
    }
    keep!(
        threads,
        buffer_size,
        hash,
        durability,
        dedup,
        on_conflict,
        retries,
        wait,
        order_by,
        include,
        exclude,
        bwlimit,
        max_errors,
        checkpoint_interval,
        checkpoint_time_interval,
        max_checkpoint_age_days,
        max_concurrent_resumes,
        verify_state_on_resume
    );
    typed
}

/// Every file is pending again. What lies at the destination is found there and not copied again.
fn start_over(job: &Job) -> Result<(), JobError> {
    let now_ns = job.clock.now_ns();
    job.writer.write_durably(move |transaction| {
        let all: Vec<job::FileId> = transaction
            .prepare("SELECT file FROM copy_status")?
            .query_map([], |row| row.get(0).map(job::FileId))?
            .collect::<Result<_, _>>()?;
        job::audit::append(
            transaction,
            now_ns,
            None,
            "decision",
            &json!({"start_over": true}),
        )?;
        ledger::set_state(transaction, now_ns, None, &all, job::FileState::Pending)
    })
}
