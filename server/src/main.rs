//! The server's program: its arguments go to `cli`, what went wrong to standard error.

mod cli;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ferry-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
