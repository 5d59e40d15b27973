//! Documents: taken in, and told where to be had. Their bytes go by `intake` and `download`.

use super::{
    Caller,
    access::{self, Access},
    done,
};
use crate::{
    call::broken,
    intake::{Intake, SentFile},
    limits::Sending,
    machine::Machine,
    params::Params,
    refusal::{self, Refusal},
    reply::Done,
    shapes::{FileShape, MessageShape},
    world::{
        BotId, Chat, ChatKind, Event, FileIds, FileKey, Message, Origin, State, StoredFile, World,
        extension,
    },
};

/// `MAX_DOWNLOAD_FILE_SIZE` of tdlib/telegram-bot-api; a file of exactly this size is given.
const LARGEST_DOWNLOAD_BYTES: u64 = 20 << 20;
/// A download path is good for at least an hour.
const PATH_SECS: f64 = 3600.0;

/// Where a document's bytes come from.
enum Source {
    Sent(SentFile),
    Known(String),
}

/// What a message is to show.
pub(super) enum Content {
    New(SentFile),
    Known(FileKey, Option<Origin>),
}

pub(super) fn send(
    machine: &Machine,
    caller: &Caller,
    mut intake: Intake,
) -> Result<Done, Refusal> {
    let source = source(&mut intake).ok_or(refusal::NO_DOCUMENT)?;
    let bot = caller.bot.id;
    let mut world = machine.world();
    let chat = access::chat(
        &world.state,
        bot,
        intake.params.text("chat_id"),
        Access::Write,
    )?;
    access::check_posting(chat, bot)?;
    let chat_id = chat.id;
    let content = match source {
        Source::Sent(file) if file.received.size == 0 => return Err(refusal::EMPTY_FILE),
        Source::Sent(file) => Content::New(file),
        Source::Known(id) => Content::Known(known(&world.state, bot, &id)?, None),
    };
    let caption = Some(intake.params.text("caption").to_owned()).filter(|text| !text.is_empty());
    let message_id = post(machine, &mut world, bot, chat_id, content, caption)?;
    show(&world.state, bot, chat_id, message_id)
}

/// Stores a message if rights and limits allow it; tells its id.
pub(super) fn post(
    machine: &Machine,
    world: &mut World,
    bot: BotId,
    chat_id: i64,
    content: Content,
    caption: Option<String>,
) -> Result<i64, Refusal> {
    let chat = world
        .state
        .chats
        .get(&chat_id)
        .ok_or(refusal::CHAT_NOT_FOUND)?;
    access::check_posting(chat, bot)?;
    access::check_documents(chat, bot)?;
    machine.admit(Sending {
        bot,
        chat: chat_id,
        private: chat.kind == ChatKind::Private,
    })?;
    let id = chat.last_message_id + 1;
    let (file, origin, stored) = match content {
        Content::Known(file, origin) => (file, origin, None),
        Content::New(sent) => {
            let stored = store(world, sent).map_err(|error| broken(&error))?;
            (stored.key, None, Some(stored))
        }
    };
    let message = Message {
        id,
        bot: Some(bot),
        date: machine.clock.now() as i64,
        file: Some(file),
        caption,
        origin,
    };
    let event = Event::Posted {
        chat: chat_id,
        message,
        stored,
    };
    world.record(event).map_err(|error| broken(&error))?;
    Ok(id)
}

/// The reply that shows a message.
pub(super) fn show(
    state: &State,
    bot: BotId,
    chat_id: i64,
    message_id: i64,
) -> Result<Done, Refusal> {
    let chat: &Chat = state.chats.get(&chat_id).ok_or(refusal::CHAT_NOT_FOUND)?;
    let message = state
        .message(chat_id, message_id)
        .ok_or_else(|| Refusal::message_not_found("message"))?;
    done(&MessageShape::of(state, bot, chat, message))
}

/// As `Client::get_input_file` finds it.
fn source(intake: &mut Intake) -> Option<Source> {
    let given = intake.params.text("document");
    let field = match given.strip_prefix("attach://") {
        Some(field) => field,
        None if given.is_empty() => "document",
        None => return Some(Source::Known(given.to_owned())),
    };
    let at = intake.files.iter().position(|file| file.field == field)?;
    Some(Source::Sent(intake.files.swap_remove(at)))
}

/// As `FileManager::from_persistent_id` of tdlib/td reads it. An id of another bot is well formed: the service refuses it.
fn known(state: &State, bot: BotId, id: &str) -> Result<FileKey, Refusal> {
    if id.contains('.') {
        return Err(refusal::URL_NOT_FETCHED);
    }
    let in_alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if !id.bytes().all(in_alphabet) {
        return Err(refusal::WRONG_CHARACTER_IN_FILE_ID);
    }
    let ids = FileIds {
        secret: &state.secret,
    };
    match ids.read(id) {
        Some((owner, file)) if owner == bot && state.files.contains_key(&file) => Ok(file),
        Some(_) => Err(refusal::WRONG_FILE_IDENTIFIER),
        None => Err(refusal::UNREADABLE_FILE_ID),
    }
}

/// The bytes go to their place before the journal names them.
fn store(world: &World, sent: SentFile) -> std::io::Result<StoredFile> {
    let key = world.state.last_file + 1;
    let stored = StoredFile {
        key,
        size: sent.received.size,
        sha256: sent.received.sha256.clone(),
        name: sent.name,
        messages: 0,
    };
    sent.received.keep(&world.path_of(key))?;
    Ok(stored)
}

pub(super) fn get_file(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let id = params.text("file_id");
    if id.is_empty() {
        return Err(refusal::FILE_ID_MISSING);
    }
    let bot = caller.bot.id;
    let mut world = machine.world();
    let ids = FileIds {
        secret: &world.state.secret,
    };
    let (owner, key) = ids.read(id).ok_or(refusal::INVALID_FILE_ID)?;
    let file = world
        .state
        .files
        .get(&key)
        .filter(|_| owner == bot)
        .cloned()
        .ok_or(refusal::FILE_UNAVAILABLE)?;
    if file.size > LARGEST_DOWNLOAD_BYTES {
        return Err(refusal::FILE_TOO_BIG);
    }
    let number = match world.state.paths.get(&(bot, key)) {
        Some(path) => path.number,
        None => world.state.bots.get(&bot).map_or(0, |bot| bot.paths) + 1,
    };
    let event = Event::PathIssued {
        bot,
        file: key,
        number,
        until: machine.clock.now() + PATH_SECS,
    };
    world.record(event).map_err(|error| broken(&error))?;
    let path = format!("documents/file_{number}{}", extension(&file.name));
    done(&FileShape::of(&world.state, bot, &file, Some(path)))
}
