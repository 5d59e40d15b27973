//! Secrets that are carried in a header or a link. [`PlainToken`] exists once, where it is made or comes in;
//! [`HashedToken`] is all that Postgres knows.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::AuthError;

/// Longest token that is looked at.
const MAX_BYTES: usize = 128;

/// The secret itself. Not `Clone`; its `Debug` shows nothing.
pub struct PlainToken(Zeroizing<String>);

/// SHA-256 of a token: 256 random bits need no slow hash.
pub struct HashedToken([u8; 32]);

impl PlainToken {
    /// A new random one.
    pub fn generate() -> Result<Self, AuthError> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *bytes)
            .map_err(|error| AuthError::Internal(format!("no randomness: {error}")))?;
        Ok(Self::from_bytes(&bytes))
    }

    /// The one that these bytes make, always the same.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        PlainToken(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// As it came with a request; none where it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let plausible = !text.is_empty()
            && text.len() <= MAX_BYTES
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        plausible.then(|| PlainToken(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up.
    pub fn hashed(&self) -> HashedToken {
        HashedToken(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl std::fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PlainToken")
    }
}

impl HashedToken {
    /// For the query.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashedToken")
    }
}
