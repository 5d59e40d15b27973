//! Where a stage's server puts sealed parts: a directory, or a pool of bots of the Bot API emulator. What a story does to
//! that place (look, unplug, damage) is the same for both.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use bot_api_emulator::{ChatKind, Emulator, Fault, FaultRule, Limits, Members, Settings};

/// Names the provider that stories run on: `directory` (when absent) or `telegram`.
pub const STORE: &str = "FERRY_TEST_STORE";

/// By this file a directory store knows that its directory is the right one.
const STORE_MARK: &str = "ferry-store";

const BOTS: usize = 3;
const CHATS: usize = 2;

/// A provider that a stage's server can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// The server's own directory.
    Directory,
    /// Bots and chats of the emulator.
    Telegram,
}

impl Store {
    /// The one that the run is about.
    pub(crate) fn chosen() -> Result<Store> {
        match std::env::var_os(STORE) {
            None => Ok(Store::Directory),
            Some(name) if name == "directory" => Ok(Store::Directory),
            Some(name) if name == "telegram" => Ok(Store::Telegram),
            Some(name) => anyhow::bail!("{STORE} names {name:?}, which is no provider"),
        }
    }
}

/// A place for parts.
pub enum PartsAt {
    /// The server's own directory.
    Directory(PathBuf),
    /// Bots and chats.
    Telegram(Box<Emulator>),
}

impl PartsAt {
    /// A place of that kind for a server with this data directory.
    pub(crate) async fn new(store: Store, data_dir: &Path) -> Result<PartsAt> {
        match store {
            Store::Directory => Ok(PartsAt::Directory(data_dir.join("parts"))),
            Store::Telegram => PartsAt::telegram(data_dir).await,
        }
    }

    async fn telegram(data_dir: &Path) -> Result<PartsAt> {
        let mut settings = Settings::new(data_dir.with_file_name("telegram"));
        // Stories tell what a person sees, not how fast the service lets a bot be.
        settings.limits = Limits::off();
        let emulator = Emulator::start(settings).await?;
        let control = emulator.control();
        control.create_bots(BOTS)?;
        for number in 1..=CHATS {
            control.create_chat(
                ChatKind::Channel,
                &format!("Parts {number}"),
                &Members::AllBots,
            )?;
        }
        Ok(PartsAt::Telegram(Box::new(emulator)))
    }

    /// The server's settings for it. Those of the story come later and win.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        let PartsAt::Telegram(emulator) = self else {
            return Vec::new();
        };
        let control = emulator.control();
        let chats: Vec<String> = control.chats().iter().map(|c| c.id.to_string()).collect();
        let chats = chats.join(",");
        let bots: Vec<String> = control
            .bots()
            .iter()
            .map(|bot| format!("{}@{chats}", bot.token))
            .collect();
        [
            ("FERRY_STORAGE__KIND", "telegram".to_owned()),
            ("FERRY_TELEGRAM__API_URL", emulator.url()),
            ("FERRY_TELEGRAM__BOTS", bots.join(";")),
            ("FERRY_TELEGRAM__SENDS_PER_MINUTE", "100000".to_owned()),
            // As with the directory: what stories count in parts stays the same.
            ("FERRY_PART_PROFILE", "disk".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Names of what is stored there.
    pub fn stored(&self) -> BTreeSet<String> {
        match self {
            PartsAt::Directory(root) => part_files(root)
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            PartsAt::Telegram(emulator) => {
                let ledger = emulator.control().ledger(None);
                let name = |row: &bot_api_emulator::LedgerRow| {
                    format!("{}/{}", row.chat_id, row.message_id)
                };
                ledger.iter().map(name).collect()
            }
        }
    }

    /// Takes it away, with all it holds.
    pub fn unplug(&self) -> Result<()> {
        match self {
            PartsAt::Directory(root) => Ok(std::fs::rename(root, away(root))?),
            PartsAt::Telegram(emulator) => {
                let gone = FaultRule::always(Fault::BadGatewayHtml);
                emulator.control().add_faults(vec![gone]);
                Ok(())
            }
        }
    }

    /// Brings it back.
    pub fn plug(&self) -> Result<()> {
        match self {
            PartsAt::Directory(root) => {
                if root.exists() {
                    std::fs::remove_dir_all(root)?;
                }
                Ok(std::fs::rename(away(root), root)?)
            }
            PartsAt::Telegram(emulator) => {
                emulator.control().clear_faults();
                Ok(())
            }
        }
    }

    /// Turns a bit in the middle of everything stored so far, or of everything read from now on.
    pub fn damage(&self) -> Result<()> {
        match self {
            PartsAt::Directory(root) => {
                for path in part_files(root) {
                    let mut bytes = std::fs::read(&path)?;
                    let middle = bytes.len() / 2;
                    *bytes.get_mut(middle).context("an empty part")? ^= 1;
                    std::fs::write(path, bytes)?;
                }
                Ok(())
            }
            PartsAt::Telegram(emulator) => {
                let flipped = FaultRule::on("file", Fault::FlippedBit);
                emulator.control().add_faults(vec![flipped]);
                Ok(())
            }
        }
    }
}

/// Stored parts of a directory, as files; the store's own mark is none.
pub(crate) fn part_files(root: &Path) -> BTreeSet<PathBuf> {
    let files = walkdir::WalkDir::new(root)
        .into_iter()
        .filter_map(Result::ok);
    files
        .filter(|entry| entry.file_type().is_file() && entry.file_name() != STORE_MARK)
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn away(root: &Path) -> PathBuf {
    root.with_file_name("unplugged")
}
