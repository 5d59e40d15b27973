//! What administrators see and do about the bots of a Telegram store. A token goes in and never comes out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// How a bot stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BotState {
    /// In use.
    Active,
    /// Telegram refuses its token.
    Unauthorized,
    /// It moved to another Bot API server.
    LoggedOut,
    /// An administrator put it aside: what it stored is still read through it.
    Disabled,
}

/// How a bot stands with a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BotChatState {
    /// In use.
    Active,
    /// The bot was put out.
    Kicked,
    /// The bot is not in it.
    NotMember,
    /// The bot may not post.
    NoRights,
    /// There is no such chat.
    NotFound,
    /// The chat has another id now.
    Migrated,
}

/// Whether a chat takes new parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChatState {
    /// It does.
    Open,
    /// It holds as many messages as it should.
    Full,
    /// It has another id now.
    Migrated,
}

/// Where a bot comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, VariantArray)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BotSource {
    /// The settings: it is there again after every start.
    Config,
    /// An administrator.
    Admin,
}

/// `GET /api/admin/bots`: the pool as it is now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotsResponse {
    /// When "now" was.
    pub at: DateTime<Utc>,
    /// Address of the Bot API.
    pub api_url: String,
    /// Sends of one bot into one chat that the pool lets arrive within a minute; none where it keeps no limits.
    #[serde(default)]
    pub pair_sends_per_minute: Option<u32>,
    /// The bots, by id.
    pub bots: Vec<BotEntry>,
    /// The chats, by id.
    pub chats: Vec<TelegramChatEntry>,
    /// What is on its way or waits.
    pub queue: BotQueue,
}

/// What is on its way through the pool, over all servers, or waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotQueue {
    /// Parts that wait for a bot, at the server that answers.
    pub waiting: u64,
    /// Sends without an answer so far.
    pub in_flight: u64,
    /// Sends that ended without an answer: what they left is looked for and deleted.
    pub unanswered: u64,
    /// Parts whose bytes are queued for deletion.
    pub pending_deletions: u64,
    /// Sends of the last minute.
    pub sends_last_minute: u64,
    /// Their bytes.
    pub bytes_last_minute: u64,
}

/// A bot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotEntry {
    /// The number before the colon of its token.
    pub bot_id: i64,
    /// Its name, without `@`.
    pub username: String,
    /// How it stands.
    pub state: BotState,
    /// Why it is not in use.
    pub reason: Option<String>,
    /// Nothing is sent through it before.
    pub cooled_until: Option<DateTime<Utc>>,
    /// Its share of the load, against the others.
    pub weight: f32,
    /// Where it comes from.
    pub source: BotSource,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last tested.
    pub checked_at: Option<DateTime<Utc>>,
    /// Sends without an answer so far.
    pub in_flight: u32,
    /// Sends of the last minute.
    pub sends_last_minute: u32,
    /// Parts that it stored.
    pub parts: u64,
    /// Their bytes.
    pub stored_bytes: u64,
    /// Its chats, by id.
    pub chats: Vec<BotChatEntry>,
}

/// A bot in a chat: the unit that paces itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotChatEntry {
    /// The chat.
    pub chat_id: i64,
    /// How they stand.
    pub state: BotChatState,
    /// Why nothing is sent there.
    pub reason: Option<String>,
    /// Nothing is sent there by this bot before.
    pub cooled_until: Option<DateTime<Utc>>,
    /// Sends of the last minute; [`BotsResponse::pair_sends_per_minute`] is the most.
    pub sends_last_minute: u32,
}

/// A chat that holds parts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TelegramChatEntry {
    /// Its id; channels and supergroups begin with -100.
    pub chat_id: i64,
    /// Its title.
    pub title: String,
    /// `channel`, `supergroup`, `group` or `private`.
    pub kind: String,
    /// Nobody else writes there: messages that are nobody's are deleted.
    pub dedicated: bool,
    /// Whether it takes new parts.
    pub state: ChatState,
    /// Documents stored there, ever.
    pub messages: u64,
    /// Its highest message that is known.
    pub high_message_id: i64,
    /// Up to here every message is known to belong to a part.
    pub swept_to: i64,
}

/// `POST /api/admin/bots`.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AddBotRequest {
    /// From @BotFather. It is sealed before it is kept, and never returned.
    pub token: String,
    /// Chats that the bot may post to.
    pub chats: Vec<i64>,
    /// Its share of the load; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
    /// Others write to these chats too, so that nothing may be deleted there but what Ferry knows to be its own.
    /// When absent a known chat stays what it is, and a new one is Ferry's alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shared_chats: Option<bool>,
}

impl std::fmt::Debug for AddBotRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddBotRequest")
            .field("chats", &self.chats)
            .field("weight", &self.weight)
            .field("shared_chats", &self.shared_chats)
            .finish_non_exhaustive()
    }
}

/// `PATCH /api/admin/bots/{bot_id}`: what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ChangeBotRequest {
    /// Whether new parts go through it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Its share of the load.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<f32>,
}

/// `POST /api/admin/bots/{bot_id}/test`, and what a test of a new bot found: every chat was sent a document, which was
/// read back and deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestedBot {
    /// The bot.
    pub bot_id: i64,
    /// Its name, without `@`.
    pub username: String,
    /// The bot and every chat can be used.
    pub ok: bool,
    /// What is wrong with the bot itself, and what to do.
    pub problem: Option<String>,
    /// Its chats.
    pub chats: Vec<TestedChat>,
}

/// What a test of one chat found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestedChat {
    /// The chat; after a move the new id.
    pub chat_id: i64,
    /// The id that was asked for, where the group became a supergroup.
    pub moved_from: Option<i64>,
    /// Its title, once known.
    pub title: String,
    /// Parts can be stored there.
    pub ok: bool,
    /// What is wrong, and what to do.
    pub problem: Option<String>,
    /// What works and could be better.
    pub warnings: Vec<String>,
}

/// Answer of `DELETE /api/admin/bots/{bot_id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemovedBot {
    /// Parts that nobody can read any more: no other bot is in their chat.
    pub unreadable_parts: u64,
    /// Parts that are read through another bot of their chat from now on.
    pub recoverable_parts: u64,
    /// It stands in the settings too: it is back after the next start, unless it is taken out there.
    pub returns_at_start: bool,
}
