//! Commands about jobs as a whole: init, list, show, remove. They read and write the ledger, no files of the job.

use std::{io::IsTerminal as _, path::PathBuf};

use super::{
    InitArgs, JobName,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{self, Job, JobError, Side, cache::Cache, ledger, lock::Lock, place::JobPlace, roots},
    terminal::answers,
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
        let document = answers::JobMade {
            job: place.name().to_owned(),
            database: place.database().display().to_string(),
            cache: place.cache().display().to_string(),
            logs: place.logs().display().to_string(),
            made: is_new,
        };
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
            let job = name;
            self.screen
                .line("job", &answers::JobListed { job, counts }, &text)?;
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
                all.push(answers::RootShown {
                    side: word,
                    seen_at: root.seen_at.display().to_string(),
                    volume: root.located.volume.0,
                });
            }
        }
        let document = answers::JobShown {
            job: place.name().to_owned(),
            database: place.database().display().to_string(),
            roots: all,
            counts: ledger::counts(&reader)?,
        };
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
        let removed = !self.typed.common.dry_run;
        let word = if removed {
            "removed"
        } else {
            "would be removed"
        };
        let document = answers::JobRemoved {
            job: place.name().to_owned(),
            removed,
        };
        self.screen
            .document("job", &document, &format!("{} {word}", place.name()))?;
        Ok(ExitCode::Ok)
    }

    /// A path that is missing; where nobody can answer, what to type instead.
    pub(super) fn ask_path(&self, question: &str, missing: &str) -> Result<PathBuf, CommandError> {
        if self.nobody_answers() {
            return Err(CommandError::Usage(missing.to_owned()));
        }
        let asked = dialoguer::Input::<String>::new()
            .with_prompt(question)
            .interact_text();
        asked
            .map(PathBuf::from)
            .map_err(|error| CommandError::Unasked(error.to_string()))
    }

    fn nobody_answers(&self) -> bool {
        self.typed.common.no_input
            || !std::io::stdin().is_terminal()
            || !std::io::stderr().is_terminal()
    }

    /// A question; where nobody can answer, the option that answers it.
    pub(super) fn ask(&self, question: &str, option: &str) -> Result<bool, CommandError> {
        if self.nobody_answers() {
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
