//! `telegram-put FOLDER DATABASE_URL`: parts through the Telegram provider into the Bot API emulator, and the same bytes
//! by a bare HTTP client, taking turns. It prints both rates as JSON and judges nothing: that is `cargo xtask bench`'s.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, ensure};
use bot_api_emulator::{BotSeed, ChatKind, Control, Emulator, Limits, Members, Settings};
use bytes::Bytes;
use ferry_core::wire::BotSource;
use ferry_server::{
    clock,
    db::{Db, DbTimeouts, bot_chats, bots, telegram_chats},
    storage::{
        PartStore as _,
        telegram::{
            BotApiSettings, BotApis, BotToken, Policy, Pool, ServerKey, TelegramMetrics,
            TelegramStore, Timeouts,
        },
    },
};
use futures_util::{StreamExt as _, TryStreamExt as _};
use reqwest_of_teloxide::{
    Client,
    multipart::{Form, Part},
};

/// A part in the middle of the `telegram` profile.
const BODY_BYTES: usize = 16 << 20;
/// A gibibyte; the emulator's disk holds no more, for it is emptied after each.
const BODIES: usize = 64;
const ROUNDS: usize = 5;
/// Bodies on their way at once. On two cores neither way gets faster from four on; twice as many keep the cores busy while
/// some of the bodies wait for the pool's Postgres.
const AT_ONCE: usize = 8;
const BOTS: usize = 4;
const CHATS: usize = 2;
/// As a server has them.
const DB_CONNECTIONS: u32 = 16;

/// Megabytes a second of each round.
#[derive(Default, serde::Serialize)]
struct Rates {
    plain_mb_per_sec: Vec<f64>,
    provider_mb_per_sec: Vec<f64>,
}

/// What takes the documents.
struct Service {
    emulator: Emulator,
    control: Control,
    bots: Vec<BotSeed>,
    chats: Vec<i64>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut words = std::env::args_os().skip(1);
    let usage = "usage: telegram-put FOLDER DATABASE_URL";
    let folder = words.next().context(usage)?;
    let database_url = words.next().context(usage)?.into_string();
    let database_url = database_url.map_err(|_| anyhow::anyhow!(usage))?;
    let service = Service::start(Path::new(&folder)).await?;
    let store = provider(&service, &database_url).await?;
    println!(
        "{}",
        serde_json::to_string(&measure(&service, store).await?)?
    );
    service.emulator.shutdown().await;
    Ok(())
}

impl Service {
    async fn start(folder: &Path) -> Result<Service> {
        let mut settings = Settings::new(folder);
        settings.limits = Limits::off();
        let emulator = Emulator::start(settings).await?;
        let control = emulator.control();
        let bots = control.create_bots(BOTS)?;
        let chats =
            (0..CHATS).map(|_| control.create_chat(ChatKind::Channel, "Parts", &Members::AllBots));
        let chats = chats.map(|chat| Ok(chat?.id)).collect::<Result<_>>()?;
        Ok(Service {
            emulator,
            control,
            bots,
            chats,
        })
    }

    /// Of `sendDocument`, for every bot and chat.
    fn addresses(&self) -> Vec<String> {
        let url = self.emulator.url();
        let mut addresses = Vec::new();
        for chat in &self.chats {
            let of_bot =
                |bot: &BotSeed| format!("{url}/bot{}/sendDocument?chat_id={chat}", bot.token);
            addresses.extend(self.bots.iter().map(of_bot));
        }
        addresses
    }

    /// So many bodies arrived whole; they are deleted.
    fn empty(&self, bodies: usize) -> Result<()> {
        let stored = self.control.ledger(None);
        let is_whole = stored.iter().all(|row| row.size == BODY_BYTES as u64);
        ensure!(
            stored.len() == bodies && is_whole,
            "{} documents of {bodies} are stored, whole: {is_whole}",
            stored.len()
        );
        for row in stored {
            self.control.delete_message(row.chat_id, row.message_id)?;
        }
        Ok(())
    }
}

