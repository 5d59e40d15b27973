//! Why the Bot API did not do what it was asked, sorted by what the caller can do: read from the real texts of the
//! server, whose codes alone say too little. It decides nothing: cooling, retrying and recovering are the pool's and
//! the store's.

use chrono::TimeDelta;
use ferry_core::wire::BotChatState;
use serde::Deserialize;

/// What was asked: it decides what a failure without an answer of the API means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A document or a forward. Repeating it makes a second message.
    ToSend,
    /// Anything that can be asked again.
    Again,
    /// The bytes of a download link, whose refusals say nothing about the bot.
    ForFile,
}

/// What is wrong between a bot and a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChatGoneKind {
    /// The bot was put out, or blocked.
    Kicked,
    /// The bot is not in it.
    NotMember,
    /// There is no such chat, or the bot never saw it.
    NotFound,
}

/// A call that did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too fast: nothing was stored; the same call works after that time.
    #[error("Telegram asks this bot to wait {secs} s")]
    RetryAfter {
        /// How long.
        secs: u32,
    },
    /// The token is not valid (any more). To be confirmed by `getMe` before the bot is given up.
    #[error("Telegram refuses the token: {why}")]
    BotUnauthorized {
        /// In Telegram's words.
        why: String,
    },
    /// The bot moved to another Bot API server.
    #[error("the bot is logged out of this Bot API server")]
    BotLoggedOut,
    /// The bot cannot use the chat.
    #[error("{}: {why}", kind.words())]
    ChatGone {
        /// How they stand.
        kind: ChatGoneKind,
        /// In Telegram's words.
        why: String,
    },
    /// The bot is in the chat and may not do this.
    #[error("the bot lacks a right in the chat: {why}")]
    NoRights {
        /// In Telegram's words.
        why: String,
    },
    /// The group became a supergroup, which has another id.
    #[error("the group became a supergroup with the id {to}")]
    ChatMigrated {
        /// Its new id.
        to: i64,
    },
    /// Larger than the API takes or gives.
    #[error("too large for the Bot API: {why}")]
    TooBig {
        /// In Telegram's words.
        why: String,
    },
    /// A download failed for a reason that is not told. It may be another bot's file id, a flood, or a bad moment: to
    /// be tried again through the owner before anything is called lost.
    #[error("Telegram has no file for this id, or not just now")]
    Ambiguous,
    /// The text is no file id.
    #[error("Telegram cannot read the file id: {why}")]
    BadFileId {
        /// In Telegram's words.
        why: String,
    },
    /// There is no such message.
    #[error("there is no such message")]
    MessageGone,
    /// The message stays: too old, or not ours.
    #[error("Telegram does not delete the message: {why}")]
    CannotDelete {
        /// In Telegram's words.
        why: String,
    },
    /// The download link ended; `getFile` gives another.
    #[error("the download link ended")]
    LinkExpired,
    /// Refused for good and for another reason; nothing was stored.
    #[error("Telegram refuses: {why}")]
    Refused {
        /// In Telegram's words.
        why: String,
    },
    /// Nothing was stored, and the same call may work later.
    #[error("the Bot API does not answer: {why}")]
    Outage {
        /// What was seen.
        why: String,
    },
    /// Nobody knows whether it was done: the answer is missing, cut or no answer of the API.
    #[error("the Bot API gave no answer that can be read: {why}")]
    Unknown {
        /// What was seen.
        why: String,
    },
}

impl Fault {
    /// The API said nothing that can be used: it is away, or nobody knows what it did. Another bot fares no better.
    pub fn is_unanswered(&self) -> bool {
        matches!(self, Fault::Outage { .. } | Fault::Unknown { .. })
    }

    /// A download that failed so is asked for again before anything is concluded.
    pub fn may_be_a_bad_moment(&self) -> bool {
        *self == Fault::Ambiguous || self.is_unanswered()
    }

