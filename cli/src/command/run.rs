//! `ferry run`: all phases in one command.

use std::path::{Path, PathBuf};

use super::{
    RunArgs, Stage,
    error::CommandError,
    moves::CopyManner,
    session::{Ended, Session},
    tuning,
    verification::depth_of,
};
use crate::{
    exit::ExitCode,
    job::{Job, Side, place::JobPlace},
    phases::{analyze, copy::Options, places, verify},
    settings::Settings,
};

impl Session<'_> {
    /// `ferry run`.
    pub(super) fn run(&self, arguments: &RunArgs) -> Ended {
        let Some((dest, sources)) = arguments.places.split_last() else {
            return Err(CommandError::Usage(
                "name sources and, last, the destination".into(),
            ));
        };
        let settings = tuning::settings(Settings::default(), &arguments.copying.tuning);
        for source in sources {
            places::whole(source)?;
        }
        let place = self.place_of_run(arguments, sources, dest)?;
        let job = match self.typed.common.dry_run {
            true => Job::scratch(&place, &self.clock)?,
            false => {
                let job = Job::create(place, &self.clock)?;
                self.log_job(&job.place)?;
                job
            }
        };
        self.add_run_places(&job, sources, dest)?;
        self.listen_to_signals()?;
        let scanned = self.scan_run(&job, &settings)?;
        if let Some(code) = scanned.stopped {
            self.say_how_to_resume(&job, code);
            return Ok(code);
        }
        let options = Options {
            force: arguments.copying.force,
            hang: self.hang(),
            ..Options::default()
        };
        let manner = CopyManner::of("run", &arguments.copying);
        let copied = self.copy_with(&job, settings.clone(), &options, manner)?;
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
        let depth = depth_of(stage);
        let command = verify::command_of(depth);
        let work = self.begin(job, settings, command)?;
        let outcome = verify::run(&work, depth, false, &[])?;
        let code = verify::exit_code(&outcome);
        work.finish(command, code, None)?;
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
