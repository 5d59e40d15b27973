//! The only list of commands. Each command is one file; this one only parses the line and dispatches.
//! What they share is [`workspace`] (paths, running programs) and [`install`] (missing pieces); end-to-end tests are in `tests/`.

mod bench;
mod bench_cli;
mod docs;
mod emulator;
mod install;
mod lint;
mod sbom;
mod soak;
mod test;
mod up;
mod web;
mod workspace;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Ferry's commands.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Line {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build everything and start the server; Ctrl-C stops all of it
    Up {
        /// Where it keeps its data [default: .ferry]
        #[arg(long)]
        data: Option<PathBuf>,
        /// Port on loopback
        #[arg(long)]
        port: Option<u16>,
        /// Build the server optimised
        #[arg(long)]
        release: bool,
        /// Parts go to a pool of Telegram bots, played by the Bot API emulator
        #[arg(long)]
        telegram_emulator: bool,
        /// Start what was built last
        #[arg(long)]
        no_build: bool,
    },
    /// Run every test: vectors, page helpers, crates, end to end
    Test {
        /// Handed to the Rust test runner, e.g. a name to filter by
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        filter: Vec<String>,
    },
    /// Build the browser module and put it where the server takes it from
    Web,
    /// Write manual pages, completions and the schema of `ferry --json` anew
    Docs,
    /// Formatting and clippy, natively and for the browser
    Lint,
    /// Speed and memory, as ratios in one run; fails below a bar
    Bench {
        /// Only the benchmarks whose name contains this; no part of the others are `cli`: the terminal client against its
        /// peers, and `lines`, or `lines-...` for one of them: the page over slow, long and broken lines
        name: Option<String>,
    },
    /// Write what the server is made of, as CycloneDX: `target/sbom`
    Sbom,
    /// The long versions of the tests, or one of them
    Soak {
        /// Which one
        name: Option<soak::Soak>,
        /// Of `kills`: how many runs, each with its own seed
        #[arg(long, default_value_t = 20)]
        seeds: u32,
        /// Of `kills`: size of the file, MiB
        #[arg(long, default_value_t = 1024)]
        size_mib: u32,
        /// Of `fuzz`: for each target
        #[arg(long, default_value_t = 8)]
        minutes: u32,
    },
}

fn main() -> ExitCode {
    let outcome = match Line::parse().command {
        Command::Up {
            data,
            port,
            release,
            telegram_emulator,
            no_build,
        } => up::run(up::Up {
            data,
            port,
            release,
            telegram_emulator,
            no_build,
        }),
        Command::Test { filter } => test::run(&filter),
        Command::Web => web::build(web::Purpose::Page).map(drop),
        Command::Docs => docs::run(),
        Command::Lint => lint::run(),
        Command::Bench { name } => bench::run(name.as_deref()),
        Command::Soak {
            name,
            seeds,
            size_mib,
            minutes,
        } => soak::run(
            name,
            &soak::Lengths {
                seeds,
                size_mib,
                minutes,
            },
        ),
        Command::Sbom => sbom::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
