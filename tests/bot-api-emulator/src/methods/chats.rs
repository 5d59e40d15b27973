//! Methods about chats and who is in them. People are not emulated: members are bots.

use super::{
    Caller,
    access::{self, Access},
    done,
};
use crate::{
    machine::Machine,
    params::Params,
    refusal::{self, Refusal},
    reply::Done,
    shapes::{FullChat, Member},
    world::{ChatKind, Membership},
};

pub(super) fn get_chat(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let world = machine.world();
    let chat = access::chat(
        &world.state,
        caller.bot.id,
        params.text("chat_id"),
        Access::Read,
    )?;
    done(&FullChat::of(chat))
}

pub(super) fn get_chat_member(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let world = machine.world();
    let chat = access::chat(
        &world.state,
        caller.bot.id,
        params.text("chat_id"),
        Access::Read,
    )?;
    let user = params.integer("user_id");
    if user <= 0 {
        return Err(refusal::INVALID_USER_ID);
    }
    let bot = world.state.bots.get(&user).ok_or(refusal::USER_NOT_FOUND)?;
    done(&Member::of(bot, chat.members.get(&user).copied()))
}

pub(super) fn get_chat_administrators(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let world = machine.world();
    let chat = access::chat(
        &world.state,
        caller.bot.id,
        params.text("chat_id"),
        Access::Read,
    )?;
    if chat.kind == ChatKind::Private {
        return Err(refusal::NO_ADMINISTRATORS);
    }
    let administrators = chat.members.iter().filter_map(|(id, membership)| {
        let is_one = matches!(membership, Membership::Administrator { .. });
        let bot = world.state.bots.get(id).filter(|_| is_one)?;
        Some(Member::of(bot, Some(*membership)))
    });
    done(&administrators.collect::<Vec<_>>())
}

pub(super) fn get_chat_member_count(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    let world = machine.world();
    let chat = access::chat(
        &world.state,
        caller.bot.id,
        params.text("chat_id"),
        Access::Read,
    )?;
    let inside = |of: &&Membership| !matches!(of, Membership::Kicked | Membership::Left);
    // And the person who made the chat.
    done(&(chat.members.values().filter(inside).count() + 1))
}
