//! `ferry verify` and `ferry verify-status`: runs the comparison, and shows what it found.

use super::{
    Stage, Tuning, VerifyArgs, VerifyStatusArgs,
    error::CommandError,
    session::{Ended, Session},
    tuning,
};
use crate::{
    exit::ExitCode,
    job::{
        self, files,
        verification::{self, Depth},
    },
    path::JsonPath,
    phases::verify,
    terminal::answers,
};

impl Session<'_> {
    /// `ferry verify`.
    pub(super) fn verify(&self, arguments: &VerifyArgs, stage: Stage) -> Ended {
        let job = self.open(&arguments.job)?;
        let typed = Tuning {
            threads: arguments.threads,
            ..Tuning::default()
        };
        let settings = tuning::settings(self.settings_of(&job)?, &typed);
        self.listen_to_signals()?;
        let depth = depth_of(stage);
        let command = verify::command_of(depth);
        let work = self.begin(&job, &settings, command)?;
        let outcome = verify::run(&work, depth, arguments.reverify, &arguments.dest)?;
        let code = verify::exit_code(&outcome);
        work.finish(command, code, None)?;
        self.show_verification(&job.read()?, depth, false)?;
        Ok(code)
    }

    pub(super) fn show_verification(
        &self,
        reader: &rusqlite::Connection,
        depth: Depth,
        list_equal: bool,
    ) -> Result<(), CommandError> {
        let mut failed = None;
        verification::each(reader, depth, list_equal, |result| {
            let path = files::get(reader, result.file)?.map(|file| file.row.path);
            let shown = path.as_ref().map_or(String::new(), ToString::to_string);
            let detail = result.detail.as_ref();
            let text = format!(
                "{}: {shown}{}",
                result.finding.name(),
                detail
                    .map(|detail| format!(" ({detail})"))
                    .unwrap_or_default()
            );
            let document = answers::FileVerified {
                file: path.map(|path| JsonPath::of(path.as_bytes())),
                finding: result.finding,
                detail: result.detail,
            };
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
        let results = tally
            .iter()
            .map(|(finding, files)| answers::Found {
                finding: *finding,
                files: *files,
            })
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
        let document = answers::Verification {
            stage: word,
            results,
        };
        self.screen.document("verification", &document, &text)?;
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
}

pub(super) fn depth_of(stage: Stage) -> Depth {
    match stage {
        Stage::Shallow => Depth::Shallow,
        Stage::Deep => Depth::Deep,
    }
}
