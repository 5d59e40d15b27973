//! The program `ferry`: hands the arguments over and ends with the exit code. Nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ferry_cli::command::start(std::env::args_os()).into()
}
