//! What a test may do from outside the API: make bots and chats, move the clock, script faults, and look at everything.

pub(crate) mod http;

use std::{io, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    calls::{Call, Violation},
    clock::{ClockMode, ClockReading},
    faults::{FaultRule, FaultState},
    limits::Limits,
    machine::Machine,
    random_word,
    world::{BotId, ChatId, ChatKind, ChatState, Event, Membership, unique_id},
};

/// Ids of bots that the emulator makes count up from here.
const FIRST_BOT: BotId = 7_000_000_001;
const FIRST_PERSON: ChatId = 500_000_001;
const FIRST_GROUP: ChatId = -400_000_001;
const FIRST_CHANNEL: ChatId = -1_001_000_000_001;

/// Why a control call failed.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    #[error("there is no bot {0}")]
    NoBot(BotId),
    /// No such chat.
    #[error("there is no chat {0}")]
    NoChat(ChatId),
    /// No such message in the chat.
    #[error("there is no message {1} in chat {0}")]
    NoMessage(ChatId, i64),
    /// Not a bot's token, or one that is in use.
    #[error("a token is a positive number, a colon and 35 letters, and of a new bot")]
    BadToken,
    /// Only basic groups become supergroups.
    #[error("chat {0} is no live basic group")]
    NotAGroup(ChatId),
    /// The state could not be written.
    #[error("the emulator's state cannot be written")]
    Io(#[from] io::Error),
}

/// A bot, as a test needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotSeed {
    /// Its user id.
    pub id: BotId,
    pub token: String,
    /// Its name behind `@`.
    pub username: String,
}

/// A chat, as a test needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSeed {
    pub id: ChatId,
    pub kind: ChatKind,
    pub title: String,
}

/// Who is in a new chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Members {
    /// Every bot there is, with all rights.
    AllBots,
    /// These bots, with all rights.
    Bots(Vec<BotId>),
}

/// A stored document that was not deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// Where.
    pub chat_id: ChatId,
    /// Its id there.
    pub message_id: i64,
    /// Who sent it.
    pub bot_id: BotId,
    /// When, Unix seconds.
    pub date: i64,
    /// Bytes.
    pub size: u64,
    /// Of the bytes, lower-case hex.
    pub sha256: String,
    /// Of the file: the same for forwards and copies.
    pub file_unique_id: String,
    /// Its name as sent.
    pub file_name: String,
    /// Not an upload of its own: forwarded or copied.
    pub forward: bool,
}

/// The other side of an emulator. Cheap to clone.
#[derive(Clone)]
pub struct Control {
    machine: Arc<Machine>,
}

impl Control {
    pub(crate) fn new(machine: Arc<Machine>) -> Control {
        Control { machine }
    }

    /// Makes so many bots with new tokens.
    pub fn create_bots(&self, count: usize) -> Result<Vec<BotSeed>, ControlError> {
        (0..count)
            .map(|_| {
                let id = {
                    let world = self.machine.world();
                    let last = world.state.bots.keys().next_back();
                    last.map_or(FIRST_BOT, |last| (last + 1).max(FIRST_BOT))
                };
                self.create_bot(&format!("{id}:{}", secret_half()?))
            })
            .collect()
    }

    /// Makes a bot of a token that is not in use.
    pub fn create_bot(&self, token: &str) -> Result<BotSeed, ControlError> {
        let id = token.split_once(':').and_then(|(id, _)| id.parse().ok());
        let id: BotId = id.filter(|id| *id > 0).ok_or(ControlError::BadToken)?;
        let mut world = self.machine.world();
        if world.state.bots.contains_key(&id) {
            return Err(ControlError::BadToken);
        }
        let username = format!("emulated_{id}_bot");
        world.record(Event::BotMade {
            id,
            token: token.to_owned(),
            username: username.clone(),
            name: format!("Emulated {id}"),
        })?;
        Ok(BotSeed {
            id,
            token: token.to_owned(),
            username,
        })
    }

