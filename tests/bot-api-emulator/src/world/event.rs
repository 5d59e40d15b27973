//! What can happen, as the journal keeps it. An event is true when it is written; applying it cannot fail.

use serde::{Deserialize, Serialize};

use super::{
    Bot, BotId, BotState, Chat, ChatId, ChatKind, ChatState, FileKey, IssuedPath, Membership,
    Message, State, StoredFile,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Founded {
        secret: String,
    },
    BotMade {
        id: BotId,
        token: String,
        username: String,
        name: String,
    },
    TokenRevoked {
        bot: BotId,
    },
    TokenIssued {
        bot: BotId,
        token: String,
    },
    LoggedOut {
        bot: BotId,
        until: f64,
    },
    WebhookSet {
        bot: BotId,
        url: String,
    },
    ChatMade {
        id: ChatId,
        kind: ChatKind,
        title: String,
        date: i64,
    },
    ChatDeleted {
        chat: ChatId,
    },
    ChatMigrated {
        chat: ChatId,
        to: ChatId,
        date: i64,
    },
    MemberSet {
        chat: ChatId,
        bot: BotId,
        /// None: the bot never heard of the chat.
        membership: Option<Membership>,
    },
    Posted {
        chat: ChatId,
        message: Message,
        /// With the first message of a file: its bytes are in place already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stored: Option<StoredFile>,
    },
    Deleted {
        chat: ChatId,
        message_ids: Vec<i64>,
        at: f64,
    },
    PathIssued {
        bot: BotId,
        file: FileKey,
        number: u64,
        until: f64,
    },
    ClockMoved {
        now: f64,
    },
}

impl State {
    /// Makes it so; tells the files that no message shows any more.
    pub(crate) fn apply(&mut self, event: Event) -> Vec<FileKey> {
        match event {
            Event::Founded { secret } => self.secret = secret.into_bytes(),
            Event::BotMade {
                id,
                token,
                username,
                name,
            } => self.add_bot(id, token, username, name),
            Event::TokenRevoked { bot } => self.with_bot(bot, |bot| bot.state = BotState::Revoked),
            Event::TokenIssued { bot, token } => self.with_bot(bot, |bot| {
                bot.token = token;
                bot.state = BotState::Live;
            }),
            Event::LoggedOut { bot, until } => {
                self.with_bot(bot, |bot| bot.state = BotState::LoggedOut(until));
            }
            Event::WebhookSet { bot, url } => self.with_bot(bot, |bot| bot.webhook = url),
            Event::ChatMade {
                id,
                kind,
                title,
                date,
            } => self.add_chat(id, kind, title, date),
            Event::ChatDeleted { chat } => return self.close_chat(chat, ChatState::Deleted),
            Event::ChatMigrated { chat, to, date } => return self.migrate(chat, to, date),
            Event::MemberSet {
                chat,
                bot,
                membership,
            } => self.set_member(chat, bot, membership),
            Event::Posted {
                chat,
                message,
                stored,
            } => self.post(chat, message, stored),
            Event::Deleted {
                chat,
                message_ids,
                at,
            } => {
                self.latest = self.latest.max(at);
                return self.delete(chat, &message_ids);
            }
            Event::PathIssued {
                bot,
                file,
                number,
                until,
            } => self.issue_path(bot, file, number, until),
            Event::ClockMoved { now } => self.latest = self.latest.max(now),
        }
        Vec::new()
    }

    fn with_bot(&mut self, id: BotId, change: impl FnOnce(&mut Bot)) {
        if let Some(bot) = self.bots.get_mut(&id) {
            change(bot);
        }
    }

    fn add_bot(&mut self, id: BotId, token: String, username: String, name: String) {
        let bot = Bot {
            id,
            token,
            username,
            name,
            state: BotState::Live,
            webhook: String::new(),
            paths: 0,
        };
        self.bots.insert(id, bot);
    }

    fn add_chat(&mut self, id: ChatId, kind: ChatKind, title: String, date: i64) {
        let mut chat = Chat {
            id,
            kind,
            title,
            state: ChatState::Live,
            members: Default::default(),
            last_message_id: 0,
            messages: Default::default(),
        };
        // Telegram tells of the creation in a message that can't be deleted.
        if kind != ChatKind::Private {
            chat.last_message_id = 1;
            let created = Message {
                id: 1,
                bot: None,
                date,
                file: None,
                caption: None,
                origin: None,
            };
            chat.messages.insert(1, created);
        }
        self.chats.insert(id, chat);
    }

    fn set_member(&mut self, chat: ChatId, bot: BotId, membership: Option<Membership>) {
        let Some(chat) = self.chats.get_mut(&chat) else {
            return;
        };
        match membership {
            Some(membership) => chat.members.insert(bot, membership),
            None => chat.members.remove(&bot),
        };
    }

    fn post(&mut self, chat: ChatId, message: Message, stored: Option<StoredFile>) {
        if let Some(stored) = stored {
            self.last_file = self.last_file.max(stored.key);
            self.files.insert(stored.key, stored);
        }
        if let Some(file) = message.file.and_then(|key| self.files.get_mut(&key)) {
            file.messages += 1;
        }
        let date = message.date as f64;
        self.latest = self.latest.max(date);
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.last_message_id = chat.last_message_id.max(message.id);
            chat.messages.insert(message.id, message);
        }
    }

    fn delete(&mut self, chat: ChatId, message_ids: &[i64]) -> Vec<FileKey> {
        let Some(chat) = self.chats.get_mut(&chat) else {
            return Vec::new();
        };
        let gone = message_ids.iter().filter_map(|id| chat.messages.remove(id));
        let files: Vec<FileKey> = gone.filter_map(|message| message.file).collect();
        self.unlink(files)
    }

    /// Takes one message off each file; those without any left are forgotten and told.
    fn unlink(&mut self, files: Vec<FileKey>) -> Vec<FileKey> {
        let mut orphans = Vec::new();
        for key in files {
            let Some(file) = self.files.get_mut(&key) else {
                continue;
            };
            file.messages = file.messages.saturating_sub(1);
            if file.messages == 0 {
                self.files.remove(&key);
                orphans.push(key);
            }
        }
        orphans
    }

    fn close_chat(&mut self, id: ChatId, state: ChatState) -> Vec<FileKey> {
        let Some(chat) = self.chats.get_mut(&id) else {
            return Vec::new();
        };
        chat.state = state;
        let gone = std::mem::take(&mut chat.messages);
        self.unlink(
            gone.into_values()
                .filter_map(|message| message.file)
                .collect(),
        )
    }

    /// The old group stays as a signpost. Its messages stay with it: their files are still to be had.
    fn migrate(&mut self, id: ChatId, to: ChatId, date: i64) -> Vec<FileKey> {
        let Some(old) = self.chats.get_mut(&id) else {
            return Vec::new();
        };
        old.state = ChatState::MigratedTo(to);
        let (title, members) = (old.title.clone(), old.members.clone());
        self.add_chat(to, ChatKind::Supergroup, title, date);
        if let Some(chat) = self.chats.get_mut(&to) {
            chat.members = members;
        }
        Vec::new()
    }

    fn issue_path(&mut self, bot: BotId, file: FileKey, number: u64, until: f64) {
        self.with_bot(bot, |bot| bot.paths = bot.paths.max(number));
        let path = IssuedPath { number, until };
        self.paths.insert((bot, file), path);
        self.numbers.insert((bot, number), file);
    }
}
