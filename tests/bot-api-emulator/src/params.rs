//! Parameters of a call, from its query, a form or JSON. Multipart bodies are read elsewhere and end up here too.

use serde_json::Value;

/// Names and texts in the order they came; the first of a name counts, as in the real server.
#[derive(Debug, Default, Clone)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// From `a=b&c=d`, percent-encoded.
    pub(crate) fn add_encoded(&mut self, encoded: &[u8]) {
        let pairs = form_urlencoded::parse(encoded);
        self.0
            .extend(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
    }

    /// From a JSON object: strings as they are, other values as their JSON text. False when it is no object.
    pub(crate) fn add_json(&mut self, json: &[u8]) -> bool {
        let Ok(Value::Object(fields)) = serde_json::from_slice(json) else {
            return false;
        };
        self.0.extend(fields.into_iter().map(|(name, value)| {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            (name, text)
        }));
        true
    }

    pub(crate) fn add(&mut self, name: String, value: String) {
        self.0.push((name, value));
    }

    /// The value, or an empty text.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A number; what is none counts as 0, as in the real server.
    pub(crate) fn integer(&self, name: &str) -> i64 {
        self.text(name).trim().parse().unwrap_or(0)
    }

    /// Bytes of all names and values.
    pub(crate) fn size(&self) -> usize {
        self.0
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum()
    }
}
