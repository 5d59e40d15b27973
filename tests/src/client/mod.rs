//! A native client on `ferry_core`: seals for real, and lets a test send anything in any order. Not a product: no retries.

mod account;
mod api;
mod sealed_file;
mod transfer;

use std::{io::Read as _, path::Path};

use anyhow::Result;
use ferry_core::digest::FileHasher;

pub use account::{Person, attempt, new_token, password_request};
pub use api::{Answer, Api, Call, Credential};
pub use sealed_file::{SealedFile, SealedPart};
pub use transfer::{Opened, check, download, part_headers, part_rows};

/// In one build with the server, reqwest gets TLS without a provider, and wants one even where it is not used.
pub(crate) fn provide_tls() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
}

/// The system's random generator.
#[expect(clippy::expect_used, reason = "without randomness no test can go on")]
pub fn random() -> impl FnMut(&mut [u8]) {
    |bytes: &mut [u8]| getrandom::fill(bytes).expect("the system gives random bytes")
}

/// Bytes that look like nothing, the same for the same seed.
pub fn content(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&seed.to_be_bytes());
    hasher.finalize_xof().fill(&mut bytes);
    bytes
}

/// Percent-encodes a query's value.
pub fn query_value(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = text.bytes().map(|byte| {
        if plain(byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    });
    encoded.collect()
}

/// SHA-256 of a file on disk.
pub fn sha256_of(path: &Path) -> Result<[u8; 32]> {
    let mut hasher = FileHasher::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            length => hasher.update(&buffer[..length]),
        }
    }
}
