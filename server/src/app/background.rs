//! What goes on beside the requests: first the tables, new stores and the setup link, then the jobs until the server stops.

use std::{io::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use tokio::sync::watch;

use super::{App, stores};
use crate::{
    auth::Accounts,
    bots::Bots,
    clock,
    config::Config,
    db::Db,
    jobs::{JobSettings, Jobs},
    lifecycle::Lifecycle,
    spool::Spool,
    uploads::Uploads,
};

/// Between two tries of what the server needs before it can serve.
const RETRY_START: Duration = Duration::from_secs(1);
/// How long a new store may take to be marked before requests are served.
const MARK_AT_ONCE: Duration = Duration::from_secs(2);
/// How long the announcement waits for the tables.
const ANNOUNCE_AFTER: Duration = Duration::from_secs(3);
/// Between two removals of what ended: sessions, and parts on their way that nobody came back to.
const PRUNE_INTERVAL: Duration = Duration::from_secs(3_600);

/// The parts that it works with.
pub(super) struct Background {
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
    /// `address` is where people reach the server, for what is announced.
    pub(super) fn of(app: &App, address: SocketAddr) -> Self {
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

    /// Runs until `stopped` turns true.
    pub(super) async fn run(self, mut stopped: watch::Receiver<bool>) {
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
    /// The address is announced when the tables are there, so that a reader is served at once; where that takes
    /// long, before: the server answers that it cannot work yet.
    /// The answer: new stores that could not be marked yet.
    async fn prepare(&self) -> Vec<&stores::Marked> {
        let tables = async {
            until_done("the database cannot be used yet", || self.db.migrate()).await;
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
        let setup = until_done("cannot tell whether the server was set up", || {
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
            let asked = until_done("cannot tell whether a store is new", || {
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
        until_done("a store for parts cannot be used yet", || {
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

/// A line for scripts and people, on standard output. One that nobody reads is no fault.
fn announce(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
