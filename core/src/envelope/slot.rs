//! The key slot, 132 bytes: an account key sealed under what a password was stretched to, or under a recovery key.
//!
//! `version 1 | kdf | p | 0 | m be32 | t be32 | salt 16 | kek-commit 32 | IV 12 | sealed account key 48 | 0 x 12`,
//! with the associated data `"ferry/1/slot" 00 slot[0..60] user_id`. The first 28 bytes are the [`SlotPrefix`], which
//! the server tells before login.

use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{
    Entropy, IV_BYTES, Iv, TAG_BYTES, gcm,
    keys::{AccountKey, Prk},
    layout::{Fields, join},
};

/// Length of a key slot.
pub const KEY_SLOT_BYTES: usize = 132;
/// Length of what the server tells before login.
pub const SLOT_PREFIX_BYTES: usize = 28;

const VERSION: u8 = 1;
const KDF_RECOVERY: u8 = 0;
const KDF_ARGON2ID: u8 = 1;

/// How a slot's secret becomes its key. Only costs that are accepted can be had from [`Kdf::argon2id`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kdf {
    /// 32 random bytes, shown once as words.
    Recovery,
    /// A password through Argon2id v0x13 with one lane.
    Argon2id {
        /// Memory, KiB.
        memory_kib: u32,
        /// Passes over it.
        passes: u32,
    },
}

impl Kdf {
    /// What a new password gets.
    pub const DEFAULT: Kdf = Kdf::Argon2id {
        memory_kib: 65_536,
        passes: 3,
    };
    /// Where 64 MiB cannot be had.
    pub const FALLBACK: Kdf = Kdf::Argon2id {
        memory_kib: 32_768,
        passes: 6,
    };

    /// Refuses costs that are too cheap to protect a password or dear enough to freeze a device.
    pub fn argon2id(memory_kib: u32, passes: u32) -> Result<Kdf, SlotError> {
        let kdf = Kdf::Argon2id { memory_kib, passes };
        let usual = (65_536..=262_144).contains(&memory_kib) && (3..=10).contains(&passes);
        if usual || kdf == Kdf::FALLBACK {
            Ok(kdf)
        } else {
            Err(SlotError::Unsupported("this Argon2id cost"))
        }
    }
}

/// Why a key slot does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SlotError {
    /// Ask for the password (or the words) again.
    #[error("wrong password")]
    WrongSecret,
    /// The secret is right and the slot was changed: warn, do not ask again.
    #[error("the key slot was changed since it was made")]
    Tampered,
    /// A newer Ferry wrote it, or it was damaged.
    #[error("the key slot is of a kind this version does not know: {0}")]
    Unsupported(&'static str),
    /// A key stretched for other salt or cost was tried: stretch for this slot's prefix.
    #[error("the key was stretched for another key slot")]
    OtherPrefix,
}

/// The first 28 bytes of a slot: kind, cost and salt, checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SlotPrefix {
    kdf: Kdf,
    bytes: [u8; SLOT_PREFIX_BYTES],
    salt: [u8; 16],
}

impl SlotPrefix {
    /// A new one; the salt is drawn for it alone.
    pub fn generate(kdf: Kdf, entropy: &mut impl Entropy) -> Result<Self, SlotError> {
        Self::new(kdf, entropy.array())
    }

    /// With a given salt: for the answer about unknown names, and for vectors.
    pub fn new(kdf: Kdf, salt: [u8; 16]) -> Result<Self, SlotError> {
        let (code, lanes, memory_kib, passes) = match kdf {
            Kdf::Recovery => (KDF_RECOVERY, 0, 0, 0),
            Kdf::Argon2id { memory_kib, passes } => (KDF_ARGON2ID, 1, memory_kib, passes),
        };
        let bytes = join(&[
            &[VERSION, code, lanes, 0],
            &memory_kib.to_be_bytes(),
            &passes.to_be_bytes(),
            &salt,
        ]);
        Self::parse(&bytes)
    }

    /// Checks what a server told.
    pub fn parse(bytes: &[u8; SLOT_PREFIX_BYTES]) -> Result<Self, SlotError> {
        let damaged = SlotError::Unsupported("its length");
        let mut fields = Fields(bytes);
        let [version, code, lanes, reserved] = fields.take().ok_or(damaged)?;
        let memory_kib = fields.u32().ok_or(damaged)?;
        let passes = fields.u32().ok_or(damaged)?;
        let salt = fields.take().ok_or(damaged)?;
        if version != VERSION || reserved != 0 {
            return Err(SlotError::Unsupported("its version"));
        }
        let kdf = match (code, lanes) {
            (KDF_RECOVERY, 0) if memory_kib == 0 && passes == 0 => Kdf::Recovery,
            (KDF_ARGON2ID, 1) => Kdf::argon2id(memory_kib, passes)?,
            _ => return Err(SlotError::Unsupported("its key derivation")),
        };
        Ok(Self {
            kdf,
            bytes: *bytes,
            salt,
        })
    }

