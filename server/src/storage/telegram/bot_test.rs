//! Tests a bot as it will be used: who it is, and in a chat what it is, what the bot may do there, and whether a
//! document comes back as it was sent. Says what is wrong in words for the person who set it up. It changes no state.

use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;

use super::{
    api::{BotApi, ChatInfo, ChatKind, Me, Rights, Sent},
    fault::{ChatGoneKind, Fault},
};

const TEST_BYTES: usize = 1_024;
const TIMEOUT: Duration = Duration::from_secs(30);
/// A document that was just sent is not always there at once.
const READ_TRIES: u32 = 4;
const READ_PAUSE: Duration = Duration::from_millis(500);

/// Whose fault it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// The token.
    Token,
    /// The chat, or what the bot may do there.
    Chat,
    /// The Bot API or the way to it.
    Api,
}

/// What is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct BotTestError {
    /// Whose fault it is.
    pub with: Blame,
    /// What was seen; none where every call worked and the outcome is wrong.
    pub fault: Option<Fault>,
    words: String,
}

/// A chat that the bot can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsableChat {
    pub chat: ChatInfo,
    /// The id that was asked for, where the group became a supergroup.
    pub moved_from: Option<i64>,
    /// The test document's message: ids of the chat are there.
    pub message_id: i64,
    /// What works and could be better.
    pub warnings: Vec<String>,
}

/// Who the bot is.
pub async fn test_bot(api: &BotApi) -> Result<Me, BotTestError> {
    let me = api.me().await.map_err(|fault| {
        let with = match &fault {
            Fault::BotUnauthorized { .. } | Fault::BotLoggedOut => Blame::Token,
            _ => Blame::Api,
        };
        error_of(with, words_for_bot(api, &fault), fault)
    })?;
    if me.id == api.bot_id() {
        return Ok(me);
    }
    Err(BotTestError {
        with: Blame::Api,
        fault: None,
        words: format!(
            "The server at {} answers for another bot, {}.",
            api.api_url(),
            me.id
        ),
    })
}

/// Whether the bot can store parts in the chat. A group that became a supergroup is tested under its new id.
pub async fn test_chat(api: &BotApi, me: &Me, chat_id: i64) -> Result<UsableChat, BotTestError> {
    match try_chat(api, me, chat_id).await {
        Err(BotTestError {
            fault: Some(Fault::ChatMigrated { to }),
            ..
        }) if to != chat_id => {
            let mut usable = try_chat(api, me, to).await?;
            usable.moved_from = Some(chat_id);
            usable.warnings.push(format!(
                "The group {chat_id} became the supergroup {to}; that id is used from now on."
            ));
            Ok(usable)
        }
        outcome => outcome,
    }
}

async fn try_chat(api: &BotApi, me: &Me, chat_id: i64) -> Result<UsableChat, BotTestError> {
    let bot_in_chat = |title: &str| BotInChat {
        api,
        me,
        chat_id,
        title: title.to_owned(),
    };
    let chat = api
        .chat(chat_id)
        .await
        .map_err(|fault| bot_in_chat("").cannot("see", fault))?;
    let bot_in_chat = bot_in_chat(&chat.title);
    let rights = api
        .rights(&chat)
        .await
        .map_err(|fault| bot_in_chat.cannot("look at its rights in", fault))?;
    if !rights.may_send {
        return Err(bot_in_chat.may_not_send(&chat));
    }
    let body = test_body();
    let sent = api
        .send(chat_id, "ferry-test.bin", body.clone(), TIMEOUT)
        .await;
    let sent = sent.map_err(|fault| bot_in_chat.cannot("send a document to", fault))?;
    let read = read_back(api, &sent).await;
    let mut warnings = warnings_for(&bot_in_chat, &chat, rights);
    if let Err(fault) = api.delete(chat_id, &[sent.message_id]).await {
        warnings.push(format!(
            "The test document, message {} in {}, could not be deleted: {fault}. Files that are deleted would stay there, unreadable.",
            sent.message_id, bot_in_chat.name()
        ));
    }
    match read {
        Ok(bytes) if bytes == body => Ok(UsableChat {
            chat,
            moved_from: None,
            message_id: sent.message_id,
            warnings,
        }),
        Ok(_) => Err(bot_in_chat.altered()),
        Err(fault) => Err(bot_in_chat.cannot("read back what it sent to", fault)),
    }
}

