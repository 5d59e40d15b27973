//! The composition root: makes every long-lived part, joins them, and runs the server until it is told to stop.
//! No business rule lives here.

mod background;
mod bots;
mod health;
pub mod server_key;
mod stores;
mod telegram;

use std::{
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
    disk::Disks,
    embedded_postgres::EmbeddedPostgres,
    http::{self, BodyMemory, Connections, Shared},
    jobs::TelegramJobs,
    lifecycle::Lifecycle,
    metrics::Metrics,
    spool::{Spool, SpoolSettings, make_private_folder},
    storage::{Stores, telegram::TelegramMetrics},
    uploads::{UploadSettings, Uploads},
};

use self::background::Background;
pub use self::bots::BotsAlone;
use self::health::Rooms;

/// Connections of one instance to Postgres.
const DB_CONNECTIONS: u32 = 16;
/// How long a request that holds no part may go on after the parts are done.
const LAST_REQUESTS_SECS: u64 = 3;
/// Time to end a connection, and to read on from a sender that was refused.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a job may go on when the server stops.
const LAST_JOBS: Duration = Duration::from_secs(5);
/// How long a part on its way is kept for its sender: a laptop may sleep for a night and half a day.
const SPOOL_TTL: TimeDelta = TimeDelta::hours(24);

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
        let mut disks = Disks::default();
        let spool = spool_of(&config, &mut disks)?;
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
        let stores = stores::join(&config, &marked, telegram.as_ref(), &mut disks)?;
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

/// On a disk that parts or the private Postgres fill it leaves their reserve alone, on any other it may take all.
fn spool_of(config: &Config, disks: &mut Disks) -> anyhow::Result<Spool> {
    let folder = config.data_dir.join("spool");
    let opened = make_private_folder(&folder).and_then(|()| {
        let settings = SpoolSettings {
            disk: disks.of(&folder, 0)?,
            folder: folder.clone(),
            limit_bytes: config.requests.spool_bytes,
            ttl: SPOOL_TTL,
        };
        Spool::open(settings, clock::system())
    });
    opened.with_context(|| format!("the directory for parts on their way, {}", folder.display()))
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

fn serve(
    listener: TcpListener,
    app: &App,
) -> anyhow::Result<(actix_web::dev::Server, ServerHandle)> {
    let requests = &app.config.requests;
    let mut registry = Registry::default();
    if app.config.uses_telegram() {
        app.metrics.register(&mut registry);
    }
    let connections = Connections::new(
        requests.max_connections_per_address,
        &app.config.trusted_proxies,
    );
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
        connections: Arc::clone(&connections),
        lifecycle: app.lifecycle.clone(),
        health: Arc::new(Rooms::new(
            app.db.clone(),
            app.stores.clone(),
            clock::system(),
        )),
    });
    // Each of them counts its connections by itself.
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let server = HttpServer::new(move || http::application(shared.clone()))
        .disable_signals()
        .shutdown_timeout(LAST_REQUESTS_SECS)
        .keep_alive(requests.keep_alive)
        .client_request_timeout(requests.headers_timeout)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .workers(workers)
        .max_connections(requests.max_connections.div_ceil(workers))
        .on_connect(move |stream, connection| connections.count(stream, connection));
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