    /// How the secret becomes a key.
    pub fn kdf(&self) -> Kdf {
        self.kdf
    }

    /// Salt of the key derivation.
    pub fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// As the server tells it, and as a device remembers it.
    pub fn as_bytes(&self) -> &[u8; SLOT_PREFIX_BYTES] {
        &self.bytes
    }
}

impl std::fmt::Debug for SlotPrefix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SlotPrefix({:?})", self.kdf)
    }
}

/// A parsed slot: of a known kind, not opened yet.
#[derive(Clone, PartialEq, Eq)]
pub struct KeySlot {
    prefix: SlotPrefix,
    commit: [u8; 32],
    iv: [u8; IV_BYTES],
    sealed_key: [u8; 32],
    tag: [u8; TAG_BYTES],
}

impl KeySlot {
    /// Seals the account key under a stretched password or a recovery key.
    pub fn seal(account_key: &AccountKey, prk: &Prk, user_id: &Uuid, iv: Iv) -> Self {
        let commit = *prk.derive_kek_commit().expose();
        let mut sealed_key = *account_key.expose();
        let aad = associated_data(prk.prefix(), &commit, user_id);
        let tag = gcm::seal_in_place(prk.derive_kek().expose(), &iv, &aad, &mut sealed_key);
        Self {
            prefix: *prk.prefix(),
            commit,
            iv: *iv.as_bytes(),
            sealed_key,
            tag,
        }
    }

    /// Checks the layout only.
    pub fn parse(bytes: &[u8]) -> Result<Self, SlotError> {
        let length = SlotError::Unsupported("its length");
        let bytes: &[u8; KEY_SLOT_BYTES] = bytes.try_into().map_err(|_| length)?;
        let mut fields = Fields(bytes);
        let prefix = SlotPrefix::parse(&fields.take().ok_or(length)?)?;
        let slot = Self {
            prefix,
            commit: fields.take().ok_or(length)?,
            iv: fields.take().ok_or(length)?,
            sealed_key: fields.take().ok_or(length)?,
            tag: fields.take().ok_or(length)?,
        };
        if fields.rest().iter().any(|byte| *byte != 0) {
            return Err(SlotError::Unsupported("its reserved bytes"));
        }
        Ok(slot)
    }

    /// The account key; which error it is tells a wrong password from a changed slot.
    pub fn open(&self, prk: &Prk, user_id: &Uuid) -> Result<AccountKey, SlotError> {
        if *prk.prefix() != self.prefix {
            return Err(SlotError::OtherPrefix);
        }
        if !bool::from(
            prk.derive_kek_commit()
                .expose()
                .as_slice()
                .ct_eq(&self.commit),
        ) {
            return Err(SlotError::WrongSecret);
        }
        let aad = associated_data(&self.prefix, &self.commit, user_id);
        let mut key = zeroize::Zeroizing::new(self.sealed_key);
        gcm::open_in_place(
            prk.derive_kek().expose(),
            &self.iv,
            &aad,
            key.as_mut_slice(),
            &self.tag,
        )
        .map_err(|_| SlotError::Tampered)?;
        Ok(AccountKey::from_bytes(&key))
    }

    /// What must equal the bytes told before login.
    pub fn prefix(&self) -> &SlotPrefix {
        &self.prefix
    }

    /// As it is stored.
    pub fn to_bytes(&self) -> [u8; KEY_SLOT_BYTES] {
        join(&[
            self.prefix.as_bytes(),
            &self.commit,
            &self.iv,
            &self.sealed_key,
            &self.tag,
            &[0; 12],
        ])
    }
}

impl std::fmt::Debug for KeySlot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySlot({:?})", self.prefix.kdf)
    }
}

fn associated_data(prefix: &SlotPrefix, commit: &[u8; 32], user_id: &Uuid) -> [u8; 89] {
    join(&[
        b"ferry/1/slot\0",
        prefix.as_bytes(),
        commit,
        user_id.as_bytes(),
    ])
}

#[cfg(test)]
mod tests;
