//! Paths as bytes: a file's path below its root, and the name of the volume it is on. Nothing here touches a disk.

use std::{ffi::OsStr, fmt, os::unix::ffi::OsStrExt as _, path::Path};

/// A path below a root: bytes as the filesystem has them, `/` between names, never empty, and it cannot lead out of
/// the root.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelativePath(Box<[u8]>);

/// Why bytes are no path below a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the path {shown:?} leads outside its root or is none")]
pub struct NotBelow {
    shown: String,
}

impl RelativePath {
    /// Checked: no empty name, no `.`, no `..`, no leading slash, no NUL.
    pub fn new(bytes: &[u8]) -> Result<Self, NotBelow> {
        let bad =
            |name: &[u8]| name.is_empty() || name == b"." || name == b".." || name.contains(&0);
        if bytes.split(|byte| *byte == b'/').any(bad) {
            let shown = String::from_utf8_lossy(bytes).into_owned();
            return Err(NotBelow { shown });
        }
        Ok(RelativePath(bytes.into()))
    }

    /// From a path of this system.
    pub fn from_path(path: &Path) -> Result<Self, NotBelow> {
        Self::new(path.as_os_str().as_bytes())
    }

    /// As stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As this system's path.
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The last name.
    pub fn name(&self) -> &[u8] {
        self.0
            .rsplit(|byte| *byte == b'/')
            .next()
            .unwrap_or(&self.0)
    }

    /// All but the last name; empty for a file at the root's top.
    pub fn parent(&self) -> &[u8] {
        let cut = self.0.iter().rposition(|byte| *byte == b'/');
        cut.map_or(&[], |at| self.0.get(..at).unwrap_or(&[]))
    }

    /// A path below this one or beside it: `parent/name`.
    pub fn with_name(&self, name: &[u8]) -> Result<Self, NotBelow> {
        join(self.parent(), name).and_then(|bytes| Self::new(&bytes))
    }
}

/// `parent/name`, where an empty parent is the root.
fn join(parent: &[u8], name: &[u8]) -> Result<Vec<u8>, NotBelow> {
    if parent.is_empty() {
        return Ok(name.to_vec());
    }
    Ok([parent, b"/", name].concat())
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(&self.0))
    }
}

impl fmt::Debug for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// A path for a person's eyes: control characters and bytes that are not UTF-8 become `\xNN`, so that a name can
/// neither move the cursor nor break a line.
pub fn shown(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for letter in chunk.valid().chars() {
            if letter.is_control() {
                letter
                    .to_string()
                    .bytes()
                    .for_each(|byte| push_hex(&mut text, byte));
            } else {
                text.push(letter);
            }
        }
        chunk
            .invalid()
            .iter()
            .for_each(|byte| push_hex(&mut text, *byte));
    }
    text
}

fn push_hex(text: &mut String, byte: u8) {
    text.push_str(&format!("\\x{byte:02x}"));
}

/// A path in JSON: `path` is always readable; `path_hex` has the exact bytes when they are not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct JsonPath {
    /// The path; bytes that are not UTF-8 are shown as `\xNN`.
    pub path: String,
    /// The exact bytes in hexadecimal, only when they are not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_hex: Option<String>,
}

impl JsonPath {
    /// Of a path's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => JsonPath {
                path: text.to_owned(),
                path_hex: None,
            },
            Err(_) => JsonPath {
                path: shown(bytes),
                path_hex: Some(hex(bytes)),
            },
        }
    }
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A filesystem, wherever it is mounted: `uuid:…` (from `/dev/disk/by-uuid`), `id:…` (from a `.ferry-volume-id` file in
/// the root) or `dev:…` (device and mount point, when nothing better exists).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeId(pub String);

impl fmt::Display for VolumeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leads_outside_its_root_is_none() {
        for bad in ["", "/etc", "../x", "a/../b", "a//b", "a/", "./a", "a\0b"] {
            assert!(RelativePath::new(bad.as_bytes()).is_err(), "{bad:?}");
        }
        let path = RelativePath::new(b"a/b\xff/c..d").unwrap();
        assert_eq!(
            (path.parent(), path.name()),
            (&b"a/b\xff"[..], &b"c..d"[..])
        );
        assert_eq!(path.to_string(), "a/b\\xff/c..d");
    }

    #[test]
    fn a_name_cannot_move_the_cursor() {
        assert_eq!(shown(b"a\x1b[2Jb\nc"), "a\\x1b[2Jb\\x0ac");
    }
}
