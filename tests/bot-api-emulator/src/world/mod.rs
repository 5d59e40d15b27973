//! What exists: bots, chats, messages, files. Plain state that events change; it knows no HTTP, no limits, no clock.

mod event;
mod file_id;
mod journal;

use std::collections::{BTreeMap, HashMap};

pub(crate) use event::Event;
pub(crate) use file_id::{FileIds, unique_id};
pub(crate) use journal::World;
use serde::{Deserialize, Serialize};

/// A bot's user id.
pub type BotId = i64;
/// A chat's id: `-100…` for channels and supergroups, negative for groups, positive for private chats.
pub type ChatId = i64;
/// The emulator's own name of a stored file.
pub(crate) type FileKey = u64;

/// A bot and whether its token still opens anything.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Bot {
    pub(crate) id: BotId,
    pub(crate) token: String,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) state: BotState,
    pub(crate) webhook: String,
    #[serde(skip)]
    pub(crate) paths: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BotState {
    Live,
    Revoked,
    /// Answers `Logged out` until then (Unix seconds).
    LoggedOut(f64),
}

/// What a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// Posts are the channel's; only administrators post.
    Channel,
    /// A large group.
    Supergroup,
    /// A basic group, which can be upgraded.
    Group,
    Private,
}

impl ChatKind {
    /// As the API writes it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            ChatKind::Channel => "channel",
            ChatKind::Supergroup => "supergroup",
            ChatKind::Group => "group",
            ChatKind::Private => "private",
        }
    }
}

impl std::fmt::Display for ChatKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.word())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChatState {
    Live,
    Deleted,
    MigratedTo(ChatId),
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Chat {
    pub(crate) id: ChatId,
    pub(crate) kind: ChatKind,
    pub(crate) title: String,
    pub(crate) state: ChatState,
    pub(crate) members: BTreeMap<BotId, Membership>,
    #[serde(skip)]
    pub(crate) last_message_id: i64,
    #[serde(skip)]
    pub(crate) messages: BTreeMap<i64, Message>,
}

/// What a bot is in a chat. A chat that a bot has no membership in is unknown to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Membership {
    /// With these rights.
    Administrator {
        /// May post in a channel, and delete its own posts.
        #[serde(default = "yes")]
        can_post_messages: bool,
        /// May delete what others wrote.
        #[serde(default = "yes")]
        can_delete_messages: bool,
    },
    /// Reads a channel, writes in a group.
    Member,
    /// A member that may not send documents.
    Restricted,
    /// Thrown out; in a private chat: blocked by the person.
    Kicked,
    /// Went by itself.
    Left,
}

fn yes() -> bool {
    true
}

impl Membership {
    /// All rights.
    pub const FULL: Membership = Membership::Administrator {
        can_post_messages: true,
        can_delete_messages: true,
    };
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Message {
    #[serde(rename = "message_id")]
    pub(crate) id: i64,
    /// None for what no bot wrote.
    pub(crate) bot: Option<BotId>,
    /// Unix seconds.
    pub(crate) date: i64,
    /// None for a service message.
    pub(crate) file: Option<FileKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) caption: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) origin: Option<Origin>,
}

/// Where a forwarded or copied message comes from; a copy does not show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) chat: ChatId,
    pub(crate) message_id: i64,
    pub(crate) date: i64,
    pub(crate) bot: Option<BotId>,
    pub(crate) shown: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    pub(crate) key: FileKey,
    pub(crate) size: u64,
    /// Lower-case hex.
    pub(crate) sha256: String,
    pub(crate) name: String,
    /// Messages that show it; its bytes go with the last.
    #[serde(skip)]
    pub(crate) messages: u64,
}

/// A download path that a bot was told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct IssuedPath {
    pub(crate) number: u64,
    /// Unix seconds.
    pub(crate) until: f64,
}

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) secret: Vec<u8>,
    pub(crate) bots: BTreeMap<BotId, Bot>,
    pub(crate) chats: BTreeMap<ChatId, Chat>,
    pub(crate) files: HashMap<FileKey, StoredFile>,
    pub(crate) paths: HashMap<(BotId, FileKey), IssuedPath>,
    pub(crate) numbers: HashMap<(BotId, u64), FileKey>,
    pub(crate) last_file: FileKey,
    /// The latest time that an event tells, Unix seconds.
    pub(crate) latest: f64,
}

impl State {
    pub(crate) fn bot_by_token(&self, token: &str) -> Option<&Bot> {
        let id: BotId = token.split_once(':')?.0.parse().ok()?;
        self.bots.get(&id).filter(|bot| bot.token == token)
    }

    pub(crate) fn message(&self, chat: ChatId, id: i64) -> Option<&Message> {
        self.chats.get(&chat)?.messages.get(&id)
    }
}

/// The ending of a file's name, with its point; Telegram keeps it in the path.
pub(crate) fn extension(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((_, ending))
            if !ending.is_empty()
                && ending.len() <= 8
                && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            name.get(name.len() - ending.len() - 1..)
                .unwrap_or_default()
        }
        _ => "",
    }
}
