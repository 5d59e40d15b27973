//! Parts as documents that bots keep in Telegram chats. In reading order:
//! - [`TelegramStore`] (`store`) is the provider: a put is a lease, a send and a settlement; a get is in `recover`, a
//!   delete in `erase`.
//! - [`Pool`] says who may send, by rows that all processes share; `pacing` has its numbers and where they come from;
//!   [`Pulse`] frees the places of processes that died; [`Sweep`] deletes what a lost answer left behind.
//! - [`BotApi`] (`api`) speaks to Telegram and is the only file that knows how; `fault` reads its refusals.
//! - `token` keeps secrets, `check` tests a bot and a chat for a person, `reads` paces downloads, `numbers` counts.
//!
//! It uses the pool's own rows of Postgres and no others: of files and users it knows nothing.

mod store;

mod erase;
mod numbers;
mod reads;
mod recover;

mod pacing;
mod pool;
mod pulse;
mod sweep;

mod api;
mod check;
mod fault;
mod token;

pub use api::{
    BotApi, BotApiSettings, BotApis, ChatInfo, ChatKind, MAX_DELETED_AT_ONCE, MAX_DOCUMENT_BYTES,
    Me, NoBotApi, Rights, Sent,
};
pub use check::{Trouble, TroubleWith, UsableChat, check_bot, check_chat};
pub use fault::{Asked, ChatTrouble, Fault};
pub use numbers::TelegramNumbers;
pub use pacing::Policy;
pub use pool::{Advice, Lease, Leased, Pool, Settled};
pub use pulse::{BEAT_EVERY, Pulse};
pub use store::{LIMITS, Patience, TelegramStore};
pub use sweep::{Sweep, SweepSettings, SweepStep};
pub use token::{BotToken, NotAToken, SealedToken, ServerKey, Unsealable};

#[cfg(test)]
pub(crate) mod test_support;
#[cfg(test)]
mod tests;
