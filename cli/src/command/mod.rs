//! The command line: what can be typed, and which room does it. No work of its own.

mod arguments;
mod configure;
mod dispatch;
pub mod documents;
mod error;
mod estimate;
mod history;
mod jobs;
mod lists;
mod moves;
mod pool;
mod rebuild;
mod run;
mod session;
mod summary;
mod tuning;
mod verification;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};

pub use arguments::{
    AddSourceArgs, AnalyzeArgs, Arguments, ChecksumArgs, Common, CompletionShell, ConfigCommand,
    ConfigFormat, CopyArgs, Copying, FileArgs, GenerateConfigArgs, ImportArgs, InitArgs,
    JobCommand, JobName, ListFilesArgs, LogArgs, PoolCommand, PreflightArgs, RegenerateArgs,
    ResumeArgs, RunArgs, SideName, Stage, SummaryArgs, Task, Tuning, VerifyArgs, VerifyStatusArgs,
};

use crate::{
    config::{self, NotUnderstood, Places},
    engine::open_files,
    exit::ExitCode,
    terminal::{Manner, Screen},
};

/// The whole of what can be typed: for help, completions and man pages.
pub fn command_tree() -> clap::Command {
    Arguments::command()
}

/// Runs what the arguments say and gives the exit code. Prints.
pub fn start(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    open_files::raise_limit();
    let line: Vec<OsString> = arguments.into_iter().collect();
    let understood = config::parse(&command_tree(), &line, &Places::of_this_machine(), |_| None)
        .and_then(|parsed| Ok((Arguments::from_arg_matches(&parsed.matches)?, parsed)));
    match understood {
        Ok((typed, parsed)) => dispatch::run(&typed, &parsed),
        Err(NotUnderstood::Line(error)) => {
            // a closed stdout or stderr changes nothing about the exit code
            let _ = error.print();
            match error.exit_code() {
                0 => ExitCode::Ok,
                _ => ExitCode::Usage,
            }
        }
        Err(NotUnderstood::Config(error)) => {
            let json = line.iter().any(|word| word == "--json");
            let manner = Manner {
                json,
                ..Manner::default()
            };
            Screen::new(manner).failure(ExitCode::Usage, &error.to_string());
            ExitCode::Usage
        }
    }
}
