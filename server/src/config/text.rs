//! How values are written: text that may look like a number, lists in one line, and secrets that are never shown.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, IntoDeserializer},
};

/// A value that is never shown.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that uses it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(value: String) -> Self {
        Secret(value)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}

/// As [`Debug`](std::fmt::Debug): what is written again is shown to a person.
impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        text(d).map(Secret)
    }
}

/// A list, or text with commas (from the environment).
pub(super) fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    d: D,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Many(Vec<String>),
        One(String),
    }
    let items = match Written::deserialize(d)? {
        Written::Many(items) => items,
        Written::One(text) => text
            .split(',')
            .map(|item| item.trim().to_owned())
            .filter(|item| !item.is_empty())
            .collect(),
    };
    let read = |item: String| T::deserialize(item.into_deserializer());
    items.into_iter().map(read).collect()
}

/// Text, also where it looks like a number or a truth value.
fn text<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Text(String),
        Truth(bool),
        Whole(i64),
        Unsigned(u64),
        Real(f64),
    }
    Ok(match Written::deserialize(d)? {
        Written::Text(text) => text,
        Written::Truth(value) => value.to_string(),
        Written::Whole(value) => value.to_string(),
        Written::Unsigned(value) => value.to_string(),
        Written::Real(value) => value.to_string(),
    })
}
