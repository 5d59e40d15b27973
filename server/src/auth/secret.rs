//! The server's own secret, made once and kept in Postgres: salts of unknown names and the setup link come from it.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Accounts, AuthError, AuthResult};
use crate::db;

/// 32 random bytes, the same for all instances.
pub(super) struct ServerSecret(Zeroizing<Vec<u8>>);

impl ServerSecret {
    /// HMAC-SHA-256 of a message.
    pub(super) fn derive(&self, message: &[u8]) -> AuthResult<[u8; 32]> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0)
            .map_err(|error| AuthError::Internal(error.to_string()))?;
        mac.update(message);
        Ok(mac.finalize().into_bytes().into())
    }
}

impl Accounts {
    pub(super) async fn secret(&self) -> AuthResult<&ServerSecret> {
        self.secret.get_or_try_init(|| self.fetch_secret()).await
    }

    async fn fetch_secret(&self) -> AuthResult<ServerSecret> {
        let mut candidate = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *candidate)
            .map_err(|error| AuthError::Internal(format!("no randomness: {error}")))?;
        let now = (self.clock)();
        let stored = self
            .db
            .run(async |connection| -> AuthResult<_> {
                Ok(db::secrets::get_or_insert(connection, "accounts", &*candidate, now).await?)
            })
            .await?;
        Ok(ServerSecret(Zeroizing::new(stored)))
    }
}
