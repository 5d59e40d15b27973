//! `ferry import-checksums` and `ferry regenerate`: what a job knows, from elsewhere or anew.

use super::{
    ImportArgs, RegenerateArgs,
    session::{Ended, Session},
};
use crate::{
    exit::ExitCode,
    job::cache::Cache,
    phases::{import, regenerate},
    settings::Settings,
    terminal::words,
};

impl Session<'_> {
    /// `ferry import-checksums`.
    pub(super) fn import_checksums(&self, arguments: &ImportArgs) -> Ended {
        let job = self.open(&arguments.job)?;
        let settings = Settings::default();
        let cache = Cache::open(&job.place.cache(), &self.clock)?;
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "import-checksums")?;
        let imported = match import::run(&work, &cache, &arguments.from, arguments.format) {
            Ok(imported) => imported,
            Err(error) => {
                work.finish("import-checksums", error.exit_code(), None)?;
                return Err(error.into());
            }
        };
        let code = imported.stopped.unwrap_or(ExitCode::Ok);
        work.finish("import-checksums", code, None)?;
        let text = format!(
            "{} checksums, {} of them new or changed, {} left out (not there, or changed or copied there since)",
            words::grouped(imported.values),
            words::grouped(imported.changed_values),
            words::grouped(imported.skipped_values)
        );
        self.screen.document("import", &imported, &text)?;
        Ok(code)
    }

    /// `ferry regenerate`.
    pub(super) fn regenerate(&self, arguments: &RegenerateArgs) -> Ended {
        let job = self.open(&arguments.job)?;
        let settings = self.settings_of(&job)?;
        let cache = Cache::open(&job.place.cache(), &self.clock)?;
        self.listen_to_signals()?;
        let work = self.begin(&job, &settings, "regenerate")?;
        let done = match regenerate::run(&work, &cache, arguments.trust) {
            Ok(done) => done,
            Err(error) => {
                work.finish("regenerate", error.exit_code(), None)?;
                return Err(error.into());
            }
        };
        let code = done.stopped.unwrap_or(ExitCode::Ok);
        work.finish("regenerate", code, None)?;
        let text = match done.stopped {
            Some(_) => format!(
                "stopped: no state was rebuilt; what the scans saw and the checksums so far are written down. As it was: {}",
                done.backup
            ),
            None => format!(
                "{} at the destination, {} under another name, {} to be copied, {} missing; {} changed. As it was: {}",
                words::grouped(done.present_files),
                words::grouped(done.moved_files),
                words::grouped(done.pending_files),
                words::grouped(done.missing_files),
                words::grouped(done.changed_files),
                done.backup
            ),
        };
        self.screen.document("regenerated", &done, &text)?;
        Ok(code)
    }
}
