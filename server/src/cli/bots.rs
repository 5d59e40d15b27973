//! `ferry-server bots ...`: the same as the page's section about bots, for a person at the server. Tells exactly
//! what is wrong with a token or a chat, and what to do. Reads and prints only; what is done is `ferry_server::bots`.

use std::{
    fmt::Write as _,
    io::{BufRead as _, IsTerminal as _},
};

use clap::Subcommand;
use ferry_core::wire::{
    AddBotRequest, BotChatState, BotEntry, BotState, BotsResponse, ChangeBotRequest, RemovedBot,
    TelegramChatEntry, TestedBot,
};
use ferry_server::{
    app::BotsAlone,
    bots::{BotName, Bots, BotsError},
    config::Config,
};

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum BotsCommand {
    /// Shows the bots, their chats, rates and cool-downs.
    List,
    /// Tests a bot in its chats and adds it. Its token is read from standard input, so that it stands in no history.
    Add {
        /// A chat in which the bot may post, such as -1001234567890. Repeat it for more.
        #[arg(
            long = "chat",
            value_name = "ID",
            required = true,
            allow_negative_numbers = true
        )]
        chats: Vec<i64>,
        /// Its share of the load, against the others.
        #[arg(long)]
        weight: Option<f32>,
        /// Others write to these chats too: nothing is cleaned up there but what is known to be Ferry's.
        /// Without it a known chat stays what it is, and a new one is Ferry's alone.
        #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
        shared_chats: Option<bool>,
    },
    /// Sends a document to every chat of a bot, reads it back and deletes it.
    #[command(alias = "check")]
    Test {
        /// A bot's id or @name; all bots when absent.
        bot: Option<String>,
    },
    /// Removes a bot.
    Remove {
        /// A bot's id or @name.
        bot: String,
        /// Gives up the parts that nobody else can read.
        #[arg(long)]
        force: bool,
    },
    /// Puts a bot aside: nothing new is sent through it.
    Disable {
        /// A bot's id or @name.
        bot: String,
    },
    /// Takes a bot back that was put aside.
    Enable {
        /// A bot's id or @name.
        bot: String,
    },
}

/// What was found or done, and whether all is well.
pub(crate) struct Report {
    /// For standard output.
    pub(crate) text: String,
    /// Nothing is wrong.
    pub(crate) ok: bool,
}

/// Carries a command out on the database of these settings.
pub(crate) async fn run(config: &Config, command: BotsCommand) -> anyhow::Result<Report> {
    let alone = BotsAlone::open(config).await?;
    let outcome = carry_out(&alone.bots, command).await;
    alone.close().await;
    outcome.map_err(explained)
}

/// The sentence of a refusal, then what to do where the sentence does not say it.
fn explained(error: BotsError) -> anyhow::Error {
    match error {
        BotsError::Test(_) | BotsError::Invalid(_) => error.into(),
        error => {
            let hint = error.code().hint();
            anyhow::anyhow!("{error}. {hint}")
        }
    }
}

async fn carry_out(bots: &Bots, command: BotsCommand) -> Result<Report, BotsError> {
    match command {
        BotsCommand::List => Ok(well(list(&bots.list().await?))),
        BotsCommand::Add {
            chats,
            weight,
            shared_chats,
        } => {
            let request = AddBotRequest {
                token: token_from_input()?,
                chats,
                weight,
                shared_chats,
            };
            let added = bots.add(None, &request).await?;
            Ok(well(format!("{}Added.\n", test_report(&added))))
        }
        BotsCommand::Test { bot } => test(bots, bot.as_deref()).await,
        BotsCommand::Remove { bot, force } => {
            let bot = named(bots, &bot).await?;
            let removed = bots.remove(None, bot.bot_id, force).await?;
            Ok(well(farewell(&bot, removed)))
        }
        BotsCommand::Disable { bot } => set_enabled(bots, &bot, false).await,
        BotsCommand::Enable { bot } => set_enabled(bots, &bot, true).await,
    }
}

fn well(text: String) -> Report {
    Report { text, ok: true }
}

async fn test(bots: &Bots, bot: Option<&str>) -> Result<Report, BotsError> {
    let chosen = match bot {
        Some(bot) => vec![named(bots, bot).await?],
        None => bots.names().await?,
    };
    let mut report = well(String::new());
    if chosen.is_empty() {
        report.text.push_str(NO_BOTS);
    }
    for bot in chosen {
        let checked = bots.test(bot.bot_id).await?;
        report.ok &= checked.ok;
        report.text.push_str(&test_report(&checked));
    }
    Ok(report)
}

async fn set_enabled(bots: &Bots, bot: &str, enabled: bool) -> Result<Report, BotsError> {
    let bot = named(bots, bot).await?;
    let request = ChangeBotRequest {
        enabled: Some(enabled),
        weight: None,
    };
    bots.change(None, bot.bot_id, &request).await?;
    let done = if enabled { "Enabled" } else { "Disabled" };
    Ok(well(format!(
        "{done} {}.\n",
        name_of(bot.bot_id, &bot.username)
    )))
}

