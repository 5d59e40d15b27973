//! User names: kept as written, compared folded (NFC and lower case).

use unicode_normalization::UnicodeNormalization;

use super::AuthError;

const MAX_CHARS: usize = 64;

/// A name that may be registered or asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Username {
    pub(super) written: String,
    pub(super) folded: String,
}

impl Username {
    pub(super) fn parse(text: &str) -> Result<Self, AuthError> {
        let written: String = text.nfc().collect();
        let length = written.chars().count();
        if length == 0 || length > MAX_CHARS {
            return Err(AuthError::Invalid(format!(
                "a user name has 1 to {MAX_CHARS} characters"
            )));
        }
        if written.trim() != written || written.chars().any(char::is_control) {
            return Err(AuthError::Invalid(
                "a user name has no control characters and no space at its ends".to_owned(),
            ));
        }
        let folded = written.to_lowercase().nfc().collect();
        Ok(Username { written, folded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_fold_alike() {
        let folded = |text: &str| Username::parse(text).unwrap().folded;
        assert_eq!(folded("ALICE"), folded("alice"));
        assert_eq!(folded("Zo\u{eb}"), folded("ZOE\u{308}"));
        assert_ne!(folded("alice"), folded("alicé"));
    }

    #[test]
    fn names_that_look_like_others_or_like_nothing_are_refused() {
        for text in ["", " alice", "alice ", "a\u{0}b", "a\nb", &"x".repeat(65)] {
            assert!(Username::parse(text).is_err(), "{text:?}");
        }
        assert!(Username::parse(&"é".repeat(64)).is_ok());
    }
}
