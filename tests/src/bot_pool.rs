//! A pool of bots for a fixture's server: a Bot API emulator without limits, bots in its channels, and the settings that tell
//! a server of them.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::Result;
use bot_api_emulator::{ChatKind, Control, Emulator, Limits, Members, Settings};

/// How large a pool is.
#[derive(Debug, Clone, Copy)]
pub struct PoolSize {
    /// Bots; each is in every channel.
    pub bots: usize,
    /// Channels.
    pub channels: usize,
}

/// Bots and channels; they end with this value.
pub struct BotPool {
    emulator: Emulator,
}

impl BotPool {
    /// Starts a Bot API that keeps its state in this folder.
    pub async fn start(home: impl Into<PathBuf>, size: PoolSize) -> Result<BotPool> {
        let mut settings = Settings::new(home);
        // The tests show what a person sees, not how fast the service lets a bot be.
        settings.limits = Limits::off();
        let emulator = Emulator::start(settings).await?;
        let control = emulator.control();
        control.create_bots(size.bots)?;
        for number in 1..=size.channels {
            let title = format!("Parts {number}");
            control.create_chat(ChatKind::Channel, &title, &Members::AllBots)?;
        }
        Ok(BotPool { emulator })
    }

    /// The Bot API's other side.
    pub fn control(&self) -> Control {
        self.emulator.control()
    }

    /// Where the Bot API listens.
    pub fn address(&self) -> SocketAddr {
        self.emulator.address()
    }

    /// Documents that are in the channels.
    pub fn documents(&self) -> usize {
        self.control().ledger(None).len()
    }

    /// A server's settings for it.
    pub fn settings(&self) -> Vec<(String, String)> {
        let control = self.control();
        let chats: Vec<String> = control.chats().iter().map(|c| c.id.to_string()).collect();
        let chats = chats.join(",");
        let bots: Vec<String> = control
            .bots()
            .iter()
            .map(|bot| format!("{}@{chats}", bot.token))
            .collect();
        [
            ("FERRY_STORAGE__KIND", "telegram".to_owned()),
            ("FERRY_TELEGRAM__API_URL", self.emulator.url()),
            ("FERRY_TELEGRAM__BOTS", bots.join(";")),
            ("FERRY_TELEGRAM__LIMITS", "none".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }
}