async fn named(bots: &Bots, text: &str) -> Result<BotName, BotsError> {
    let name = text.trim_start_matches('@');
    let mut all = bots.names().await?.into_iter();
    all.find(|bot| bot.bot_id.to_string() == text || bot.username.eq_ignore_ascii_case(name))
        .ok_or(BotsError::NotFound)
}

/// One line of standard input; a person is asked for it.
fn token_from_input() -> Result<String, BotsError> {
    if std::io::stdin().is_terminal() {
        eprint!("Token from @BotFather: ");
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| BotsError::Invalid(format!("the token cannot be read: {error}")))?;
    Ok(line.trim().to_owned())
}

const NO_BOTS: &str =
    "No bots yet. `ferry-server bots add --chat ID` adds one; the README says how to make it.\n";

fn list(pool: &BotsResponse) -> String {
    let mut text = format!("Bot API: {}\n", pool.api_url);
    if pool.bots.is_empty() {
        text.push_str(NO_BOTS);
    }
    for bot in &pool.bots {
        let _ = writeln!(
            text,
            "{} is {}: {} sent this minute, {} on their way, {} parts ({} bytes)",
            name_of(bot.bot_id, &bot.username),
            state_of(bot),
            bot.sends_last_minute,
            bot.in_flight,
            bot.parts,
            bot.stored_bytes
        );
        for pair in &bot.chats {
            let chat = pool.chats.iter().find(|chat| chat.chat_id == pair.chat_id);
            let how = match (pair.state, pair.cooled_until) {
                (BotChatState::Active, None) => {
                    format!("{} sent this minute", pair.sends_last_minute)
                }
                (BotChatState::Active, Some(until)) => {
                    format!("cools down until {}", until.to_rfc3339())
                }
                (_, _) => format!(
                    "not used: {}",
                    pair.reason.as_deref().unwrap_or("no reason is known")
                ),
            };
            let _ = writeln!(text, "  {}: {how}", chat_name(pair.chat_id, chat));
        }
    }
    let queue = &pool.queue;
    let _ = writeln!(
        text,
        "Queue: {} sends on their way, {} without an answer, {} deletions wait",
        queue.in_flight, queue.unanswered, queue.pending_deletions
    );
    text
}

fn state_of(bot: &BotEntry) -> String {
    let why = |what: &str| match &bot.reason {
        Some(reason) => format!("{what} ({reason})"),
        None => what.to_owned(),
    };
    match (bot.state, bot.cooled_until) {
        (BotState::Active, None) => "in use".to_owned(),
        (BotState::Active, Some(until)) => format!("cooling down until {}", until.to_rfc3339()),
        (BotState::Unauthorized, _) => why("refused by Telegram"),
        (BotState::LoggedOut, _) => why("logged out"),
        (BotState::Disabled, _) => why("disabled"),
    }
}

fn name_of(bot_id: i64, username: &str) -> String {
    match username {
        "" => format!("bot {bot_id}"),
        name => format!("@{name} ({bot_id})"),
    }
}

fn chat_name(chat_id: i64, chat: Option<&TelegramChatEntry>) -> String {
    match chat.map(|chat| chat.title.as_str()) {
        None | Some("") => chat_id.to_string(),
        Some(title) => format!("\"{title}\" ({chat_id})"),
    }
}

/// What a test found, a line each.
fn test_report(checked: &TestedBot) -> String {
    let mut text = format!("@{} ({})\n", checked.username, checked.bot_id);
    if let Some(problem) = &checked.problem {
        let _ = writeln!(text, "  wrong: {problem}");
    }
    for chat in &checked.chats {
        match &chat.problem {
            Some(problem) => {
                let _ = writeln!(text, "  wrong: {problem}");
            }
            None => {
                let _ = writeln!(
                    text,
                    "  ok: \"{}\" ({}): sent, read back and deleted a document",
                    chat.title, chat.chat_id
                );
            }
        }
        for warning in &chat.warnings {
            let _ = writeln!(text, "  note: {warning}");
        }
    }
    text
}

fn farewell(bot: &BotName, removed: RemovedBot) -> String {
    let mut text = format!("Removed {}.\n", name_of(bot.bot_id, &bot.username));
    if removed.recoverable_parts > 0 {
        let _ = writeln!(
            text,
            "{} parts are read through the other bots of their chats from now on.",
            removed.recoverable_parts
        );
    }
    if removed.unreadable_parts > 0 {
        let _ = writeln!(
            text,
            "{} parts cannot be read any more.",
            removed.unreadable_parts
        );
    }
    if removed.returns_at_start {
        text.push_str("It stands in the settings too: take it out there, or it is back after the next start.\n");
    }
    text
}
