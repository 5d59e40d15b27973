//! The server's command line: serve, look after the bots, or explain the settings. What is done is the library's.

mod bots;

use std::{io::Write as _, net::TcpListener, path::PathBuf, process::ExitCode};

use anyhow::Context as _;
use bots::BotsCommand;
use clap::{Parser, Subcommand};
use ferry_server::{
    app::{self, App},
    config::Config,
    telemetry,
};
use tokio::signal::unix::{SignalKind, signal};

/// Ferry's server. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "ferry-server", version)]
pub(crate) struct Arguments {
    /// Settings file; `ferry.toml` of the working directory when absent.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until SIGTERM or Ctrl-C.
    Serve,
    /// Looks at the settings.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Looks after the bots of a Telegram store, whether the server runs or not.
    Bots {
        #[command(subcommand)]
        command: BotsCommand,
    },
    /// Prints the OpenAPI document.
    Openapi,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Says what the server would do and lists every setting with the value in force and where it came from; fails where a setting cannot be used.
    Check,
}

/// Does what the arguments say.
pub(crate) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let file = arguments.config.as_deref();
    match arguments.command {
        Some(Command::Openapi) => show(&ferry_server::openapi().to_pretty_json()?),
        Some(Command::Config {
            command: ConfigCommand::Check,
        }) => show(&Config::report(file)?),
        Some(Command::Bots { command }) => {
            let config = Config::load(file)?;
            let work = bots::run(&config, command);
            let report = actix_web::rt::System::new().block_on(work)?;
            let shown = show(report.text.trim_end())?;
            Ok(if report.ok { shown } else { ExitCode::FAILURE })
        }
        Some(Command::Serve) | None => {
            let config = Config::load(file)?;
            telemetry::begin(&config);
            actix_web::rt::System::new().block_on(serve(config))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Writes to standard output, whose reader may have seen enough.
fn show(text: &str) -> anyhow::Result<ExitCode> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let listener = TcpListener::bind(config.listen)
        .with_context(|| format!("cannot listen on {}", config.listen))?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let app = App::new(config).await?;
    app::run(listener, shutdown, app).await
}
