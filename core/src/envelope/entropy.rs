//! Randomness as a parameter, and the IV that can be used once. Where the bytes come from is the caller's business:
//! always the system's generator.

/// Length of an IV.
pub const IV_BYTES: usize = 12;

/// The system's random generator, handed in.
pub trait Entropy {
    /// Fills all of `bytes`.
    fn fill(&mut self, bytes: &mut [u8]);

    /// The next `N` random bytes.
    fn array<const N: usize>(&mut self) -> [u8; N]
    where
        Self: Sized,
    {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

impl<F: FnMut(&mut [u8])> Entropy for F {
    fn fill(&mut self, bytes: &mut [u8]) {
        self(bytes);
    }
}

/// A fresh IV. Neither `Clone` nor `Copy`: a sealing takes it by value, so a second sealing needs a second one.
pub struct Iv([u8; IV_BYTES]);

impl Iv {
    /// Draws a fresh one, for one sealing.
    pub fn generate(entropy: &mut impl Entropy) -> Self {
        Self(entropy.array())
    }

    /// Wraps bytes that were drawn for this sealing alone.
    pub fn from_fresh_bytes(bytes: [u8; IV_BYTES]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the sealed body and for a cipher outside of this crate.
    pub fn as_bytes(&self) -> &[u8; IV_BYTES] {
        &self.0
    }
}
