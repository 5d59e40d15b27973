//! From a password, or a recovery key, to what opens a key slot and what proves the password to the server.

use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization as _;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{derive, secret::secret};
use crate::{
    digest::sha256,
    envelope::slot::{Kdf, SlotPrefix},
};

secret!(
    /// Proves the password to the server, which keeps only [`AuthKey::verifier`].
    pub AuthKey
);
secret!(
    /// Seals the account key in its slot.
    pub Kek
);
secret!(
    /// Tells a wrong password from a damaged slot; it stands in the slot.
    pub KekCommit
);

impl AuthKey {
    /// What the server stores. Compare with [`AuthKey::proves`].
    pub fn verifier(&self, user_id: &Uuid) -> [u8; 32] {
        sha256(&[b"ferry/1/verifier\0", user_id.as_bytes(), self.expose()])
    }

    /// The server's check at login, in constant time.
    pub fn proves(&self, user_id: &Uuid, verifier: &[u8; 32]) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.verifier(user_id).as_slice(), verifier.as_slice()).into()
    }
}

/// A password in NFC, so that every keyboard gives the same bytes.
#[derive(Clone)]
pub struct Password(Zeroizing<String>);

impl Password {
    /// Normalises what was typed.
    pub fn new(typed: &str) -> Self {
        // NFC makes a text at most three times as long, so no growing leaves a copy behind.
        let mut normal = Zeroizing::new(String::with_capacity(typed.len().saturating_mul(3)));
        normal.extend(typed.nfc());
        Self(normal)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// Why a password could not be stretched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KdfError {
    /// At registration: use [`Kdf::FALLBACK`]. At login: this device cannot open this account.
    #[error("this device cannot give the memory that the password's key derivation needs")]
    OutOfMemory,
    /// The slot opens with a recovery key.
    #[error("this key slot does not open with a password")]
    NotAPasswordSlot,
}

/// The stretched key of one slot: what a password became under that slot's salt and cost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prk {
    secret: PrkSecret,
    prefix: SlotPrefix,
}

secret!(
    /// Argon2's output, or a recovery key.
    pub(super) PrkSecret
);

/// Argon2id over the password: slow by intent, a third of a second and 64 MiB. Once per unlock, never per file.
pub fn derive_prk(password: &Password, prefix: &SlotPrefix) -> Result<Prk, KdfError> {
    let Kdf::Argon2id { memory_kib, passes } = prefix.kdf() else {
        return Err(KdfError::NotAPasswordSlot);
    };
    let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| KdfError::OutOfMemory)?;
    let mut output = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password.0.as_bytes(), prefix.salt(), output.as_mut_slice())
        .map_err(|_| KdfError::OutOfMemory)?;
    Ok(Prk {
        secret: PrkSecret::from_bytes(&output),
        prefix: *prefix,
    })
}

impl Prk {
    /// A recovery key needs no stretching: it is random.
    pub fn recovery(key: &[u8; 32], prefix: &SlotPrefix) -> Self {
        Self {
            secret: PrkSecret::from_bytes(key),
            prefix: *prefix,
        }
    }

    /// What [`derive_prk`] gave for this slot in another worker.
    pub fn from_derived(secret: &[u8; 32], prefix: &SlotPrefix) -> Self {
        Self {
            secret: PrkSecret::from_bytes(secret),
            prefix: *prefix,
        }
    }

    /// The stretched bytes, for handing them to another worker.
    pub fn expose(&self) -> &[u8; 32] {
        self.secret.expose()
    }

    /// The slot it was stretched for.
    pub fn prefix(&self) -> &SlotPrefix {
        &self.prefix
    }

    /// What is sent at login.
    pub fn derive_auth(&self) -> AuthKey {
        AuthKey::from_bytes(&self.derive("auth"))
    }

    pub(in crate::envelope) fn derive_kek(&self) -> Kek {
        Kek::from_bytes(&self.derive("kek"))
    }

    pub(in crate::envelope) fn derive_kek_commit(&self) -> KekCommit {
        KekCommit::from_bytes(&self.derive("kek-commit"))
    }

    fn derive(&self, purpose: &str) -> Zeroizing<[u8; 32]> {
        derive(
            self.secret.expose(),
            Some(self.prefix.salt()),
            purpose,
            self.prefix.as_bytes(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::test_support::hex;

    #[test]
    fn composed_and_decomposed_passwords_are_one() {
        assert_eq!(
            Password::new("Ame\u{301}lie").0.as_bytes(),
            Password::new("Am\u{e9}lie").0.as_bytes()
        );
        assert_ne!(
            Password::new("Amelie").0.as_bytes(),
            Password::new("Am\u{e9}lie").0.as_bytes()
        );
    }

    #[test]
    fn a_password_prints_nothing() {
        assert_eq!(
            format!("{:?}", Password::new("correct horse")),
            "Password(..)"
        );
    }

    #[test]
    fn the_verifier_depends_on_user_and_key() {
        let auth = AuthKey::from_bytes(&[1; 32]);
        let user = Uuid::from_bytes([2; 16]);
        let verifier = auth.verifier(&user);
        assert!(auth.proves(&user, &verifier));
        assert!(!auth.proves(&Uuid::from_bytes([3; 16]), &verifier));
        assert!(!AuthKey::from_bytes(&[4; 32]).proves(&user, &verifier));
    }

    #[test]
    fn hkdf_is_that_of_rfc_5869_case_1() {
        let salt = hex("000102030405060708090a0b0c");
        let info = hex("f0f1f2f3f4f5f6f7f8f9");
        let mut derived = [0; 32];
        hkdf::Hkdf::<sha2::Sha256>::new(Some(&salt), &[0x0b; 22])
            .expand(&info, &mut derived)
            .unwrap();
        assert_eq!(
            derived.as_slice(),
            hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf")
        );
    }
}
