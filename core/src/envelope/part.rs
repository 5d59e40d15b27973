//! One part: the MAC of its plaintext, its associated data, sealing and opening. Natively [`seal`] and [`open`] do
//! all of it; a browser seals with SubtleCrypto between [`PartHasher`], [`PartAad`] and [`check_body`],
//! [`accept_opened`], and both make the same bytes.
//!
//! Body: `IV 12 | ciphertext | tag 16` under the part key, with the associated data
//! `"frypart1" | file_id 16 | number be32 | offset be64 | plain length be32 | compression | 0 0 0 | part MAC 32`.
//! The MAC in it keeps a server from pairing an old body with a new MAC.

use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{
    IV_BYTES, Iv, TAG_BYTES, gcm,
    header::HeaderCore,
    keys::{FileKeys, MacKey, PartKey},
    layout::join,
    packing,
};
use crate::{plan::PartSpan, wire::Compression};

/// Length of a part's associated data.
pub const PART_AAD_BYTES: usize = 76;
/// What sealing adds to a packed plaintext: [`IV_BYTES`] and [`TAG_BYTES`].
pub const PART_OVERHEAD_BYTES: u32 = {
    assert!(IV_BYTES + TAG_BYTES == 28);
    28
};

/// Why a part is not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The file was cut or grew while it was read.
    #[error("the part has another length than planned")]
    WrongLength,
}

/// Why a part does not open. No plaintext comes out with any of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The body is not the one in the list: damaged on the way, or replaced. Fetching it again may help.
    #[error("the part's body is not the one in the file's list")]
    NotAsListed,
    /// Body and list agree and still do not authenticate: it will never open.
    #[error("the part was changed since it was sealed")]
    Tampered,
    /// The list says what this file or plan cannot have.
    #[error("the part's length or compression is not possible in this file")]
    Impossible,
}

/// What the list of a file says of one stored part; the root is computed over these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartRecord {
    /// First 12 bytes of the body.
    pub iv: [u8; IV_BYTES],
    /// Last 16 bytes of the body.
    pub tag: [u8; TAG_BYTES],
    /// Length of the body.
    pub stored_len_bytes: u32,
    /// How the plaintext was packed.
    pub compression: Compression,
    /// MAC of the plaintext.
    pub part_mac: [u8; 32],
}

/// A sealed part, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPart {
    /// `IV | ciphertext | tag`.
    pub body: Vec<u8>,
    /// How the plaintext was packed.
    pub compression: Compression,
    /// MAC of the plaintext.
    pub part_mac: [u8; 32],
}

impl SealedPart {
    /// What the list must say of it.
    pub fn record(&self) -> Option<PartRecord> {
        Some(PartRecord {
            iv: *self.body.first_chunk()?,
            tag: *self.body.last_chunk()?,
            stored_len_bytes: u32::try_from(self.body.len()).ok()?,
            compression: self.compression,
            part_mac: self.part_mac,
        })
    }
}

impl std::fmt::Debug for SealedPart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SealedPart({} bytes, {:?})",
            self.body.len(),
            self.compression
        )
    }
}

/// The byte that stands for a compression in associated data and roots.
pub fn compression_code(compression: Compression) -> u8 {
    match compression {
        Compression::None => 0,
        Compression::DeflateRaw => 1,
    }
}

/// How long the sealed body of a part may be: the one rule, for a server before it stores a body and for a client
/// before it believes a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLength {
    /// Not packed: exactly so many bytes.
    Exactly(u32),
    /// Packed: any of the lengths that packing may give, this one at most.
    AtMost(u32),
}

impl BodyLength {
    /// By the plaintext's length and how it is packed. A part of 65,536 bytes or less cannot become shorter by packing:
    /// then no length is right. A plaintext has at most [`crate::plan::MAX_PART_BYTES`].
    pub fn of(plain_len_bytes: u32, compression: Compression) -> Self {
        match compression {
            Compression::None => {
                BodyLength::Exactly(plain_len_bytes.saturating_add(PART_OVERHEAD_BYTES))
            }
            Compression::DeflateRaw => {
                let grains = plain_len_bytes.saturating_sub(1) / packing::PACKING_GRAIN_BYTES;
                BodyLength::AtMost(grains * packing::PACKING_GRAIN_BYTES + PART_OVERHEAD_BYTES)
            }
        }
    }

    /// Whether a body may have this length.
    pub fn allows(self, body_len_bytes: u64) -> bool {
        match self {
            BodyLength::Exactly(bytes) => body_len_bytes == u64::from(bytes),
            BodyLength::AtMost(bytes) => {
                let packed = body_len_bytes.saturating_sub(u64::from(PART_OVERHEAD_BYTES));
                packed > 0
                    && packed.is_multiple_of(u64::from(packing::PACKING_GRAIN_BYTES))
                    && body_len_bytes <= u64::from(bytes)
            }
        }
    }

    /// The most bytes that a body may have.
    pub fn limit_bytes(self) -> u32 {
        match self {
            BodyLength::Exactly(bytes) | BodyLength::AtMost(bytes) => bytes,
        }
    }
}

/// The MAC of a part's plaintext, fed in pieces of any length.
#[derive(Clone, zeroize::ZeroizeOnDrop)]
pub struct PartHasher(blake3::Hasher);

