//! Processes on one Postgres and one pool send to the emulator as fast as they may: one alone, and three of which one is
//! killed in the middle; the emulator counts. Time runs many times as fast as the machine's, for all of them alike.

use std::collections::BTreeSet;
use std::process::Stdio;
use std::time::Duration;

use bot_api_emulator::{ChatKind, ClockMode, Control, Emulator, Limits, Members, Settings};
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::process::{Child, Command};
use uuid::Uuid;

use super::fixture::{Fixture, add_bot, key};
use crate::clock::{self, Clock, Timer};
use crate::db::bot_sends::{SendKind, SendState};
use crate::db::{Db, DbTimeouts, Text, bot_chats, telegram_chats};
use crate::storage::telegram::pool::{Lease, Leased, Pool, Settled};
use crate::storage::telegram::{
    BotApiSettings, BotApis, BotToken, HEARTBEAT_INTERVAL, Heartbeat, MessageSweep,
    MessageSweepSettings, Policy,
};

const BOTS: usize = 3;
const CHATS: usize = 2;
/// Of all processes together: what they want to send is always more than they may.
const SENDERS: usize = 18;
/// Above 100 kB, where the server begins to pace uploads of the same size.
const BODY_BYTES: usize = 200_000;
/// Virtual minutes of a run in which nobody asks for more, and how fast they pass; half an hour is the soak's.
const SHORT: (i64, u32) = (6, 15);
const LONG_SCALE: u32 = 20;
/// What a process of the fleet is told.
const ORDERS: &str = "FERRY_TEST_FLEET";

#[derive(serde::Serialize, serde::Deserialize)]
struct Orders {
    database_url: String,
    api_url: String,
    start: DateTime<Utc>,
    scale: u32,
    until: DateTime<Utc>,
    senders: usize,
}

/// Time enough for a machine that is busy: a second of it is many of these.
fn policy() -> Policy {
    Policy {
        least_timeout: TimeDelta::seconds(150),
        ..Policy::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "orders of a test to itself")]
