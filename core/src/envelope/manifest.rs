//! The manifest: what only the owner may know of a file, sealed. Written at the start (`seq` 0, a name for the list of
//! unfinished uploads), when the content is whole (`seq` 1), and for every rename or repair after that.
//!
//! `be32(seq) | IV 12 | ciphertext of (be32(length) | CBOR | zeros to a multiple of 256) | tag 16`, at most 65,536
//! bytes, with the associated data `"frymani1" H be32(seq)`. The CBOR is a map: `name`, `path`, `type` are text,
//! `modified` is whole milliseconds since 1970; from `seq` 1 also `size` and `parts` (numbers), `sha256` and
//! `parts_root` (byte strings of 32).

use std::num::NonZeroU32;

use super::{
    IV_BYTES, Iv, TAG_BYTES, gcm,
    header::{HEADER_BYTES, Header},
    keys::ManifestKey,
    layout::{join, pad, unpad},
    part::PartRecord,
    parts_root::PartsRoot,
};
use crate::{plan::Plan, wire::MAX_MANIFEST_BYTES};

mod cbor;

const GRAIN: usize = 256;

/// Whether a sealed manifest can be so long: what a server checks of it besides its number.
pub fn is_possible_length(sealed_bytes: usize) -> bool {
    let frame_bytes = size_of::<u32>() + IV_BYTES + TAG_BYTES;
    let content_bytes = sealed_bytes.saturating_sub(frame_bytes);
    content_bytes > 0 && content_bytes.is_multiple_of(GRAIN)
}

/// Why a manifest is not sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Name and path do not fit.
    #[error("the file's name and path are too long")]
    TooLong,
}

/// Why a manifest is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Changed, or another file's.
    #[error("the manifest was changed since it was sealed")]
    Tampered,
    /// This device saw a newer one: the server is showing an old state.
    #[error("the manifest is older than one seen before (number {got} after {seen})")]
    Older {
        /// Highest number that this device saw for the file.
        seen: u32,
        /// Number of this one.
        got: u32,
    },
    /// It authenticates and says what this version does not know.
    #[error("the manifest is of a kind this version does not know")]
    Unsupported,
}

/// Why content is not fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ContentError {
    /// Size and part count do not fit the header's plan.
    #[error("the manifest's size and part count do not fit the file's plan")]
    OtherPlan,
    /// The server's list is not the one that was sealed.
    #[error("the server's list of parts is not the one in the manifest")]
    OtherParts,
}

/// What a file is called. All of it is for people; nothing here is trusted as a path or a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Name of the file, without its folder.
    pub name: String,
    /// The folder it is in, parts joined by `/`; empty at the top.
    pub path: String,
    /// Its media type, or empty.
    pub media_type: String,
    /// When it was changed last, milliseconds since 1970.
    pub modified_ms: i64,
}

/// What a whole file consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Size of the plaintext.
    pub size_bytes: u64,
    /// Parts by the header's plan.
    pub part_count: u32,
    /// SHA-256 of the plaintext.
    pub sha256: [u8; 32],
    /// Root over the stored parts.
    pub parts_root: [u8; 32],
}

impl Content {
    /// The plan by which this file is read.
    pub fn plan(&self, header: &Header) -> Result<Plan, ContentError> {
        let plan =
            Plan::new(header.plan(), self.size_bytes).map_err(|_| ContentError::OtherPlan)?;
        if plan.part_count() == self.part_count {
            Ok(plan)
        } else {
            Err(ContentError::OtherPlan)
        }
    }

    /// Whether the server's list is the sealed one: before anything is fetched.
    pub fn check_parts<'a>(
        &self,
        records: impl IntoIterator<Item = &'a PartRecord>,
    ) -> Result<(), ContentError> {
        match PartsRoot::of(self.part_count, records) {
            Ok(root) if root == self.parts_root => Ok(()),
            _ => Err(ContentError::OtherParts),
        }
    }
}

/// A manifest that was opened or is to be sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// Number 0: the upload began, and nothing is said of its content.
    Started(About),
    /// The content is whole.
    Complete {
        /// Rises with every rename and repair.
        seq: NonZeroU32,
        /// What it is called.
        about: About,
        /// What it consists of.
        content: Content,
    },
}

impl Manifest {
    /// The manifest of a file whose upload is whole, after one numbered `previous_seq`.
    pub fn complete(previous_seq: u32, about: About, content: Content) -> Self {
        Self::Complete {
            seq: NonZeroU32::MIN.saturating_add(previous_seq),
            about,
            content,
        }
    }

    /// Its sequence number: 0 before the content is whole, and one more for each later version.
    pub fn seq(&self) -> u32 {
        match self {
            Self::Started(_) => 0,
            Self::Complete { seq, .. } => seq.get(),
        }
    }

    /// What the file is called.
    pub fn about(&self) -> &About {
        match self {
            Self::Started(about) | Self::Complete { about, .. } => about,
        }
    }

    /// What it consists of; only a complete file may be opened.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Started(_) => None,
            Self::Complete { content, .. } => Some(content),
        }
    }

    /// Seals it for one file.
    pub fn seal(&self, key: &ManifestKey, header: &Header, iv: Iv) -> Result<Vec<u8>, SealError> {
        let padded = pad(&cbor::encode(self), GRAIN).ok_or(SealError::TooLong)?;
        let boxed = gcm::seal(
            key.expose(),
            iv,
            &associated_data(header, self.seq()),
            &padded,
        );
        let sealed = [self.seq().to_be_bytes().as_slice(), &boxed].concat();
        if sealed.len() <= MAX_MANIFEST_BYTES {
            Ok(sealed)
        } else {
            Err(SealError::TooLong)
        }
    }

    /// Opens one of this file. `seen_seq` is the highest number this device saw for it.
    pub fn open(
        sealed: &[u8],
        key: &ManifestKey,
        header: &Header,
        seen_seq: Option<u32>,
    ) -> Result<Self, OpenError> {
        if sealed.len() > MAX_MANIFEST_BYTES {
            return Err(OpenError::Tampered);
        }
        let (seq, boxed) = sealed.split_first_chunk::<4>().ok_or(OpenError::Tampered)?;
        let seq = u32::from_be_bytes(*seq);
        let padded = gcm::open(key.expose(), &associated_data(header, seq), boxed)
            .map_err(|_| OpenError::Tampered)?;
        let seen = seen_seq.unwrap_or(0);
        if seq < seen {
            return Err(OpenError::Older { seen, got: seq });
        }
        let cbor = unpad(&padded, GRAIN).ok_or(OpenError::Unsupported)?;
        cbor::decode(seq, cbor).ok_or(OpenError::Unsupported)
    }
}

/// The number a sealed manifest claims: what a server, which cannot open it, compares with the request.
pub fn claimed_seq(sealed: &[u8]) -> Option<u32> {
    sealed.first_chunk().copied().map(u32::from_be_bytes)
}

fn associated_data(header: &Header, seq: u32) -> [u8; 8 + HEADER_BYTES + 4] {
    join(&[b"frymani1", &header.to_bytes(), &seq.to_be_bytes()])
}

#[cfg(test)]
mod tests;
