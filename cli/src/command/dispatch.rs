//! Which room does what was typed. One arm a command.

use super::{Arguments, Task};
use crate::{
    exit::ExitCode,
    terminal::{Manner, Screen},
};

/// Runs one command to its end.
pub(super) fn run(typed: &Arguments, _matches: &clap::ArgMatches) -> ExitCode {
    let common = &typed.common;
    let screen = Screen::new(Manner {
        json: common.json,
        quiet: common.quiet,
        no_progress: common.no_progress,
        verbose: common.verbose,
    });
    match &typed.task {
        Task::Run(_)
        | Task::Preflight(_)
        | Task::Init(_)
        | Task::Job { .. }
        | Task::AddSource(_) => refuse(&screen),
        _ => refuse(&screen),
    }
}

fn refuse(screen: &Screen) -> ExitCode {
    screen.failure(ExitCode::Error, "this command does nothing yet");
    ExitCode::Error
}
