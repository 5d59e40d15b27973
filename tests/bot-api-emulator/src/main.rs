//! The emulator as a program: flags, seeds, and what scripts read from its first lines.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result};
use bot_api_emulator::{
    ChatKind, ClockMode, Control, Emulator, Limits, Members, Settings,
    conformance::{self, Ending, Subject},
};
use clap::{Parser, Subcommand, ValueEnum};

/// A Telegram Bot API server for tests.
#[derive(Parser)]
#[command(version)]
struct Flags {
    /// Address to listen on; only loopback makes sense, anybody who reaches it controls it.
    #[arg(long, default_value = "127.0.0.1:8081")]
    listen: SocketAddr,
    /// Folder of the state; made when it is missing.
    #[arg(long, default_value = "bot-api-emulator-data")]
    data: PathBuf,
    /// There are to be at least so many bots.
    #[arg(long, default_value_t = 0)]
    seed_bots: usize,
    /// There are to be at least so many channels, with every bot as an administrator.
    #[arg(long, default_value_t = 0)]
    seed_chats: usize,
    /// The real service's limits.
    #[arg(long, value_enum, default_value_t = Switch::On)]
    limits: Switch,
    /// How time passes: real, virtual, or scaled:N for N times as fast.
    #[arg(long, default_value = "real", value_parser = clock_mode)]
    clock: ClockMode,
    /// Downloads serve byte ranges.
    #[arg(long)]
    ranges: bool,
    /// One line of JSON in place of text.
    #[arg(long)]
    json: bool,
    /// It ends when the program that started it does.
    #[arg(long)]
    end_with_parent: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Asks a server what the list of conformance has, and tells the differences. It sends and deletes some documents.
    Conformance {
        /// Without a slash at the end.
        #[arg(long, default_value = "https://api.telegram.org")]
        api_url: String,
        /// Of a bot that nothing else uses.
        #[arg(long)]
        token: String,
        /// The id of a channel in which the bot may post and delete.
        #[arg(long, allow_hyphen_values = true)]
        chat: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

fn clock_mode(text: &str) -> Result<ClockMode, String> {
    match (text, text.strip_prefix("scaled:").map(str::parse)) {
        ("real", _) => Ok(ClockMode::Real),
        ("virtual", _) => Ok(ClockMode::Virtual),
        (_, Some(Ok(by @ 1..))) => Ok(ClockMode::Scaled { by }),
        _ => Err("real, virtual, or scaled: and a whole number".to_owned()),
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let flags = Flags::parse();
    match flags.command {
        Some(Command::Conformance {
            api_url,
            token,
            chat,
        }) => {
            compare(Subject::Server {
                api_url,
                token,
                chat,
            })
            .await
        }
        None => serve(flags).await,
    }
}

/// Prints what is different; it is an error if anything is.
async fn compare(subject: Subject) -> Result<()> {
    let outcomes = conformance::run(&subject).await?;
    let (mut same, mut skipped, mut different) = (0, 0, 0);
    for outcome in outcomes {
        match outcome.ending {
            Ending::Same => same += 1,
            Ending::Skipped(reason) => {
                skipped += 1;
                println!("skipped   {}: {reason}", outcome.name);
            }
            Ending::Different(difference) => {
                different += 1;
                println!("different {}\n       {difference}", outcome.name);
            }
        }
    }
    println!("{same} same, {different} different, {skipped} skipped");
    anyhow::ensure!(different == 0, "the server is not as listed");
    Ok(())
}

async fn serve(flags: Flags) -> Result<()> {
    if flags.end_with_parent {
        // The parent is still there: it waits for our first line.
        nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGTERM)?;
    }
    let mut settings = Settings::new(&flags.data);
    settings.listen = flags.listen;
    settings.ranges = flags.ranges;
    settings.clock = flags.clock;
    if flags.limits == Switch::Off {
        settings.limits = Limits::off();
    }
    let emulator = Emulator::start(settings)
        .await
        .with_context(|| format!("can't listen on {}", flags.listen))?;
    let control = emulator.control();
    seed(&control, &flags)?;
    tell(&emulator.url(), &control, flags.json);
    tokio::signal::ctrl_c().await?;
    emulator.shutdown().await;
    Ok(())
}

/// Makes what is missing; what a former run made counts.
fn seed(control: &Control, flags: &Flags) -> Result<()> {
    let missing = flags.seed_bots.saturating_sub(control.bots().len());
    control.create_bots(missing)?;
    for number in control.chats().len()..flags.seed_chats {
        let title = format!("Parts {}", number + 1);
        control.create_chat(ChatKind::Channel, &title, &Members::AllBots)?;
    }
    Ok(())
}

fn tell(url: &str, control: &Control, json: bool) {
    if json {
        let all = serde_json::json!({
            "url": url,
            "bots": control.bots(),
            "chats": control.chats(),
        });
        println!("{all}");
        return;
    }
    println!("listening on {url}");
    for bot in control.bots() {
        println!("bot {} {}", bot.id, bot.token);
    }
    for chat in control.chats() {
        println!("chat {} {} {}", chat.id, chat.kind, chat.title);
    }
}
