//! Calls of the Bot API, and the only place that knows teloxide. It neither paces nor remembers, and retries nothing but
//! a link to a file that has ended. What it answers is in `answers`, the way there and back in `transport`.
//!
//! What is asked comes from teloxide's payloads: names and parameters are its business. The way there and back is
//! ours, over the HTTP client that teloxide itself uses, because its `Bot` (teloxide-core 0.13)
//! - sleeps ten seconds on every 5xx before it answers, while a send could go to the next bot at once,
//! - drops the HTTP status, which is all that an empty body or a proxy's page says,
//! - must understand the whole `Message` or calls a stored document a failure, and Telegram adds fields at will,
//! - fetches files as `documents%2Ffile_1.bin`, which not every server in front of a self-hosted one takes.

mod answers;
mod transport;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::TimeDelta;
use reqwest_of_teloxide::{
    Client,
    multipart::{Form, Part},
    redirect,
};
use teloxide_core::{
    payloads::{
        DeleteMessages, ForwardMessage, ForwardMessageSetters as _, GetChat, GetChatMember,
        GetFile, GetMe, SendDocument,
    },
    requests::Payload,
    types::{ChatId, FileId, MessageId, UserId},
};
use zeroize::Zeroizing;

use super::{
    fault::{Asked, Fault},
    token::BotToken,
};
use crate::error_chain::chain;
use crate::storage::ByteStream;
use answers::{ChatAnswer, FileAnswer, MemberAnswer, MessageAnswer};
pub use answers::{ChatInfo, ChatKind, Me, Rights, Sent};
use transport::{bytes_of, lost, size_of};

/// Telegram's own Bot API server.
pub const API_URL: &str = "https://api.telegram.org";
/// Most ids of one `deleteMessages`.
pub const MAX_DELETED_AT_ONCE: usize = 100;
/// A bot deletes its own message for so long, whatever it is in the chat (`can_delete_channel_message` of tdlib).
pub(super) const DELETABLE_FOR: TimeDelta = TimeDelta::hours(48);
/// Largest document that `getFile` gives back: 20 MiB, and this very size still passes.
pub const MAX_DOCUMENT_BYTES: usize = 20 << 20;

/// Where the API is and how long it may take.
#[derive(Debug, Clone)]
pub struct BotApiSettings {
    /// Its address, with a path where a proxy wants one.
    pub api_url: String,
    /// For a connection.
    pub connect_timeout: Duration,
    /// For a call that carries no document.
    pub small_call_timeout: Duration,
    /// Longest silence inside a download.
    pub silence: Duration,
}

impl Default for BotApiSettings {
    fn default() -> Self {
        BotApiSettings {
            api_url: API_URL.to_owned(),
            connect_timeout: Duration::from_secs(5),
            small_call_timeout: Duration::from_secs(30),
            silence: Duration::from_secs(30),
        }
    }
}

/// An address that can be none of a Bot API, or an HTTP client that cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("the Bot API at {api_url} cannot be used: {why}")]
pub struct NoBotApi {
    api_url: String,
    why: String,
}

/// The API for all bots; they share its connections.
#[derive(Debug, Clone)]
pub struct BotApis {
    client: Client,
    settings: Arc<BotApiSettings>,
}

impl BotApis {
    /// Makes the client; asks nothing yet.
    pub fn new(mut settings: BotApiSettings) -> Result<Self, NoBotApi> {
        let refuse = |why: String| NoBotApi {
            api_url: settings.api_url.clone(),
            why,
        };
        let url = reqwest_of_teloxide::Url::parse(&settings.api_url)
            .map_err(|error| refuse(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
            return Err(refuse("it is no http(s) address".to_owned()));
        }
        // a connection that the other side is about to close must not take a document
        let client = Client::builder()
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(15))
            .tcp_nodelay(true)
            .redirect(redirect::Policy::none())
            .user_agent("ferry")
            .build()
            .map_err(|error| refuse(chain(&error)))?;
        // a slash at the end would become two
        settings
            .api_url
            .truncate(settings.api_url.trim_end_matches('/').len());
        Ok(BotApis {
            client,
            settings: Arc::new(settings),
        })
    }

    /// The API as that bot.
    pub fn of(&self, token: &BotToken) -> BotApi {
        BotApi {
            client: self.client.clone(),
            settings: Arc::clone(&self.settings),
            token: token.clone(),
        }
    }

    /// Its address, for a person.
    pub fn api_url(&self) -> &str {
        &self.settings.api_url
    }
}

/// The API as one bot. Its `Debug` shows the bot's id.
#[derive(Debug, Clone)]
pub struct BotApi {
    client: Client,
    settings: Arc<BotApiSettings>,
    token: BotToken,
}

impl BotApi {
    /// The bot's id, as its token says.
    pub fn bot_id(&self) -> i64 {
        self.token.bot_id()
    }

    /// Where the API is, for a person.
    pub fn api_url(&self) -> &str {
        &self.settings.api_url
    }

    /// Who the bot is.
    pub async fn me(&self) -> Result<Me, Fault> {
        self.small(&GetMe::new()).await
    }

