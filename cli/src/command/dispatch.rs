//! Which room does what was typed. One arm a command.

use super::{
    Arguments, JobCommand, Stage, Task,
    error::CommandError,
    session::{Ended, Session},
};
use crate::{config::Parsed, exit::ExitCode};

/// Runs one command to its end.
pub(super) fn run(typed: &Arguments, parsed: &Parsed) -> ExitCode {
    let session = Session::new(typed);
    let logs = typed.common.log_file.as_deref();
    let ended = logs.map_or(Ok(()), |file| session.log_to(file));
    match ended.and_then(|()| session.dispatch(parsed)) {
        Ok(code) => code,
        // whoever read the output has seen enough
        Err(CommandError::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::Ok
        }
        Err(error) => {
            let code = error.exit_code();
            session.screen.failure(code, &error.to_string());
            code
        }
    }
}

impl Session<'_> {
    fn dispatch(&self, parsed: &Parsed) -> Ended {
        match &self.typed.task {
            Task::Run(arguments) => self.run(arguments),
            Task::Init(arguments) => self.init(arguments),
            Task::Job { command } => self.job_command(command),
            Task::AddSource(arguments) => self.add_source(&arguments.words),
            Task::AddFile(arguments) => self.add_file(&arguments.words),
            Task::RemoveFile(arguments) => self.remove_file(&arguments.words),
            Task::ListFiles(arguments) => self.list_files(arguments),
            Task::Analyze(arguments) => self.analyze(arguments),
            Task::Checksum(arguments) => self.checksum(arguments),
            Task::Copy(arguments) => self.copy(arguments),
            Task::Resume(arguments) => self.resume(arguments, &parsed.matches),
            Task::Verify(arguments) => {
                self.verify(arguments, arguments.stage.unwrap_or(Stage::Shallow))
            }
            Task::DeepVerify(arguments) => self.verify(arguments, Stage::Deep),
            Task::VerifyStatus(arguments) => {
                self.verify_status(arguments, arguments.stage.unwrap_or(Stage::Shallow))
            }
            Task::DeepVerifyStatus(arguments) => self.verify_status(arguments, Stage::Deep),
            Task::Status(job) => self.status(job),
            Task::Log(arguments) => self.log(arguments),
            Task::Preflight(arguments) => self.preflight(arguments),
            Task::Summary(arguments) => self.summary(arguments),
            Task::Pool { command } => self.pool(command),
            Task::AddToDestinationIndexPool(arguments) => self.pool_add(&arguments.words),
            Task::ImportChecksums(arguments) => self.import_checksums(arguments),
            Task::Regenerate(arguments) => self.regenerate(arguments),
            Task::Config { command } => self.config(command, parsed),
            Task::GenerateConfig(wanted) => self.generate_config(wanted),
            Task::Completions { shell } => self.completions(*shell),
            Task::Man { directory } => self.man(directory.as_deref()),
            Task::JsonSchema => self.json_schema(),
        }
    }

    fn job_command(&self, command: &JobCommand) -> Ended {
        match command {
            JobCommand::Init(arguments) => self.init(arguments),
            JobCommand::List => self.list_jobs(),
            JobCommand::Show(job) => self.show_job(job),
            JobCommand::Remove { job, yes } => self.remove_job(job, *yes),
            JobCommand::AddSource(arguments) => self.add_source(&arguments.words),
            JobCommand::AddFile(arguments) => self.add_file(&arguments.words),
            JobCommand::RemoveFile(arguments) => self.remove_file(&arguments.words),
            JobCommand::ListFiles(arguments) => self.list_files(arguments),
            JobCommand::Regenerate(arguments) => self.regenerate(arguments),
        }
    }
}
