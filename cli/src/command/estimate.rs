//! `ferry preflight`: looks at both sides, measures, advises. What is looked at is [`crate::preflight`].

use std::{path::PathBuf, time::Duration};

use super::{
    PreflightArgs,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::{FileState, Job, JobError, Side, cache::Cache, files, operations},
    path::VolumeId,
    phases::{Work, copy::Options, places},
    preflight::{self, Budget, Estimate, Learned, Preflight, Question, Sizes, Truth},
    settings::{Algorithm, Settings, Threads},
};

/// Files that are read for the measurement, at most.
const SAMPLE: usize = 64;

impl Session<'_> {
    /// Changes nothing; in a dry run it does not measure either.
    pub(super) fn preflight(&self, typed: &PreflightArgs) -> Ended {
        let Some((destination, sources)) = typed.places.split_last() else {
            return Err(CommandError::Usage(
                "name the sources and, last, the destination".into(),
            ));
        };
        let (mut sizes, mut sample) = (Sizes::default(), Vec::new());
        for source in sources {
            if !source.exists() {
                return Err(JobError::NoSuchPath(source.clone()).into());
            }
            self.count(source, &mut sizes, &mut sample);
        }
        let question = Question {
            sources,
            destination,
            sizes: &sizes,
            sample: &sample,
            budget: (!self.typed.common.dry_run).then(Budget::default),
            learned: Learned::default(),
            sha256: false,
            bwlimit_bytes_per_sec: typed.tuning.bwlimit.unwrap_or(0),
        };
        let found = preflight::inspect(&question);
        let command = found.advice.command(sources, destination);
        let text = preflight::text(&found, &command);
        self.screen.document("preflight", &found, text.trim_end())?;
        Ok(match found.shortage {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Ok,
        })
    }

    /// Before a copy: looks at both sides, says what to expect, and applies the advice where `auto` was chosen.
    pub(super) fn look_first(
        &self,
        job: &Job,
        cache: &Cache,
        settings: &mut Settings,
        options: &Options,
        tuned_buffer: bool,
    ) -> Result<Option<Said>, CommandError> {
        let reader = job.read()?;
        let sources = places::find(&reader, Side::Source, &options.sources)?;
        let destinations = places::find(&reader, Side::Destination, &options.dests)?;
        let (Some((from, _)), Some((to, destination))) = (sources.first(), destinations.first())
        else {
            return Ok(None);
        };
        let (mut sizes, mut sample) = (Sizes::default(), Vec::new());
        let open = [FileState::Pending, FileState::InProgress, FileState::Error];
        files::each(&reader, &open, |file| {
            sizes.add(file.row.size_bytes, || file.row.path.to_string());
            let top = sources.iter().find(|(root, _)| root.id == file.row.root);
            if let Some((_, top)) = top.filter(|_| sample.len() < SAMPLE) {
                sample.push(top.join(file.row.path.as_path()));
            }
            Ok(())
        })?;
        if sizes.files == 0 {
            return Ok(None);
        }
        let between = (from.located.volume.clone(), to.located.volume.clone());
        let tops: Vec<PathBuf> = sources.iter().map(|(_, path)| path.clone()).collect();
        let found = preflight::inspect(&Question {
            sources: &tops,
            destination,
            sizes: &sizes,
            sample: &sample,
            budget: Some(Budget::for_job(sizes.size_bytes)),
            learned: Learned::from_ratios(cache.paces(&between.0, &between.1)?),
            sha256: settings.hash == Algorithm::Sha256,
            bwlimit_bytes_per_sec: settings.bwlimit_bytes_per_sec,
        });
        apply(&found, settings, tuned_buffer);
        self.show_first(&found, settings)?;
        Ok(found.estimate.map(|estimate| Said { estimate, between }))
    }

    fn show_first(&self, found: &Preflight, settings: &Settings) -> Result<(), CommandError> {
        if self.typed.common.json {
            self.screen.document("preflight", found, "")?;
            return Ok(());
        }
        let threads = match settings.threads {
            Threads::Exactly(threads) => threads,
            Threads::Auto => found.advice.threads,
        };
        self.screen.note(&preflight::brief(found, threads));
        Ok(())
    }

    fn count(&self, source: &std::path::Path, sizes: &mut Sizes, sample: &mut Vec<PathBuf>) {
        let walk = ignore::WalkBuilder::new(source)
            .standard_filters(false)
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.screen.note(&format!("warning: {error}"));
                    continue;
                }
            };
            let Ok(data) = entry.metadata() else { continue };
            if !data.is_file() {
                continue;
            }
            let shown = || crate::path::shown(entry.path().as_os_str().as_encoded_bytes());
            sizes.add(data.len(), shown);
            if sample.len() < SAMPLE {
                sample.push(entry.path().to_owned());
            }
        }
    }
}

/// `--threads auto` becomes what is advised, and so does a buffer that nobody chose.
fn apply(found: &Preflight, settings: &mut Settings, tuned_buffer: bool) {
    if settings.threads == Threads::Auto {
        settings.threads = Threads::Exactly(found.advice.threads);
    }
    if !tuned_buffer {
        settings.buffer_bytes =
            usize::try_from(found.advice.buffer_bytes).unwrap_or(settings.buffer_bytes);
    }
}

/// What was said before a copy, to be held against what it takes.
pub(super) struct Said {
    estimate: Estimate,
    /// Source and destination.
    between: (VolumeId, VolumeId),
}

impl Said {
    /// With the operation that begins.
    pub(super) fn write_down(&self, work: &Work<'_>) -> Result<(), JobError> {
        let estimate = serde_json::to_string(&self.estimate).unwrap_or_default();
        let id = work.operation.clone();
        work.job
            .writer
            .write(move |transaction| operations::set_estimate(transaction, &id, &estimate))
    }

    /// The copy came to its end: the next estimate learns from it. A limit of its pace is nothing to learn from.
    pub(super) fn hold_against(
        self,
        work: &Work<'_>,
        cache: &Cache,
        took: Duration,
    ) -> Result<(), JobError> {
        let (id, actual_secs) = (work.operation.clone(), took.as_secs_f64());
        work.job.writer.write(move |transaction| {
            operations::set_copying_secs(transaction, &id, actual_secs)
        })?;
        if work.settings.bwlimit_bytes_per_sec > 0 {
            return Ok(());
        }
        let truth = Truth {
            estimate: self.estimate,
            actual_secs,
        };
        let (from, to) = self.between;
        cache.put_pace(from, to, truth.ratio(), work.job.clock.now_ns())
    }
}