    /// All bots, also those whose tokens were revoked.
    pub fn bots(&self) -> Vec<BotSeed> {
        let world = self.machine.world();
        let seed = |bot: &crate::world::Bot| BotSeed {
            id: bot.id,
            token: bot.token.clone(),
            username: bot.username.clone(),
        };
        world.state.bots.values().map(seed).collect()
    }

    /// The token opens nothing any more.
    pub fn revoke_token(&self, bot: BotId) -> Result<(), ControlError> {
        self.require_bot(bot)?;
        self.record(Event::TokenRevoked { bot })
    }

    /// Gives a bot a new token in place of the old one.
    pub fn issue_token(&self, bot: BotId) -> Result<String, ControlError> {
        self.require_bot(bot)?;
        let token = format!("{bot}:{}", secret_half()?);
        self.record(Event::TokenIssued {
            bot,
            token: token.clone(),
        })?;
        Ok(token)
    }

    /// Makes a chat.
    pub fn create_chat(
        &self,
        kind: ChatKind,
        title: &str,
        members: &Members,
    ) -> Result<ChatSeed, ControlError> {
        let id = self.free_chat_id(kind);
        let date = self.machine.clock.now() as i64;
        self.record(Event::ChatMade {
            id,
            kind,
            title: title.to_owned(),
            date,
        })?;
        let bots = match members {
            Members::AllBots => self.bots().into_iter().map(|bot| bot.id).collect(),
            Members::Bots(bots) => bots.clone(),
        };
        for bot in bots {
            self.set_member(id, bot, Some(Membership::FULL))?;
        }
        Ok(ChatSeed {
            id,
            kind,
            title: title.to_owned(),
        })
    }

    fn free_chat_id(&self, kind: ChatKind) -> ChatId {
        let (first, step) = match kind {
            ChatKind::Private => (FIRST_PERSON, 1),
            ChatKind::Group => (FIRST_GROUP, -1),
            ChatKind::Supergroup | ChatKind::Channel => (FIRST_CHANNEL, -1),
        };
        let world = self.machine.world();
        let mut id = first;
        while world.state.chats.contains_key(&id) {
            id += step;
        }
        id
    }

    /// All live chats.
    pub fn chats(&self) -> Vec<ChatSeed> {
        let world = self.machine.world();
        let live = world
            .state
            .chats
            .values()
            .filter(|chat| chat.state == ChatState::Live);
        let seed = |chat: &crate::world::Chat| ChatSeed {
            id: chat.id,
            kind: chat.kind,
            title: chat.title.clone(),
        };
        live.map(seed).collect()
    }

    /// What a bot is in a chat; with `None` it never heard of it.
    pub fn set_member(
        &self,
        chat: ChatId,
        bot: BotId,
        membership: Option<Membership>,
    ) -> Result<(), ControlError> {
        self.require_bot(bot)?;
        self.require_chat(chat)?;
        self.record(Event::MemberSet {
            chat,
            bot,
            membership,
        })
    }

    /// The chat ends with all its messages.
    pub fn delete_chat(&self, chat: ChatId) -> Result<(), ControlError> {
        self.require_chat(chat)?;
        self.record(Event::ChatDeleted { chat })
    }

    /// Upgrades a basic group; tells the supergroup's id.
    pub fn migrate(&self, chat: ChatId) -> Result<ChatId, ControlError> {
        let is_group = {
            let world = self.machine.world();
            let chat = world.state.chats.get(&chat);
            chat.is_some_and(|chat| chat.kind == ChatKind::Group && chat.state == ChatState::Live)
        };
        if !is_group {
            return Err(ControlError::NotAGroup(chat));
        }
        let to = self.free_chat_id(ChatKind::Supergroup);
        let date = self.machine.clock.now() as i64;
        self.record(Event::ChatMigrated { chat, to, date })?;
        Ok(to)
    }

