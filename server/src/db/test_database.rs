//! A real Postgres for tests of this crate: the embedded one, private to the test, gone with it also when the test fails.

use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Db, DbTimeouts};
use crate::embedded_postgres::EmbeddedPostgres;

/// A cluster with Ferry's tables.
pub(crate) struct TestDatabase {
    pub(crate) db: Db,
    postgres: Option<EmbeddedPostgres>,
    _home: tempfile::TempDir,
}

impl TestDatabase {
    /// Starts one and brings its tables up to date.
    pub(crate) async fn start() -> Self {
        let database = Self::start_empty(DbTimeouts::default()).await;
        database.db.migrate().await.unwrap();
        database
    }

    /// Starts one without tables.
    pub(crate) async fn start_empty(timeouts: DbTimeouts) -> Self {
        let home = tempfile::tempdir().unwrap();
        // Open to the account that runs Postgres for root, so that everything stays inside and is removed with it.
        std::fs::set_permissions(home.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let postgres = EmbeddedPostgres::start(home.path()).await.unwrap();
        let db = Db::new(&postgres.database_url(), 8, timeouts);
        TestDatabase {
            db,
            postgres: Some(postgres),
            _home: home,
        }
    }

    pub(crate) fn database_url(&self) -> String {
        self.postgres.as_ref().unwrap().database_url()
    }

    /// Sends a signal to every process of the cluster: what no statement timeout can see.
    pub(crate) fn signal_all(&self, signal: Signal) {
        let postmaster = self
            .postgres
            .as_ref()
            .and_then(EmbeddedPostgres::pid)
            .unwrap();
        for child in children(postmaster) {
            // A backend may end in between.
            let _ = kill(Pid::from_raw(child), signal);
        }
        kill(Pid::from_raw(postmaster), signal).unwrap();
    }

    pub(crate) async fn stop(mut self) {
        self.postgres.take().unwrap().stop().await;
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(pid) = self.postgres.as_ref().and_then(EmbeddedPostgres::pid) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGQUIT);
        }
    }
}

fn children(parent: i32) -> Vec<i32> {
    let listed = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))
        .unwrap_or_default();
    listed
        .split_whitespace()
        .map(|pid| pid.parse().unwrap())
        .collect()
}
