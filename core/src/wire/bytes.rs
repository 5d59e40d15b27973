//! Byte strings in JSON and headers: base64url without padding, length checked where they enter.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// `N` bytes, base64url without padding in text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct B64<const N: usize>(pub [u8; N]);

/// Bytes of any length, base64url without padding in text.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Bytes64(pub Vec<u8>);

/// The text was not base64url without padding, or had another length than asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("expected {expected} in base64url without padding")]
pub struct NotBytes {
    expected: &'static str,
}

impl<const N: usize> std::str::FromStr for B64<N> {
    type Err = NotBytes;
    fn from_str(text: &str) -> Result<Self, NotBytes> {
        let refuse = || NotBytes {
            expected: "a byte string of fixed length",
        };
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| refuse())?;
        bytes.try_into().map(B64).map_err(|_| refuse())
    }
}

impl std::str::FromStr for Bytes64 {
    type Err = NotBytes;
    fn from_str(text: &str) -> Result<Self, NotBytes> {
        URL_SAFE_NO_PAD
            .decode(text)
            .map(Bytes64)
            .map_err(|_| NotBytes {
                expected: "a byte string",
            })
    }
}

impl<const N: usize> std::fmt::Display for B64<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::fmt::Display for Bytes64 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(&self.0))
    }
}

impl<const N: usize> std::fmt::Debug for B64<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl std::fmt::Debug for Bytes64 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl<const N: usize> Serialize for B64<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl Serialize for Bytes64 {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de, const N: usize> Deserialize<'de> for B64<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(|_| {
            D::Error::custom(format!("expected {N} bytes in base64url without padding"))
        })
    }
}

impl<'de> Deserialize<'de> for Bytes64 {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl From<Vec<u8>> for Bytes64 {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes64(bytes)
    }
}

impl<const N: usize> From<[u8; N]> for B64<N> {
    fn from(bytes: [u8; N]) -> Self {
        B64(bytes)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use super::{B64, Bytes64};
    use utoipa::{
        PartialSchema, ToSchema,
        openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
    };

    fn base64url(description: String, pattern: String) -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(description))
            .pattern(Some(pattern))
            .into()
    }

    /// Of `bytes` bytes: the last character has bits to spare, which are zero.
    fn pattern_of(bytes: usize) -> String {
        let (whole, last) = match bytes % 3 {
            1 => (bytes / 3 * 4 + 1, "[AQgw]"),
            2 => (bytes / 3 * 4 + 2, "[AEIMQUYcgkosw048]"),
            _ => (bytes / 3 * 4, ""),
        };
        format!("^[A-Za-z0-9_-]{{{whole}}}{last}$")
    }
    impl<const N: usize> PartialSchema for B64<N> {
        fn schema() -> RefOr<Schema> {
            let description = format!("{N} bytes, base64url without padding");
            base64url(description, pattern_of(N))
        }
    }
    impl<const N: usize> ToSchema for B64<N> {
        fn name() -> std::borrow::Cow<'static, str> {
            format!("Bytes{N}").into()
        }
    }
    impl PartialSchema for Bytes64 {
        fn schema() -> RefOr<Schema> {
            base64url(
                "bytes, base64url without padding".to_owned(),
                "^[A-Za-z0-9_-]*$".to_owned(),
            )
        }
    }
    impl ToSchema for Bytes64 {}
}
