//! What the Bot API answers, as far as it is needed. Fields that Telegram adds are passed over.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::storage::telegram::fault::{ChatGoneKind, Fault};

/// The bot itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Me {
    pub id: i64,
    /// Its name, without `@`.
    #[serde(default)]
    pub username: String,
}

/// What a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// Where admins alone write.
    Channel,
    /// A group of the small kind; its id changes when it grows up.
    Group,
    /// A group of the large kind.
    Supergroup,
    Private,
}

impl std::fmt::Display for ChatKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(f)
    }
}

/// A chat as a bot sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatInfo {
    pub id: i64,
    /// Its title; a person's name.
    pub title: String,
    pub kind: ChatKind,
    /// Members without a rank may send documents.
    pub members_may_send: bool,
}

/// What a bot may do in a chat that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rights {
    /// Send documents.
    pub may_send: bool,
    /// Delete messages of other bots.
    pub may_delete_all: bool,
}

/// A document that is in a chat now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its message, sequential in the chat.
    pub message_id: i64,
    /// When, by Telegram's clock.
    pub date: DateTime<Utc>,
    /// For this bot alone.
    pub file_id: String,
    /// The same for every bot; fetches nothing.
    pub file_unique_id: String,
    /// Its length, where the answer tells it.
    pub size_bytes: Option<u64>,
}

/// Around every answer.
#[derive(Deserialize)]
pub(super) struct Success<T> {
    pub(super) ok: bool,
    pub(super) result: Option<T>,
}

#[derive(Deserialize)]
pub(super) struct ChatAnswer {
    pub(super) id: i64,
    #[serde(rename = "type")]
    pub(super) kind: ChatKind,
    pub(super) title: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) permissions: Option<MemberPermissions>,
}

#[derive(Default, Deserialize)]
pub(super) struct MemberPermissions {
    pub(super) can_send_documents: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct FileAnswer {
    pub(super) file_size: Option<u64>,
    pub(super) file_path: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct MessageAnswer {
    message_id: i64,
    #[serde(with = "chrono::serde::ts_seconds")]
    date: DateTime<Utc>,
    document: Option<DocumentAnswer>,
}

#[derive(Deserialize)]
struct DocumentAnswer {
    file_id: String,
    file_unique_id: String,
    file_size: Option<u64>,
}

impl MessageAnswer {
    /// The document that was sent; a message without one is a doubt.
    pub(super) fn sent(self) -> Result<Sent, Fault> {
        let document = self.document.ok_or_else(|| Fault::Unknown {
            why: format!("message {} came back without a document", self.message_id),
        })?;
        Ok(Sent {
            message_id: self.message_id,
            date: self.date,
            file_id: document.file_id,
            file_unique_id: document.file_unique_id,
            size_bytes: document.file_size,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct MemberAnswer {
    status: String,
    #[serde(default)]
    can_post_messages: bool,
    #[serde(default)]
    can_delete_messages: bool,
    #[serde(default)]
    can_send_documents: bool,
    #[serde(default)]
    is_member: bool,
}

impl MemberAnswer {
    /// What the member may do in this chat; one that is not in it is a fault.
    pub(super) fn rights(&self, chat: &ChatInfo) -> Result<Rights, Fault> {
        let channel = chat.kind == ChatKind::Channel;
        let gone = |kind| Fault::ChatGone {
            kind,
            why: format!("its status there is \"{}\"", self.status),
        };
        let may_send = match self.status.as_str() {
            "creator" => true,
            "administrator" => !channel || self.can_post_messages,
            "member" => !channel && chat.members_may_send,
            "restricted" if self.is_member => self.can_send_documents,
            "kicked" => return Err(gone(ChatGoneKind::Kicked)),
            _ => return Err(gone(ChatGoneKind::NotMember)),
        };
        Ok(Rights {
            may_send,
            may_delete_all: self.status == "creator" || self.can_delete_messages,
        })
    }
}
