//! The account key and the four things derived from it.

use super::{INFO_PREFIX, derive, secret::secret};
use crate::envelope::Entropy;

secret!(
    /// 32 random bytes that everything of one account hangs on; sealed in key slots.
    pub AccountKey
);
secret!(
    /// Seals the files' keys.
    pub WrapKey
);
secret!(
    /// Turns names into labels.
    pub NameKey
);
secret!(
    /// Turns content hashes into fingerprints.
    pub FingerprintKey
);

impl AccountKey {
    /// Draws a new key: at registration, once.
    pub fn generate(entropy: &mut impl Entropy) -> Self {
        Self(entropy.array())
    }
}

/// What is derived from an account key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountPurpose {
    /// [`WrapKey`].
    Wrap,
    /// [`NameKey`].
    Name,
    /// [`FingerprintKey`].
    Fingerprint,
    /// The account key's public id: the first 16 bytes.
    AccountId,
}

impl AccountPurpose {
    fn label(self) -> &'static str {
        match self {
            Self::Wrap => "wrap",
            Self::Name => "name",
            Self::Fingerprint => "fingerprint",
            Self::AccountId => "account-id",
        }
    }

    /// The HKDF info, for a browser that derives from a CryptoKey it cannot read (SHA-256, empty salt, 32 bytes).
    pub fn info(self) -> Vec<u8> {
        [INFO_PREFIX, self.label().as_bytes(), &[0]].concat()
    }
}

/// The derived keys of an account: all that daily work needs, so the account key itself can stay away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountKeys {
    /// Seals the files' keys.
    pub wrap: WrapKey,
    /// Turns names into labels.
    pub name: NameKey,
    /// Turns content hashes into fingerprints.
    pub fingerprint: FingerprintKey,
    /// Names the account key without telling it.
    pub account_id: [u8; 16],
}

impl AccountKeys {
    /// All four of an account key.
    pub fn derive(key: &AccountKey) -> Self {
        let of = |purpose: AccountPurpose| derive(key.expose(), None, purpose.label(), &[]);
        Self::from_derived(
            &of(AccountPurpose::Wrap),
            &of(AccountPurpose::Name),
            &of(AccountPurpose::Fingerprint),
            &of(AccountPurpose::AccountId),
        )
    }

    /// The same from four outputs of 32 bytes that a browser derived by [`AccountPurpose::info`].
    pub fn from_derived(
        wrap: &[u8; 32],
        name: &[u8; 32],
        fingerprint: &[u8; 32],
        account_id: &[u8; 32],
    ) -> Self {
        let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = *account_id;
        Self {
            wrap: WrapKey::from_bytes(wrap),
            name: NameKey::from_bytes(name),
            fingerprint: FingerprintKey::from_bytes(fingerprint),
            account_id: id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_derives_by_info_is_the_same() {
        let key = AccountKey::from_bytes(&[5; 32]);
        let by_info = |purpose: AccountPurpose| {
            let mut out = [0; 32];
            hkdf::Hkdf::<sha2::Sha256>::new(Some(&[]), key.expose())
                .expand(&purpose.info(), &mut out)
                .unwrap();
            out
        };
        let keys = AccountKeys::from_derived(
            &by_info(AccountPurpose::Wrap),
            &by_info(AccountPurpose::Name),
            &by_info(AccountPurpose::Fingerprint),
            &by_info(AccountPurpose::AccountId),
        );
        assert_eq!(keys, AccountKeys::derive(&key));
        assert_eq!(keys.account_id, by_info(AccountPurpose::AccountId)[..16]);
    }

    #[test]
    fn no_two_purposes_share_a_key() {
        let keys = AccountKeys::derive(&AccountKey::from_bytes(&[5; 32]));
        assert_ne!(keys.wrap.expose(), keys.name.expose());
        assert_ne!(keys.name.expose(), keys.fingerprint.expose());
        assert_ne!(keys.wrap.expose(), keys.fingerprint.expose());
    }
}
