//! Work that nobody waits for: expiry, the orphan sweep, the deletion queue. Safe with any number of instances: the queue's
//! rows are leased, and each periodic job has one leader, found by an advisory lock, which runs it for all.

mod lease;

#[cfg(test)]
mod tests;

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::db::Db;
use crate::storage::telegram::{HEARTBEAT_INTERVAL, Heartbeat, MessageSweep, TelegramMetrics};
use crate::uploads::{UploadError, Uploads};

/// How often jobs run.
#[derive(Debug, Clone, Copy)]
pub struct JobSettings {
    /// Between two looks for expired uploads and orphans, over all instances.
    pub cleanup_interval: Duration,
    /// Between two looks at the deletion queue; a queued deletion of this instance is looked at at once.
    pub deletion_interval: Duration,
    /// Between two sweeps for messages of Telegram that belong to no part, over all instances.
    pub sweep_interval: Duration,
}

/// Between two looks for expired uploads, where the settings (`cleanup_interval_secs`) say nothing else.
pub const CLEANUP_INTERVAL: Duration = Duration::from_secs(600);

impl JobSettings {
    /// With what the operator decided.
    pub fn cleaning_every(cleanup_interval: Duration) -> Self {
        JobSettings {
            cleanup_interval,
            deletion_interval: Duration::from_secs(5),
            sweep_interval: Duration::from_secs(60),
        }
    }
}

/// What parts in Telegram need beside the requests.
#[derive(Clone)]
pub struct TelegramJobs {
    /// This instance's own.
    pub heartbeat: Heartbeat,
    /// One step is one run.
    pub sweep: MessageSweep,
    /// What it found.
    pub metrics: TelegramMetrics,
}

/// Everything that jobs need.
#[derive(Clone)]
pub struct Jobs {
    /// The use-cases whose turns they take.
    pub uploads: Uploads,
    /// Who runs it.
    pub db: Db,
    pub clock: Clock,
    /// How often.
    pub settings: JobSettings,
    /// Where parts are in Telegram.
    pub telegram: Option<TelegramJobs>,
}

impl Jobs {
    /// Runs until `shutdown` turns true (or its sender is gone). Failures are logged and tried again at the next run.
    pub async fn run(self, shutdown: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.clone().periodic(shutdown.clone()));
        if let Some(telegram) = self.telegram.clone() {
            tasks.spawn(heartbeats(telegram.heartbeat.clone(), shutdown.clone()));
            tasks.spawn(self.clone().sweeps(telegram, shutdown.clone()));
        }
        tasks.spawn(self.deletions(shutdown));
        while tasks.join_next().await.is_some() {}
    }

    async fn periodic(self, mut shutdown: watch::Receiver<bool>) {
        // Looking twice an interval keeps the fleet's runs close to the interval, whichever instance has them.
        let pause = self.settings.cleanup_interval / 2;
        loop {
            let interval = self.settings.cleanup_interval;
            self.run_if_due("expire", interval, async || {
                self.uploads.expire().await.map(drop)
            })
            .await;
            self.run_if_due("sweep", interval, async || {
                self.uploads.remove_orphaned_intents().await.map(drop)
            })
            .await;
            if is_over(&mut shutdown, tokio::time::sleep(pause)).await {
                return;
            }
        }
    }

    async fn sweeps(self, telegram: TelegramJobs, mut shutdown: watch::Receiver<bool>) {
        let interval = self.settings.sweep_interval;
        loop {
            self.run_if_due("telegram", interval, async || {
                let step = telegram.sweep.step().await?;
                let ids = u64::try_from(step.orphans).unwrap_or_default();
                telegram.metrics.orphans_swept.inc_by(ids);
                Ok(())
            })
            .await;
            if is_over(&mut shutdown, tokio::time::sleep(interval / 2)).await {
                return;
            }
        }
    }

    async fn run_if_due(
        &self,
        name: &str,
        interval: Duration,
        work: impl AsyncFnOnce() -> Result<(), UploadError>,
    ) {
        match lease::take(&self.db, name, (self.clock)(), interval).await {
            Ok(true) => self.end_run(name, work().await).await,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, job = name, "job could not be leased"),
        }
    }

    async fn end_run(&self, name: &str, outcome: Result<(), UploadError>) {
        let failed = outcome.err().map(|error| error.to_string());
        if let Some(error) = &failed {
            tracing::warn!(error, job = name, "job failed");
        }
        if let Err(error) = lease::end(&self.db, name, failed.as_deref()).await {
            tracing::warn!(%error, job = name, "job could not end its run");
        }
    }

    async fn deletions(self, mut shutdown: watch::Receiver<bool>) {
        loop {
            let is_more = match self.uploads.delete_queued().await {
                Ok(step) => step.deleted > 0,
                Err(error) => {
                    tracing::warn!(%error, "deletion queue failed");
                    false
                }
            };
            if is_more && !*shutdown.borrow() {
                continue;
            }
            let woken = async {
                tokio::select! {
                    () = self.uploads.deletions_queued() => {}
                    () = tokio::time::sleep(self.settings.deletion_interval) => {}
                }
            };
            if is_over(&mut shutdown, woken).await {
                return;
            }
        }
    }
}

/// Of every instance, whichever has the lease: it says that this one lives.
async fn heartbeats(mut heartbeat: Heartbeat, mut shutdown: watch::Receiver<bool>) {
    loop {
        match heartbeat.send().await {
            Ok(0) => {}
            Ok(sends) => tracing::info!(sends, "sends of an instance that is gone were given up"),
            Err(error) => tracing::warn!(%error, "no sign of life could be given"),
        }
        if is_over(&mut shutdown, tokio::time::sleep(HEARTBEAT_INTERVAL)).await {
            return;
        }
    }
}

/// Waits for one of the two; true when it is time to stop.
async fn is_over(shutdown: &mut watch::Receiver<bool>, next: impl Future<Output = ()>) -> bool {
    tokio::select! {
        _ = shutdown.wait_for(|stop| *stop) => true,
        () = next => false,
    }
}
