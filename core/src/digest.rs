//! The hashes and MACs by name, so that no other file picks an algorithm. Keys and what they are for live in
//! [`crate::envelope`].

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// SHA-256 of a whole file, fed in order.
#[derive(Clone, Default)]
pub struct FileHasher(Sha256);

impl FileHasher {
    /// A hash that was fed nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The file's next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything fed.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl std::fmt::Debug for FileHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileHasher(..)")
    }
}

/// BLAKE3 of a sealed body, fed in pieces: what goes into the body's digest header. A type of its own, though it is written
/// like [`FileHasher`], so that neither hash can be taken for the other.
#[derive(Clone, Default)]
pub struct BodyHasher(blake3::Hasher);

impl BodyHasher {
    /// A hash that was fed nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The body's next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of everything fed.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl std::fmt::Debug for BodyHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BodyHasher(..)")
    }
}

/// BLAKE3 of a sealed body at once.
pub fn body_blake3(body: &[u8]) -> [u8; 32] {
    blake3::hash(body).into()
}

/// SHA-256 over the concatenation of `pieces`.
pub fn sha256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().into()
}

/// HMAC-SHA-256 over the concatenation of `pieces`.
pub fn hmac_sha256(key: &[u8; 32], pieces: &[&[u8]]) -> [u8; 32] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of 32 bytes");
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::test_support::hex;

    #[test]
    fn sha256_of_abc_is_the_standards_value() {
        let expected = hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(sha256(&[b"a", b"bc"]).as_slice(), expected);
        let mut fed = FileHasher::new();
        fed.update(b"ab");
        fed.update(b"c");
        assert_eq!(fed.finish().as_slice(), expected);
    }

    #[test]
    fn hmac_is_that_of_rfc_4231_case_1_with_a_padded_key() {
        // A key shorter than the block is padded with zeros, so the case's 20 bytes and 12 zeros are the same key.
        let mut key = [0; 32];
        key[..20].fill(0x0b);
        let expected = hex("b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(hmac_sha256(&key, &[b"Hi ", b"There"]).as_slice(), expected);
    }

    #[test]
    fn blake3_of_nothing_is_the_published_value() {
        let expected = hex("af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262");
        assert_eq!(body_blake3(b"").as_slice(), expected);
        assert_eq!(BodyHasher::new().finish().as_slice(), expected);
    }
}
