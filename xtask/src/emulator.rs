//! The Bot API emulator beside the server, for people without a bot: started with a pool of bots and chats, and gone when
//! the server is.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::program;

/// Its crate and its binary.
pub(crate) const CRATE: &str = "bot-api-emulator";

const BOTS: &str = "6";
const CHATS: &str = "3";

/// What a running emulator has: the line it prints first.
#[derive(Deserialize)]
pub(crate) struct Pool {
    url: String,
    bots: Vec<Bot>,
    chats: Vec<Chat>,
}

#[derive(Deserialize)]
struct Bot {
    token: String,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
}

/// Starts it on a free port, with its state below `data`. It ends with this process, whatever program that becomes.
pub(crate) fn start(binaries: &Path, data: &Path) -> Result<Pool> {
    let mut emulator = program(binaries.join(CRATE));
    emulator
        .args(["--listen", "127.0.0.1:0", "--json", "--end-with-parent"])
        .args(["--seed-bots", BOTS, "--seed-chats", CHATS, "--data"])
        .arg(data.join(CRATE))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // Ctrl-C is for the server, which finishes the parts in flight first.
        .process_group(0);
    let mut child = emulator
        .spawn()
        .with_context(|| format!("{CRATE} does not start"))?;
    let stdout = child.stdout.take().context("no output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    serde_json::from_str(&line).with_context(|| format!("{CRATE} says {line:?}"))
}

impl Pool {
    /// Makes a server use it.
    pub(crate) fn lend_to(&self, server: &mut Command) {
        let chats: Vec<String> = self.chats.iter().map(|c| c.id.to_string()).collect();
        let chats = chats.join(",");
        let bots: Vec<String> = self
            .bots
            .iter()
            .map(|bot| format!("{}@{chats}", bot.token))
            .collect();
        server
            .env("FERRY_STORAGE__KIND", "telegram")
            .env("FERRY_TELEGRAM__API_URL", &self.url)
            .env("FERRY_TELEGRAM__BOTS", bots.join(";"));
        eprintln!(
            "parts go to {} bots in {} chats of the emulator at {}",
            self.bots.len(),
            self.chats.len(),
            self.url
        );
    }
}
