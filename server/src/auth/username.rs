//! User names: kept as written, compared as RFC 8265 says (`UsernameCaseMapped`), so that what looks the same by width,
//! case, composition or invisible characters is one name. Names of other scripts that look alike are not told apart.

use precis_profiles::{UsernameCaseMapped, precis_core::profile::Profile as _};
use unicode_normalization::UnicodeNormalization;

use super::AuthError;

const MAX_CHARS: usize = 64;

/// A name that may be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Username {
    pub(super) written: String,
    /// As it is stored and compared.
    pub(super) folded: String,
    /// As it was stored before RFC 8265.
    pub(super) lower: String,
}

impl Username {
    pub(super) fn parse(text: &str) -> Result<Self, AuthError> {
        let written = bounded(text)?;
        let lower = lower_of(&written);
        let folded = case_mapped(&lower).ok_or_else(|| {
            AuthError::Invalid(
                "a user name has letters, digits and visible ASCII signs, one space at most between its words, and \
                 each word runs in one direction"
                    .to_owned(),
            )
        })?;
        Ok(Username {
            lower,
            written,
            folded,
        })
    }
}

/// A name by which an account is looked for. Names that were registered before RFC 8265 was applied to them are found
/// as they were folded then, and first: nobody could register them since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SoughtName {
    /// Any spelling of a name gives the same: what is counted or derived goes by this.
    pub(super) folded: String,
    /// In lower case alone.
    pub(super) lower: String,
}

impl SoughtName {
    pub(super) fn parse(text: &str) -> Result<Self, AuthError> {
        let written = bounded(text)?;
        let lower = lower_of(&written);
        Ok(SoughtName {
            folded: case_mapped(&lower).unwrap_or_else(|| lower.clone()),
            lower,
        })
    }
}

fn lower_of(written: &str) -> String {
    written.to_lowercase().nfc().collect()
}

fn bounded(text: &str) -> Result<String, AuthError> {
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
    Ok(written)
}

/// Words by single spaces (RFC 8265, 3.1), each folded; none where one holds what a user name must not. They come in
/// lower case: the profile maps letter by letter and would make a final Σ another letter than `lower_of` does. So no
/// name's fold is what another name is in lower case.
fn case_mapped(lower: &str) -> Option<String> {
    let profile = UsernameCaseMapped::new();
    let words: Result<Vec<_>, _> = lower.split(' ').map(|word| profile.enforce(word)).collect();
    Some(words.ok()?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        Username::parse(text).unwrap().folded
    }

    #[test]
    fn names_that_look_the_same_are_one() {
        for (one, other) in [
            ("ALICE", "alice"),
            ("Zo\u{eb}", "ZOE\u{308}"),
            ("\u{ff21}\u{ff4c}ice", "alice"),
            ("Ada Lovelace", "ada lovelace"),
            ("\u{212b}ngstr\u{f6}m", "\u{e5}ngstr\u{f6}m"),
            (
                "\u{397}\u{3bb}\u{3b9}\u{3bf}\u{3c2}",
                "\u{3b7}\u{3bb}\u{3b9}\u{3bf}\u{3c2}",
            ),
            // A final sigma has another small letter.
            (
                "\u{39d}\u{399}\u{39a}\u{39f}\u{3a3}",
                "\u{3bd}\u{3b9}\u{3ba}\u{3bf}\u{3c2}",
            ),
        ] {
            assert_eq!(folded(one), folded(other), "{one:?} {other:?}");
        }
        assert_ne!(folded("alice"), folded("alic\u{e9}"));
    }

    #[test]
    fn names_that_look_like_others_or_like_nothing_are_refused() {
        for (text, why) in [
            ("", "nothing"),
            (" alice", "space before"),
            ("alice ", "space behind"),
            ("ada  lovelace", "two spaces"),
            ("a\u{0}b", "control"),
            ("a\nb", "line"),
            ("a\u{a0}b", "another space"),
            ("ali\u{200b}ce", "zero width"),
            ("ali\u{200d}ce", "joiner"),
            ("ali\u{ad}ce", "soft hyphen"),
            ("\u{202e}ecila", "right-to-left override"),
            ("alice\u{200e}", "left-to-right mark"),
            ("\u{2066}alice", "isolate"),
            ("alice\u{fe0f}", "variation selector"),
            ("alice\u{e0041}", "tag"),
            ("\u{fb01}n", "ligature"),
            ("\u{5d0}a", "both directions in a word"),
            ("\u{1f600}", "picture"),
            (&"x".repeat(65), "too long"),
        ] {
            assert!(Username::parse(text).is_err(), "{why}: {text:?}");
        }
        for good in [
            &"\u{e9}".repeat(64),
            "o'brien",
            "ada@example.org",
            "\u{5d0}\u{5d1}\u{5d2}",
            "\u{5f20}\u{4f1f}",
            "\u{438}\u{440}\u{438}\u{43d}\u{430}",
        ] {
            assert!(Username::parse(good).is_ok(), "{good:?}");
        }
    }

    #[test]
    fn an_earlier_name_is_sought_as_it_was_folded_then() {
        for (text, folded, lower) in [
            ("Alice", "alice", "alice"),
            ("ali\u{200d}CE", "ali\u{200d}ce", "ali\u{200d}ce"),
            ("\u{ff21}da", "ada", "\u{ff41}da"),
        ] {
            let sought = SoughtName::parse(text).unwrap();
            assert_eq!((&*sought.folded, &*sought.lower), (folded, lower));
        }
        assert!(SoughtName::parse("a\u{0}b").is_err());
    }
}
