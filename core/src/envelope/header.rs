//! The file header H, 88 bytes: what a file is cut and sealed by, and which file key it commits to. Public to the
//! server; every sealed byte of the file is bound to it.
//!
//! `"FRY1" | version 1 | suite 1 | flags | 0 | file_id 16 | file_salt 16 | min be32 | max be32 | seed 8 | commit 32`.
//! The first 56 bytes are the [`HeaderCore`].

use uuid::Uuid;

use super::{
    Entropy,
    keys::{Dek, FileKeys},
    layout::{Fields, join},
};
use crate::plan::{PlanParams, Profile};

/// Length of a header.
pub const HEADER_BYTES: usize = 88;
/// Length of what the file's keys are derived with.
pub const HEADER_CORE_BYTES: usize = 56;

const MAGIC: [u8; 4] = *b"FRY1";
const VERSION: u8 = 1;
/// AES-256-GCM, HKDF-SHA-256, BLAKE3.
const SUITE: u8 = 1;
const FLAG_COMPRESSION: u8 = 1;

/// Why a header is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Not Ferry's, damaged, or of a newer version.
    #[error("the file header is of a kind this version does not know: {0}")]
    Unsupported(&'static str),
    /// The server handed out another file's header.
    #[error("the file header belongs to another file")]
    WrongFile,
}

/// The first 56 bytes of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderCore {
    /// The file's id, made by the client.
    pub file_id: Uuid,
    /// Random salt of the file's keys.
    pub file_salt: [u8; 16],
    /// Parts may be compressed.
    pub compression_allowed: bool,
    /// Where the file is cut.
    pub plan: PlanParams,
}

impl HeaderCore {
    /// A new file's: random id, salt and seed.
    pub fn generate(
        profile: Profile,
        compression_allowed: bool,
        entropy: &mut impl Entropy,
    ) -> Self {
        Self {
            file_id: uuid::Builder::from_random_bytes(entropy.array()).into_uuid(),
            file_salt: entropy.array(),
            compression_allowed,
            plan: profile.with_seed(entropy.array()),
        }
    }

    /// As it stands at the head of the header.
    pub fn to_bytes(&self) -> [u8; HEADER_CORE_BYTES] {
        let flags = if self.compression_allowed {
            FLAG_COMPRESSION
        } else {
            0
        };
        join(&[
            &MAGIC,
            &[VERSION, SUITE, flags, 0],
            self.file_id.as_bytes(),
            &self.file_salt,
            &self.plan.min_bytes().to_be_bytes(),
            &self.plan.max_bytes().to_be_bytes(),
            &self.plan.seed(),
        ])
    }

    fn parse(bytes: &[u8; HEADER_CORE_BYTES]) -> Result<Self, HeaderError> {
        let length = HeaderError::Unsupported("its length");
        let mut fields = Fields(bytes);
        if fields.take().ok_or(length)? != MAGIC {
            return Err(HeaderError::Unsupported("its first bytes"));
        }
        let compression_allowed = match fields.take().ok_or(length)? {
            [VERSION, SUITE, 0, 0] => false,
            [VERSION, SUITE, FLAG_COMPRESSION, 0] => true,
            _ => return Err(HeaderError::Unsupported("its version, suite or flags")),
        };
        let file_id = Uuid::from_bytes(fields.take().ok_or(length)?);
        let file_salt = fields.take().ok_or(length)?;
        let (min_bytes, max_bytes) = (fields.u32().ok_or(length)?, fields.u32().ok_or(length)?);
        let plan = PlanParams::new(min_bytes, max_bytes, fields.take().ok_or(length)?)
            .map_err(|_| HeaderError::Unsupported("its part sizes"))?;
        Ok(Self {
            file_id,
            file_salt,
            compression_allowed,
            plan,
        })
    }
}

/// A header of a known kind. Whether it fits a file key, [`super::file_slot::FileKeySlot::open`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    core: HeaderCore,
    commit: [u8; 32],
}

impl Header {
    /// Commits a new file's header to its key.
    pub fn create(core: HeaderCore, dek: &Dek) -> Self {
        let commit = *FileKeys::derive(dek, &core).commit.expose();
        Self { core, commit }
    }

    /// Checks the layout; anything unknown is refused.
    pub fn parse(bytes: &[u8]) -> Result<Self, HeaderError> {
        let length = HeaderError::Unsupported("its length");
        let bytes: &[u8; HEADER_BYTES] = bytes.try_into().map_err(|_| length)?;
        let mut fields = Fields(bytes);
        let core = HeaderCore::parse(&fields.take().ok_or(length)?)?;
        Ok(Self {
            core,
            commit: fields.take().ok_or(length)?,
        })
    }

    /// The same for a file whose id is known: the server may not hand out another's.
    pub fn parse_for(bytes: &[u8], file_id: &Uuid) -> Result<Self, HeaderError> {
        let header = Self::parse(bytes)?;
        if header.core.file_id == *file_id {
            Ok(header)
        } else {
            Err(HeaderError::WrongFile)
        }
    }

    /// All but the commitment.
    pub fn core(&self) -> &HeaderCore {
        &self.core
    }

    /// The id that the header names, which a reader compares with the one it asked for.
    pub fn file_id(&self) -> &Uuid {
        &self.core.file_id
    }

    /// Where the file is cut.
    pub fn plan(&self) -> PlanParams {
        self.core.plan
    }

    /// The commitment to the file key.
    pub fn commit(&self) -> &[u8; 32] {
        &self.commit
    }

    /// As it is stored.
    pub fn to_bytes(&self) -> [u8; HEADER_BYTES] {
        join(&[&self.core.to_bytes(), &self.commit])
    }
}

#[cfg(test)]
mod tests;
