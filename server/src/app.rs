//! The composition root: makes every long-lived part, joins them, and runs the server until it is told to stop.
//! No business rule lives here.

mod bots;
mod health;
pub mod server_key;
mod stores;
mod telegram;

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix_web::{HttpServer, dev::ServerHandle, web};
use anyhow::Context as _;
use chrono::TimeDelta;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::{
    auth::{Accounts, AuthSettings},
    bots::Bots,
    budget::Budget,
    clock,
    config::{Config, TlsConfig},
    db::{Db, DbTimeouts},
    embedded_postgres::EmbeddedPostgres,
    http::{self, BodyMemory, Shared},
    jobs::{JobSettings, Jobs, TelegramJobs},
    lifecycle::Lifecycle,
    metrics::Metrics,
    spool::{Spool, SpoolSettings},
    storage::{Stores, telegram::TelegramMetrics},
    uploads::{UploadSettings, Uploads},
};

pub use self::bots::BotsAlone;
use self::health::Rooms;

/// Connections of one instance to Postgres.
const DB_CONNECTIONS: u32 = 16;
/// How long a request that holds no part may go on after the parts are done.
const LAST_REQUESTS_SECS: u64 = 3;
/// Time to end a connection, and to read on from a sender that was refused.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two tries of what the server needs before it can serve.
const RETRY_START: Duration = Duration::from_secs(1);
/// How long a new store may take to be marked before requests are served.
const MARK_AT_ONCE: Duration = Duration::from_secs(2);
/// How long the announcement waits for the tables.
const ANNOUNCE_AFTER: Duration = Duration::from_secs(3);
/// How long a job may go on when the server stops.
const LAST_JOBS: Duration = Duration::from_secs(5);
/// How long a part on its way is kept for its sender: a laptop may sleep for a night and half a day.
const SPOOL_TTL: TimeDelta = TimeDelta::hours(24);
const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// Every long-lived part.
pub struct App {
    config: Arc<Config>,
    db: Db,
    uploads: Uploads,
    accounts: Accounts,
    bots: Bots,
    stores: Stores,
    marked: Vec<stores::Marked>,
    telegram: Option<TelegramJobs>,
    metrics: TelegramMetrics,
    spool: Spool,
    lifecycle: Lifecycle,
    postgres: Option<EmbeddedPostgres>,
}

impl App {
    /// Makes the parts; starts the private Postgres where no other is configured.
    pub async fn new(config: Config) -> anyhow::Result<Self> {
        let config = Arc::new(config);
        let data_dir = &config.data_dir;
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("the data directory {}", data_dir.display()))?;
        let spool = spool_of(&config)?;
        let marked = stores::open_marked(&config).await?;
        let (postgres, database_url) = match &config.database_url {
            Some(url) => (None, url.expose().to_owned()),
            None => {
                let postgres = EmbeddedPostgres::start(&config.data_dir).await?;
                let url = postgres.database_url();
                (Some(postgres), url)
            }
        };
        let db = Db::new(&database_url, DB_CONNECTIONS, DbTimeouts::default());
        let metrics = TelegramMetrics::default();
        let telegram = match config.uses_telegram() {
            true => Some(telegram::open(&config, &db, &metrics)?),
            false => None,
        };
        let stores = stores::join(&config, &marked, telegram.as_ref())?;
        Ok(App {
            uploads: uploads_of(&config, &db, &stores),
            accounts: accounts_of(&config, &db),
            bots: bots::bots_of(&config, &db)?.beside(&metrics),
            config,
            db,
            stores,
            marked,
            telegram: telegram.map(|telegram| telegram.jobs),
            metrics,
            spool,
            lifecycle: Lifecycle::default(),
            postgres,
        })
    }
}

fn uploads_of(config: &Config, db: &Db, stores: &Stores) -> Uploads {
    let settings = UploadSettings::with_ttl(config.upload_ttl);
    Uploads::new(db.clone(), stores.clone(), clock::system(), settings)
}

fn spool_of(config: &Config) -> anyhow::Result<Spool> {
    let settings = SpoolSettings {
        folder: config.data_dir.join("spool"),
        limit_bytes: config.requests.spool_bytes,
        ttl: SPOOL_TTL,
    };
    let folder = settings.folder.clone();
    Spool::open(settings, clock::system())
        .with_context(|| format!("the directory for parts on their way, {}", folder.display()))
}

