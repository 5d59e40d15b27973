//! Every error that the Bot API gives, with its exact text: the only place that knows them.

use std::borrow::Cow;

use serde::Serialize;

/// A refused call: its status is its error code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: u16,
    pub(crate) description: Cow<'static, str>,
    pub(crate) parameters: Option<Parameters>,
}

/// What a client is to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Parameters {
    MigrateToChatId(i64),
    RetryAfter(u64),
}

#[derive(Serialize)]
struct Body<'a> {
    ok: bool,
    error_code: u16,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Parameters>,
}

impl Refusal {
    const fn fixed(code: u16, description: &'static str) -> Refusal {
        Refusal {
            code,
            description: Cow::Borrowed(description),
            parameters: None,
        }
    }

    pub(crate) fn new(code: u16, description: impl Into<String>) -> Refusal {
        Refusal {
            code,
            description: Cow::Owned(description.into()),
            parameters: None,
        }
    }

    pub(crate) fn flood(retry_after_secs: u64) -> Refusal {
        Refusal {
            parameters: Some(Parameters::RetryAfter(retry_after_secs)),
            ..Refusal::new(
                429,
                format!("Too Many Requests: retry after {retry_after_secs}"),
            )
        }
    }

    pub(crate) fn migrated(to: i64) -> Refusal {
        Refusal {
            parameters: Some(Parameters::MigrateToChatId(to)),
            ..Refusal::fixed(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
            )
        }
    }

    /// `what` is `group`, `supergroup` or `channel`.
    pub(crate) fn kicked(what: &str) -> Refusal {
        Refusal::new(
            403,
            format!("Forbidden: bot was kicked from the {what} chat"),
        )
    }

    pub(crate) fn not_a_member(what: &str) -> Refusal {
        Refusal::new(
            403,
            format!("Forbidden: bot is not a member of the {what} chat"),
        )
    }

    pub(crate) fn parameter_required(name: &str) -> Refusal {
        Refusal::new(
            400,
            format!("Bad Request: parameter \"{name}\" is required"),
        )
    }

    /// `what` is `message to delete`, `message to forward` or `message to copy`.
    pub(crate) fn message_not_found(what: &str) -> Refusal {
        Refusal::new(400, format!("Bad Request: {what} not found"))
    }

