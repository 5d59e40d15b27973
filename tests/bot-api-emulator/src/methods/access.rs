//! Which chat a text means and what a bot may do there. As `Client::check_chat` of tdlib/telegram-bot-api does it.

use crate::{
    refusal::{self, Refusal},
    world::{BotId, Chat, ChatKind, ChatState, Membership, State},
};

/// What the chat is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// The chat, if the bot may.
pub(super) fn chat<'a>(
    state: &'a State,
    bot: BotId,
    chat_id: &str,
    access: Access,
) -> Result<&'a Chat, Refusal> {
    if chat_id.is_empty() {
        return Err(refusal::CHAT_ID_EMPTY);
    }
    let chat = chat_id
        .trim()
        .parse()
        .ok()
        .and_then(|id| state.chats.get(&id));
    let chat = chat.ok_or(refusal::CHAT_NOT_FOUND)?;
    let membership = chat.members.get(&bot).ok_or(refusal::CHAT_NOT_FOUND)?;
    match chat.kind {
        ChatKind::Private => check_private(chat, *membership, access),
        ChatKind::Group => check_group(chat, *membership, access),
        ChatKind::Supergroup | ChatKind::Channel => check_large(chat, *membership),
    }?;
    Ok(chat)
}

fn check_private(chat: &Chat, membership: Membership, access: Access) -> Result<(), Refusal> {
    match (chat.state, membership) {
        (ChatState::Live, Membership::Kicked) if access == Access::Write => Err(refusal::BLOCKED),
        (ChatState::Live, _) => Ok(()),
        _ => Err(refusal::CHAT_NOT_FOUND),
    }
}

fn check_group(chat: &Chat, membership: Membership, access: Access) -> Result<(), Refusal> {
    if access == Access::Read {
        return Ok(());
    }
    match (chat.state, membership) {
        (ChatState::MigratedTo(to), _) => Err(Refusal::migrated(to)),
        (ChatState::Deleted, _) => Err(refusal::GROUP_DELETED),
        (ChatState::Live, Membership::Kicked) => Err(Refusal::kicked("group")),
        (ChatState::Live, Membership::Left) => Err(Refusal::not_a_member("group")),
        (ChatState::Live, _) => Ok(()),
    }
}

/// Ours are not public: reading needs membership too.
fn check_large(chat: &Chat, membership: Membership) -> Result<(), Refusal> {
    match (chat.state, membership) {
        (ChatState::Live, Membership::Kicked) => Err(Refusal::kicked(chat.kind.word())),
        (ChatState::Live, Membership::Left) => Err(Refusal::not_a_member(chat.kind.word())),
        (ChatState::Live, _) => Ok(()),
        _ => Err(refusal::CHAT_NOT_FOUND),
    }
}

/// Whether a bot may post in a channel at all.
pub(super) fn check_posting(chat: &Chat, bot: BotId) -> Result<(), Refusal> {
    let may = matches!(
        chat.members.get(&bot),
        Some(Membership::Administrator {
            can_post_messages: true,
            ..
        })
    );
    if chat.kind == ChatKind::Channel && !may {
        return Err(refusal::NEED_ADMINISTRATOR);
    }
    Ok(())
}

/// Whether a bot may send documents to a group.
pub(super) fn check_documents(chat: &Chat, bot: BotId) -> Result<(), Refusal> {
    match chat.members.get(&bot) {
        Some(Membership::Restricted) => Err(refusal::MAY_NOT_SEND),
        _ => Ok(()),
    }
}