fn accounts_of(config: &Config, db: &Db) -> Accounts {
    let settings = AuthSettings {
        session_ttl: config.session_ttl,
        login: config.login,
        default_quota_bytes: config.default_quota_bytes,
    };
    Accounts::new(db.clone(), clock::system(), settings)
}

/// Serves on `listener` until `shutdown` resolves; then finishes the parts in hand and stops everything it started.
pub async fn run(
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
    app: App,
) -> anyhow::Result<()> {
    let bound = listener
        .local_addr()
        .context("the listener has no address")?;
    let (server, handle) = serve(listener, &app)?;
    let mut server = actix_web::rt::spawn(server);
    let (stop_jobs, stopped) = watch::channel(false);
    let background = Background::of(&app, reachable(bound));
    let mut background = actix_web::rt::spawn(background.run(stopped));
    tokio::select! {
        () = shutdown => stop(&app, &handle).await,
        ended = &mut server => tracing::error!(?ended, "the HTTP server ended by itself"),
    }
    stop_jobs.send_replace(true);
    if tokio::time::timeout(LAST_JOBS, &mut background)
        .await
        .is_err()
    {
        background.abort();
    }
    if let Some(postgres) = app.postgres {
        postgres.stop().await;
    }
    tracing::info!("stopped");
    Ok(())
}

/// What goes on beside the requests: first the tables and the setup link, then the jobs.
struct Background {
    uploads: Uploads,
    accounts: Accounts,
    bots: Bots,
    spool: Spool,
    db: Db,
    marked: Vec<stores::Marked>,
    lifecycle: Lifecycle,
    config: Arc<Config>,
    jobs: Jobs,
    address: SocketAddr,
}

impl Background {
    fn of(app: &App, address: SocketAddr) -> Self {
        let settings = JobSettings::cleaning_every(app.config.cleanup_interval);
        Background {
            uploads: app.uploads.clone(),
            accounts: app.accounts.clone(),
            bots: app.bots.clone(),
            spool: app.spool.clone(),
            db: app.db.clone(),
            marked: app.marked.clone(),
            lifecycle: app.lifecycle.clone(),
            config: Arc::clone(&app.config),
            jobs: Jobs {
                uploads: app.uploads.clone(),
                db: app.db.clone(),
                clock: clock::system(),
                settings,
                telegram: app.telegram.clone(),
            },
            address,
        }
    }

    async fn run(self, mut stopped: watch::Receiver<bool>) {
        let jobs = self.jobs.clone();
        let prepared = tokio::select! {
            new = self.prepare() => Some(new),
            _ = stopped.wait_for(|stop| *stop) => None,
        };
        if let Some(new) = prepared {
            tokio::join!(
                jobs.run(stopped.clone()),
                self.prune(stopped.clone()),
                mark(new, stopped)
            );
        }
    }

    /// Brings the tables up to date as soon as Postgres answers, then tells how to set the server up, if nobody did.
    /// The address is announced when the tables are there, so that whoever reads it is served at once; where that takes
    /// long, before: the server answers that it can not work yet.
    /// The answer: new stores that could not be marked yet.
    async fn prepare(&self) -> Vec<&stores::Marked> {
        let tables = async {
            until_done("the database can not be used yet", || self.db.migrate()).await;
            let bots = &self.config.telegram.bots;
            until_done("the bots of the settings are not written down yet", || {
                self.bots.configure(bots)
            })
            .await;
            let new = self.new_stores().await;
            self.lifecycle.set_tables_ready();
            new
        };
        tokio::pin!(tables);
        let in_time = tokio::time::timeout(ANNOUNCE_AFTER, &mut tables).await;
        announce(&format!(
            "listening on {}",
            self.config.own_url(self.address)
        ));
        let new = match in_time {
            Ok(new) => new,
            Err(_) => tables.await,
        };
        let setup = until_done("can not tell whether the server was set up", || {
            self.accounts.setup_token()
        });
        if let Some(token) = setup.await {
            let base = self.config.base_url(self.address);
            announce(&format!("set up at {base}/#setup={}", token.expose()));
        }
        new
    }

