//! Accounts: who may come in and what they may do. Knows no HTTP and no files.
//!
//! In reading order: [`token`] and [`identity`] are what a request carries, [`verifier`] and [`username`] what is compared,
//! then the use-cases, one a file. The password never gets here: clients send `auth`, which was stretched by them.

mod device;
mod error;
mod identity;
mod token;
mod username;
mod verifier;

mod invite;
mod kdf;
mod login;
mod manage_tokens;
mod password;
mod rate_limit;
mod register;
mod secret;

use std::{sync::Arc, time::Duration};

use chrono::TimeDelta;
use ferry_core::wire::{Account, B64, Bytes64, KeySlotEntry};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    clock::Clock,
    config::LoginLimits,
    db::{self, Connection, Db, Text, audit::AuditEvent, users::KeySlotRow, users::UserRow},
};

pub use device::DeviceMark;
pub use error::AuthError;
pub use identity::{Credential, Identity};
pub use invite::Invited;
pub(crate) use rate_limit::network_of;
pub use token::PlainToken;

/// What a use-case answers.
pub type AuthResult<T> = Result<T, AuthError>;

/// What the operator decides about accounts.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// Life of a sign-in.
    pub session_ttl: Duration,
    /// Failed sign-ins that are let through.
    pub login: LoginLimits,
    /// Quota of new users, bytes.
    pub default_quota_bytes: Option<u64>,
}

/// A fresh sign-in: who, and the secret of the session.
#[derive(Debug)]
pub struct SignedIn {
    pub account: Account,
    /// Goes into the cookie.
    pub session: PlainToken,
    /// Goes into a cookie that outlives the session.
    pub device: DeviceMark,
}

/// All use-cases of accounts, with the parts they need. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    clock: Clock,
    settings: Arc<AuthSettings>,
    secret: Arc<OnceCell<secret::ServerSecret>>,
}

impl Accounts {
    pub fn new(db: Db, clock: Clock, settings: AuthSettings) -> Self {
        Accounts {
            db,
            clock,
            settings: Arc::new(settings),
            secret: Arc::new(OnceCell::new()),
        }
    }

    /// Who is signed in.
    pub async fn me(&self, identity: &Identity) -> AuthResult<Account> {
        self.db
            .run(async |connection| {
                let user = db::users::by_id(connection, identity.user_id).await?;
                let user = user.ok_or(AuthError::Unauthenticated)?;
                let slots = match identity.handles_files() {
                    true => db::users::key_slots(connection, user.id).await?,
                    false => Vec::new(),
                };
                account(user, slots)
            })
            .await
    }

    /// Writes down who changed who may do what.
    async fn note(
        &self,
        connection: &mut Connection,
        user_id: Uuid,
        action: &str,
        subject_id: Uuid,
    ) -> AuthResult<()> {
        let event = AuditEvent {
            at: (self.clock)(),
            user_id: Some(user_id),
            action: action.to_owned(),
            subject_id: Some(subject_id),
            reason: "asked for by the user".to_owned(),
        };
        Ok(db::audit::record(connection, &event).await?)
    }

    /// Forgets what is of no use any more: ended sessions and ended counts.
    pub async fn prune(&self) -> AuthResult<()> {
        let now = (self.clock)();
        self.db
            .run(async |connection| {
                db::tokens::delete_ended(connection, now - TimeDelta::days(30)).await?;
                Ok(db::login_attempts::forget_ended(connection, now).await?)
            })
            .await
    }
}

fn account(user: UserRow, slots: Vec<KeySlotRow>) -> AuthResult<Account> {
    Ok(Account {
        user_id: user.id,
        username: user.username,
        role: user.role.0,
        key_slots: slots.into_iter().map(entry_of).collect::<AuthResult<_>>()?,
        quota_bytes: user.quota_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        used_bytes: u64::try_from(user.used_bytes).unwrap_or_default(),
    })
}

fn entry_of(row: KeySlotRow) -> AuthResult<KeySlotEntry> {
    let id = row
        .account_key_id
        .try_into()
        .map_err(|_| AuthError::Internal("an account key id of another length".to_owned()))?;
    Ok(KeySlotEntry {
        kind: row.kind.0,
        account_key_id: B64(id),
        slot: Bytes64(row.slot),
    })
}

fn row_of(user_id: uuid::Uuid, entry: &KeySlotEntry) -> KeySlotRow {
    KeySlotRow {
        id: uuid::Uuid::new_v4(),
        user_id,
        kind: Text(entry.kind),
        account_key_id: entry.account_key_id.0.to_vec(),
        slot: entry.slot.0.clone(),
    }
}

/// A duration that came from a setting, where chrono can hold it.
fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests;
