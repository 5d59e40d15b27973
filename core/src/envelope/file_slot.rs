//! The file key slot, 80 bytes: a file's key sealed under the account, bound to the file's header.
//!
//! `01 | kind 01 | 00 00 | account id 16 | IV 12 | sealed file key 48`, with the associated data
//! `"ferry/1/dek" 00 slot[0..20] H`.

use subtle::ConstantTimeEq as _;

use super::{
    IV_BYTES, Iv, TAG_BYTES, gcm,
    header::{HEADER_BYTES, Header},
    keys::{AccountKeys, Dek, FileKeys},
    layout::{Fields, join},
};

/// Length of a file key slot.
pub const FILE_KEY_SLOT_BYTES: usize = 80;

/// Version 1, kind 1 (one owner), reserved.
const KIND: [u8; 4] = [1, 1, 0, 0];

/// Why a file key does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileKeyError {
    /// Sealed under another account key than the one at hand.
    #[error("the file's key was sealed by another account key")]
    OtherAccount,
    /// Slot or header were changed, or do not belong together.
    #[error("the file's key or header was changed since it was made")]
    Tampered,
    /// A newer Ferry wrote it, or it was damaged.
    #[error("the file's key slot is of a kind this version does not know: {0}")]
    Unsupported(&'static str),
}

/// A parsed slot: of a known kind, not opened yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKeySlot {
    account_id: [u8; 16],
    iv: [u8; IV_BYTES],
    sealed_key: [u8; 32],
    tag: [u8; TAG_BYTES],
}

impl FileKeySlot {
    /// Seals a file's key.
    pub fn seal(dek: &Dek, header: &Header, account: &AccountKeys, iv: Iv) -> Self {
        let mut sealed_key = *dek.expose();
        let aad = associated_data(&account.account_id, header);
        let tag = gcm::seal_in_place(account.wrap.expose(), &iv, &aad, &mut sealed_key);
        Self {
            account_id: account.account_id,
            iv: *iv.as_bytes(),
            sealed_key,
            tag,
        }
    }

    /// Checks the layout only.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileKeyError> {
        let length = FileKeyError::Unsupported("its length");
        let bytes: &[u8; FILE_KEY_SLOT_BYTES] = bytes.try_into().map_err(|_| length)?;
        let mut fields = Fields(bytes);
        if fields.take().ok_or(length)? != KIND {
            return Err(FileKeyError::Unsupported("its version or kind"));
        }
        Ok(Self {
            account_id: fields.take().ok_or(length)?,
            iv: fields.take().ok_or(length)?,
            sealed_key: fields.take().ok_or(length)?,
            tag: fields.take().ok_or(length)?,
        })
    }

    /// Id of the account key that sealed it, as far as the slot says.
    pub fn account_id(&self) -> [u8; 16] {
        self.account_id
    }

    /// The file's keys, once the header was found to commit to the same file key.
    pub fn open(&self, header: &Header, account: &AccountKeys) -> Result<FileKeys, FileKeyError> {
        let keys = FileKeys::derive(&self.open_dek(header, account)?, header.core());
        let committed: bool = keys
            .commit
            .expose()
            .as_slice()
            .ct_eq(header.commit())
            .into();
        if committed {
            Ok(keys)
        } else {
            Err(FileKeyError::Tampered)
        }
    }

    fn open_dek(&self, header: &Header, account: &AccountKeys) -> Result<Dek, FileKeyError> {
        if self.account_id != account.account_id {
            return Err(FileKeyError::OtherAccount);
        }
        let aad = associated_data(&self.account_id, header);
        let mut key = zeroize::Zeroizing::new(self.sealed_key);
        gcm::open_in_place(
            account.wrap.expose(),
            &self.iv,
            &aad,
            key.as_mut_slice(),
            &self.tag,
        )
        .map_err(|_| FileKeyError::Tampered)?;
        Ok(Dek::from_bytes(&key))
    }

    /// As it is stored.
    pub fn to_bytes(&self) -> [u8; FILE_KEY_SLOT_BYTES] {
        join(&[
            &KIND,
            &self.account_id,
            &self.iv,
            &self.sealed_key,
            &self.tag,
        ])
    }
}

fn associated_data(account_id: &[u8; 16], header: &Header) -> [u8; 12 + 20 + HEADER_BYTES] {
    join(&[b"ferry/1/dek\0", &KIND, account_id, &header.to_bytes()])
}

#[cfg(test)]
mod tests;
