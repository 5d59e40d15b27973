//! The command line: what can be typed, and which room does it. No work of its own.

mod arguments;
mod dispatch;
mod error;
mod ledger;
mod moves;
mod session;
mod tuning;

use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _};

pub use arguments::{
    AddSourceArgs, AnalyzeArgs, Arguments, ChecksumArgs, Common, CompletionShell, ConfigCommand,
    ConfigFormat, CopyArgs, FileArgs, GenerateConfigArgs, ImportArgs, InitArgs, JobCommand,
    JobName, ListFilesArgs, LogArgs, PoolAddArgs, PoolCommand, PreflightArgs, RegenerateArgs,
    ResumeArgs, RunArgs, SideName, Stage, SummaryArgs, Task, Trust, Tuning, VerifyArgs,
    VerifyStatusArgs,
};

use crate::exit::ExitCode;

/// The whole of what can be typed: for help, completions and man pages.
pub fn command_tree() -> clap::Command {
    Arguments::command()
}

/// Runs what the arguments say and gives the exit code. Prints.
pub fn start(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let parsed = command_tree()
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches).map(|typed| (typed, matches)));
    match parsed {
        Ok((typed, matches)) => dispatch::run(&typed, &matches),
        Err(error) => {
            // a closed stdout or stderr changes nothing about the exit code
            let _ = error.print();
            match error.exit_code() {
                0 => ExitCode::Ok,
                _ => ExitCode::Usage,
            }
        }
    }
}
