//! A file's key and the five things derived from it.

use super::{derive, secret::secret};
use crate::envelope::{Entropy, header::HeaderCore};

secret!(
    /// 32 random bytes of one file; sealed in its file key slot.
    pub Dek
);
secret!(
    /// Seals parts.
    pub PartKey
);
secret!(
    /// Keys the MAC of a part's plaintext.
    pub MacKey
);
secret!(
    /// Seals manifests.
    pub ManifestKey
);
secret!(
    /// Seals checkpoints.
    pub StateKey
);
secret!(
    /// Stands in the header and commits it to one file key.
    pub CommitKey
);

impl Dek {
    /// Draws a new key: once for each file.
    pub fn generate(entropy: &mut impl Entropy) -> Self {
        Self(entropy.array())
    }
}

/// The derived keys of a file; a part worker needs only `part` and `mac`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKeys {
    /// Seals the parts, with a fresh IV each.
    pub part: PartKey,
    /// Keys the MAC of a part's plaintext.
    pub mac: MacKey,
    /// Seals every version of the manifest.
    pub manifest: ManifestKey,
    /// Seals checkpoints on this device.
    pub state: StateKey,
    /// Commits the header to this file key.
    pub commit: CommitKey,
}

impl FileKeys {
    /// All five of a file key under the header it belongs to.
    pub fn derive(dek: &Dek, core: &HeaderCore) -> Self {
        let context = core.to_bytes();
        let of = |purpose| derive(dek.expose(), Some(&core.file_salt), purpose, &context);
        Self {
            part: PartKey::from_bytes(&of("part")),
            mac: MacKey::from_bytes(&of("mac")),
            manifest: ManifestKey::from_bytes(&of("manifest")),
            state: StateKey::from_bytes(&of("state")),
            commit: CommitKey::from_bytes(&of("commit")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::test_support::{another_core, core};

    #[test]
    fn keys_depend_on_purpose_key_and_header() {
        let keys = FileKeys::derive(&Dek::from_bytes(&[1; 32]), &core());
        let each = [
            keys.part.expose(),
            keys.mac.expose(),
            keys.manifest.expose(),
            keys.state.expose(),
            keys.commit.expose(),
        ];
        for (at, one) in each.iter().enumerate() {
            assert!(each[at + 1..].iter().all(|other| other != one));
        }
        assert_ne!(
            keys.part,
            FileKeys::derive(&Dek::from_bytes(&[2; 32]), &core()).part
        );
        assert_ne!(
            keys.part,
            FileKeys::derive(&Dek::from_bytes(&[1; 32]), &another_core()).part
        );
    }
}
