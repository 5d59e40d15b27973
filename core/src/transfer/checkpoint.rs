//! What a device remembers about an upload: the rows that the server acknowledged to it. It never decides what is
//! stored; it notices a server that shows other rows later. The sealed box around it is [`crate::envelope`]'s.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::envelope::part::PartRecord;
use crate::wire::{Compression, PartEntry};

/// The format that this code writes.
const VERSION: u16 = 1;

/// A part as it is stored: what the parts root is computed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRow {
    /// Part number, from 1.
    pub number: u32,
    /// First 12 bytes of the body.
    #[serde(with = "byte_array")]
    pub iv: [u8; 12],
    /// Last 16 bytes of the body.
    #[serde(with = "byte_array")]
    pub tag: [u8; 16],
    /// Length of the body.
    pub stored_len_bytes: u32,
    /// How it is packed.
    pub compression: Compression,
    /// MAC of its plaintext.
    #[serde(with = "byte_array")]
    pub mac: [u8; 32],
    /// Of the row, from 1; a repaired part has a higher one.
    pub generation: u32,
}

impl SealedRow {
    /// What the parts root takes.
    pub fn record(&self) -> PartRecord {
        PartRecord {
            iv: self.iv,
            tag: self.tag,
            stored_len_bytes: self.stored_len_bytes,
            compression: self.compression,
            part_mac: self.mac,
        }
    }
}

impl From<&PartEntry> for SealedRow {
    fn from(entry: &PartEntry) -> Self {
        SealedRow {
            number: entry.number,
            iv: entry.iv.0,
            tag: entry.auth_tag.0,
            stored_len_bytes: entry.stored_size,
            compression: entry.compression,
            mac: entry.part_mac.0,
            generation: entry.generation,
        }
    }
}

/// Acknowledged rows of one upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u16,
    file_id: Uuid,
    size_bytes: u64,
    rows: Vec<SealedRow>,
}

/// Why stored bytes are not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not CBOR of this shape.
    #[error("the checkpoint cannot be read")]
    Malformed,
    /// Written by another version.
    #[error("the checkpoint has another version")]
    OtherVersion,
}

impl Checkpoint {
    pub(super) fn new(file_id: Uuid, size_bytes: u64, rows: Vec<SealedRow>) -> Self {
        Checkpoint {
            version: VERSION,
            file_id,
            size_bytes,
            rows,
        }
    }

    /// The upload it is about.
    pub fn file_id(&self) -> Uuid {
        self.file_id
    }

    /// Size of the file at that time.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// The rows, by number.
    pub fn rows(&self) -> &[SealedRow] {
        &self.rows
    }

    /// As CBOR, for the sealed box.
    pub fn to_cbor(&self) -> Result<Vec<u8>, CheckpointError> {
        let mut cbor = Vec::new();
        ciborium::into_writer(self, &mut cbor).map_err(|_| CheckpointError::Malformed)?;
        Ok(cbor)
    }

    /// From the opened box.
    pub fn from_cbor(cbor: &[u8]) -> Result<Self, CheckpointError> {
        let checkpoint: Checkpoint =
            ciborium::from_reader(cbor).map_err(|_| CheckpointError::Malformed)?;
        if checkpoint.version == VERSION {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::OtherVersion)
        }
    }
}

/// Byte arrays as CBOR byte strings, not as lists of numbers.
mod byte_array {
    use serde::{Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer, const N: usize>(
        bytes: &[u8; N],
        s: S,
    ) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        d: D,
    ) -> Result<[u8; N], D::Error> {
        struct Exactly<const N: usize>;

        impl<const N: usize> de::Visitor<'_> for Exactly<N> {
            type Value = [u8; N];

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{N} bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<[u8; N], E> {
                bytes
                    .try_into()
                    .map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }

        d.deserialize_bytes(Exactly::<N>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let row = SealedRow {
            number: 7,
            iv: [1; 12],
            tag: [2; 16],
            stored_len_bytes: 65_564,
            compression: Compression::DeflateRaw,
            mac: [3; 32],
            generation: 2,
        };
        Checkpoint::new(Uuid::from_bytes([9; 16]), 65_536, vec![row; 100])
    }

    #[test]
    fn it_comes_back_as_it_was_and_is_small() {
        let cbor = checkpoint().to_cbor().unwrap();
        assert_eq!(Checkpoint::from_cbor(&cbor), Ok(checkpoint()));
        assert!(cbor.len() < 100 * 160, "{} bytes for 100 rows", cbor.len());
    }

    #[test]
    fn another_version_and_damage_are_refused() {
        let newer = Checkpoint {
            version: VERSION + 1,
            ..checkpoint()
        };
        let cbor = newer.to_cbor().unwrap();
        assert_eq!(
            Checkpoint::from_cbor(&cbor),
            Err(CheckpointError::OtherVersion)
        );
        let cbor = checkpoint().to_cbor().unwrap();
        assert_eq!(
            Checkpoint::from_cbor(&cbor[..cbor.len() - 1]),
            Err(CheckpointError::Malformed)
        );
        assert_eq!(Checkpoint::from_cbor(&[]), Err(CheckpointError::Malformed));
    }
}
