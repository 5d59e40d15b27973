//! Methods about the bot itself, and those that let a foreign client start. No update ever comes.

use std::time::Duration;

use serde::Serialize;

use super::{Caller, done};
use crate::{
    call::broken,
    machine::Machine,
    params::Params,
    refusal::{self, Refusal},
    reply::Done,
    shapes::FullBot,
    world::Event,
};

/// After logOut a bot can't come back to this server for so long.
const LOGGED_OUT_SECS: f64 = 600.0;
/// close is refused in a client's first ten minutes.
const CLOSE_AFTER_SECS: f64 = 600.0;
const LONGEST_POLL_SECS: i64 = 50;
/// The older of two pollers is told after this.
const CONFLICT_WAIT_SECS: f64 = 3.0;

pub(super) fn get_me(caller: &Caller) -> Result<Done, Refusal> {
    done(&FullBot::of(&caller.bot))
}

pub(super) fn log_out(machine: &Machine, caller: &Caller) -> Result<Done, Refusal> {
    let event = Event::LoggedOut {
        bot: caller.bot.id,
        until: machine.clock.now() + LOGGED_OUT_SECS,
    };
    machine
        .world()
        .record(event)
        .map_err(|error| broken(&error))?;
    done(&true)
}

pub(super) fn close(machine: &Machine, caller: &Caller) -> Result<Done, Refusal> {
    let left = caller.since + CLOSE_AFTER_SECS - machine.clock.now();
    if left > 0.0 {
        return Err(Refusal::flood(left.ceil() as u64));
    }
    machine.book().part(&caller.bot.token);
    done(&true)
}

/// Waits as a poller would; real seconds, because nothing of the clock depends on it.
pub(super) async fn get_updates(
    machine: &Machine,
    caller: &Caller,
    params: &Params,
) -> Result<Done, Refusal> {
    if !caller.bot.webhook.is_empty() {
        return Err(refusal::WEBHOOK_ACTIVE);
    }
    let mut mine = machine.poll(caller.bot.id);
    let secs = params.integer("timeout").clamp(0, LONGEST_POLL_SECS);
    let timeout = Duration::from_secs(secs.unsigned_abs());
    if tokio::time::timeout(timeout, mine.changed()).await.is_ok() {
        machine.clock.wait(CONFLICT_WAIT_SECS).await;
        return Err(refusal::OTHER_POLLER);
    }
    let none: [bool; 0] = [];
    done(&none)
}

pub(super) fn set_webhook(machine: &Machine, caller: &Caller, url: &str) -> Result<Done, Refusal> {
    if !url.is_empty() && !url.starts_with("https://") {
        return Err(refusal::WEBHOOK_NEEDS_HTTPS);
    }
    let description = match (url.is_empty(), caller.bot.webhook == url) {
        (true, true) => "Webhook is already deleted",
        (true, false) => "Webhook was deleted",
        (false, true) => "Webhook is already set",
        (false, false) => "Webhook was set",
    };
    let event = Event::WebhookSet {
        bot: caller.bot.id,
        url: url.to_owned(),
    };
    machine
        .world()
        .record(event)
        .map_err(|error| broken(&error))?;
    Ok(Done {
        description: Some(description),
        ..done(&true)?
    })
}

pub(super) fn get_webhook_info(caller: &Caller) -> Result<Done, Refusal> {
    #[derive(Serialize)]
    struct Webhook<'a> {
        url: &'a str,
        has_custom_certificate: bool,
        pending_update_count: u32,
    }
    done(&Webhook {
        url: &caller.bot.webhook,
        has_custom_certificate: false,
        pending_update_count: 0,
    })
}
