//! What a client needs before it can derive a key from a password. Unknown names get an answer that looks like any other.

use ferry_core::wire::{B64, KdfResponse, KeySlotEntry, KeySlotKind};

use super::{Accounts, AuthError, AuthResult, username::Username};
use crate::db;

/// Version 1, Argon2id, p = 1, m = 64 MiB, t = 3: the parameters that clients choose.
const DEFAULT_PARAMETERS: [u8; 12] = [1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 3];
const PREFIX_BYTES: usize = 28;
const SLOT_BYTES: usize = 132;

impl Accounts {
    /// The first bytes of the password slot: parameters and salt.
    pub async fn kdf(&self, username: &str) -> AuthResult<KdfResponse> {
        let folded = Username::parse(username)?.folded;
        let decoy = self.decoy(&folded).await?;
        let stored = self
            .db
            .run(async |connection| db::users::password_slot(connection, &folded).await)
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
    async fn decoy(&self, folded: &str) -> AuthResult<[u8; PREFIX_BYTES]> {
        let salt = self.secret().await?.derive(folded.as_bytes())?;
        let mut prefix = [0; PREFIX_BYTES];
        for (to, from) in prefix
            .iter_mut()
            .zip(DEFAULT_PARAMETERS.into_iter().chain(salt))
        {
            *to = from;
        }
        Ok(prefix)
    }
}

/// Refuses slots that no client opens: wrong length, version, kind or parameters.
pub(super) fn check_slot(entry: &KeySlotEntry) -> AuthResult<()> {
    let refuse = |what: &str| Err(AuthError::Invalid(format!("key slot: {what}")));
    let bytes = entry.slot.0.as_slice();
    let (Some(head), SLOT_BYTES) = (bytes.first_chunk::<12>(), bytes.len()) else {
        return refuse("a slot has 132 bytes");
    };
    let [version, kdf, p, zero, m0, m1, m2, m3, t0, t1, t2, t3] = *head;
    let (m, t) = (
        u32::from_be_bytes([m0, m1, m2, m3]),
        u32::from_be_bytes([t0, t1, t2, t3]),
    );
    if version != 1 || zero != 0 || bytes.iter().rev().take(12).any(|byte| *byte != 0) {
        return refuse("version 1 is the only one, and its reserved bytes are 0");
    }
    let accepted = match entry.kind {
        KeySlotKind::Password => kdf == 1 && p == 1 && parameters_are_accepted(m, t),
        KeySlotKind::Recovery => kdf == 0 && p == 0 && m == 0 && t == 0,
    };
    if accepted {
        Ok(())
    } else {
        refuse("the parameters are none of the accepted ones")
    }
}

fn parameters_are_accepted(m: u32, t: u32) -> bool {
    ((65_536..=262_144).contains(&m) && (3..=10).contains(&t)) || (m, t) == (32_768, 6)
}

#[cfg(test)]
mod tests {
    use ferry_core::wire::Bytes64;

    use super::*;

    fn slot(kind: KeySlotKind, head: [u8; 12]) -> KeySlotEntry {
        let mut bytes = vec![0; SLOT_BYTES];
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
