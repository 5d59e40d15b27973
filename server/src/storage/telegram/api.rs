//! Calls of the Bot API, and the only file that knows teloxide. It paces, retries and remembers nothing.
//!
//! What is asked comes from teloxide's payloads: names and parameters are its business. The way there and back is
//! ours, over the HTTP client that teloxide itself uses, because its `Bot` (teloxide-core 0.13)
//! - sleeps ten seconds on every 5xx before it answers, while a send could go to the next bot at once,
//! - drops the HTTP status, which is all that an empty body or a proxy's page says,
//! - must understand the whole `Message` or calls a stored document a failure, and Telegram adds fields at will,
//! - fetches files as `documents%2Ffile_1.bin`, which not every server in front of a self-hosted one takes.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;
use reqwest_of_teloxide::{
    Client, RequestBuilder, Response, header,
    multipart::{Form, Part},
    redirect,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
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
    fault::{Asked, ChatGoneKind, Fault, glimpse},
    token::BotToken,
};
use crate::storage::{ByteStream, StorageError};

/// Telegram's own Bot API server.
pub const API_URL: &str = "https://api.telegram.org";
/// Most ids of one `deleteMessages`.
pub const MAX_DELETED_AT_ONCE: usize = 100;
/// Largest document that `getFile` gives back: 20 MiB, and this very size still passes.
pub const MAX_DOCUMENT_BYTES: usize = 20 << 20;
/// Longest answer that is read; a `Message` has a few kilobytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;

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

/// An address that can be none of a Bot API, or an HTTP client that can not be made.
#[derive(Debug, thiserror::Error)]
#[error("the Bot API at {api_url} can not be used: {why}")]
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

/// The bot itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Me {
    /// Its id.
    pub id: i64,
    /// Its name, without `@`.
    #[serde(default)]
    pub username: String,
}

/// What a chat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChatKind {
    /// Where admins alone write.
    Channel,
    /// A group of the small kind; its id changes when it grows up.
    Group,
    /// A group of the large kind.
    Supergroup,
    /// A person.
    Private,
}

impl ChatKind {
    /// As Telegram writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            ChatKind::Channel => "channel",
            ChatKind::Group => "group",
            ChatKind::Supergroup => "supergroup",
            ChatKind::Private => "private",
        }
    }
}

/// A chat as a bot sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatInfo {
    /// Its id.
    pub id: i64,
    /// Its title; a person's name.
    pub title: String,
    /// What it is.
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

    async fn small<P, T>(&self, payload: &P) -> Result<T, Fault>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        let request = self.post(P::NAME).json(payload);
        self.answer(Asked::Again, request, self.settings.small_call_timeout)
            .await
    }

    fn post(&self, method: &str) -> RequestBuilder {
        let base = &self.settings.api_url;
        let address = Zeroizing::new(format!("{base}/bot{}/{method}", self.token.expose()));
        self.client.post(address.as_str())
    }

    async fn answer<T: DeserializeOwned>(
        &self,
        asked: Asked,
        request: RequestBuilder,
        timeout: Duration,
    ) -> Result<T, Fault> {
        let response = request
            .timeout(timeout)
            .send()
            .await
            .map_err(|error| lost(asked, error))?;
        if !response.status().is_success() {
            return Err(self.refusal(asked, response).await);
        }
        let status = response.status();
        let body = text_of(response)
            .await
            .map_err(|error| lost(asked, error))?;
        match serde_json::from_str::<Success<T>>(&body) {
            Ok(Success {
                ok: true,
                result: Some(result),
            }) => Ok(result),
            Ok(Success { ok: false, .. }) => {
                let body = self.token.redacted(&body);
                Err(Fault::of_answer(asked, status.as_u16(), None, &body))
            }
            // the answer may name what was sent: it goes to nobody
            Ok(_) => Err(Fault::unanswered(
                asked,
                format!("{status} without a result"),
            )),
            Err(_) => Err(Fault::unanswered(
                asked,
                format!("{status}{}", glimpse(&self.token.redacted(&body))),
            )),
        }
    }

    /// A refusal with everything that it says, but for the token: a web server in front of the API may repeat the address
    /// it was asked for, and what a fault says ends in logs, rows and answers.
    async fn refusal(&self, asked: Asked, response: Response) -> Fault {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // the status is a verdict even where the connection broke inside of the body
        let body = text_of(response).await.unwrap_or_default();
        Fault::of_answer(asked, status, retry_after, &self.token.redacted(&body))
    }
}

async fn text_of(mut response: Response) -> reqwest_of_teloxide::Result<String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// A call that ended without an answer. A connection that was never there carried nothing.
fn lost(asked: Asked, error: reqwest_of_teloxide::Error) -> Fault {
    let error = error.without_url();
    let why = chain(&error);
    if error.is_connect() {
        return Fault::Outage {
            why: format!("no connection: {why}"),
        };
    }
    Fault::unanswered(asked, why)
}

/// The error and everything below it; the top alone says "error sending request".
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    let mut words: Vec<String> = errors.map(ToString::to_string).collect();
    words.dedup();
    words.join(": ")
}

/// The bytes as they come, refused when they are fewer or more than announced or when nothing comes for long.
fn bytes_of(response: Response, size_bytes: Option<u64>, silence: Duration) -> ByteStream {
    let broken = |why: String| StorageError::Unavailable(format!("the download broke off: {why}"));
    let next = move |state: Option<(Response, u64)>| async move {
        let (mut response, got) = state?;
        let chunk = match tokio::time::timeout(silence, response.chunk()).await {
            Err(_) => Err(broken(format!("nothing for {} s", silence.as_secs()))),
            Ok(Err(error)) => Err(broken(chain(&error.without_url()))),
            Ok(Ok(None)) if size_bytes.is_some_and(|size| size != got) => Err(broken(format!(
                "{got} bytes of {}",
                size_bytes.unwrap_or_default()
            ))),
            Ok(Ok(None)) => return None,
            Ok(Ok(Some(chunk))) => Ok(chunk),
        };
        let got = got + chunk.as_ref().map_or(0, size_of);
        let go_on = chunk.is_ok().then_some((response, got));
        Some((chunk, go_on))
    };
    Box::pin(stream::unfold(Some((response, 0)), next))
}

fn size_of(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
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

/// Around every answer.
#[derive(Deserialize)]
struct Success<T> {
    ok: bool,
    result: Option<T>,
}

#[derive(Deserialize)]
struct ChatAnswer {
    id: i64,
    #[serde(rename = "type")]
    kind: ChatKind,
    title: Option<String>,
    first_name: Option<String>,
    permissions: Option<MemberPermissions>,
}

#[derive(Default, Deserialize)]
struct MemberPermissions {
    can_send_documents: Option<bool>,
}

#[derive(Deserialize)]
struct FileAnswer {
    file_size: Option<u64>,
    file_path: Option<String>,
}

#[derive(Deserialize)]
struct MessageAnswer {
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
    fn sent(self) -> Result<Sent, Fault> {
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
struct MemberAnswer {
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
    fn rights(&self, chat: &ChatInfo) -> Result<Rights, Fault> {
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