    /// What the chat is.
    pub async fn chat(&self, chat_id: i64) -> Result<ChatInfo, Fault> {
        let chat: ChatAnswer = self.small(&GetChat::new(ChatId(chat_id))).await?;
        let permissions = chat.permissions.unwrap_or_default();
        Ok(ChatInfo {
            id: chat.id,
            title: chat.title.or(chat.first_name).unwrap_or_default(),
            kind: chat.kind,
            members_may_send: permissions.can_send_documents.unwrap_or(true),
        })
    }

    /// What the bot may do in the chat. One that is not in it is a fault.
    pub async fn rights(&self, chat: &ChatInfo) -> Result<Rights, Fault> {
        if chat.kind == ChatKind::Private {
            let all = Rights {
                may_send: true,
                may_delete_all: true,
            };
            return Ok(all);
        }
        let bot = u64::try_from(self.token.bot_id()).map(UserId);
        let bot = bot.map_err(|_| refused("the bot's id"))?;
        let member: MemberAnswer = self
            .small(&GetChatMember::new(ChatId(chat.id), bot))
            .await?;
        member.rights(chat)
    }

    /// Sends the bytes as a document of that name.
    pub async fn send(
        &self,
        chat_id: i64,
        name: &str,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Sent, Fault> {
        let size_bytes = size_of(&body);
        let document = Part::stream_with_length(body, size_bytes)
            .file_name(name.to_owned())
            .mime_str("application/octet-stream")
            .map_err(|error| refused(&error.to_string()))?;
        let form = Form::new()
            .text("chat_id", chat_id.to_string())
            .text("disable_content_type_detection", "true")
            .text("disable_notification", "true")
            .part("document", document);
        let request = self.post(SendDocument::NAME).multipart(form);
        let sent = self
            .answer::<MessageAnswer>(Asked::ToSend, request, timeout)
            .await?
            .sent()?;
        match sent.size_bytes {
            Some(stored) if stored != size_bytes => Err(Fault::Unknown {
                why: format!("{size_bytes} bytes were sent, {stored} are said to be stored"),
            }),
            _ => Ok(sent),
        }
    }

    /// The bytes of a document, through the bot that has this file id. `timeout` is for the beginning: the server
    /// fetches the whole document before it says where it is.
    pub async fn open(&self, file_id: &str, timeout: Duration) -> Result<ByteStream, Fault> {
        match self.fetch(file_id, timeout).await {
            // the link ended between two calls
            Err(Fault::LinkExpired) => match self.fetch(file_id, timeout).await {
                Err(Fault::LinkExpired) => Err(Fault::Outage {
                    why: "404 for a fresh download link; a Bot API server of one's own serves no files by itself, \
                          the web server in front of it has to"
                        .to_owned(),
                }),
                outcome => outcome,
            },
            outcome => outcome,
        }
    }

    /// Deletes messages of one chat, [`MAX_DELETED_AT_ONCE`] at most. Ids that are gone already are skipped.
    pub async fn delete(&self, chat_id: i64, message_ids: &[i64]) -> Result<(), Fault> {
        if message_ids.is_empty() {
            return Ok(());
        }
        if message_ids.len() > MAX_DELETED_AT_ONCE {
            return Err(refused("too many ids"));
        }
        let ids: Vec<MessageId> = message_ids
            .iter()
            .map(|id| message(*id))
            .collect::<Result<_, _>>()?;
        let payload = DeleteMessages::new(ChatId(chat_id), ids);
        match self.small::<_, bool>(&payload).await {
            Ok(_) | Err(Fault::MessageGone) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Sends a message of the chat into the same chat again: this bot's own file id for it.
    pub async fn forward(&self, chat_id: i64, message_id: i64) -> Result<Sent, Fault> {
        let chat = ChatId(chat_id);
        let payload =
            ForwardMessage::new(chat, chat, message(message_id)?).disable_notification(true);
        let request = self.post(ForwardMessage::NAME).json(&payload);
        let timeout = self.settings.small_call_timeout;
        self.answer::<MessageAnswer>(Asked::ToSend, request, timeout)
            .await?
            .sent()
    }

    async fn fetch(&self, file_id: &str, timeout: Duration) -> Result<ByteStream, Fault> {
        let payload = GetFile::new(FileId(file_id.to_owned()));
        let request = self.post(GetFile::NAME).json(&payload);
        let file: FileAnswer = self.answer(Asked::Again, request, timeout).await?;
        let path = file.file_path.ok_or(Fault::Ambiguous)?;
        let address = Zeroizing::new(format!(
            "{}/file/bot{}/{path}",
            self.settings.api_url,
            self.token.expose()
        ));
        let response =
            tokio::time::timeout(timeout, self.client.get(address.as_str()).send()).await;
        let response = response
            .map_err(|_| Fault::unanswered(Asked::ForFile, "the download did not begin in time"))?
            .map_err(|error| lost(Asked::ForFile, error))?;
        if !response.status().is_success() {
            return Err(self.refusal(Asked::ForFile, response).await);
        }
        Ok(bytes_of(response, file.file_size, self.settings.silence))
    }
}

fn message(id: i64) -> Result<MessageId, Fault> {
    let id = i32::try_from(id).map_err(|_| refused("a message id that can be none"))?;
    Ok(MessageId(id))
}

fn refused(why: &str) -> Fault {
    Fault::Refused {
        why: why.to_owned(),
    }
}