/// Random, so that an answer from somewhere else cannot be taken for it. Where there is no randomness, zeros do.
fn test_body() -> Bytes {
    let mut bytes = vec![0_u8; TEST_BYTES];
    if let Err(error) = getrandom::fill(&mut bytes) {
        tracing::warn!(%error, "a test document of zeros");
    }
    bytes.into()
}

async fn read_back(api: &BotApi, sent: &Sent) -> Result<Bytes, Fault> {
    let mut tries = 1;
    loop {
        match read_once(api, sent).await {
            Err(fault) if fault.may_be_a_bad_moment() && tries < READ_TRIES => tries += 1,
            outcome => return outcome,
        }
        tokio::time::sleep(READ_PAUSE).await;
    }
}

async fn read_once(api: &BotApi, sent: &Sent) -> Result<Bytes, Fault> {
    let stream = api.open(&sent.file_id, TIMEOUT).await?;
    let whole = stream.try_fold(Vec::new(), |mut whole, bytes| async move {
        whole.extend_from_slice(&bytes);
        Ok(whole)
    });
    let whole = whole.await.map_err(|error| Fault::Outage {
        why: error.to_string(),
    })?;
    Ok(whole.into())
}

fn warnings_for(bot_in_chat: &BotInChat<'_>, chat: &ChatInfo, rights: Rights) -> Vec<String> {
    let mut warnings = Vec::new();
    let (bot, name) = (bot_in_chat.bot(), bot_in_chat.name());
    if !rights.may_delete_all {
        warnings.push(format!(
            "{bot} may not delete messages of other bots in {name}. Give it the right to delete messages, so that leftovers of a bot that is gone can go."
        ));
    }
    match chat.kind {
        ChatKind::Group => warnings.push(format!(
            "{name} is a small group: no second bot can read there what {bot} stored, and its id changes when it becomes a supergroup. A channel is the better place."
        )),
        ChatKind::Private => warnings.push(format!(
            "{name} is a person: no second bot can read there what {bot} stored. A channel is the better place."
        )),
        ChatKind::Channel | ChatKind::Supergroup => {}
    }
    warnings
}

fn error_of(with: Blame, words: String, fault: Fault) -> BotTestError {
    BotTestError {
        with,
        fault: Some(fault),
        words,
    }
}

fn words_for_bot(api: &BotApi, fault: &Fault) -> String {
    match fault {
        Fault::BotUnauthorized { why } => format!(
            "Telegram refuses the token of bot {} ({why}). Copy it again from @BotFather (/mybots, then API Token); an old one ends when a new one is made.",
            api.bot_id()
        ),
        Fault::BotLoggedOut => format!(
            "The bot is logged out of the Bot API server at {}. Set telegram.api_url to the server it moved to, or wait ten minutes and let it come back.",
            api.api_url()
        ),
        fault => words_for_api(api, fault),
    }
}

/// What no bot and no chat is to blame for.
fn words_for_api(api: &BotApi, fault: &Fault) -> String {
    let url = api.api_url();
    match fault {
        Fault::RetryAfter { secs } => {
            format!("Telegram asks the bot to wait {secs} s. Try again after that.")
        }
        Fault::Outage { why } | Fault::Unknown { why } => format!(
            "The Bot API at {url} does not answer as it should: {why}. Check the network and telegram.api_url; if they are right, wait a minute and try again."
        ),
        Fault::Refused { why } if why.starts_with("404") => format!(
            "The server at {url} answers {why}: it is no Bot API, it wants another path, or the token is not whole. Check telegram.api_url and the token."
        ),
        Fault::Refused { why } => format!("The Bot API at {url} refuses: {why}."),
        fault => format!("The Bot API at {url} refuses: {fault}."),
    }
}