    /// The same call of the same bot may work later.
    pub fn is_passing(&self) -> bool {
        self.is_unanswered() || self.retry_after().is_some()
    }

    /// How long Telegram asks the bot to wait, where it does.
    pub fn retry_after(&self) -> Option<TimeDelta> {
        match self {
            Fault::RetryAfter { secs } => Some(TimeDelta::seconds(i64::from(*secs))),
            _ => None,
        }
    }
}

impl ChatGoneKind {
    /// What it makes of the bot's pair with the chat.
    pub fn state(self) -> BotChatState {
        match self {
            ChatGoneKind::Kicked => BotChatState::Kicked,
            ChatGoneKind::NotMember => BotChatState::NotMember,
            ChatGoneKind::NotFound => BotChatState::NotFound,
        }
    }

    fn words(self) -> &'static str {
        match self {
            ChatGoneKind::Kicked => "the bot was put out of the chat",
            ChatGoneKind::NotMember => "the bot is not in the chat",
            ChatGoneKind::NotFound => "no such chat, or the bot was never in it",
        }
    }
}

/// The parts of a refusal.
#[derive(Debug, Deserialize)]
struct ErrorAnswer {
    #[serde(default)]
    description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    retry_after: Option<u32>,
    migrate_to_chat_id: Option<i64>,
}

/// Longest piece of an unreadable answer that is told.
const SHOWN_CHARS: usize = 120;
/// Where a 429 names no time.
const DEFAULT_WAIT_SECS: u32 = 5;

impl Fault {
    /// The message may be in the chat although the call failed.
    pub fn may_have_stored(&self) -> bool {
        matches!(self, Fault::Unknown { .. })
    }

    /// Reads an answer that is no success: its HTTP status, its `Retry-After`, its body.
    pub fn of_answer(asked: Asked, status: u16, retry_after: Option<u32>, body: &str) -> Self {
        if asked == Asked::ForFile {
            return of_file(status, retry_after, body);
        }
        let Ok(refusal) = serde_json::from_str::<ErrorAnswer>(body) else {
            return unreadable(asked, status, retry_after, body);
        };
        if let Some(to) = refusal.parameters.migrate_to_chat_id {
            return Fault::ChatMigrated { to };
        }
        let wait = refusal.parameters.retry_after.or(retry_after);
        match (status, wait) {
            (429, wait) => waiting(wait),
            (_, Some(secs)) => waiting(Some(secs)),
            (500.., None) => Self::unanswered(asked, format!("{status} {}", refusal.description)),
            (_, None) => of_text(status, refusal.description),
        }
    }

    /// A call that failed without an answer of the API.
    pub(super) fn unanswered(asked: Asked, why: impl Into<String>) -> Self {
        let why = why.into();
        match asked {
            Asked::ToSend => Fault::Unknown { why },
            Asked::Again | Asked::ForFile => Fault::Outage { why },
        }
    }
}

fn waiting(secs: Option<u32>) -> Fault {
    Fault::RetryAfter {
        secs: secs.unwrap_or(DEFAULT_WAIT_SECS),
    }
}

