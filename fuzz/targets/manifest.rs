//! What is inside a sealed manifest. Whoever holds the key wrote it, perhaps another version of Ferry; so the bytes are
//! sealed here as docs/envelope.md says, and opened by the product. What opens is sealed again and opens as the same.
#![no_main]

use aes_gcm::{
    Aes256Gcm, KeyInit as _,
    aead::{Aead as _, Payload},
};
use ferry_core::envelope::{
    Iv,
    header::{HEADER_BYTES, Header},
    keys::ManifestKey,
    manifest::Manifest,
};
use libfuzzer_sys::fuzz_target;

const KEY: [u8; 32] = [7; 32];
const IV: [u8; 12] = [9; 12];
/// Manifests are padded to multiples of this.
const GRAIN_BYTES: usize = 256;

fn header() -> Header {
    let mut bytes = [0; HEADER_BYTES];
    bytes[..8].copy_from_slice(b"FRY1\x01\x01\x00\x00");
    bytes[40..44].copy_from_slice(&(7_u32 << 20).to_be_bytes());
    bytes[44..48].copy_from_slice(&(9_u32 << 20).to_be_bytes());
    Header::parse(&bytes).expect("a sound header")
}

fn sealed(header: &Header, seq: u32, content: &[u8]) -> Vec<u8> {
    let mut padded = (content.len() as u32).to_be_bytes().to_vec();
    padded.extend(content);
    padded.resize(padded.len().next_multiple_of(GRAIN_BYTES), 0);
    let aad = [&b"frymani1"[..], &header.to_bytes(), &seq.to_be_bytes()].concat();
    let payload = Payload {
        msg: &padded,
        aad: &aad,
    };
    let cipher = Aes256Gcm::new_from_slice(&KEY).expect("a key of 32 bytes");
    let boxed = cipher.encrypt((&IV).into(), payload).expect("short enough");
    [&seq.to_be_bytes()[..], &IV, &boxed].concat()
}

fuzz_target!(|bytes: &[u8]| {
    let Some((seq, content)) = bytes.split_first() else {
        return;
    };
    let (header, key) = (header(), ManifestKey::from_bytes(&KEY));
    let bytes = sealed(&header, (*seq).into(), content);
    let Ok(opened) = Manifest::open(&bytes, &key, &header, None) else {
        return;
    };
    let again = opened.seal(&key, &header, Iv::from_fresh_bytes(IV));
    let again = again.expect("what was opened can be sealed");
    assert_eq!(Manifest::open(&again, &key, &header, None), Ok(opened));
});