    /// A person deletes a message: no age, no rights.
    pub fn delete_message(&self, chat: ChatId, message_id: i64) -> Result<(), ControlError> {
        if self
            .machine
            .world()
            .state
            .message(chat, message_id)
            .is_none()
        {
            return Err(ControlError::NoMessage(chat, message_id));
        }
        self.record(Event::Deleted {
            chat,
            message_ids: vec![message_id],
            at: self.machine.clock.now(),
        })
    }

    /// The clock.
    pub fn clock(&self) -> ClockReading {
        self.machine.clock.reading()
    }

    /// Moves the clock ahead, a real one too.
    pub fn advance(&self, secs: f64) -> Result<ClockReading, ControlError> {
        let now = self.machine.clock.advance(secs);
        self.record(Event::ClockMoved { now })?;
        Ok(self.clock())
    }

    /// Changes how the clock moves; the time stays.
    pub fn switch_clock(&self, mode: ClockMode) {
        self.machine.clock.switch(mode);
    }

    /// The limits that are kept.
    pub fn limits(&self) -> Limits {
        self.machine.limits().clone()
    }

    /// Keeps these.
    pub fn set_limits(&self, limits: Limits) {
        *self.machine.limits() = limits;
    }

    /// Whether downloads serve byte ranges.
    pub fn set_ranges(&self, on: bool) {
        self.machine.set_ranges(on);
    }

    /// Adds rules behind those that are there.
    pub fn add_faults(&self, rules: Vec<FaultRule>) {
        self.machine.script().add(rules);
    }

    /// Takes all rules away; calls that hang go on.
    pub fn clear_faults(&self) {
        self.machine.script().clear();
    }

    /// The rules and how often each was carried out.
    pub fn faults(&self) -> Vec<FaultState> {
        self.machine.script().rules().to_vec()
    }

    /// Every stored document that was not deleted, in all chats or one.
    pub fn ledger(&self, chat: Option<ChatId>) -> Vec<LedgerRow> {
        let world = self.machine.world();
        let state = &world.state;
        let chats = state
            .chats
            .values()
            .filter(|known| chat.is_none_or(|chat| known.id == chat));
        let rows = chats.flat_map(|chat| {
            chat.messages.values().filter_map(|message| {
                let file = state.files.get(&message.file?)?;
                Some(LedgerRow {
                    chat_id: chat.id,
                    message_id: message.id,
                    bot_id: message.bot?,
                    date: message.date,
                    size: file.size,
                    sha256: file.sha256.clone(),
                    file_unique_id: unique_id(&state.secret, file.key),
                    file_name: file.name.clone(),
                    forward: message.origin.is_some(),
                })
            })
        });
        rows.collect()
    }

    /// The calls that ended, the latest 200 000.
    pub fn calls(&self) -> Vec<Call> {
        self.machine.memory().calls().cloned().collect()
    }

    /// Every call that exceeded a limit.
    pub fn violations(&self) -> Vec<Violation> {
        self.machine.memory().violations().to_vec()
    }

    /// Empties both lists.
    pub fn forget_calls(&self) {
        self.machine.memory().forget();
    }

    fn record(&self, event: Event) -> Result<(), ControlError> {
        Ok(self.machine.world().record(event)?)
    }

    fn require_bot(&self, bot: BotId) -> Result<(), ControlError> {
        let known = self.machine.world().state.bots.contains_key(&bot);
        known.then_some(()).ok_or(ControlError::NoBot(bot))
    }

    fn require_chat(&self, chat: ChatId) -> Result<(), ControlError> {
        let known = self.machine.world().state.chats.contains_key(&chat);
        known.then_some(()).ok_or(ControlError::NoChat(chat))
    }
}

/// What follows a token's colon.
fn secret_half() -> io::Result<String> {
    Ok(format!("AA{}", random_word(33)?))
}
