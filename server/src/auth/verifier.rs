//! What the server keeps of a password: a hash of `auth`, compared in constant time.
//! No slow hash here: the stretching happened in the client, and a second one would only be a way to exhaust the server.

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// `SHA-256("ferry/1/verifier" 00 user_id auth)`.
pub(super) struct Verifier([u8; 32]);

impl Verifier {
    pub(super) fn derive(user_id: Uuid, auth: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"ferry/1/verifier\0");
        hash.update(user_id.as_bytes());
        hash.update(auth);
        Verifier(hash.finalize().into())
    }

    pub(super) fn matches(&self, stored: &[u8]) -> bool {
        self.0.ct_eq(stored).into()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_hash_that_the_envelope_document_gives() {
        let user_id = Uuid::from_bytes([7; 16]);
        let mut input = b"ferry/1/verifier\0".to_vec();
        input.extend([7; 16]);
        input.extend([9; 32]);
        let expected: [u8; 32] = Sha256::digest(&input).into();
        assert!(Verifier::derive(user_id, &[9; 32]).matches(&expected));
    }

    #[test]
    fn matches_neither_another_auth_nor_another_user() {
        let stored = Verifier::derive(Uuid::from_bytes([1; 16]), &[9; 32]);
        assert!(!Verifier::derive(Uuid::from_bytes([1; 16]), &[8; 32]).matches(stored.as_bytes()));
        assert!(!Verifier::derive(Uuid::from_bytes([2; 16]), &[9; 32]).matches(stored.as_bytes()));
        assert!(!stored.matches(&[]));
    }
}