impl PartHasher {
    /// Of part `number`: BLAKE3 keyed, beginning with the number.
    pub fn new(key: &MacKey, number: u32) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(key.expose());
        hasher.update(&number.to_be_bytes());
        Self(hasher)
    }

    /// The plaintext's next bytes.
    pub fn update(&mut self, plaintext: &[u8]) {
        self.0.update(plaintext);
    }

    /// The MAC of everything fed.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

impl std::fmt::Debug for PartHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartHasher(..)")
    }
}

/// The MAC of a part's whole plaintext.
pub fn part_mac(key: &MacKey, number: u32, plaintext: &[u8]) -> [u8; 32] {
    let mut hasher = PartHasher::new(key, number);
    hasher.update(plaintext);
    hasher.finish()
}

/// What a part's tag covers besides its ciphertext.
#[derive(Clone, PartialEq, Eq)]
pub struct PartAad([u8; PART_AAD_BYTES]);

impl PartAad {
    /// Of one place in one file. The span comes from plan and size, never from the server.
    pub fn new(
        file_id: &Uuid,
        span: &PartSpan,
        compression: Compression,
        part_mac: &[u8; 32],
    ) -> Self {
        Self(join(&[
            b"frypart1",
            file_id.as_bytes(),
            &span.number.to_be_bytes(),
            &span.offset_bytes.to_be_bytes(),
            &span.len_bytes.to_be_bytes(),
            &[compression_code(compression), 0, 0, 0],
            part_mac,
        ]))
    }

    /// For a cipher outside of this crate.
    pub fn as_bytes(&self) -> &[u8; PART_AAD_BYTES] {
        &self.0
    }
}

/// MACs, packs where that was asked for and helps, and seals one part.
pub fn seal(
    keys: &FileKeys,
    core: &HeaderCore,
    span: &PartSpan,
    plaintext: &[u8],
    requested: Compression,
    iv: Iv,
) -> Result<SealedPart, SealError> {
    if u32::try_from(plaintext.len()) != Ok(span.len_bytes) {
        return Err(SealError::WrongLength);
    }
    let part_mac = part_mac(&keys.mac, span.number, plaintext);
    let packed = match requested {
        Compression::DeflateRaw if core.compression_allowed => packing::pack(plaintext),
        _ => None,
    };
    let compression = if packed.is_some() {
        Compression::DeflateRaw
    } else {
        Compression::None
    };
    let aad = PartAad::new(&core.file_id, span, compression, &part_mac);
    let body = seal_packed(&keys.part, &aad, packed.as_deref().unwrap_or(plaintext), iv);
    Ok(SealedPart {
        body,
        compression,
        part_mac,
    })
}

/// Seals what was MACed and packed already.
pub fn seal_packed(key: &PartKey, aad: &PartAad, packed: &[u8], iv: Iv) -> Vec<u8> {
    gcm::seal(key.expose(), iv, aad.as_bytes(), packed)
}

/// Opens a fetched body: first against its record, then its tag, then its plaintext's MAC.
pub fn open(
    keys: &FileKeys,
    core: &HeaderCore,
    span: &PartSpan,
    record: &PartRecord,
    body: &[u8],
) -> Result<Vec<u8>, OpenError> {
    check_body(core, span, record, body)?;
    let aad = PartAad::new(&core.file_id, span, record.compression, &record.part_mac);
    let opened =
        gcm::open(keys.part.expose(), aad.as_bytes(), body).map_err(|_| OpenError::Tampered)?;
    accept_opened(&keys.mac, span, record, opened)
}

/// What must hold before a body is decrypted: possible in this file, and the one in the list.
pub fn check_body(
    core: &HeaderCore,
    span: &PartSpan,
    record: &PartRecord,
    body: &[u8],
) -> Result<(), OpenError> {
    let stored_len = u64::from(record.stored_len_bytes);
    let packed_allowed = record.compression == Compression::None || core.compression_allowed;
    let length = BodyLength::of(span.len_bytes, record.compression);
    if !packed_allowed || !length.allows(stored_len) {
        return Err(OpenError::Impossible);
    }
    let listed = u64::try_from(body.len()) == Ok(stored_len)
        && body.starts_with(&record.iv)
        && body.ends_with(&record.tag);
    if listed {
        Ok(())
    } else {
        Err(OpenError::NotAsListed)
    }
}

/// What must hold after a body was decrypted: it unpacks exactly, and its MAC is the listed one.
pub fn accept_opened(
    key: &MacKey,
    span: &PartSpan,
    record: &PartRecord,
    opened: Vec<u8>,
) -> Result<Vec<u8>, OpenError> {
    let plaintext = match record.compression {
        Compression::None => opened,
        Compression::DeflateRaw => {
            packing::unpack(&opened, span.len_bytes).ok_or(OpenError::Tampered)?
        }
    };
    let planned: bool = u32::try_from(plaintext.len()) == Ok(span.len_bytes);
    let equal: bool = part_mac(key, span.number, &plaintext)
        .as_slice()
        .ct_eq(&record.part_mac)
        .into();
    if planned && equal {
        Ok(plaintext)
    } else {
        Err(OpenError::Tampered)
    }
}

#[cfg(test)]
mod tests;