fn told(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn apis(api_url: String) -> BotApis {
    let settings = BotApiSettings {
        api_url,
        ..BotApiSettings::default()
    };
    BotApis::new(settings).unwrap()
}

#[tokio::test]
async fn one_process_keeps_every_limit_and_wastes_nothing() {
    send_as_fast_as_allowed(1).await;
}

#[tokio::test]
async fn three_processes_keep_every_limit_and_waste_nothing() {
    send_as_fast_as_allowed(3).await;
}

/// Of several processes the first is killed in the middle.
async fn send_as_fast_as_allowed(processes: usize) {
    let (minutes, scale) = match told("FERRY_TEST_VIRTUAL_MINUTES") {
        Some(minutes) => (minutes.parse().unwrap(), LONG_SCALE),
        None => SHORT,
    };
    let fixture = Fixture::start().await;
    let home = tempfile::tempdir().unwrap();
    let emulator = Emulator::start(Settings {
        clock: ClockMode::Scaled { by: scale },
        limits: Limits::on(),
        ..Settings::new(home.path())
    });
    let emulator = emulator.await.unwrap();
    let control = emulator.control();
    employ(&fixture, &control).await;

    let start = start_of(&control, scale);
    let (clock, timer) = clock::scaled(start, scale);
    let begin = clock();
    let until = begin + TimeDelta::minutes(minutes);
    let orders = Orders {
        database_url: fixture.database.database_url(),
        api_url: emulator.url(),
        start,
        scale,
        until,
        senders: SENDERS / processes,
    };
    let mut fleet: Vec<Child> = (0..processes).map(|_| sail(&orders)).collect();
    timer(begin + TimeDelta::minutes(minutes) / 2).await;
    if processes > 1 {
        fleet.remove(0).kill().await.unwrap();
    }
    for process in &mut fleet {
        assert!(process.wait().await.unwrap().success());
    }

    let violations = control.violations();
    assert!(violations.is_empty(), "{violations:#?}");
    let share = share_used(&control, until);
    println!(
        "{processes} processes, {minutes} virtual minutes: {:.1} % of what the policy allows",
        share * 100.0
    );
    assert!(share >= 0.9, "only {share:.3} of what is allowed was used");
    assert!(share <= 1.05, "more than is allowed: {share:.3}");
    nothing_is_left_behind(&fixture, &control, apis(emulator.url()), clock, timer).await;
    emulator.shutdown().await;
    fixture.database.stop().await;
}

/// Makes the bots known on both sides.
async fn employ(fixture: &Fixture, control: &Control) {
    let seeds = control.create_bots(BOTS).unwrap();
    let mut chats = Vec::new();
    for chat in 0..CHATS {
        let title = format!("Parts {chat}");
        let chat = control.create_chat(ChatKind::Channel, &title, &Members::AllBots);
        chats.push(chat.unwrap().id);
    }
    let (db, now) = (&fixture.database.db, Utc::now());
    let mut conn = db.connection().await.unwrap();
    for chat in &chats {
        telegram_chats::add(&mut conn, *chat, now).await.unwrap();
    }
    for seed in seeds {
        let token = BotToken::parse(&seed.token).unwrap();
        add_bot(db, &token, 1.0, now).await;
        for chat in &chats {
            bot_chats::add(&mut conn, seed.id, *chat, now)
                .await
                .unwrap();
        }
    }
}

/// When the emulator's fast clock and the machine's were the same.
fn start_of(control: &Control, scale: u32) -> DateTime<Utc> {
    let real = Utc::now().timestamp_micros() as f64 / 1e6;
    let fast = control.clock().now;
    let scale = f64::from(scale);
    let start = (scale * real - fast) / (scale - 1.0);
    DateTime::from_timestamp_micros((start * 1e6) as i64).unwrap()
}

/// This test binary again, as one process of the fleet.
fn sail(orders: &Orders) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--ignored", "--nocapture"])
        .arg("storage::telegram::pool::tests::fleet::a_process_of_the_fleet")
        .env(ORDERS, serde_json::to_string(orders).unwrap())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Sends of the time in which all buckets are in their rhythm, as a share of what that allows.
fn share_used(control: &Control, until: DateTime<Utc>) -> f64 {
    let calls = control.calls();
    let sent = calls
        .iter()
        .filter(|call| call.method == "senddocument" && call.status == 200);
    let times: Vec<f64> = sent.map(|call| call.at).collect();
    let first = times.iter().copied().fold(f64::MAX, f64::min);
    let (begin, end) = (first + 60.0, until.timestamp() as f64);
    let counted = times.iter().filter(|at| **at > begin && **at <= end);
    let pairs = (BOTS * CHATS) as f64;
    let allowed = policy().sends_per_minute / 60.0 * (end - begin) * pairs;
    counted.count() as f64 / allowed
}

/// Sweeps until Telegram holds what rows name, and nothing else.
async fn nothing_is_left_behind(
    fixture: &Fixture,
    control: &Control,
    apis: BotApis,
    clock: Clock,
    timer: Timer,
) {
    let pool = Pool::new(fixture.database.db.clone(), key(), clock.clone(), policy());
    let sweep = MessageSweep::new(pool, apis, clock.clone(), MessageSweepSettings::default());
    let given_up = clock() + TimeDelta::minutes(10);
    loop {
        let step = sweep.step().await.unwrap();
        let held: BTreeSet<(i64, i64)> = control
            .ledger(None)
            .iter()
            .map(|row| (row.chat_id, row.message_id))
            .collect();
        let named = named(&fixture.database.db).await;
        assert!(named.is_subset(&held), "parts were deleted");
        if named == held {
            return;
        }
        assert!(clock() < given_up, "orphans after ten minutes, {step:?}");
        timer(clock() + TimeDelta::seconds(30)).await;
    }
}

/// Messages that rows of parts name.
async fn named(db: &Db) -> BTreeSet<(i64, i64)> {
    use crate::db::schema::bot_sends::dsl;
    use diesel::prelude::*;
    use diesel_async::RunQueryDsl;
    let mut conn = db.connection().await.unwrap();
    let rows: Vec<(i64, Option<i64>)> = dsl::bot_sends
        .filter(
            dsl::state
                .eq(Text(SendState::Stored))
                .and(dsl::kind.eq(Text(SendKind::Part))),
        )
        .select((dsl::chat_id, dsl::message_id))
        .load(&mut *conn)
        .await
        .unwrap();
    rows.into_iter()
        .map(|(chat, id)| (chat, id.unwrap()))
        .collect()
}

/// Run by the test above, as a process of its own.
#[tokio::test]
#[ignore = "a process of the fleet, not a test"]
async fn a_process_of_the_fleet() {
    let Some(orders) = told(ORDERS) else {
        return;
    };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let (clock, timer) = clock::scaled(orders.start, orders.scale);
    let connections = u32::try_from(orders.senders).unwrap();
    let db = Db::new(&orders.database_url, connections, DbTimeouts::default());
    let pool = Pool::new(db, key(), clock.clone(), policy());
    let apis = apis(orders.api_url.clone());
    let senders =
        (0..orders.senders).map(|_| send_until_the_end(&orders, &pool, &apis, &clock, &timer));
    let sending = futures_util::future::join_all(senders);
    let heartbeat = Heartbeat::new(pool.clone(), clock.clone());
    tokio::select! {
        _ = sending => {}
        () = send_heartbeats(heartbeat, &clock, &timer) => {}
    }
}

/// As a server's jobs do it, in the fleet's time.
async fn send_heartbeats(mut heartbeat: Heartbeat, clock: &Clock, timer: &Timer) {
    loop {
        heartbeat.send().await.unwrap();
        timer(clock() + HEARTBEAT_INTERVAL).await;
    }
}

async fn send_until_the_end(
    orders: &Orders,
    pool: &Pool,
    apis: &BotApis,
    clock: &Clock,
    timer: &Timer,
) {
    let body = Bytes::from(vec![7; BODY_BYTES]);
    let size_bytes = u32::try_from(BODY_BYTES).unwrap();
    while clock() < orders.until {
        let id = Uuid::new_v4();
        match pool.lease(id, id, size_bytes).await.unwrap() {
            Leased::Go(lease) => send(pool, apis, &lease, body.clone()).await,
            Leased::Wait { until } => timer(until.min(orders.until)).await,
            Leased::Nobody { why } => panic!("{why}"),
        }
    }
}

async fn send(pool: &Pool, apis: &BotApis, lease: &Lease, body: Bytes) {
    let api = apis.of(&lease.token);
    let timeout = Duration::from_secs(60);
    match api.send(lease.chat_id, "part.bin", body, timeout).await {
        Ok(sent) => {
            pool.settle_stored(lease, &sent).await.unwrap();
        }
        Err(fault) => {
            let (bot, chat) = (lease.bot_id, Some(lease.chat_id));
            let _ = pool.report(bot, chat, &fault).await.unwrap();
            pool.settle(lease, Settled::Unknown).await.unwrap();
        }
    }
}
