//! AES-256-GCM as this crate uses it: one key, one fresh IV, associated data. The only file that names the cipher.

use aes_gcm::{
    Aes256Gcm, KeyInit as _, Nonce, Tag,
    aead::{AeadInOut as _, consts::U12},
};

use super::entropy::{IV_BYTES, Iv};

/// Length of a tag.
pub const TAG_BYTES: usize = 16;

/// The tag does not fit: another key, or changed bytes.
#[derive(Debug)]
pub(super) struct Refused;

/// Turns `bytes` into ciphertext where they lie and gives the tag.
pub(super) fn seal_in_place(
    key: &[u8; 32],
    iv: &Iv,
    aad: &[u8],
    bytes: &mut [u8],
) -> [u8; TAG_BYTES] {
    let nonce: &Nonce<U12> = iv.as_bytes().into();
    #[expect(
        clippy::expect_used,
        reason = "only 64 GiB of plaintext fail, and every caller is bounded far below"
    )]
    let tag = Aes256Gcm::new(key.into())
        .encrypt_inout_detached(nonce, aad, bytes.into())
        .expect("plaintext of bounded length");
    tag.into()
}

/// Turns ciphertext into plaintext where it lies, after the tag was found right.
pub(super) fn open_in_place(
    key: &[u8; 32],
    iv: &[u8; IV_BYTES],
    aad: &[u8],
    bytes: &mut [u8],
    tag: &[u8; TAG_BYTES],
) -> Result<(), Refused> {
    let tag: &Tag = tag.into();
    Aes256Gcm::new(key.into())
        .decrypt_inout_detached(iv.into(), aad, bytes.into(), tag)
        .map_err(|_| Refused)
}

/// `iv | ciphertext | tag` of a small plaintext.
pub(super) fn seal(key: &[u8; 32], iv: Iv, aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(IV_BYTES + plaintext.len() + TAG_BYTES);
    sealed.extend_from_slice(iv.as_bytes());
    sealed.extend_from_slice(plaintext);
    let (_, body) = sealed.split_at_mut(IV_BYTES);
    let tag = seal_in_place(key, &iv, aad, body);
    sealed.extend_from_slice(&tag);
    sealed
}

/// The plaintext of `iv | ciphertext | tag`.
pub(super) fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, Refused> {
    let (iv, rest) = sealed.split_first_chunk::<IV_BYTES>().ok_or(Refused)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_BYTES>().ok_or(Refused)?;
    let mut bytes = ciphertext.to_vec();
    open_in_place(key, iv, aad, &mut bytes, tag)?;
    Ok(bytes)
}
