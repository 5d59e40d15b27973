//! Every secret as a type of its own, so that none can be used for another's purpose. How they are stored is the
//! business of [`super::slot`] and [`super::file_slot`].
//!
//! Secrets zeroise on drop, print redacted and compare in constant time. They are `Clone`, because a worker needs its
//! own, and not `Copy`, because copies made in passing would stay behind in memory.

mod account;
mod file;
mod password;
mod secret;

pub use account::{AccountKey, AccountKeys, AccountPurpose, FingerprintKey, NameKey, WrapKey};
pub use file::{CommitKey, Dek, FileKeys, MacKey, ManifestKey, PartKey, StateKey};
pub use password::{AuthKey, KdfError, Kek, KekCommit, Password, Prk, derive_prk};

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// What every derivation's info begins with.
const INFO_PREFIX: &[u8] = b"ferry/1/";

/// HKDF-SHA-256 of `secret` with the info `"ferry/1/" purpose 00 context`.
fn derive(
    secret: &[u8; 32],
    salt: Option<&[u8]>,
    purpose: &str,
    context: &[u8],
) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    let info = [INFO_PREFIX, purpose.as_bytes(), &[0], context];
    #[expect(
        clippy::expect_used,
        reason = "HKDF-SHA-256 refuses only more than 8,160 bytes"
    )]
    Hkdf::<Sha256>::new(salt, secret)
        .expand_multi_info(&info, derived.as_mut_slice())
        .expect("32 bytes");
    derived
}
