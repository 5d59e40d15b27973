//! The methods of the Bot API that the emulator has, and what each needs of its caller. A method is a function of a room.

mod access;
mod bots;
mod chats;
mod documents;
mod messages;

use serde::Serialize;

use crate::{
    call::broken, intake::Intake, machine::Machine, refusal::Refusal, reply::Done, world::Bot,
};

/// Who calls.
pub(crate) struct Caller {
    pub(crate) bot: Bot,
    /// Since when the server knows the token, Unix seconds.
    pub(crate) since: f64,
}

/// What can be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    GetMe,
    LogOut,
    Close,
    GetUpdates,
    SetWebhook,
    DeleteWebhook,
    GetWebhookInfo,
    GetChat,
    GetChatMember,
    GetChatAdministrators,
    GetChatMemberCount,
    SendDocument,
    GetFile,
    ForwardMessage,
    CopyMessage,
    DeleteMessage,
    DeleteMessages,
}

impl Method {
    /// By its name in lower case.
    pub(crate) fn parse(name: &str) -> Option<Method> {
        Some(match name {
            "getme" => Method::GetMe,
            "logout" => Method::LogOut,
            "close" => Method::Close,
            "getupdates" => Method::GetUpdates,
            "setwebhook" => Method::SetWebhook,
            "deletewebhook" => Method::DeleteWebhook,
            "getwebhookinfo" => Method::GetWebhookInfo,
            "getchat" => Method::GetChat,
            "getchatmember" => Method::GetChatMember,
            "getchatadministrators" => Method::GetChatAdministrators,
            "getchatmembercount" | "getchatmemberscount" => Method::GetChatMemberCount,
            "senddocument" => Method::SendDocument,
            "getfile" => Method::GetFile,
            "forwardmessage" => Method::ForwardMessage,
            "copymessage" => Method::CopyMessage,
            "deletemessage" => Method::DeleteMessage,
            "deletemessages" => Method::DeleteMessages,
            _ => return None,
        })
    }
}

/// Calls the method.
pub(crate) async fn carry_out(
    machine: &Machine,
    method: Method,
    caller: Caller,
    intake: Intake,
) -> Result<Done, Refusal> {
    let params = &intake.params;
    match method {
        Method::GetMe => bots::get_me(&caller),
        Method::LogOut => bots::log_out(machine, &caller),
        Method::Close => bots::close(machine, &caller),
        Method::GetUpdates => bots::get_updates(machine, &caller, params).await,
        Method::SetWebhook => bots::set_webhook(machine, &caller, params.text("url")),
        Method::DeleteWebhook => bots::set_webhook(machine, &caller, ""),
        Method::GetWebhookInfo => bots::get_webhook_info(&caller),
        Method::GetChat => chats::get_chat(machine, &caller, params),
        Method::GetChatMember => chats::get_chat_member(machine, &caller, params),
        Method::GetChatAdministrators => chats::get_chat_administrators(machine, &caller, params),
        Method::GetChatMemberCount => chats::get_chat_member_count(machine, &caller, params),
        Method::SendDocument => documents::send(machine, &caller, intake),
        Method::GetFile => documents::get_file(machine, &caller, params),
        Method::ForwardMessage => messages::forward(machine, &caller, params),
        Method::CopyMessage => messages::copy(machine, &caller, params),
        Method::DeleteMessage => messages::delete(machine, &caller, params),
        Method::DeleteMessages => messages::delete_many(machine, &caller, params),
    }
}

fn done(result: &impl Serialize) -> Result<Done, Refusal> {
    let result = serde_json::to_string(result).map_err(|error| broken(&error.into()))?;
    Ok(Done {
        result,
        description: None,
    })
}
