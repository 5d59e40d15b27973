//! `ferry preflight`: looks at both sides, measures, advises. What is looked at is [`crate::preflight`].

use std::path::PathBuf;

use super::{
    PreflightArgs,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::JobError,
    preflight::{self, Budget, Learned, Question, Sizes},
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
