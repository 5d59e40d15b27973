//! What can be checked of sealed things without any key: labels, header and plan, file key slot, manifest. Pure.

use ferry_core::envelope::file_slot::FileKeySlot;
use ferry_core::envelope::header::Header;
use ferry_core::envelope::manifest;
use ferry_core::plan::Plan;
use ferry_core::wire::{MAX_LABEL_BYTES, MAX_MANIFEST_BYTES};
use uuid::Uuid;

use super::{UploadError, UploadResult};

const MAX_CLIENT_BYTES: usize = 200;

fn refuse(what: &str) -> UploadError {
    UploadError::Invalid(what.to_owned())
}

/// A label of a file.
pub(super) fn require_filename(label: &str) -> UploadResult<()> {
    if label.is_empty() {
        Err(refuse("filename is empty"))
    } else {
        require_label(label)
    }
}

/// A label of a folder; the top has an empty one.
pub(super) fn require_label(label: &str) -> UploadResult<()> {
    if label.len() > MAX_LABEL_BYTES {
        return Err(UploadError::Invalid(format!(
            "a label has more than {MAX_LABEL_BYTES} bytes"
        )));
    }
    if label.contains('\0') {
        Err(refuse("a label holds a NUL"))
    } else {
        Ok(())
    }
}

/// What a client calls itself.
pub(super) fn require_client(client: Option<&str>) -> UploadResult<()> {
    match client {
        Some(text) if text.len() > MAX_CLIENT_BYTES || text.contains('\0') => {
            Err(refuse("client is too long"))
        }
        _ => Ok(()),
    }
}

/// A file's header.
pub(super) fn require_header(bytes: &[u8], file_id: Uuid) -> UploadResult<Header> {
    Header::parse_for(bytes, &file_id).map_err(|error| UploadError::Invalid(error.to_string()))
}

/// A file key slot, as far as it shows: the id of the account key that sealed it.
pub(super) fn require_file_key(bytes: &[u8]) -> UploadResult<[u8; 16]> {
    let slot = FileKeySlot::parse(bytes)
        .map_err(|_| refuse("file_key is no file key slot of a known version"))?;
    Ok(slot.account_id())
}

/// A sealed manifest with this sequence number.
pub(super) fn require_manifest(bytes: &[u8], seq: u32) -> UploadResult<()> {
    if bytes.len() > MAX_MANIFEST_BYTES {
        let limit_bytes = u64::try_from(MAX_MANIFEST_BYTES).unwrap_or(u64::MAX);
        return Err(UploadError::BodyTooLarge { limit_bytes });
    }
    if !manifest::is_possible_length(bytes.len()) {
        return Err(refuse("manifest has a length that no sealed manifest has"));
    }
    if bytes.starts_with(&seq.to_be_bytes()) {
        Ok(())
    } else {
        Err(refuse("manifest holds another manifest_seq"))
    }
}

/// Plaintext bytes of the last part, if the plan cuts `size_bytes` into `total_parts`.
pub(super) fn last_part_len(
    header: &Header,
    size_bytes: u64,
    total_parts: u32,
) -> UploadResult<u32> {
    let plan = Plan::new(header.plan(), size_bytes)
        .map_err(|error| UploadError::Invalid(error.to_string()))?;
    if plan.part_count() != total_parts {
        return Err(UploadError::Invalid(format!(
            "the plan gives {} parts",
            plan.part_count()
        )));
    }
    let last = plan
        .part(total_parts)
        .ok_or_else(|| refuse("the plan is empty"))?;
    Ok(last.len_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifest_is_checked_without_a_key() {
        let mut manifest = vec![0; 32 + 256];
        assert!(require_manifest(&manifest, 0).is_ok());
        assert!(require_manifest(&manifest, 1).is_err());
        manifest.push(0);
        assert!(require_manifest(&manifest, 0).is_err());
        assert!(require_manifest(&manifest[..32], 0).is_err());
        assert!(require_manifest(&[], 0).is_err());
        let large = vec![0; MAX_MANIFEST_BYTES + 1];
        assert!(matches!(
            require_manifest(&large, 0),
            Err(UploadError::BodyTooLarge {
                limit_bytes: 65_536
            })
        ));
    }

    #[test]
    fn labels_have_a_length_and_no_nul() {
        assert!(require_filename("a").is_ok());
        assert!(require_filename("").is_err());
        assert!(require_label("").is_ok());
        assert!(require_label("a\0").is_err());
        assert!(require_label(&"é".repeat(128)).is_err());
    }
}
