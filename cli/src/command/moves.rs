//! Commands that look at files and move them, one phase each: analyze, checksum, copy, resume.

use std::{path::PathBuf, time::Instant};

use clap::ArgMatches;
use serde_json::json;

use super::{
    AnalyzeArgs, ChecksumArgs, CopyArgs, Copying, ResumeArgs, SideName, Tuning,
    error::CommandError,
    session::{Ended, Session},
    tuning,
};
use crate::{
    exit::ExitCode,
    job::{self, Job, JobError, Side, cache::Cache, ledger, operations},
    phases::{
        Outcome, Work, analyze, checksum, closing,
        copy::{self, Options},
        places,
    },
    preflight,
    settings::Settings,
    terminal::answers,
};

/// How a copy is run beside its settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct CopyManner {
    pub(super) command: &'static str,
    /// Measure, advise and estimate first.
    pub(super) preflight: bool,
    /// The buffer was chosen by the person: no advice changes it.
    pub(super) tuned_buffer: bool,
    /// `--error-on-no-transfer`.
    pub(super) error_on_nothing: bool,
}

impl CopyManner {
    pub(super) fn of(command: &'static str, typed: &Copying) -> Self {
        CopyManner {
            command,
            preflight: !typed.no_preflight,
            tuned_buffer: typed.tuning.buffer_size.is_some(),
            error_on_nothing: typed.error_on_no_transfer,
        }
    }
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
        let mut document = answers::Analyzed::default();
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
            code = match scanned.exit_code() {
                ExitCode::Ok => code,
                other => other,
            };
            text.push(format!(
                "{word}: {} files, {} symbolic links, {} new, {} changed, {} missing, {} unreadable",
                scanned.files, scanned.symlinks, scanned.added_files, scanned.changed_files, scanned.missing_files, scanned.unreadable
            ));
            match side {
                Side::Source => document.source = Some(scanned),
                Side::Destination | Side::Pool => document.destination = Some(scanned),
            }
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
            threads: arguments.threads,
            buffer_size: arguments.buffer_size,
            hash: arguments.hash,
            ..Tuning::default()
        };
        let settings = tuning::settings(Settings::default(), &typed);
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
        self.screen
            .document("checksum", &hashed, &hashed.to_string())?;
        Ok(code)
    }

    /// `ferry copy`.
    pub(super) fn copy(&self, arguments: &CopyArgs) -> Ended {
        let job = self.open(&arguments.job)?;
        let settings = tuning::settings(Settings::default(), &arguments.copying.tuning);
        self.add_dests(&job, &arguments.dest)?;
        if !self.has_dest(&job)? && !self.typed.common.dry_run {
            let dest = self.ask_path(
                "Copy to which directory?",
                "the job has no destination yet: name one with --dest",
            )?;
            self.add_dests(&job, std::slice::from_ref(&dest))?;
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
            force: arguments.copying.force,
            hang: self.hang(),
        };
        let manner = CopyManner::of("copy", &arguments.copying);
        self.copy_with(&job, settings, &options, manner)
    }

    /// `ferry resume`: what is left, with the settings of the last copy; what is typed goes before them.
    pub(super) fn resume(&self, arguments: &ResumeArgs, matches: &ArgMatches) -> Ended {
        let job = self.open(&arguments.job)?;
        let stored = stored_settings(&job)?;
        let typed = only_typed(&arguments.tuning, matches);
        let settings = tuning::settings(stored, &typed);
        let options = Options {
            sources: arguments.source.clone(),
            dests: arguments.dest.clone(),
            force: false,
            hang: self.hang(),
        };
        let manner = CopyManner {
            command: "resume",
            preflight: false,
            tuned_buffer: true,
            error_on_nothing: false,
        };
        self.copy_with(&job, settings, &options, manner)
    }

    pub(super) fn copy_with(
        &self,
        job: &Job,
        mut settings: Settings,
        options: &Options,
        manner: CopyManner,
    ) -> Ended {
        let cache = Cache::open(&job.place.cache(), &self.clock)?;
        if self.typed.common.dry_run {
            return self.show_plan(job, &cache, &settings, options);
        }
        let _slot = job::lock::Slot::take(
            job.place.dir(),
            settings.resume_manager.max_concurrent_resumes,
            &self.clock,
        )?;
        self.listen_to_signals()?;
        let said = match manner.preflight {
            true => self.look_first(job, &cache, &mut settings, options, manner.tuned_buffer)?,
            false => None,
        };
        let work = self.begin(job, &settings, manner.command)?;
        if let Some(said) = &said {
            said.write_down(&work)?;
        }
        let began = Instant::now();
        let ended = copy::run(&work, &cache, options);
        let outcome = match ended {
            Ok(outcome) => outcome,
            Err(error) => {
                work.finish(manner.command, error.exit_code(), None)?;
                return Err(error.into());
            }
        };
        // a run that was stopped, or in which most files failed, teaches nothing about its pace
        let came_through =
            outcome.stopped.is_none() && outcome.touched_files > outcome.failed_files;
        if let Some(said) = said.filter(|_| came_through) {
            said.hold_against(&work, &cache, began.elapsed())?;
        }
        let nothing =
            outcome.touched_files == 0 && outcome.failed_files == 0 && outcome.stopped.is_none();
        let code = match nothing && manner.error_on_nothing {
            true => ExitCode::NothingToDo,
            false => outcome.exit_code(),
        };
        self.end_copy(&work, options, manner.command, code)
    }

    fn end_copy(&self, work: &Work<'_>, options: &Options, command: &str, code: ExitCode) -> Ended {
        let untracked = self.close(work, options);
        let counts = work.finish(command, code, untracked)?;
        if !self.typed.common.json {
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
            self.screen.document(
                "summary",
                &answers::JobListed {
                    job: work.job.place.name().to_owned(),
                    counts,
                },
                &text,
            )?;
        }
        self.say_how_to_resume(work.job, code);
        Ok(code)
    }

    /// Directories, and files that the job does not know or that are gone; gives how many it does not know.
    fn close(&self, work: &Work<'_>, options: &Options) -> Option<u64> {
        if self.stop.is_asked() {
            return None;
        }
        for target in places::find(&work.job.read().ok()?, Side::Destination, &options.dests)
            .into_iter()
            .flatten()
        {
            preflight::sweep(&target.1);
        }
        let closing = match closing::run(work, options) {
            Ok(closing) => closing,
            Err(error) => {
                work.warn(format!(
                    "directories and unknown files were not looked at: {error}"
                ));
                return None;
            }
        };
        for (list, word) in [
            (&closing.untracked, "not in the job"),
            (&closing.missing, "missing"),
        ] {
            for path in &list.first {
                self.screen.note(&format!("{word}: {path}"));
            }
            let more = list.files - list.first.len() as u64;
            if more > 0 {
                self.screen.note(&format!("{word}: and {more} more"));
            }
        }
        Some(closing.untracked.files)
    }

    fn show_plan(&self, job: &Job, cache: &Cache, settings: &Settings, options: &Options) -> Ended {
        let work = self.begin(job, settings, "copy")?;
        let reader = job.read()?;
        let sources = places::open_sources(&reader, &self.disk, &options.sources)?;
        let targets =
            places::open_targets(&reader, &self.disk, &options.dests, &copy::manner(&work))?;
        if targets.is_empty() {
            let open = ledger::counts(&reader)?.pending;
            let text = format!(
                "would copy {} files, {} bytes, to a directory that is made",
                open.files, open.size_bytes
            );
            let planned = answers::Planned {
                files: open.files,
                size_bytes: open.size_bytes,
                blocked_files: 0,
                needed_bytes: None,
                free_bytes: None,
            };
            self.screen.document("plan", &planned, &text)?;
            return Ok(ExitCode::Ok);
        }
        let plan = copy::make_plan(&work, cache, &reader, &sources, &targets)?;
        let document = answers::Planned {
            files: plan.open.files,
            size_bytes: plan.open.size_bytes,
            blocked_files: plan.blocked.len() as u64,
            needed_bytes: Some(plan.needed_bytes),
            free_bytes: Some(plan.free_bytes),
        };
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
}

impl Session<'_> {
    /// Of the last run that moved files.
    pub(super) fn settings_of(&self, job: &Job) -> Result<Settings, JobError> {
        stored_settings(job)
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
