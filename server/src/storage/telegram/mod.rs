//! Parts as documents that bots keep in Telegram chats. In reading order:
//! - [`TelegramStore`] (`store`) is the provider: a put is a lease, a send and a settlement; a get is in `recover` and
//!   `range`, a delete in `erase`. `locator` is what a part's row knows of its message.
//! - [`Pool`] says who may send, by rows that all processes share; `pool/cooling` says who rests after a failure, and
//!   `pacing` has the numbers and where they come from; [`Heartbeat`] frees the places of processes that died; [`MessageSweep`] deletes what a lost answer left behind.
//! - [`BotApi`] (`api`) speaks to Telegram and is the only file that knows how; `fault` reads its refusals.
//! - `token` keeps secrets, `bot_test` tests a bot and a chat for a person, `reads` paces downloads, `metrics` counts.
//!
//! It uses the pool's own rows of Postgres and no others: of files and users it knows nothing.

mod store;

mod erase;
mod locator;
mod metrics;
mod range;
mod reads;
mod recover;

mod heartbeat;
mod message_sweep;
mod pacing;
mod pool;

mod api;
mod bot_test;
mod fault;
mod token;

pub use api::{
    API_URL, BotApi, BotApiSettings, BotApis, ChatInfo, ChatKind, MAX_DELETED_AT_ONCE,
    MAX_DOCUMENT_BYTES, Me, NoBotApi, Rights, Sent,
};
pub use bot_test::{Blame, BotTestError, UsableChat, test_bot, test_chat};
pub use fault::{Asked, ChatGoneKind, Fault};
pub use heartbeat::{HEARTBEAT_INTERVAL, Heartbeat};
pub use message_sweep::{MessageSweep, MessageSweepSettings, MessageSweepStep};
pub use metrics::TelegramMetrics;
pub use pacing::{MAX_WEIGHT, Policy, is_weight};
pub use pool::{Advice, Lease, Leased, Pool};
pub use store::{LIMITS, TelegramStore, Timeouts};
pub use token::{BotToken, NotAToken, SealedToken, ServerKey, Unsealable};

#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;