    pub(crate) fn body(&self) -> String {
        let body = Body {
            ok: false,
            error_code: self.code,
            description: &self.description,
            parameters: self.parameters,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }

    pub(crate) fn retry_after_secs(&self) -> Option<u64> {
        match self.parameters {
            Some(Parameters::RetryAfter(secs)) => Some(secs),
            _ => None,
        }
    }
}

pub(crate) const NOT_FOUND: Refusal = Refusal::fixed(404, "Not Found");
pub(crate) const METHOD_NOT_FOUND: Refusal = Refusal::fixed(404, "Not Found: method not found");
pub(crate) const UNAUTHORIZED: Refusal = Refusal::fixed(401, "Unauthorized");
pub(crate) const INVALID_TOKEN: Refusal =
    Refusal::fixed(401, "Unauthorized: invalid token specified");
pub(crate) const LOGGED_OUT: Refusal = Refusal::fixed(400, "Logged out");
pub(crate) const ALREADY_CLOSED: Refusal =
    Refusal::fixed(400, "Bad Request: the bot has already been closed");
pub(crate) const TOO_LARGE: Refusal = Refusal::fixed(413, "Request Entity Too Large");
pub(crate) const RESTARTING: Refusal = Refusal::fixed(500, "Internal Server Error: restart");
pub(crate) const BAD_GATEWAY: Refusal = Refusal::fixed(502, "Bad Gateway");

pub(crate) const FILE_TOO_BIG: Refusal = Refusal::fixed(400, "Bad Request: file is too big");
pub(crate) const FILE_UNAVAILABLE: Refusal = Refusal::fixed(
    400,
    "Bad Request: wrong file_id or the file is temporarily unavailable",
);
pub(crate) const INVALID_FILE_ID: Refusal = Refusal::fixed(400, "Bad Request: invalid file_id");
pub(crate) const FILE_ID_MISSING: Refusal =
    Refusal::fixed(400, "Bad Request: file_id not specified");
pub(crate) const WRONG_FILE_IDENTIFIER: Refusal =
    Refusal::fixed(400, "Bad Request: wrong file identifier/HTTP URL specified");
pub(crate) const UNREADABLE_FILE_ID: Refusal = Refusal::fixed(
    400,
    "Bad Request: wrong remote file identifier specified: can't unserialize it. Wrong last symbol",
);
pub(crate) const WRONG_CHARACTER_IN_FILE_ID: Refusal = Refusal::fixed(
    400,
    "Bad Request: wrong remote file identifier specified: Wrong character in the string",
);
pub(crate) const URL_NOT_FETCHED: Refusal =
    Refusal::fixed(400, "Bad Request: failed to get HTTP URL content");
pub(crate) const NO_DOCUMENT: Refusal =
    Refusal::fixed(400, "Bad Request: there is no document in the request");
pub(crate) const EMPTY_FILE: Refusal = Refusal::fixed(400, "Bad Request: file must be non-empty");

pub(crate) const CHAT_ID_EMPTY: Refusal = Refusal::fixed(400, "Bad Request: chat_id is empty");
pub(crate) const CHAT_NOT_FOUND: Refusal = Refusal::fixed(400, "Bad Request: chat not found");
pub(crate) const USER_NOT_FOUND: Refusal = Refusal::fixed(400, "Bad Request: user not found");
pub(crate) const INVALID_USER_ID: Refusal =
    Refusal::fixed(400, "Bad Request: invalid user_id specified");
pub(crate) const NEED_ADMINISTRATOR: Refusal = Refusal::fixed(
    400,
    "Bad Request: need administrator rights in the channel chat",
);
pub(crate) const MAY_NOT_SEND: Refusal = Refusal::fixed(
    400,
    "Bad Request: not enough rights to send documents to the chat",
);
pub(crate) const GROUP_DELETED: Refusal =
    Refusal::fixed(403, "Forbidden: the group chat was deleted");
pub(crate) const BLOCKED: Refusal = Refusal::fixed(403, "Forbidden: bot was blocked by the user");
pub(crate) const NO_ADMINISTRATORS: Refusal = Refusal::fixed(
    400,
    "Bad Request: there are no administrators in the private chat",
);

pub(crate) const CHAT_IDENTIFIER_MISSING: Refusal =
    Refusal::fixed(400, "Bad Request: chat identifier is not specified");
pub(crate) const MESSAGE_IDENTIFIER_MISSING: Refusal =
    Refusal::fixed(400, "Bad Request: message identifier is not specified");
pub(crate) const MESSAGE_IDENTIFIERS_MISSING: Refusal =
    Refusal::fixed(400, "Bad Request: message identifiers are not specified");
pub(crate) const MESSAGE_IDENTIFIERS_UNREADABLE: Refusal =
    Refusal::fixed(400, "Bad Request: can't parse message_ids JSON object");
pub(crate) const MESSAGE_IDENTIFIERS_NO_ARRAY: Refusal =
    Refusal::fixed(400, "Bad Request: expected an Array of message identifiers");
pub(crate) const MESSAGE_IDENTIFIER_NO_NUMBER: Refusal =
    Refusal::fixed(400, "Bad Request: message identifier must be a Number");
pub(crate) const TOO_MANY_MESSAGES: Refusal =
    Refusal::fixed(400, "Bad Request: too many message identifiers specified");
pub(crate) const UNDELETABLE: Refusal =
    Refusal::fixed(400, "Bad Request: message can't be deleted");
pub(crate) const UNDELETABLE_FOR_EVERYONE: Refusal =
    Refusal::fixed(400, "Bad Request: message can't be deleted for everyone");

pub(crate) const NOT_FORWARDABLE: Refusal =
    Refusal::fixed(400, "Bad Request: the message can't be forwarded");
pub(crate) const NOT_COPYABLE: Refusal =
    Refusal::fixed(400, "Bad Request: the message can't be copied");

pub(crate) const OTHER_POLLER: Refusal = Refusal::fixed(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
);
pub(crate) const WEBHOOK_ACTIVE: Refusal = Refusal::fixed(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
);
pub(crate) const WEBHOOK_NEEDS_HTTPS: Refusal = Refusal::fixed(
    400,
    "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
);
