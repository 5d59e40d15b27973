//! Parts as documents that bots keep in Telegram chats. So far the pieces the store is made of; no `PartStore` yet.

mod api;
mod check;
mod fault;
mod pacing;
mod pool;
mod sweep;
mod token;

pub use api::{
    BotApi, BotApiSettings, BotApis, ChatInfo, ChatKind, MAX_DELETED_AT_ONCE, MAX_DOCUMENT_BYTES,
    Me, NoBotApi, Rights, Sent,
};
pub use check::{Trouble, TroubleWith, UsableChat, check_bot, check_chat};
pub use fault::{Asked, ChatTrouble, Fault};
pub use pacing::Policy;
pub use pool::{Advice, Lease, Leased, Pool, Settled};
pub use sweep::{Sweep, SweepSettings, SweepStep};
pub use token::{BotToken, NotAToken, SealedToken, ServerKey, Unsealable};

#[cfg(test)]
mod tests;
