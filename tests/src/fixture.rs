//! A test's own fixture: a server on a database of its own behind a proxy, and people with accounts.
//! [`Fixture::close`] belongs at a test's end: it looks for what must not be left over.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use ferry_core::wire::{NewInvitationRequest, NewInvitationResponse, Role};
use tempfile::TempDir;

use crate::{
    bot_pool::BotPool,
    client::{Answer, Api, Credential, Person},
    cluster::{Cluster, Database},
    part_store::{PartStore, Store, part_files},
    proxy::Proxy,
    run_dir,
    server::{Server, ServerConfig},
    wait,
};

const READY: Duration = Duration::from_secs(60);

/// Everybody's password, unless a test is about passwords.
pub const PASSWORD: &str = "correct horse battery staple";

/// What opens `/metrics`.
const METRICS_TOKEN: &str = "the metrics of a test";

/// Whose Postgres the server uses.
#[derive(Default)]
enum Postgres {
    /// A database of the run's cluster.
    Shared(Arc<Database>),
    /// The one that the server starts itself.
    Embedded,
    /// None that the fixture knows of.
    #[default]
    Elsewhere,
}

/// Which Postgres a fixture is to have.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Wanted {
    #[default]
    OwnDatabase,
    Embedded,
    Nothing,
}

/// How a fixture is set.
#[derive(Default)]
pub struct FixtureBuilder {
    postgres: Wanted,
    store: Option<Store>,
    settings: Vec<(String, String)>,
}

/// A test's surroundings.
pub struct Fixture {
    /// In front of the server; people and browsers use its address.
    pub proxy: Proxy,
    server: Option<Server>,
    config: ServerConfig,
    postgres: Postgres,
    /// Where the server puts sealed parts.
    pub part_store: PartStore,
    dir: TempDir,
    closed: bool,
}

impl FixtureBuilder {
    /// The server starts its own Postgres.
    #[must_use]
    pub fn embedded_postgres(self) -> Self {
        FixtureBuilder {
            postgres: Wanted::Embedded,
            ..self
        }
    }

    /// The test says itself where the server's database is, or is not.
    #[must_use]
    pub fn without_database(self) -> Self {
        FixtureBuilder {
            postgres: Wanted::Nothing,
            ..self
        }
    }

    /// Parts go there, whatever the run is about.
    #[must_use]
    pub fn parts_in(self, store: Store) -> Self {
        FixtureBuilder {
            store: Some(store),
            ..self
        }
    }

    /// Sets one of the server's settings, by its environment variable.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.settings.push((name.to_owned(), value.to_string()));
        self
    }

    /// A test about bots brings its own; the run's pool would be mixed with them.
    fn has_own_bot_api(&self) -> bool {
        let mut names = self.settings.iter().map(|(name, _)| name);
        names.any(|name| name == "FERRY_TELEGRAM__API_URL")
    }

    /// Starts everything.
    pub async fn start(self) -> Result<Fixture> {
        let mut fixture = self.start_later().await?;
        fixture.start_server().await?;
        Ok(fixture)
    }

    /// Starts everything but the server.
    pub async fn start_later(self) -> Result<Fixture> {
        let dir = run_dir::new_dir("test-")?;
        let proxy = Proxy::start().await?;
        let data_dir = dir.path().join("data");
        std::fs::create_dir(&data_dir)?;
        let store = match self.store {
            Some(store) => store,
            None if self.has_own_bot_api() => Store::Directory,
            None => Store::chosen()?,
        };
        let part_store = PartStore::new(store, &data_dir).await?;
        let mut settings = vec![("FERRY_PUBLIC_URL".to_owned(), proxy.url())];
        settings.extend(part_store.settings());
        if self.store.is_none() && part_store.bot_pool().is_ok() {
            // As with the directory: what tests count in parts stays the same.
            settings.push(("FERRY_PART_PROFILE".to_owned(), "disk".to_owned()));
        }
        let postgres = match self.postgres {
            Wanted::OwnDatabase => {
                let database =
                    tokio::task::spawn_blocking(|| Cluster::shared()?.database()).await??;
                settings.push(("DATABASE_URL".to_owned(), database.url()));
                Postgres::Shared(Arc::new(database))
            }
            Wanted::Embedded => Postgres::Embedded,
            Wanted::Nothing => Postgres::Elsewhere,
        };
        settings.push(("FERRY_METRICS_TOKEN".to_owned(), METRICS_TOKEN.to_owned()));
        settings.extend(self.settings);
        let config = ServerConfig { data_dir, settings };
        Ok(Fixture {
            proxy,
            server: None,
            config,
            postgres,
            part_store,
            dir,
            closed: false,
        })
    }
}

impl Fixture {
    /// The usual fixture.
    pub async fn new() -> Result<Fixture> {
        FixtureBuilder::default().start().await
    }

    /// The usual fixture with its administrator.
    pub async fn with_admin() -> Result<(Fixture, Person)> {
        let fixture = Fixture::new().await?;
        let admin = fixture.admin().await?;
        Ok((fixture, admin))
    }

    /// Nobody's view of the server, through the proxy.
    pub fn api(&self) -> Result<Api> {
        Api::at(&self.proxy.url())
    }

    /// The server's numbers, by their own token.
    pub async fn metrics(&self) -> Result<Answer> {
        let api = self.api()?;
        let token = Credential::Token(METRICS_TOKEN.to_owned());
        api.with(token).get("/metrics").await
    }

    /// The server, while it runs.
    pub fn server(&self) -> Result<&Server> {
        self.server.as_ref().context("the server does not run")
    }

