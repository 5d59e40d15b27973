//! The bots without a server around them, for the command line: on the same database, whether a server runs or not.

use std::time::Duration;

use anyhow::Context as _;

use super::{server_key, telegram};
use crate::{
    bots::Bots,
    clock,
    config::Config,
    db::{Db, DbTimeouts},
    embedded_postgres::{EmbeddedPostgres, EmbeddedPostgresError},
};

const CONNECTIONS: u32 = 2;
/// A server that is just starting brings its Postgres up first.
const STARTING_TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);

/// Bots of the settings' database.
pub struct BotsAlone {
    pub bots: Bots,
    /// Ours to stop; none where a server runs it, or where it is not ours.
    postgres: Option<EmbeddedPostgres>,
}

impl BotsAlone {
    /// Connects to the database that a server with these settings uses. The private one is started when no server runs
    /// it, and then stopped by [`close`](Self::close).
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let data_dir = &config.data_dir;
        std::fs::create_dir_all(data_dir)
            .with_context(|| format!("the data directory {}", data_dir.display()))?;
        let (postgres, database_url, tries) = match &config.database_url {
            Some(url) => (None, url.expose().to_owned(), 1),
            None => match EmbeddedPostgres::start(&config.data_dir).await {
                Ok(postgres) => {
                    let url = postgres.database_url();
                    (Some(postgres), url, 1)
                }
                Err(EmbeddedPostgresError::InUse(_)) => {
                    let url = EmbeddedPostgres::database_url_of(&config.data_dir)?;
                    (None, url, STARTING_TRIES)
                }
                Err(error) => return Err(error.into()),
            },
        };
        let db = Db::new(&database_url, CONNECTIONS, DbTimeouts::default());
        bring_up_to_date(&db, tries).await?;
        Ok(BotsAlone {
            bots: bots_of(config, &db)?,
            postgres,
        })
    }

    /// Stops what was started.
    pub async fn close(self) {
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

/// Administrators add bots also before the store for new files is Telegram.
pub(super) fn bots_of(config: &Config, db: &Db) -> anyhow::Result<Bots> {
    Ok(Bots::new(
        db.clone(),
        clock::system(),
        server_key::load(&config.server_key)?,
        telegram::apis_of(config)?,
        &config.telegram.policy(),
    ))
}

async fn bring_up_to_date(db: &Db, tries: u32) -> anyhow::Result<()> {
    for _ in 1..tries {
        if db.migrate().await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    db.migrate().await.context("the database cannot be used")
}