/// A refusal in words. The first rule that fits wins; texts are compared in lower case, because the server itself
/// changes case when it passes Telegram's on.
fn of_text(status: u16, why: String) -> Fault {
    let text = why.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let gone = |kind, why| Fault::ChatGone { kind, why };
    match status {
        _ if says(&["logged out"]) => Fault::BotLoggedOut,
        401 => Fault::BotUnauthorized { why },
        413 => Fault::TooBig { why },
        _ if says(&["file is too big", "entity too large"]) => Fault::TooBig { why },
        _ if says(&["temporarily unavailable"]) => Fault::Ambiguous,
        _ if says(&[
            "invalid file_id",
            "file_id not specified",
            "wrong file identifier",
        ]) =>
        {
            Fault::BadFileId { why }
        }
        _ if says(&[
            "message to delete not found",
            "message to forward not found",
            "message_id_invalid",
        ]) =>
        {
            Fault::MessageGone
        }
        _ if says(&["message can't be deleted"]) => Fault::CannotDelete { why },
        _ if says(&["was kicked", "was blocked", "user_is_blocked"]) => {
            gone(ChatGoneKind::Kicked, why)
        }
        _ if says(&["is not a member"]) => gone(ChatGoneKind::NotMember, why),
        _ if says(&[
            "chat not found",
            "chat_id is empty",
            "chat was deleted",
            "chat was deactivated",
            "peer_id_invalid",
            "channel_private",
            "user is deactivated",
        ]) =>
        {
            gone(ChatGoneKind::NotFound, why)
        }
        _ if says(&[
            "not enough rights",
            "have no rights",
            "administrator rights",
            "chat_write_forbidden",
            "chat_admin_required",
            "chat_restricted",
            "member list is inaccessible",
        ]) =>
        {
            Fault::NoRights { why }
        }
        _ => Fault::Refused {
            why: format!("{status} {why}"),
        },
    }
}

/// Answers of the address that files are fetched from. A 401 there was seen for a day with tokens that were right.
fn of_file(status: u16, retry_after: Option<u32>, body: &str) -> Fault {
    match status {
        404 => Fault::LinkExpired,
        429 => waiting(retry_after),
        _ => Fault::Outage {
            why: format!("{status} for a download link{}", glimpse(body)),
        },
    }
}

/// Not JSON: a proxy's page, an empty body of the API's own HTTP parser, or half an answer.
fn unreadable(asked: Asked, status: u16, retry_after: Option<u32>, body: &str) -> Fault {
    let kind = if body.trim_start().starts_with('<') {
        "an HTML page with status "
    } else {
        ""
    };
    let seen = format!("{kind}{status}{}", glimpse(body));
    match status {
        401 => Fault::BotUnauthorized { why: seen },
        413 => Fault::TooBig { why: seen },
        429 => waiting(retry_after),
        // the API's parser refused the request before anything was done with it
        400..=499 | 501 => Fault::Refused { why: seen },
        _ => Fault::unanswered(asked, seen),
    }
}

