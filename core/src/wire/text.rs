//! The enums of the wire as plain text, for what is not JSON: a header, a column, a log line. Each is spelled as serde
//! spells it, so that a name stands in one place.

use std::fmt;
use std::str::FromStr;

use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};

use super::{
    BotChatState, BotSource, BotState, ChatState, Compression, KeySlotKind, PartState, Role, Scope,
    UploadStatus,
};

/// A text that is none of an enum's names; it says which ones there are.
pub type UnknownName = serde::de::value::Error;

/// Gives each of these enums a `Display` and a `FromStr` that are the other's inverse.
macro_rules! spelled_as_in_json {
    ($($name:ident),+ $(,)?) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.serialize(f)
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::deserialize(text.into_deserializer())
            }
        }
    )+};
}

spelled_as_in_json!(
    BotChatState,
    BotSource,
    BotState,
    ChatState,
    Compression,
    KeySlotKind,
    PartState,
    Role,
    Scope,
    UploadStatus,
);

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn a_name_is_the_same_in_json_and_in_text_and_is_read_back() {
        for scope in Scope::VARIANTS {
            let json = serde_json::to_value(scope).unwrap();
            assert_eq!(json, scope.to_string());
            assert_eq!(scope.to_string().parse(), Ok(*scope));
        }
        assert_eq!(Compression::DeflateRaw.to_string(), "deflate-raw");
        assert_eq!(BotState::LoggedOut.to_string(), "logged_out");
    }

    #[test]
    fn another_name_is_refused_with_those_there_are() {
        let refused = "Deflate".parse::<Compression>().unwrap_err();
        let words = refused.to_string();
        for expected in ["Deflate", "none", "deflate-raw"] {
            assert!(words.contains(expected), "{words}");
        }
    }
}
