//! Where a fixture's server puts sealed parts: a directory, or a pool of bots of the Bot API emulator. What a test does to
//! that place (look, unplug, damage) is the same for both.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use bot_api_emulator::{Fault, FaultRule};

use crate::bot_pool::{BotPool, PoolSize};

/// Names the provider that tests run on: `directory` (when absent) or `telegram`.
pub const STORE: &str = "FERRY_TEST_STORE";

/// By this file a directory store knows that its directory is the right one.
const STORE_MARK: &str = "ferry-store";

/// A provider that a fixture's server can have.
#[derive(Debug, Clone, Copy)]
pub enum Store {
    /// The server's own directory.
    Directory,
    /// Bots and channels of the emulator.
    Telegram(PoolSize),
}

impl Store {
    /// Telegram, where a test does not care how many bots there are.
    pub const SOME_BOTS: Store = Store::Telegram(PoolSize {
        bots: 3,
        channels: 2,
    });

    /// The one that the run is about.
    pub(crate) fn chosen() -> Result<Store> {
        match std::env::var_os(STORE) {
            None => Ok(Store::Directory),
            Some(name) if name == "directory" => Ok(Store::Directory),
            Some(name) if name == "telegram" => Ok(Store::SOME_BOTS),
            Some(name) => anyhow::bail!("{STORE} names {name:?}, which is no provider"),
        }
    }
}

/// A place for parts.
pub enum PartStore {
    /// The server's own directory.
    Directory(PathBuf),
    /// Bots and chats.
    Telegram(Box<BotPool>),
}

impl PartStore {
    /// A place of that kind for a server with this data directory.
    pub(crate) async fn new(store: Store, data_dir: &Path) -> Result<PartStore> {
        match store {
            Store::Directory => Ok(PartStore::Directory(data_dir.join("parts"))),
            Store::Telegram(size) => PartStore::telegram(data_dir, size).await,
        }
    }

    async fn telegram(data_dir: &Path, size: PoolSize) -> Result<PartStore> {
        let pool = BotPool::start(data_dir.with_file_name("telegram"), size).await?;
        Ok(PartStore::Telegram(Box::new(pool)))
    }

    /// The server's settings for it. Those of the test come later and win.
    pub(crate) fn settings(&self) -> Vec<(String, String)> {
        match self {
            PartStore::Directory(_) => Vec::new(),
            PartStore::Telegram(pool) => pool.settings(),
        }
    }

    /// The bots of a place that has some.
    pub fn bot_pool(&self) -> Result<&BotPool> {
        match self {
            PartStore::Directory(_) => anyhow::bail!("the parts are in a directory"),
            PartStore::Telegram(pool) => Ok(pool),
        }
    }

    /// Names of what is stored there.
    pub fn stored(&self) -> BTreeSet<String> {
        match self {
            PartStore::Directory(root) => part_files(root)
                .iter()
                .map(|path| path.display().to_string())
                .collect(),
            PartStore::Telegram(pool) => {
                let ledger = pool.control().ledger(None);
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
            PartStore::Directory(root) => Ok(std::fs::rename(root, away(root))?),
            PartStore::Telegram(pool) => {
                let gone = FaultRule::always(Fault::BadGatewayHtml);
                pool.control().add_faults(vec![gone]);
                Ok(())
            }
        }
    }

    /// Brings it back.
    pub fn plug(&self) -> Result<()> {
        match self {
            PartStore::Directory(root) => {
                if root.exists() {
                    std::fs::remove_dir_all(root)?;
                }
                Ok(std::fs::rename(away(root), root)?)
            }
            PartStore::Telegram(pool) => {
                pool.control().clear_faults();
                Ok(())
            }
        }
    }

    /// Turns a bit in the middle of everything stored so far, or of everything read from now on.
    pub fn damage(&self) -> Result<()> {
        match self {
            PartStore::Directory(root) => {
                for path in part_files(root) {
                    let mut bytes = std::fs::read(&path)?;
                    let middle = bytes.len() / 2;
                    *bytes.get_mut(middle).context("an empty part")? ^= 1;
                    std::fs::write(path, bytes)?;
                }
                Ok(())
            }
            PartStore::Telegram(pool) => {
                let flipped = FaultRule::on("file", Fault::FlippedBit);
                pool.control().add_faults(vec![flipped]);
                Ok(())
            }
        }
    }

    /// What is read from now on is what is stored.
    pub fn stop_damaging(&self) -> Result<()> {
        if let PartStore::Telegram(pool) = self {
            pool.control().clear_faults();
        }
        Ok(())
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
