//! Messages after they were sent: forwarded, copied, deleted.

use serde::Serialize;
use serde_json::Value;

use super::{
    Caller,
    access::{self, Access},
    documents::{self, Content},
    done,
};
use crate::{
    call::broken,
    machine::Machine,
    params::Params,
    refusal::{self, Refusal},
    reply::Done,
    world::{BotId, Chat, ChatKind, Event, Membership, Message, Origin, State},
};

/// From this age on a bot can delete nothing, not even its own; in groups and private chats a second later.
/// `can_delete_channel_message` and `can_revoke_message` of tdlib/td.
const DELETABLE_SECS: i64 = 2 * 86_400;
const MOST_DELETED: usize = 100;

pub(super) fn forward(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let bot = caller.bot.id;
    let mut world = machine.world();
    let (content, caption) = passed_on(&world.state, bot, params, "message to forward", true)?;
    let chat = access::chat(&world.state, bot, params.text("chat_id"), Access::Write)?.id;
    let id = documents::post(machine, &mut world, bot, chat, content, caption)?;
    documents::show(&world.state, bot, chat, id)
}

pub(super) fn copy(machine: &Machine, caller: &Caller, params: &Params) -> Result<Done, Refusal> {
    #[derive(Serialize)]
    struct MessageId {
        message_id: i64,
    }
    let bot = caller.bot.id;
    let mut world = machine.world();
    let (content, caption) = passed_on(&world.state, bot, params, "message to copy", false)?;
    let chat = access::chat(&world.state, bot, params.text("chat_id"), Access::Write)?.id;
    let message_id = documents::post(machine, &mut world, bot, chat, content, caption)?;
    done(&MessageId { message_id })
}

/// The document of another message, with where it comes from.
fn passed_on(
    state: &State,
    bot: BotId,
    params: &Params,
    what: &str,
    shown: bool,
) -> Result<(Content, Option<String>), Refusal> {
    let from = params.text("from_chat_id");
    if from.is_empty() {
        return Err(Refusal::parameter_required("from_chat_id"));
    }
    let chat = access::chat(state, bot, from, Access::Read)?;
    let message = chat.messages.get(&params.integer("message_id"));
    let message = message.ok_or_else(|| Refusal::message_not_found(what))?;
    let file = message.file.ok_or(if shown {
        refusal::NOT_FORWARDABLE
    } else {
        refusal::NOT_COPYABLE
    })?;
    // A forward of a forward names the first.
    let origin = message
        .origin
        .filter(|origin| origin.shown)
        .map(|first| Origin { shown, ..first });
    let origin = origin.unwrap_or(Origin {
        chat: chat.id,
        message_id: message.id,
        date: message.date,
        bot: message.bot,
        shown,
    });
    Ok((Content::Known(file, Some(origin)), message.caption.clone()))
}

pub(super) fn delete(machine: &Machine, caller: &Caller, params: &Params) -> Result<Done, Refusal> {
    let id = params.integer("message_id");
    if params.text("chat_id").is_empty() {
        return Err(refusal::CHAT_IDENTIFIER_MISSING);
    }
    if id <= 0 {
        return Err(refusal::MESSAGE_IDENTIFIER_MISSING);
    }
    delete_known(machine, caller, params, &[id], Missing::Refused)
}

/// Up to 100; those that do not exist are skipped. One that may not be deleted fails the whole call.
pub(super) fn delete_many(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let ids = message_ids(params.text("message_ids"))?;
    delete_known(machine, caller, params, &ids, Missing::Skipped)
}

/// What becomes of ids that no message has.
#[derive(PartialEq, Eq)]
enum Missing {
    Refused,
    Skipped,
}

fn delete_known(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
    ids: &[i64],
    missing: Missing,
) -> Result<Done, Refusal> {
    let bot = caller.bot.id;
    let now = machine.clock.now();
    let mut world = machine.world();
    let chat = access::chat(&world.state, bot, params.text("chat_id"), Access::Write)?;
    let mut message_ids = Vec::new();
    for message in ids.iter().map(|id| chat.messages.get(id)) {
        match message {
            Some(message) => {
                check_deletable(chat, bot, message, now)?;
                message_ids.push(message.id);
            }
            None if missing == Missing::Skipped => {}
            None => return Err(Refusal::message_not_found("message to delete")),
        }
    }
    let event = Event::Deleted {
        chat: chat.id,
        message_ids,
        at: now,
    };
    world.record(event).map_err(|error| broken(&error))?;
    done(&true)
}

/// As `MessagesManager::delete_messages` of tdlib/td decides it.
fn check_deletable(chat: &Chat, bot: BotId, message: &Message, now: f64) -> Result<(), Refusal> {
    let own = message.bot == Some(bot);
    let service = message.file.is_none();
    let (posts, deletes) = match chat.members.get(&bot) {
        Some(Membership::Administrator {
            can_post_messages,
            can_delete_messages,
        }) => (*can_post_messages, *can_delete_messages),
        _ => (false, false),
    };
    let age_secs = now as i64 - message.date;
    let (allowed, refusal) = match chat.kind {
        ChatKind::Channel => (
            !service && (deletes || (own && posts)) && age_secs < DELETABLE_SECS,
            refusal::UNDELETABLE,
        ),
        ChatKind::Supergroup => (
            !service && (deletes || own) && age_secs < DELETABLE_SECS,
            refusal::UNDELETABLE,
        ),
        ChatKind::Group => (
            (deletes || (own && !service)) && age_secs <= DELETABLE_SECS,
            refusal::UNDELETABLE_FOR_EVERYONE,
        ),
        ChatKind::Private => (
            age_secs <= DELETABLE_SECS,
            refusal::UNDELETABLE_FOR_EVERYONE,
        ),
    };
    if allowed { Ok(()) } else { Err(refusal) }
}

/// As `Client::get_message_ids` reads them.
fn message_ids(text: &str) -> Result<Vec<i64>, Refusal> {
    if text.is_empty() {
        return Err(refusal::MESSAGE_IDENTIFIERS_MISSING);
    }
    let value = serde_json::from_str(text).map_err(|_| refusal::MESSAGE_IDENTIFIERS_UNREADABLE)?;
    let Value::Array(values) = value else {
        return Err(refusal::MESSAGE_IDENTIFIERS_NO_ARRAY);
    };
    if values.len() > MOST_DELETED {
        return Err(refusal::TOO_MANY_MESSAGES);
    }
    if values.is_empty() {
        return Err(refusal::MESSAGE_IDENTIFIERS_MISSING);
    }
    let read = |value: &Value| match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let mut ids = Vec::new();
    for value in &values {
        let id = read(value).ok_or(refusal::MESSAGE_IDENTIFIER_NO_NUMBER)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}