/// The beginning of an answer, for a person; markup is left out.
pub(super) fn glimpse(body: &str) -> String {
    let mut inside = false;
    let plain = body.chars().map(|c| {
        inside = (inside || c == '<') && c != '>';
        if inside || c == '>' || c.is_control() {
            ' '
        } else {
            c
        }
    });
    let plain: String = plain.take(8 * SHOWN_CHARS).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    match words.join(" ") {
        empty if empty.is_empty() => " with an empty body".to_owned(),
        words => format!(": {}", words.chars().take(SHOWN_CHARS).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How `body` with that status is understood.
    fn read(asked: Asked, status: u16, body: &str) -> Fault {
        Fault::of_answer(asked, status, None, body)
    }

    /// The same for a refusal of the API itself with that description.
    fn said(status: u16, description: &str) -> Fault {
        let body =
            serde_json::json!({"ok": false, "error_code": status, "description": description});
        read(Asked::ToSend, status, &body.to_string())
    }

    fn why(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn every_known_text_has_its_class() {
        let gone = |kind, text| Fault::ChatGone {
            kind,
            why: why(text),
        };
        let rights = |text| Fault::NoRights { why: why(text) };
        let stays = |text| Fault::CannotDelete { why: why(text) };
        let no_file = |text| Fault::BadFileId { why: why(text) };
        let big = |text| Fault::TooBig { why: why(text) };
        let refused = |text| Fault::Refused { why: why(text) };
        let unauthorized = |text| Fault::BotUnauthorized { why: why(text) };
        let table = [
            (
                400,
                "Bad Request: file is too big",
                big("Bad Request: file is too big"),
            ),
            (
                400,
                "Bad Request: wrong file_id or the file is temporarily unavailable",
                Fault::Ambiguous,
            ),
            (
                400,
                "Bad Request: invalid file_id",
                no_file("Bad Request: invalid file_id"),
            ),
            (
                400,
                "Bad Request: file_id not specified",
                no_file("Bad Request: file_id not specified"),
            ),
            (
                400,
                "Bad Request: wrong file identifier/HTTP URL specified",
                no_file("Bad Request: wrong file identifier/HTTP URL specified"),
            ),
            (
                400,
                "Bad Request: chat not found",
                gone(ChatGoneKind::NotFound, "Bad Request: chat not found"),
            ),
            (
                400,
                "Bad Request: chat_id is empty",
                gone(ChatGoneKind::NotFound, "Bad Request: chat_id is empty"),
            ),
            (
                400,
                "Bad Request: PEER_ID_INVALID",
                gone(ChatGoneKind::NotFound, "Bad Request: PEER_ID_INVALID"),
            ),
            (
                400,
                "Bad Request: need administrator rights in the channel chat",
                rights("Bad Request: need administrator rights in the channel chat"),
            ),
            (
                400,
                "Bad Request: not enough rights to send documents to the chat",
                rights("Bad Request: not enough rights to send documents to the chat"),
            ),
            (
                400,
                "Bad Request: CHAT_WRITE_FORBIDDEN",
                rights("Bad Request: CHAT_WRITE_FORBIDDEN"),
            ),
            (
                400,
                "Bad Request: message to delete not found",
                Fault::MessageGone,
            ),
            (
                400,
                "Bad Request: message to forward not found",
                Fault::MessageGone,
            ),
            (
                400,
                "Bad Request: message can't be deleted",
                stays("Bad Request: message can't be deleted"),
            ),
            (
                400,
                "Bad Request: message can't be deleted for everyone",
                stays("Bad Request: message can't be deleted for everyone"),
            ),
            (400, "Logged out", Fault::BotLoggedOut),
            (
                400,
                "Bad Request: file must be non-empty",
                refused("400 Bad Request: file must be non-empty"),
            ),
            (401, "Unauthorized", unauthorized("Unauthorized")),
            (
                401,
                "Unauthorized: invalid token specified",
                unauthorized("Unauthorized: invalid token specified"),
            ),
            (
                403,
                "Forbidden: bot was kicked from the group chat",
                gone(
                    ChatGoneKind::Kicked,
                    "Forbidden: bot was kicked from the group chat",
                ),
            ),
            (
                403,
                "Forbidden: bot was kicked from the supergroup chat",
                gone(
                    ChatGoneKind::Kicked,
                    "Forbidden: bot was kicked from the supergroup chat",
                ),
            ),
            (
                403,
                "Forbidden: bot was kicked from the channel chat",
                gone(
                    ChatGoneKind::Kicked,
                    "Forbidden: bot was kicked from the channel chat",
                ),
            ),
            (
                403,
                "Forbidden: bot was blocked by the user",
                gone(
                    ChatGoneKind::Kicked,
                    "Forbidden: bot was blocked by the user",
                ),
            ),
            (
                403,
                "Forbidden: bot is not a member of the channel chat",
                gone(
                    ChatGoneKind::NotMember,
                    "Forbidden: bot is not a member of the channel chat",
                ),
            ),
            (
                403,
                "Forbidden: bot is not a member of the supergroup chat",
                gone(
                    ChatGoneKind::NotMember,
                    "Forbidden: bot is not a member of the supergroup chat",
                ),
            ),
            (
                403,
                "Forbidden: the group chat was deleted",
                gone(
                    ChatGoneKind::NotFound,
                    "Forbidden: the group chat was deleted",
                ),
            ),
            (404, "Not Found", refused("404 Not Found")),
            (
                404,
                "Not Found: method not found",
                refused("404 Not Found: method not found"),
            ),
            (
                409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                refused(
                    "409 Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
                ),
            ),
            (
                413,
                "Request Entity Too Large",
                big("Request Entity Too Large"),
            ),
            (
                421,
                "Misdirected Request: unallowed token specified",
                refused("421 Misdirected Request: unallowed token specified"),
            ),
            (
                500,
                "Internal Server Error: restart",
                Fault::Unknown {
                    why: why("500 Internal Server Error: restart"),
                },
            ),
            (
                502,
                "Bad Gateway",
                Fault::Unknown {
                    why: why("502 Bad Gateway"),
                },
            ),
        ];
        for (status, text, fault) in table {
            assert_eq!(said(status, text), fault, "{status} {text}");
        }
    }

    #[test]
    fn a_flood_says_how_long_in_the_body_or_in_the_header() {
        let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 31","parameters":{"retry_after":31}}"#;
        assert_eq!(
            read(Asked::ToSend, 429, body),
            Fault::RetryAfter { secs: 31 }
        );
        let page = "<html><body>slow down</body></html>";
        assert_eq!(
            Fault::of_answer(Asked::ToSend, 429, Some(8), page),
            Fault::RetryAfter { secs: 8 }
        );
        assert_eq!(
            Fault::of_answer(Asked::ForFile, 429, Some(8), page),
            Fault::RetryAfter { secs: 8 }
        );
        assert_eq!(
            said(429, "Too Many Requests"),
            Fault::RetryAfter {
                secs: DEFAULT_WAIT_SECS
            }
        );
    }

    #[test]
    fn an_upgraded_group_tells_its_new_id() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234}}"#;
        assert_eq!(
            read(Asked::ToSend, 400, body),
            Fault::ChatMigrated { to: -1_001_234 }
        );
    }

    #[test]
    fn a_server_error_leaves_a_send_open_and_nothing_else() {
        let html = "<html>\r\n<head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>";
        let seen = why("an HTML page with status 502: 502 Bad Gateway nginx");
        assert_eq!(
            read(Asked::ToSend, 502, html),
            Fault::Unknown { why: seen.clone() }
        );
        assert_eq!(read(Asked::Again, 502, html), Fault::Outage { why: seen });
        assert!(read(Asked::ToSend, 502, html).may_have_stored());
        assert!(!read(Asked::Again, 502, html).may_have_stored());
        let restart =
            r#"{"ok":false,"error_code":500,"description":"Internal Server Error: restart"}"#;
        assert!(matches!(
            read(Asked::Again, 500, restart),
            Fault::Outage { .. }
        ));
    }

    #[test]
    fn an_empty_body_of_the_parser_is_a_refusal_and_not_unknown() {
        for status in [400, 415, 431, 501] {
            let expected = Fault::Refused {
                why: format!("{status} with an empty body"),
            };
            assert_eq!(read(Asked::ToSend, status, ""), expected);
        }
        assert_eq!(
            read(Asked::ToSend, 413, ""),
            Fault::TooBig {
                why: why("413 with an empty body")
            }
        );
        assert!(
            read(Asked::ToSend, 200, "").may_have_stored(),
            "half an answer"
        );
        assert!(
            read(Asked::ToSend, 200, r#"{"ok":true,"res"#).may_have_stored(),
            "half an answer"
        );
    }

    #[test]
    fn a_refused_download_link_says_nothing_about_the_bot() {
        let unauthorized = r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#;
        assert!(matches!(
            read(Asked::ForFile, 401, unauthorized),
            Fault::Outage { .. }
        ));
        assert_eq!(read(Asked::ForFile, 404, ""), Fault::LinkExpired);
        assert_eq!(
            read(
                Asked::ForFile,
                404,
                r#"{"ok":false,"error_code":404,"description":"Not Found"}"#
            ),
            Fault::LinkExpired
        );
    }

    #[test]
    fn a_glimpse_is_short_and_without_markup() {
        assert_eq!(glimpse("<h1>Bad\n<b>Gate</b>way</h1>"), ": Bad Gate way");
        assert_eq!(
            glimpse(&"x".repeat(10_000)).chars().count(),
            SHOWN_CHARS + 2
        );
        assert_eq!(glimpse("<html>"), " with an empty body");
    }
}
