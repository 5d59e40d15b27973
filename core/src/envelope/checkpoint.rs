//! The box around a checkpoint on this device's disk. What is in it, [`crate::transfer`] says.
//!
//! `IV 12 | ciphertext | tag 16` under the state key, with the associated data `"frystat1" file_id`.

use uuid::Uuid;

use super::{Iv, gcm, keys::StateKey, layout::join};

/// The box was changed, or is another file's: forget it and ask the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the checkpoint was changed since it was written")]
pub struct Tampered;

/// Seals a checkpoint's CBOR.
pub fn seal(key: &StateKey, file_id: &Uuid, cbor: &[u8], iv: Iv) -> Vec<u8> {
    gcm::seal(key.expose(), iv, &associated_data(file_id), cbor)
}

/// The CBOR of a checkpoint.
pub fn open(key: &StateKey, file_id: &Uuid, sealed: &[u8]) -> Result<Vec<u8>, Tampered> {
    gcm::open(key.expose(), &associated_data(file_id), sealed).map_err(|_| Tampered)
}

fn associated_data(file_id: &Uuid) -> [u8; 24] {
    join(&[b"frystat1", file_id.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_opens_for_its_file_and_no_byte_of_it_may_change() {
        let (key, file_id) = (StateKey::from_bytes(&[1; 32]), Uuid::from_bytes([2; 16]));
        let sealed = seal(&key, &file_id, b"state", Iv::from_fresh_bytes([3; 12]));
        assert_eq!(open(&key, &file_id, &sealed).unwrap(), b"state");
        assert_eq!(
            open(&key, &Uuid::from_bytes([9; 16]), &sealed),
            Err(Tampered)
        );
        assert_eq!(
            open(&StateKey::from_bytes(&[9; 32]), &file_id, &sealed),
            Err(Tampered)
        );
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 1;
            assert_eq!(open(&key, &file_id, &flipped), Err(Tampered));
            assert_eq!(open(&key, &file_id, &sealed[..at]), Err(Tampered));
        }
    }
}
