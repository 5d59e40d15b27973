//! The use-cases of uploads and files, one a file, in the order of an upload's life. No HTTP, no SQL, no provider's API.
//!
//! Every call is scoped by the owner: another user's id is [`UploadError::NotFound`]. Every unsafe call may be repeated
//! after a lost answer and answers the same. No database connection is held while a provider is called.

mod accept_part;
mod admin;
mod browse;
mod candidates;
mod cleanup;
mod complete;
mod delete;
mod maintenance;
mod read_part;
mod rename;
mod reserve_part;
mod resize;
mod start;
mod status;
mod verify;

mod decide;
mod error;
mod file;
mod quota;
mod ranges;
mod sealed;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use uuid::Uuid;

use crate::clock::Clock;
use crate::db::Db;
use crate::storage::Stores;

pub use cleanup::{ABANDONED_AFTER, LEAST_ABANDONED_AFTER_SECS};
pub use error::{RETRY_SECS, UploadError};
pub use maintenance::DeletionStep;
pub use read_part::{PartBytes, PartRange, PartRead};
pub use reserve_part::{BodyDigest, PartMeta, PartTicket};

/// What a use-case answers.
pub type UploadResult<T> = Result<T, UploadError>;

/// Who asked for something that is written to the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A signed-in user.
    User(Uuid),
    /// The server itself: a job.
    Server,
}

impl Actor {
    /// As the audit log has it.
    pub fn user_id(self) -> Option<Uuid> {
        match self {
            Actor::User(id) => Some(id),
            Actor::Server => None,
        }
    }
}

/// How uploads are looked after.
#[derive(Debug, Clone)]
pub struct UploadSettings {
    /// Seconds without activity after which an upload is abandoned.
    pub upload_ttl_secs: u64,
    /// Parts read back at once by `verify`.
    pub verify_concurrency: usize,
    /// A put intent older than this is an orphan's; longer than any put can take.
    pub intent_ttl_secs: u64,
}

impl UploadSettings {
    /// With what the operator decided; the rest follows from what a put and a disk can do.
    pub fn with_ttl(upload_ttl: Duration) -> Self {
        UploadSettings {
            upload_ttl_secs: upload_ttl.as_secs(),
            verify_concurrency: 4,
            intent_ttl_secs: 3600,
        }
    }
}

/// All use-cases, with the long-lived parts they need. Cheap to clone.
#[derive(Clone)]
pub struct Uploads {
    db: Db,
    stores: Stores,
    clock: Clock,
    settings: Arc<UploadSettings>,
    deletions_queued: Arc<Notify>,
}

impl Uploads {
    pub fn new(db: Db, stores: Stores, clock: Clock, settings: UploadSettings) -> Self {
        Uploads {
            db,
            stores,
            clock,
            settings: Arc::new(settings),
            deletions_queued: Arc::new(Notify::new()),
        }
    }

    /// Resolves when bytes were queued for deletion, so that the worker need not wait for its next run.
    pub async fn deletions_queued(&self) {
        self.deletions_queued.notified().await;
    }
}
