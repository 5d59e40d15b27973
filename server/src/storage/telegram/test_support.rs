//! A store on the emulator: bots in chats, a clock that both sides share and that runs fast.

use std::sync::{Arc, Mutex};

use bot_api_emulator::{
    BotSeed, ChatKind, ClockMode, Control, Emulator, LedgerRow, Limits, Members, Settings,
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use ferry_core::wire::BotSource;
use futures_util::FutureExt;

use super::{
    BotApiSettings, BotApis, BotToken, MessageSweep, MessageSweepSettings, Policy, Pool, ServerKey,
    TelegramMetrics, TelegramStore, Timeouts,
};
use crate::clock::{Clock, Timer};
use crate::db::{Db, bot_chats, bots, telegram_chats};

/// Virtual seconds of a real one.
const SCALE: u32 = 20;

/// What the fixture is like.
pub(crate) struct TestPool {
    pub(crate) bots: usize,
    /// Every bot is in all of them.
    pub(crate) chats: usize,
    pub(crate) kind: ChatKind,
    /// The real limits on both sides, or none on both.
    pub(crate) limits: bool,
}

/// The emulator, and what is joined to it.
pub(crate) struct Telegram {
    pub(crate) control: Control,
    pub(crate) bots: Vec<BotSeed>,
    pub(crate) store: TelegramStore,
    pub(crate) sweep: MessageSweep,
    pub(crate) metrics: TelegramMetrics,
    pub(crate) clock: Clock,
    ahead: Arc<Mutex<TimeDelta>>,
    emulator: Emulator,
    _home: tempfile::TempDir,
}

impl Telegram {
    pub(crate) async fn start(db: &Db, setting: TestPool) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(home.path());
        settings.clock = ClockMode::Scaled { by: SCALE };
        settings.limits = match setting.limits {
            true => Limits {
                // Bots that all begin at once are no fleet's everyday.
                new_tokens: false,
                ..Limits::on()
            },
            false => Limits::off(),
        };
        let emulator = Emulator::start(settings).await.unwrap();
        let control = emulator.control();
        let ahead = Arc::new(Mutex::new(TimeDelta::zero()));
        let (clock, timer) = clock_with(&control, &ahead);
        let bots = control.create_bots(setting.bots).unwrap();
        let chats: Vec<i64> = (0..setting.chats)
            .map(|_| control.create_chat(setting.kind, "parts", &Members::AllBots))
            .map(|chat| chat.unwrap().id)
            .collect();
        let key = ServerKey::from_bytes([7; 32]);
        staff(db, &key, &bots, &chats, clock()).await;
        let policy = match setting.limits {
            true => Policy::default(),
            false => Policy {
                // Real seconds are few on this clock.
                least_timeout: TimeDelta::seconds(120),
                ..Policy::unlimited()
            },
        };
        let apis = BotApis::new(BotApiSettings {
            api_url: emulator.url(),
            ..BotApiSettings::default()
        })
        .unwrap();
        let pool = Pool::new(db.clone(), key, Arc::clone(&clock), policy);
        let metrics = TelegramMetrics::default();
        let time = (Arc::clone(&clock), timer);
        Telegram {
            store: TelegramStore::new(
                pool.clone(),
                apis.clone(),
                time,
                Timeouts::default(),
                metrics.clone(),
            ),
            sweep: MessageSweep::new(
                pool,
                apis,
                Arc::clone(&clock),
                MessageSweepSettings::default(),
            ),
            metrics,
            control,
            bots,
            clock,
            ahead,
            emulator,
            _home: home,
        }
    }

    /// Both clocks jump.
    pub(crate) fn pass(&self, time: TimeDelta) {
        let secs = i32::try_from(time.num_seconds()).unwrap();
        self.control.advance(f64::from(secs)).unwrap();
        *self.ahead.lock().unwrap() += time;
    }

    /// Documents that are in the chats now.
    pub(crate) fn ledger(&self) -> Vec<LedgerRow> {
        self.control.ledger(None)
    }

    /// Calls of a method so far.
    pub(crate) fn calls(&self, method: &str) -> usize {
        let calls = self.control.calls();
        calls
            .iter()
            .filter(|call| call.method == method.to_lowercase())
            .count()
    }

    pub(crate) async fn end(self) {
        self.emulator.shutdown().await;
    }
}

/// The emulator's time, as far as a process beside it can know it.
fn clock_with(control: &Control, ahead: &Arc<Mutex<TimeDelta>>) -> (Clock, Timer) {
    let started = Utc::now();
    let micros = |secs: f64| TimeDelta::from_std(std::time::Duration::from_secs_f64(secs)).unwrap();
    let start = DateTime::<Utc>::UNIX_EPOCH + micros(control.clock().now);
    let ahead = Arc::clone(ahead);
    let clock: Clock = Arc::new(move || {
        let real = Utc::now() - started;
        (start + real * i32::try_from(SCALE).unwrap() + *ahead.lock().unwrap()).trunc_subsecs(6)
    });
    let now = Arc::clone(&clock);
    let timer: Timer = Arc::new(move |until| {
        let left = (until - now()).to_std().unwrap_or_default();
        tokio::time::sleep(left / SCALE).boxed()
    });
    (clock, timer)
}

async fn staff(db: &Db, key: &ServerKey, seeds: &[BotSeed], chats: &[i64], now: DateTime<Utc>) {
    let mut conn = db.connection().await.unwrap();
    for chat in chats {
        telegram_chats::add(&mut conn, *chat, now).await.unwrap();
    }
    for seed in seeds {
        let token = BotToken::parse(&seed.token).unwrap();
        let sealed = token.seal(key).unwrap();
        let bot = bots::NewBot {
            id: token.bot_id(),
            username: &seed.username,
            token_sealed: sealed.as_bytes(),
            weight: 1.0,
            source: BotSource::Admin,
        };
        bots::upsert(&mut conn, &bot, now).await.unwrap();
        for chat in chats {
            bot_chats::add(&mut conn, seed.id, *chat, now)
                .await
                .unwrap();
        }
    }
}