    /// Stores that never held a part, and may be marked. Most are, before this returns; one that does not answer is tried
    /// again later, by the same decision.
    async fn new_stores(&self) -> Vec<&stores::Marked> {
        let mut new = Vec::new();
        for store in &self.marked {
            let asked = until_done("can not tell whether a store is new", || {
                store.is_new(&self.uploads)
            });
            if !asked.await {
                continue;
            }
            let marking = tokio::time::timeout(MARK_AT_ONCE, store.place_marker());
            if !matches!(marking.await, Ok(Ok(()))) {
                new.push(store);
            }
        }
        new
    }

    async fn prune(&self, mut stopped: watch::Receiver<bool>) {
        loop {
            self.spool.sweep();
            if let Err(error) = self.accounts.prune().await {
                tracing::warn!(%error, "ended sessions were not removed");
            }
            let pause = tokio::time::sleep(PRUNE_INTERVAL);
            tokio::select! {
                () = pause => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
        }
    }
}

/// Marks new stores that did not answer at start, as soon as they do: jobs of the others do not wait for that.
async fn mark(new: Vec<&stores::Marked>, mut stopped: watch::Receiver<bool>) {
    let marked = new.into_iter().map(async |store| {
        until_done("a store for parts can not be used yet", || {
            store.place_marker()
        })
        .await;
    });
    tokio::select! {
        _ = futures_util::future::join_all(marked) => {}
        _ = stopped.wait_for(|stop| *stop) => {}
    }
}

/// Tries until it works, and logs why not yet.
async fn until_done<T, E: std::fmt::Display>(
    what: &str,
    attempt: impl AsyncFn() -> Result<T, E>,
) -> T {
    loop {
        match attempt().await {
            Ok(value) => return value,
            Err(error) => tracing::warn!(%error, "{what}; trying again"),
        }
        tokio::time::sleep(RETRY_START).await;
    }
}

fn serve(
    listener: TcpListener,
    app: &App,
) -> anyhow::Result<(actix_web::dev::Server, ServerHandle)> {
    let requests = &app.config.requests;
    let mut registry = Registry::default();
    if app.config.uses_telegram() {
        app.metrics.register(&mut registry);
    }
    let shared = web::Data::new(Shared {
        uploads: app.uploads.clone(),
        accounts: app.accounts.clone(),
        bots: app.bots.clone(),
        config: Arc::clone(&app.config),
        metrics: Metrics::new(registry),
        bodies: BodyMemory {
            budget: Budget::new(requests.body_budget_bytes.into()),
            wait: requests.body_budget_wait,
        },
        spool: app.spool.clone(),
        lifecycle: app.lifecycle.clone(),
        health: Arc::new(Rooms::new(
            app.db.clone(),
            app.stores.clone(),
            clock::system(),
        )),
    });
    let server = HttpServer::new(move || http::application(shared.clone()))
        .disable_signals()
        .shutdown_timeout(LAST_REQUESTS_SECS)
        .keep_alive(requests.keep_alive)
        .client_request_timeout(requests.headers_timeout)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .max_connections(requests.max_connections);
    let server = match &app.config.tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls_of(tls)?)?,
        None => server.listen(listener)?,
    };
    let server = server.run();
    let handle = server.handle();
    Ok((server, handle))
}

/// No new part, but new connections: they are told to come back. Then the parts in hand, then the rest.
async fn stop(app: &App, handle: &ServerHandle) {
    tracing::info!(parts = app.lifecycle.parts_in_hand(), "stopping");
    app.lifecycle.begin_stopping();
    if !app
        .lifecycle
        .parts_are_done(app.config.shutdown_grace)
        .await
    {
        tracing::warn!(
            parts = app.lifecycle.parts_in_hand(),
            "parts were cut off; their senders try again"
        );
    }
    handle.stop(true).await;
}

/// A line for scripts and people, on standard output. One that nobody reads is no fault.
fn announce(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// A wildcard address is no place to go to.
fn reachable(mut bound: SocketAddr) -> SocketAddr {
    if bound.ip().is_unspecified() {
        bound.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    bound
}

fn tls_of(tls: &TlsConfig) -> anyhow::Result<rustls::ServerConfig> {
    use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
    let chain = CertificateDer::pem_file_iter(&tls.cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("the certificate {}", tls.cert.display()))?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .with_context(|| format!("the key {}", tls.key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?;
    Ok(config.with_no_client_auth().with_single_cert(chain, key)?)
}