/// A bot in a chat, for sentences.
struct BotInChat<'a> {
    api: &'a BotApi,
    me: &'a Me,
    chat_id: i64,
    title: String,
}

impl BotInChat<'_> {
    fn bot(&self) -> String {
        format!("@{}", self.me.username)
    }

    fn name(&self) -> String {
        match self.title.as_str() {
            "" => format!("the chat {}", self.chat_id),
            title => format!("\"{title}\" ({})", self.chat_id),
        }
    }

    /// The bot could not `verb` the chat.
    fn cannot(&self, verb: &str, fault: Fault) -> BotTestError {
        if let Some(words) = self.words_for_chat(verb, &fault) {
            return error_of(Blame::Chat, words, fault);
        }
        let (bot, name) = (self.bot(), self.name());
        let (with, words) = match &fault {
            Fault::BotUnauthorized { .. } | Fault::BotLoggedOut => {
                (Blame::Token, words_for_bot(self.api, &fault))
            }
            Fault::Ambiguous
            | Fault::BadFileId { .. }
            | Fault::TooBig { .. }
            | Fault::MessageGone => (
                Blame::Api,
                format!(
                    "{bot} could not {verb} {name}: {fault}. Nothing can be stored there as long as it stays so."
                ),
            ),
            _ => (
                Blame::Api,
                format!(
                    "{bot} could not {verb} {name}. {}",
                    words_for_api(self.api, &fault)
                ),
            ),
        };
        error_of(with, words, fault)
    }

    /// Where the chat is to blame.
    fn words_for_chat(&self, verb: &str, fault: &Fault) -> Option<String> {
        let (bot, name, chat_id) = (self.bot(), self.name(), self.chat_id);
        let words = match fault {
            Fault::ChatGone {
                kind: ChatGoneKind::NotFound,
                why,
            } => format!(
                "{bot} knows no chat {chat_id}. Check the number (channels and supergroups begin with -100), and add the bot to the chat as an administrator. (Telegram: {why})"
            ),
            Fault::ChatGone {
                kind: ChatGoneKind::NotMember,
                why,
            } => format!(
                "{bot} is not in {name}. Add it there as an administrator, then try again. (Telegram: {why})"
            ),
            Fault::ChatGone {
                kind: ChatGoneKind::Kicked,
                why,
            } => format!(
                "{bot} was put out of {name}. Take it off the list of removed users there, add it again as an administrator, then try again. (Telegram: {why})"
            ),
            Fault::NoRights { why } => format!(
                "{bot} may not {verb} {name}. Make it an administrator with the right to post messages. (Telegram: {why})"
            ),
            Fault::ChatMigrated { to } => {
                format!("The group {chat_id} became a supergroup. Use its new id, {to}.")
            }
            _ => return None,
        };
        Some(words)
    }

    fn may_not_send(&self, chat: &ChatInfo) -> BotTestError {
        let what = match chat.kind {
            ChatKind::Channel => "Make it an administrator with the right to post messages",
            _ => "Make it an administrator, or let members send files",
        };
        BotTestError {
            with: Blame::Chat,
            fault: Some(Fault::NoRights {
                why: "its rights there do not allow to send documents".to_owned(),
            }),
            words: format!(
                "{} is in {} and may not post there. {what}, then try again.",
                self.bot(),
                self.name()
            ),
        }
    }

    fn altered(&self) -> BotTestError {
        BotTestError {
            with: Blame::Api,
            fault: None,
            words: format!(
                "What {} sent to {} came back altered. Do not use this Bot API server: {}.",
                self.bot(),
                self.name(),
                self.api.api_url()
            ),
        }
    }
}
