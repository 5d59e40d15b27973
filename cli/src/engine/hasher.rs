//! Hashes of contents: BLAKE3, or SHA-256 by ring, which is the faster of the two that Rust has.

use crate::settings::Algorithm;

/// Of a file's content: 32 bytes with either algorithm.
pub type Checksum = [u8; 32];

/// A hash in the making.
pub enum Hasher {
    /// BLAKE3.
    Blake3(Box<blake3::Hasher>),
    /// SHA-256.
    Sha256(Box<ring::digest::Context>),
}

impl Hasher {
    /// Nothing fed yet.
    pub fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Blake3 => Hasher::Blake3(Box::default()),
            Algorithm::Sha256 => {
                Hasher::Sha256(Box::new(ring::digest::Context::new(&ring::digest::SHA256)))
            }
        }
    }

    /// The next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Blake3(hasher) => {
                hasher.update(bytes);
            }
            Hasher::Sha256(context) => context.update(bytes),
        }
    }

    /// So many zeros: a hole.
    pub fn update_zeros(&mut self, mut count_bytes: u64) {
        static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
        while count_bytes > 0 {
            let now = usize::try_from(count_bytes)
                .unwrap_or(ZEROS.len())
                .min(ZEROS.len());
            self.update(ZEROS.get(..now).unwrap_or(&ZEROS));
            count_bytes -= now as u64;
        }
    }

    /// Of everything fed.
    pub fn finish(self) -> Checksum {
        match self {
            Hasher::Blake3(hasher) => hasher.finalize().into(),
            Hasher::Sha256(context) => {
                let mut value = [0; 32];
                value.copy_from_slice(context.finish().as_ref());
                value
            }
        }
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hasher(..)")
    }
}

/// Of bytes at once.
pub fn checksum_of(algorithm: Algorithm, bytes: &[u8]) -> Checksum {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::hex;

    #[test]
    fn both_give_the_published_values_and_a_hole_is_zeros() {
        assert!(hex(&checksum_of(Algorithm::Blake3, b"")).starts_with("af1349b9f5f9a1a6"));
        assert!(hex(&checksum_of(Algorithm::Sha256, b"abc")).starts_with("ba7816bf8f01cfea"));
        for algorithm in [Algorithm::Blake3, Algorithm::Sha256] {
            let mut holes = Hasher::new(algorithm);
            holes.update_zeros(200_000);
            assert_eq!(holes.finish(), checksum_of(algorithm, &vec![0; 200_000]));
        }
    }
}
