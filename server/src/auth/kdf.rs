//! What a client needs before it can derive a key from a password. Unknown names get an answer that looks like any other.

use ferry_core::{
    envelope::slot::{Kdf, KeySlot, SLOT_PREFIX_BYTES, SlotPrefix},
    wire::{B64, KdfResponse, KeySlotEntry, KeySlotKind},
};

use super::{Accounts, AuthError, AuthResult, username::SoughtName};
use crate::db;

impl Accounts {
    /// The first bytes of the password slot: parameters and salt.
    pub async fn kdf(&self, username: &str) -> AuthResult<KdfResponse> {
        let name = SoughtName::parse(username)?;
        let decoy = self.decoy(&name.folded).await?;
        let stored = self
            .db
            .run(async |connection| {
                db::users::password_slot(connection, &name.lower, &name.folded).await
            })
            .await?;
        let prefix = match stored {
            Some(slot) => slot
                .first_chunk()
                .copied()
                .ok_or_else(|| AuthError::Internal("a short key slot".to_owned()))?,
            None => decoy,
        };
        Ok(KdfResponse {
            slot_prefix: B64(prefix),
        })
    }

    /// Always the same for a name, and worth nothing without the secret.
    async fn decoy(&self, folded: &str) -> AuthResult<[u8; SLOT_PREFIX_BYTES]> {
        let derived = self.secret().await?.derive(folded.as_bytes())?;
        let salt = derived.first_chunk().copied();
        let prefix = salt.and_then(|salt| SlotPrefix::new(Kdf::DEFAULT, salt).ok());
        let prefix =
            prefix.ok_or_else(|| AuthError::Internal("no decoy of a key slot".to_owned()))?;
        Ok(*prefix.as_bytes())
    }
}

/// Refuses slots that no client opens: wrong length, version, kind or parameters.
pub(super) fn check_slot(entry: &KeySlotEntry) -> AuthResult<()> {
    let refused = |what: String| AuthError::Invalid(format!("key slot: {what}"));
    let slot = KeySlot::parse(&entry.slot.0).map_err(|error| refused(error.to_string()))?;
    let is_its_kind = match slot.prefix().kdf() {
        Kdf::Argon2id { .. } => entry.kind == KeySlotKind::Password,
        Kdf::Recovery => entry.kind == KeySlotKind::Recovery,
    };
    match is_its_kind {
        true => Ok(()),
        false => Err(refused(format!("it is no {} slot", entry.kind))),
    }
}

#[cfg(test)]
mod tests {
    use ferry_core::{envelope::slot::KEY_SLOT_BYTES, wire::Bytes64};

    use super::*;

    /// Version 1, Argon2id, p = 1, m = 64 MiB, t = 3: what clients choose.
    const DEFAULT_PARAMETERS: [u8; 12] = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 3];

    fn slot(kind: KeySlotKind, head: [u8; 12]) -> KeySlotEntry {
        let mut bytes = vec![0; KEY_SLOT_BYTES];
        bytes[..12].copy_from_slice(&head);
        bytes[28..60].fill(7);
        KeySlotEntry {
            kind,
            account_key_id: B64([1; 16]),
            slot: Bytes64(bytes),
        }
    }

    #[test]
    fn slots_that_clients_make_pass() {
        assert!(check_slot(&slot(KeySlotKind::Password, DEFAULT_PARAMETERS)).is_ok());
        assert!(
            check_slot(&slot(
                KeySlotKind::Password,
                [1, 1, 1, 0, 0, 0, 128, 0, 0, 0, 0, 6]
            ))
            .is_ok()
        );
        assert!(
            check_slot(&slot(
                KeySlotKind::Recovery,
                [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            ))
            .is_ok()
        );
    }

    #[test]
    fn weak_or_absurd_slots_are_refused() {
        for head in [
            [2, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 3],
            [1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 3],
            [1, 1, 2, 0, 0, 1, 0, 0, 0, 0, 0, 3],
            [1, 1, 1, 0, 0, 0, 4, 0, 0, 0, 0, 1],
            [1, 1, 1, 0, 0, 8, 0, 0, 0, 0, 0, 3],
            [1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 11],
        ] {
            assert!(
                check_slot(&slot(KeySlotKind::Password, head)).is_err(),
                "{head:?}"
            );
        }
        let mut short = slot(KeySlotKind::Password, DEFAULT_PARAMETERS);
        short.slot.0.pop();
        assert!(check_slot(&short).is_err());
        let mut dirty = slot(KeySlotKind::Password, DEFAULT_PARAMETERS);
        dirty.slot.0[131] = 1;
        assert!(check_slot(&dirty).is_err());
    }
}
