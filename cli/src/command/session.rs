//! What every command has at hand: what was typed, the screen, the clock, and how it is told to stop.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Arguments, JobName, error::CommandError};
use crate::{
    clock::Clock,
    engine::{disk::Disk, os_disk::OsDisk, signals, stop::Stop},
    exit::ExitCode,
    job::{Job, JobError, Side, place::JobPlace, roots},
    phases::{Work, copy::Hang},
    settings::Settings,
    terminal::{Manner, Screen},
};

/// How a command ends.
pub(super) type Ended = Result<ExitCode, CommandError>;

/// Of one command.
pub(super) struct Session<'a> {
    pub(super) typed: &'a Arguments,
    pub(super) screen: Arc<Screen>,
    pub(super) clock: Arc<Clock>,
    pub(super) stop: Stop,
    /// Two listeners would take one Ctrl-C for two.
    listening: Cell<bool>,
    pub(super) disk: Arc<dyn Disk>,
}

impl<'a> Session<'a> {
    pub(super) fn new(typed: &'a Arguments) -> Self {
        let common = &typed.common;
        let manner = Manner {
            json: common.json,
            quiet: common.quiet,
            no_progress: common.no_progress,
            verbose: common.verbose,
        };
        Session {
            typed,
            screen: Arc::new(Screen::new(manner)),
            clock: Arc::new(Clock::system()),
            stop: Stop::new(),
            listening: Cell::new(false),
            disk: Arc::new(OsDisk),
        }
    }

    /// From now on Ctrl-C stops in two stages. A command of several phases may ask for it again.
    pub(super) fn listen_to_signals(&self) -> Result<(), CommandError> {
        if self.listening.replace(true) {
            return Ok(());
        }
        let (first, status) = (self.screen.clone(), self.screen.clone());
        signals::listen(
            &self.stop,
            move |name| {
                first.note(&format!(
                    "{name}: what is in hand is finished or dropped; once more stops at once"
                ))
            },
            move || status.say_progress(),
        )?;
        Ok(())
    }

    /// `--job-dir`, else below the user's data.
    pub(super) fn job_dir(&self) -> Result<PathBuf, CommandError> {
        if let Some(dir) = &self.typed.common.job_dir {
            return Ok(dir.clone());
        }
        let dirs = directories::BaseDirs::new();
        let dirs = dirs.ok_or_else(|| {
            CommandError::Usage("there is no home directory: name one with --job-dir".into())
        })?;
        Ok(dirs.data_dir().join("ferry").join("jobs"))
    }

    /// A job by its word, or by `--job-name`.
    pub(super) fn place(&self, word: Option<&Path>) -> Result<JobPlace, CommandError> {
        let common = &self.typed.common;
        let named = common.job_name.as_ref().map(PathBuf::from);
        let word = word.map(Path::to_owned).or(named);
        let word = word.ok_or_else(|| {
            CommandError::Usage(
                "which job? Name it, or give --job-name; `ferry job list` shows them".into(),
            )
        })?;
        Ok(JobPlace::typed(
            &word,
            &self.job_dir()?,
            common.checksum_db.as_deref(),
        ))
    }

    /// The job and what follows it: with `--job-name` every word follows.
    pub(super) fn place_and_rest<'w>(
        &self,
        words: &'w [PathBuf],
    ) -> Result<(JobPlace, &'w [PathBuf]), CommandError> {
        if self.typed.common.job_name.is_some() {
            return Ok((self.place(None)?, words));
        }
        match words.split_first() {
            Some((job, rest)) if !rest.is_empty() => Ok((self.place(Some(job))?, rest)),
            _ => Err(CommandError::Usage(
                "name the job first, then the paths (or give --job-name)".into(),
            )),
        }
    }

    /// Opens a job for writing; in a dry run, a copy of it.
    pub(super) fn open(&self, name: &JobName) -> Result<Job, CommandError> {
        self.open_at(self.place(name.job.as_deref())?)
    }

    /// The same, by its place.
    pub(super) fn open_at(&self, place: JobPlace) -> Result<Job, CommandError> {
        if self.typed.common.dry_run {
            place.must_exist()?;
            return Ok(Job::scratch(&place, &self.clock)?);
        }
        let job = Job::open(place, &self.clock)?;
        self.log_job(&job.place)?;
        Ok(job)
    }

    /// The job's own log file, unless another one was named.
    pub(super) fn log_job(&self, place: &JobPlace) -> Result<(), CommandError> {
        match self.typed.common.log_file {
            Some(_) => Ok(()),
            None => self.log_to(&place.logs().join(format!("{}.log", place.name()))),
        }
    }

    pub(super) fn log_to(&self, file: &Path) -> Result<(), CommandError> {
        let begun = crate::terminal::log::begin(file, self.typed.common.log_level);
        begun.map_err(|source| {
            let path = file.to_owned();
            JobError::Io { path, source }.into()
        })
    }

    /// A run that hangs is left as a kill would leave it: what is done stays done.
    pub(super) fn hang(&self) -> Hang {
        Hang {
            leave: Some(|code| std::process::exit(code.number().into())),
            ..Hang::default()
        }
    }

    /// Begins an operation.
    pub(super) fn begin<'w>(
        &'w self,
        job: &'w Job,
        settings: &'w Settings,
        command: &'static str,
    ) -> Result<Work<'w>, JobError> {
        Work::begin(
            job,
            settings,
            &*self.screen,
            &self.stop,
            self.disk.clone(),
            command,
        )
    }

    /// Adds destination roots; makes the directories that are not there.
    pub(super) fn add_dests(&self, job: &Job, dests: &[PathBuf]) -> Result<(), CommandError> {
        for dest in dests {
            if !dest.exists() && !self.typed.common.dry_run {
                std::fs::create_dir_all(dest).map_err(|source| JobError::Io {
                    path: dest.clone(),
                    source,
                })?;
            }
            if dest.exists() {
                crate::phases::places::add(job, Side::Destination, dest, false)?;
            }
        }
        Ok(())
    }

    /// Whether the job has a destination.
    pub(super) fn has_dest(&self, job: &Job) -> Result<bool, CommandError> {
        Ok(!roots::of_side(&job.read()?, Side::Destination)?.is_empty())
    }

    /// The end of a run that was stopped: how it goes on.
    pub(super) fn say_how_to_resume(&self, job: &Job, code: ExitCode) {
        if matches!(
            code,
            ExitCode::Interrupted | ExitCode::Terminated | ExitCode::GaveUp | ExitCode::Refused
        ) {
            let job = job.place.database();
            self.screen
                .note(&format!("go on with: ferry resume {}", job.display()));
        }
    }
}
