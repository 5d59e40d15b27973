//! What the server sees in place of names and content hashes: keyed, so that no one else can confirm a guess.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use unicode_normalization::UnicodeNormalization as _;

use super::keys::{FingerprintKey, NameKey};
use crate::{digest::hmac_sha256, wire::MAX_LABEL_BYTES};

/// First character of every opaque label.
const OPAQUE: char = '~';

/// Why a text cannot be its own label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// More than [`MAX_LABEL_BYTES`].
    #[error("a clear label has at most {MAX_LABEL_BYTES} bytes")]
    TooLong,
    /// It would look like an opaque one.
    #[error("a clear label cannot begin with ~")]
    LooksOpaque,
}

/// The label of a file's name: `"~" base64url(HMAC-SHA-256(name key, NFC(text)))`.
pub fn opaque(key: &NameKey, text: &str) -> String {
    let normal: String = text.nfc().collect();
    let mut label = String::from(OPAQUE);
    URL_SAFE_NO_PAD.encode_string(hmac_sha256(key.expose(), &[normal.as_bytes()]), &mut label);
    label
}

/// The label of a folder; the top one has the empty label.
pub fn opaque_folder(key: &NameKey, path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        opaque(key, path)
    }
}

/// The label that a user chose to leave readable.
pub fn clear(text: &str) -> Result<String, LabelError> {
    let normal: String = text.nfc().collect();
    match normal {
        long if long.len() > MAX_LABEL_BYTES => Err(LabelError::TooLong),
        looks_opaque if looks_opaque.starts_with(OPAQUE) => Err(LabelError::LooksOpaque),
        label => Ok(label),
    }
}

/// Only the account's keys make one, so it proves that the owner gave this name. A clear one proves nothing: anyone who can
/// guess a name can show it.
pub fn is_opaque(label: &str) -> bool {
    label.starts_with(OPAQUE)
}

/// Whether a manifest's text is what this label stands for: a reader asks before it fetches. The empty label is the top
/// folder's.
pub fn stands_for(label: &str, key: &NameKey, text: &str) -> bool {
    if is_opaque(label) {
        label == opaque(key, text)
    } else {
        text.nfc().eq(label.chars())
    }
}

/// Finds an equal file of the same user under any name.
pub fn fingerprint(key: &FingerprintKey, sha256: &[u8; 32]) -> [u8; 32] {
    hmac_sha256(key.expose(), &[sha256])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> NameKey {
        NameKey::from_bytes(&[1; 32])
    }

    #[test]
    fn an_opaque_label_hides_the_name_and_depends_on_the_key() {
        let label = opaque(&key(), "tax return 2025.pdf");
        assert_eq!(label.len(), 44);
        assert!(label.starts_with('~') && !label.contains("tax"));
        assert_ne!(
            label,
            opaque(&NameKey::from_bytes(&[2; 32]), "tax return 2025.pdf")
        );
        assert_eq!(opaque(&key(), "A\u{30a}"), opaque(&key(), "\u{c5}"));
    }

    #[test]
    fn a_label_stands_for_its_own_text_only() {
        let label = opaque(&key(), "a");
        assert!(stands_for(&label, &key(), "a"));
        assert!(!stands_for(&label, &key(), "b"));
        assert!(!stands_for(&label, &NameKey::from_bytes(&[2; 32]), "a"));
        assert!(stands_for(&clear("A\u{30a}").unwrap(), &key(), "\u{c5}"));
        assert!(!stands_for("a", &key(), "b"));
        assert!(!stands_for("~a", &key(), "~a"));
    }

    #[test]
    fn the_top_folder_has_the_empty_label() {
        assert_eq!(opaque_folder(&key(), ""), "");
        assert_eq!(opaque_folder(&key(), "a/b"), opaque(&key(), "a/b"));
    }

    #[test]
    fn clear_labels_are_short_and_never_look_opaque() {
        assert_eq!(clear("notes.txt").unwrap(), "notes.txt");
        assert_eq!(clear("~notes"), Err(LabelError::LooksOpaque));
        assert_eq!(clear(&"x".repeat(256)), Err(LabelError::TooLong));
        assert!(clear(&"x".repeat(255)).is_ok());
    }

    #[test]
    fn a_fingerprint_is_not_the_hash_and_depends_on_the_key() {
        let one = fingerprint(&FingerprintKey::from_bytes(&[1; 32]), &[7; 32]);
        assert_ne!(one, [7; 32]);
        assert_ne!(
            one,
            fingerprint(&FingerprintKey::from_bytes(&[2; 32]), &[7; 32])
        );
        assert_ne!(
            one,
            fingerprint(&FingerprintKey::from_bytes(&[1; 32]), &[8; 32])
        );
    }
}