    /// How it was started.
    pub fn server_config(&self) -> &ServerConfig {
        &self.config
    }

    /// The bots that the server sends parts through.
    pub fn bot_pool(&self) -> Result<&BotPool> {
        self.part_store.bot_pool()
    }

    /// A folder for the test's own files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Where the sealed parts are.
    pub fn parts_dir(&self) -> PathBuf {
        self.config.data_dir.join("parts")
    }

    /// The administrator, by the setup link.
    pub async fn admin(&self) -> Result<Person> {
        let token = self.server()?.setup_token().await?;
        Person::register(&self.api()?, &token, "admin", PASSWORD).await
    }

    /// Somebody else, invited by the administrator.
    pub async fn invite(&self, admin: &Person, username: &str) -> Result<Person> {
        let request = NewInvitationRequest {
            role: Role::User,
            ttl_secs: None,
        };
        let invited: NewInvitationResponse = admin
            .api
            .post("/api/admin/invitations", &request)
            .await?
            .good()?;
        Person::register(&self.api()?, &invited.invitation, username, PASSWORD).await
    }

    /// SIGKILL.
    pub async fn kill_server(&mut self) -> Result<()> {
        self.server
            .take()
            .context("the server does not run")?
            .kill()
            .await
    }

    /// SIGTERM, and a good end.
    pub async fn stop_server(&mut self) -> Result<()> {
        let server = self.server.take().context("the server does not run")?;
        let status = server.stop().await?;
        ensure!(status.success(), "the server ended with {status}");
        Ok(())
    }

    /// The server as a value, for tests about its end; the fixture then has none.
    pub fn take_server(&mut self) -> Result<Server> {
        self.server.take().context("the server does not run")
    }

    /// On the same data, on another port.
    pub async fn start_server(&mut self) -> Result<()> {
        let path = match self.postgres {
            Postgres::Elsewhere => "/healthz",
            Postgres::Shared(_) | Postgres::Embedded => "/readyz",
        };
        self.start_server_until(path).await
    }

    /// The same where no storage will answer: it serves, and is not ready.
    pub async fn start_server_without_storage(&mut self) -> Result<()> {
        self.start_server_until("/api/config").await
    }

    async fn start_server_until(&mut self, path: &str) -> Result<()> {
        let server = self.config.start().await?;
        self.proxy.forward_to(server.address());
        let api = Api::at(&server.url())?;
        let serves = || async { api.get(path).await?.expect_status(200) };
        wait::until(READY, "the server serves", serves)
            .await
            .with_context(|| server.log_tail())?;
        self.server = Some(server);
        Ok(())
    }

    /// The test's own look into the database of a fixture that has one.
    pub async fn sql<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut postgres::Client) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let Postgres::Shared(database) = &self.postgres else {
            anyhow::bail!("the server's own Postgres is closed")
        };
        let database = Arc::clone(database);
        tokio::task::spawn_blocking(move || look(&mut database.connect()?)).await?
    }

    /// The whole database, as `pg_dump` writes it.
    pub async fn dump(&self) -> Result<Vec<u8>> {
        let Postgres::Shared(database) = &self.postgres else {
            anyhow::bail!("the server's own Postgres is closed")
        };
        let database = Arc::clone(database);
        tokio::task::spawn_blocking(move || database.dump()).await?
    }

    /// Stored parts of a directory store, as files.
    pub fn stored_files(&self) -> BTreeSet<PathBuf> {
        part_files(&self.parts_dir())
    }

    /// Ends the test: no row without bytes, no bytes without a row, no intent or deletion left, a good end of the server.
    pub async fn close(self) -> Result<()> {
        self.close_with(0).await
    }

    /// The same after puts of which nobody knows whether they arrived: their intents wait for the sweep of orphans.
    pub async fn close_after_lost_puts(self) -> Result<()> {
        self.close_with(i64::MAX).await
    }

    async fn close_with(mut self, most_intents: i64) -> Result<()> {
        self.closed = true;
        self.proxy.heal();
        if self.server.is_some() {
            if matches!(self.postgres, Postgres::Shared(_)) {
                let settled = || self.settled(most_intents);
                wait::until(Duration::from_secs(40), "rows and bytes agree", settled).await?;
            }
            self.stop_server().await?;
        }
        Ok(())
    }

    async fn settled(&self, most_intents: i64) -> Result<()> {
        let (sound, corrupt, intents, deletions) = self.sql(count_rows).await?;
        let stored = i64::try_from(self.part_store.stored().len())?;
        ensure!(intents <= most_intents, "{intents} puts were not finished");
        ensure!(deletions == 0, "{deletions} deletions wait");
        ensure!(
            (sound..=sound + corrupt + intents).contains(&stored),
            "{sound} part rows, {corrupt} corrupt, {intents} intents, {stored} stored parts"
        );
        Ok(())
    }
}

fn count_rows(client: &mut postgres::Client) -> Result<(i64, i64, i64, i64)> {
    let mut count = |sql: &str| anyhow::Ok(client.query_one(sql, &[])?.get::<_, i64>(0));
    Ok((
        count("SELECT count(*) FROM file_parts WHERE state = 'stored'")?,
        count("SELECT count(*) FROM file_parts WHERE state = 'corrupt'")?,
        count("SELECT count(*) FROM put_intents")?,
        count("SELECT count(*) FROM deletions")?,
    ))
}

impl Drop for Fixture {
    fn drop(&mut self) {
        if !self.closed
            && let Some(server) = &self.server
        {
            eprintln!("the server's log ends with:\n{}", server.log_tail());
        }
    }
}
