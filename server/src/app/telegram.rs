//! Joins what parts in Telegram need: the API, the pool, the store and their jobs. Only where the settings name Telegram.

use std::sync::Arc;

use anyhow::Context as _;

use super::server_key;
use crate::{
    clock,
    config::Config,
    db::Db,
    jobs::TelegramJobs,
    storage::{
        Bounded,
        telegram::{
            self, BotApiSettings, BotApis, Heartbeat, MessageSweep, MessageSweepSettings, Pool,
            TelegramMetrics, TelegramStore, Timeouts,
        },
    },
};

/// The store and what keeps its chats clean.
pub(super) struct Telegram {
    pub(super) store: Arc<Bounded<TelegramStore>>,
    pub(super) jobs: TelegramJobs,
}

/// The API's address and its connections, for the store and for the use-cases that add bots.
pub(super) fn apis_of(config: &Config) -> anyhow::Result<BotApis> {
    let settings = BotApiSettings {
        api_url: config.telegram.api_url.clone(),
        ..BotApiSettings::default()
    };
    BotApis::new(settings).context("the setting telegram.api_url")
}

/// Calls no API yet: bots may be added later.
pub(super) fn open(
    config: &Config,
    db: &Db,
    metrics: &TelegramMetrics,
) -> anyhow::Result<Telegram> {
    let apis = apis_of(config)?;
    let key = server_key::load(&config.server_key)?;
    let pool = Pool::new(db.clone(), key, clock::system(), config.telegram.policy());
    let heartbeat = Heartbeat::new(pool.clone(), clock::system());
    let sweep = MessageSweep::new(
        pool.clone(),
        apis.clone(),
        clock::system(),
        MessageSweepSettings::default(),
    );
    let store = TelegramStore::new(
        pool,
        apis,
        (clock::system(), clock::system_timer()),
        Timeouts::default(),
        metrics.clone(),
    );
    Ok(Telegram {
        store: Arc::new(Bounded::new(store, telegram::LIMITS)),
        jobs: TelegramJobs {
            heartbeat,
            sweep,
            metrics: metrics.clone(),
        },
    })
}
