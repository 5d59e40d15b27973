//! The control API over HTTP: its routes on one page, each a call of [`Control`].

use std::sync::Arc;

use http_body_util::{BodyExt, Limited};
use hyper::{Method, Request, Response, StatusCode, body::Incoming as Body};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Control, ControlError, Members};
use crate::{
    clock::ClockMode,
    faults::FaultRule,
    limits::Limits,
    machine::Machine,
    params::Params,
    reply::{self, ReplyBody},
    world::{BotId, ChatId, ChatKind, Membership},
};

const LARGEST_BODY_BYTES: usize = 16 * 1024 * 1024;

/// A control call that can't be carried out.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Control(#[from] ControlError),
    #[error("the body is not what this route takes: {0}")]
    Body(#[from] serde_json::Error),
    #[error("the body cannot be read")]
    Unread,
    #[error("the control API has no such route")]
    NoRoute,
}

/// Answers `/control/<path>`.
pub(crate) async fn answer(
    machine: &Arc<Machine>,
    path: &str,
    request: Request<Body>,
) -> Response<ReplyBody> {
    let control = Control::new(Arc::clone(machine));
    let (status, body) = match route(&control, path, request).await {
        Ok(value) => (StatusCode::OK, value),
        Err(refused) => {
            let status = match refused {
                Refused::NoRoute => StatusCode::NOT_FOUND,
                Refused::Control(ControlError::Io(_)) => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, json!({ "error": refused.to_string() }))
        }
    };
    reply::json(status, body.to_string())
}

async fn route(control: &Control, path: &str, request: Request<Body>) -> Result<Value, Refused> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY_BYTES).collect().await;
    let body = body.map_err(|_| Refused::Unread)?.to_bytes();
    let mut query = Params::default();
    query.add_encoded(head.uri.query().unwrap_or_default().as_bytes());
    let path: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    match (&head.method, path.as_slice()) {
        (&Method::GET, ["bots"]) => Ok(json!({ "bots": control.bots() })),
        (&Method::POST, ["bots"]) => create_bots(control, read(&body)?),
        (&Method::POST, ["bots", bot, "revoke"]) => {
            control.revoke_token(number(bot)?)?;
            ok()
        }
        (&Method::POST, ["bots", bot, "token"]) => {
            Ok(json!({ "token": control.issue_token(number(bot)?)? }))
        }
        (&Method::GET, ["chats"]) => Ok(json!({ "chats": control.chats() })),
        (&Method::POST, ["chats"]) => create_chats(control, read(&body)?),
        (&Method::DELETE, ["chats", chat]) => {
            control.delete_chat(number(chat)?)?;
            ok()
        }
        (&Method::POST, ["chats", chat, "migrate"]) => {
            Ok(json!({ "id": control.migrate(number(chat)?)? }))
        }
        (&Method::POST, ["members"]) => set_member(control, read(&body)?),
        (&Method::DELETE, ["messages", chat, message]) => {
            control.delete_message(number(chat)?, number(message)?)?;
            ok()
        }
        (&Method::GET, ["clock"]) => value(&control.clock()),
        (&Method::POST, ["clock"]) => move_clock(control, read(&body)?),
        (&Method::GET, ["limits"]) => value(&control.limits()),
        (&Method::POST, ["limits"]) => change_limits(control, &body),
        (&Method::POST, ["ranges"]) => {
            let Switch { on } = read(&body)?;
            control.set_ranges(on);
            ok()
        }
        (&Method::GET, ["faults"]) => Ok(json!({ "faults": control.faults() })),
        (&Method::POST, ["faults"]) => {
            control.add_faults(read_faults(&body)?);
            Ok(json!({ "faults": control.faults() }))
        }
        (&Method::DELETE, ["faults"]) => {
            control.clear_faults();
            ok()
        }
        (&Method::GET, ["ledger"]) => {
            let chat = query.text("chat").parse().ok();
            let bot: Option<BotId> = query.text("bot").parse().ok();
            let mut rows = control.ledger(chat);
            rows.retain(|row| bot.is_none_or(|bot| row.bot_id == bot));
            Ok(json!({ "documents": rows }))
        }
        (&Method::GET, ["calls"]) => Ok(json!({ "calls": calls(control, &query) })),
        (&Method::GET, ["violations"]) => Ok(json!({ "violations": control.violations() })),
        (&Method::DELETE, ["calls" | "violations"]) => {
            control.forget_calls();
            ok()
        }
        _ => Err(Refused::NoRoute),
    }
}

