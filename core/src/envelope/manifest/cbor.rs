//! The manifest's CBOR map. Unknown, repeated and missing keys are refused, and so is anything after the map.

use std::num::NonZeroU32;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{About, Content, Manifest};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Map {
    name: String,
    path: String,
    #[serde(rename = "type")]
    media_type: String,
    modified: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sha256: Option<Bytes32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parts_root: Option<Bytes32>,
}

/// The map of a manifest.
pub(super) fn encode(manifest: &Manifest) -> Vec<u8> {
    let about = manifest.about().clone();
    let content = manifest.content();
    let map = Map {
        name: about.name,
        path: about.path,
        media_type: about.media_type,
        modified: about.modified_ms,
        size: content.map(|content| content.size_bytes),
        parts: content.map(|content| content.part_count),
        sha256: content.map(|content| Bytes32(content.sha256)),
        parts_root: content.map(|content| Bytes32(content.parts_root)),
    };
    let mut bytes = Vec::new();
    #[expect(
        clippy::expect_used,
        reason = "texts, numbers and bytes into memory cannot fail"
    )]
    ciborium::into_writer(&map, &mut bytes).expect("a map of plain values");
    bytes
}

/// The manifest of a map: number 0 has no content, every other has all of it.
pub(super) fn decode(seq: u32, mut bytes: &[u8]) -> Option<Manifest> {
    let map: Map = ciborium::from_reader(&mut bytes).ok()?;
    if !bytes.is_empty() {
        return None;
    }
    let about = About {
        name: map.name,
        path: map.path,
        media_type: map.media_type,
        modified_ms: map.modified,
    };
    match (
        NonZeroU32::new(seq),
        map.size,
        map.parts,
        map.sha256,
        map.parts_root,
    ) {
        (None, None, None, None, None) => Some(Manifest::Started(about)),
        (Some(seq), Some(size_bytes), Some(part_count), Some(sha256), Some(parts_root)) => {
            let content = Content {
                size_bytes,
                part_count,
                sha256: sha256.0,
                parts_root: parts_root.0,
            };
            Some(Manifest::Complete {
                seq,
                about,
                content,
            })
        }
        _ => None,
    }
}

/// A CBOR byte string of 32.
struct Bytes32([u8; 32]);

impl Serialize for Bytes32 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes32 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Bytes32;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("32 bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes32, E> {
                bytes
                    .try_into()
                    .map(Bytes32)
                    .map_err(|_| E::invalid_length(bytes.len(), &self))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}