/// The provider as the server has it, on a pool without limits of its own.
async fn provider(service: &Service, database_url: &str) -> Result<TelegramStore> {
    let db = Db::new(database_url, DB_CONNECTIONS, DbTimeouts::default());
    db.migrate().await?;
    let mut key = [0; 32];
    getrandom::fill(&mut key)?;
    let key = ServerKey::from_bytes(key);
    staff(service, &db, &key).await?;
    let apis = BotApis::new(BotApiSettings {
        api_url: service.emulator.url(),
        ..BotApiSettings::default()
    })?;
    let pool = Pool::new(db, key, clock::system(), Policy::unlimited());
    Ok(TelegramStore::new(
        pool,
        apis,
        (clock::system(), clock::system_timer()),
        Timeouts::default(),
        TelegramMetrics::default(),
    ))
}

/// Tells the pool of the emulator's bots and chats.
async fn staff(service: &Service, db: &Db, key: &ServerKey) -> Result<()> {
    let now = clock::system()();
    let mut conn = db.connection().await?;
    for chat in &service.chats {
        telegram_chats::add(&mut conn, *chat, now).await?;
    }
    for seed in &service.bots {
        let sealed = BotToken::parse(&seed.token)?.seal(key)?;
        let bot = bots::NewBot {
            id: seed.id,
            username: &seed.username,
            token_sealed: sealed.as_bytes(),
            weight: 1.0,
            source: BotSource::Admin,
        };
        bots::upsert(&mut conn, &bot, now).await?;
        for chat in &service.chats {
            bot_chats::add(&mut conn, seed.id, *chat, now).await?;
        }
    }
    Ok(())
}

async fn measure(service: &Service, store: TelegramStore) -> Result<Rates> {
    let mut body = vec![0; BODY_BYTES];
    getrandom::fill(&mut body)?;
    let (body, store) = (Bytes::from(body), Arc::new(store));
    let client = Client::new();
    let addresses = service.addresses();
    let plain = |nth: usize| {
        let address = addresses.get(nth % addresses.len()).cloned();
        send_plain(client.clone(), address.unwrap_or_default(), body.clone())
    };
    let through_provider = |_| put(Arc::clone(&store), body.clone());
    // Connections and statements are made before anything is measured.
    rate(AT_ONCE, plain).await?;
    rate(AT_ONCE, through_provider).await?;
    service.empty(2 * AT_ONCE)?;
    let mut rates = Rates::default();
    for _ in 0..ROUNDS {
        rates.plain_mb_per_sec.push(rate(BODIES, plain).await?);
        service.empty(BODIES)?;
        let provider = rate(BODIES, through_provider).await?;
        rates.provider_mb_per_sec.push(provider);
        service.empty(BODIES)?;
    }
    Ok(rates)
}

/// Sends so many bodies, [`AT_ONCE`] at a time; megabytes a second.
async fn rate<S>(bodies: usize, send: impl Fn(usize) -> S) -> Result<f64>
where
    S: Future<Output = Result<()>> + Send + 'static,
{
    let begun = Instant::now();
    futures_util::stream::iter(0..bodies)
        .map(|nth| tokio::spawn(send(nth)))
        .buffer_unordered(AT_ONCE)
        .map(|sent| sent?)
        .try_collect::<()>()
        .await?;
    Ok((bodies * BODY_BYTES) as f64 / 1e6 / begun.elapsed().as_secs_f64())
}

async fn put(store: Arc<TelegramStore>, body: Bytes) -> Result<()> {
    store.put(store.locate(), body).await?;
    Ok(())
}

/// The least that an upload can be: a client with its own settings, one form, a look at the status.
async fn send_plain(client: Client, address: String, body: Bytes) -> Result<()> {
    let document = Part::stream_with_length(body, BODY_BYTES as u64).file_name("part.bin");
    let form = Form::new().part("document", document);
    let answer = client.post(address).multipart(form).send().await?;
    ensure!(answer.status().is_success(), "{}", answer.status());
    answer.bytes().await?;
    Ok(())
}