fn ok() -> Result<Value, Refused> {
    Ok(json!({ "ok": true }))
}

fn value(of: &impl Serialize) -> Result<Value, Refused> {
    Ok(serde_json::to_value(of)?)
}

/// A body; none is as good as an empty object.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    let body = if body.is_empty() { b"{}" } else { body };
    Ok(serde_json::from_slice(body)?)
}

fn number(text: &str) -> Result<i64, Refused> {
    text.parse().map_err(|_| Refused::NoRoute)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBots {
    token: Option<String>,
    count: Option<usize>,
}

fn create_bots(control: &Control, new: NewBots) -> Result<Value, Refused> {
    let bots = match new.token {
        Some(token) => vec![control.create_bot(&token)?],
        None => control.create_bots(new.count.unwrap_or(1))?,
    };
    Ok(json!({ "bots": bots }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewChats {
    kind: Option<ChatKind>,
    title: Option<String>,
    count: Option<usize>,
    /// Bots that are administrators; all of them when none are named.
    members: Option<Vec<BotId>>,
}

fn create_chats(control: &Control, new: NewChats) -> Result<Value, Refused> {
    let title = new.title.as_deref().unwrap_or("Emulated");
    let members = new.members.map_or(Members::AllBots, Members::Bots);
    let kind = new.kind.unwrap_or(ChatKind::Channel);
    let chats = (0..new.count.unwrap_or(1))
        .map(|_| control.create_chat(kind, title, &members))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(json!({ "chats": chats }))
}

#[derive(Deserialize)]
struct NewMember {
    chat: ChatId,
    bot: BotId,
    /// `unknown`, or one of [`Membership`] with its rights.
    #[serde(flatten)]
    membership: Value,
}

fn set_member(control: &Control, new: NewMember) -> Result<Value, Refused> {
    let unknown = new.membership.get("status") == Some(&json!("unknown"));
    let membership: Option<Membership> = if unknown {
        None
    } else {
        Some(serde_json::from_value(new.membership)?)
    };
    control.set_member(new.chat, new.bot, membership)?;
    ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_secs: Option<f64>,
    mode: Option<ClockMode>,
}

fn move_clock(control: &Control, change: ClockChange) -> Result<Value, Refused> {
    if let Some(mode) = change.mode {
        control.switch_clock(mode);
    }
    value(&control.advance(change.advance_secs.unwrap_or(0.0))?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Switch {
    on: bool,
}

/// `{"all": true}` first, then single ones.
fn change_limits(control: &Control, body: &[u8]) -> Result<Value, Refused> {
    let mut changes: serde_json::Map<String, Value> = read(body)?;
    let start = match changes.remove("all") {
        Some(Value::Bool(true)) => Limits::on(),
        Some(_) => Limits::off(),
        None => control.limits(),
    };
    let mut limits = value(&start)?;
    if let Value::Object(limits) = &mut limits {
        limits.extend(changes);
    }
    control.set_limits(serde_json::from_value(limits)?);
    value(&control.limits())
}

/// One rule, or a list.
fn read_faults(body: &[u8]) -> Result<Vec<FaultRule>, Refused> {
    let rules: Value = read(body)?;
    Ok(match rules {
        Value::Array(_) => serde_json::from_value(rules)?,
        one => vec![serde_json::from_value(one)?],
    })
}

fn calls(control: &Control, query: &Params) -> Vec<crate::calls::Call> {
    let bot: Option<BotId> = query.text("bot").parse().ok();
    let method = query.text("method").to_ascii_lowercase();
    let mut calls = control.calls();
    calls.retain(|call| bot.is_none_or(|bot| call.bot == Some(bot)));
    calls.retain(|call| method.is_empty() || call.method == method);
    calls
}
