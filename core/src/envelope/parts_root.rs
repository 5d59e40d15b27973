//! One hash over all stored parts, so that none can be dropped, swapped or replaced: computed by the server from its
//! rows and by the client from what it sealed.
//!
//! `SHA-256("ferry/1/root" 00 be32(count) | for each part: iv, tag, be32(stored length), compression, part MAC)`.

use super::part::{PartRecord, compression_code};
use crate::digest::FileHasher;

/// The root of a file of known part count, fed in order.
#[derive(Debug)]
pub struct PartsRoot {
    hasher: FileHasher,
    missing: u32,
}

/// Another number of parts was fed than announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of parts has another length than the file's plan")]
pub struct WrongPartCount;

impl PartsRoot {
    /// Begins the root of a file of `part_count` parts.
    pub fn new(part_count: u32) -> Self {
        let mut hasher = FileHasher::new();
        hasher.update(b"ferry/1/root\0");
        hasher.update(&part_count.to_be_bytes());
        Self {
            hasher,
            missing: part_count,
        }
    }

    /// The next part, from number 1.
    pub fn push(&mut self, record: &PartRecord) -> Result<(), WrongPartCount> {
        self.missing = self.missing.checked_sub(1).ok_or(WrongPartCount)?;
        self.hasher.update(&record.iv);
        self.hasher.update(&record.tag);
        self.hasher.update(&record.stored_len_bytes.to_be_bytes());
        self.hasher.update(&[compression_code(record.compression)]);
        self.hasher.update(&record.part_mac);
        Ok(())
    }

    /// The root, once all parts were fed.
    pub fn finish(self) -> Result<[u8; 32], WrongPartCount> {
        if self.missing == 0 {
            Ok(self.hasher.finish())
        } else {
            Err(WrongPartCount)
        }
    }

    /// The root of a whole list.
    pub fn of<'a>(
        part_count: u32,
        records: impl IntoIterator<Item = &'a PartRecord>,
    ) -> Result<[u8; 32], WrongPartCount> {
        let mut root = Self::new(part_count);
        records
            .into_iter()
            .try_for_each(|record| root.push(record))?;
        root.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{digest::sha256, wire::Compression};

    fn record(byte: u8) -> PartRecord {
        PartRecord {
            iv: [byte; 12],
            tag: [byte; 16],
            stored_len_bytes: 65_564,
            compression: Compression::DeflateRaw,
            part_mac: [byte; 32],
        }
    }

    #[test]
    fn the_root_is_the_hash_of_the_documented_bytes() {
        let bytes = [
            b"ferry/1/root\0".as_slice(),
            &[0, 0, 0, 1],
            &[7; 12],
            &[7; 16],
            &[0, 1, 0, 28],
            &[1],
            &[7; 32],
        ]
        .concat();
        assert_eq!(PartsRoot::of(1, [&record(7)]), Ok(sha256(&[&bytes])));
    }

    #[test]
    fn every_field_order_and_count_matter() {
        let list = [record(1), record(2)];
        let root = PartsRoot::of(2, &list).unwrap();
        assert_ne!(PartsRoot::of(2, [&list[1], &list[0]]).unwrap(), root);
        assert_eq!(PartsRoot::of(1, &list), Err(WrongPartCount));
        assert_eq!(PartsRoot::of(3, &list), Err(WrongPartCount));
        let changes: [fn(&mut PartRecord); 5] = [
            |record| record.iv[11] ^= 1,
            |record| record.tag[15] ^= 1,
            |record| record.stored_len_bytes ^= 1,
            |record| record.compression = Compression::None,
            |record| record.part_mac[31] ^= 1,
        ];
        for change in changes {
            let mut changed = list.clone();
            change(&mut changed[1]);
            assert_ne!(PartsRoot::of(2, &changed).unwrap(), root);
        }
    }
}
