//! Checksums from text: lines of `sha256sum`, `b3sum` and `hashdeep`. Such a list has no times, so a value is taken over
//! only of a file that was neither changed nor copied there after the list was written.

use std::{
    collections::HashMap,
    ffi::OsStr,
    fs::{self, File},
    io::{BufRead as _, BufReader},
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use super::{Import, unreadable};
use crate::{
    engine::{hasher::Checksum, volume},
    job::{JobError, Side, cache::Key, roots},
    settings::Algorithm,
};

/// A line that was understood.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    algorithm: Algorithm,
    value: Checksum,
    path: Vec<u8>,
    size_bytes: Option<u64>,
}

/// `HEX  path`, `HEX *path`, `\HEX  path` with escapes, and `SHA256 (path) = HEX`.
pub(super) fn read_sums(
    from: &Path,
    algorithm: Algorithm,
    import: &mut Import<'_, '_>,
) -> Result<(), JobError> {
    read_lines(from, import, |line| sum_line(line, algorithm))
}

/// `size,md5,sha256,path` under a header that says which columns there are.
pub(super) fn read_hashdeep(from: &Path, import: &mut Import<'_, '_>) -> Result<(), JobError> {
    let mut columns: Vec<Vec<u8>> = Vec::new();
    read_lines(from, import, |line| {
        if let Some(header) = line.strip_prefix(b"%%%% ") {
            columns = header
                .split(|byte| *byte == b',')
                .map(<[u8]>::to_vec)
                .collect();
            return None;
        }
        hashdeep_line(line, &columns)
    })
}

/// The first line that is understood has to come within this many, else it is no such list.
const TRIED_LINES: u64 = 100;

fn read_lines(
    from: &Path,
    import: &mut Import<'_, '_>,
    mut understand: impl FnMut(&[u8]) -> Option<Line>,
) -> Result<(), JobError> {
    let file = File::open(from).map_err(unreadable(from))?;
    let made_ns = file
        .metadata()
        .map(|meta| mtime_ns(&meta))
        .map_err(unreadable(from))?;
    let base = fs::canonicalize(from.parent().unwrap_or(Path::new(".")))
        .or_else(|_| fs::canonicalize("."))
        .map_err(unreadable(from))?;
    let mut places = Places::new(import)?;
    let mut reader = BufReader::new(file);
    let (mut line, mut read, mut understood) = (Vec::new(), 0_u64, false);
    while !import.work.stop.is_asked() {
        line.clear();
        let count = reader
            .read_until(b'\n', &mut line)
            .map_err(unreadable(from))?;
        if count == 0 {
            break;
        }
        read += 1;
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        match understand(text.strip_suffix(b"\r").unwrap_or(text)) {
            Some(found) => {
                understood = true;
                match places.key_of(&base, &found, made_ns) {
                    Some(key) => import.take(key, found.value)?,
                    None => import.skip(),
                }
            }
            None if !understood && read >= TRIED_LINES => break,
            None => {}
        }
    }
    match understood {
        true => Ok(()),
        false => Err(JobError::NoChecksums(from.to_owned())),
    }
}

/// When anything about the file changed last; nobody can set it.
fn ctime_ns(meta: &fs::Metadata) -> i64 {
    meta.ctime()
        .saturating_mul(1_000_000_000)
        .saturating_add(meta.ctime_nsec())
}

fn mtime_ns(meta: &fs::Metadata) -> i64 {
    meta.mtime()
        .saturating_mul(1_000_000_000)
        .saturating_add(meta.mtime_nsec())
}

/// Where files are, as the cache knows them: below a root of the job, else below their own directory.
struct Places {
    roots: Vec<(PathBuf, volume::Located)>,
    directories: HashMap<PathBuf, Option<volume::Located>>,
    /// The directory of the line before, as listed and without links: lists go directory by directory.
    last: (PathBuf, PathBuf),
}

impl Places {
    fn new(import: &Import<'_, '_>) -> Result<Self, JobError> {
        let reader = import.work.job.read()?;
        let mut known = Vec::new();
        for side in [Side::Source, Side::Destination, Side::Pool] {
            known.extend(
                roots::of_side(&reader, side)?
                    .into_iter()
                    .map(|root| (root.seen_at, root.located)),
            );
        }
        known.sort_by_key(|(path, _)| std::cmp::Reverse(path.as_os_str().len()));
        Ok(Places {
            roots: known,
            directories: HashMap::new(),
            last: Default::default(),
        })
    }

    /// None: it is not there, has another size, or changed or was copied there after the list was made.
    fn key_of(&mut self, base: &Path, line: &Line, made_ns: i64) -> Option<Key> {
        let file = base.join(OsStr::from_bytes(&line.path));
        let meta = fs::symlink_metadata(&file).ok()?;
        let same = meta.is_file()
            && line.size_bytes.is_none_or(|size| size == meta.size())
            // in the same tick of the clock nobody knows which was first
            && mtime_ns(&meta) < made_ns
            // a copy that kept its times was made later than they say, and nobody read it since
            && ctime_ns(&meta) < made_ns;
        if !same {
            return None;
        }
        let listed = file.parent()?;
        if self.last.0 != listed {
            self.last = (listed.to_owned(), listed.canonicalize().ok()?);
        }
        let directory = self.last.1.clone();
        let whole = directory.join(file.file_name()?);
        let (top, located) = match self.roots.iter().find(|(top, _)| whole.starts_with(top)) {
            Some((top, located)) => (top.clone(), located.clone()),
            None => {
                let located = self
                    .directories
                    .entry(directory.clone())
                    .or_insert_with(|| volume::locate(&directory).ok());
                (directory, located.clone()?)
            }
        };
        let below = crate::path::RelativePath::from_path(whole.strip_prefix(top).ok()?).ok()?;
        Some(Key::of(
            &located,
            &below,
            meta.size(),
            mtime_ns(&meta),
            line.algorithm,
        ))
    }
}

fn sum_line(line: &[u8], algorithm: Algorithm) -> Option<Line> {
    for (tag, algorithm) in [
        (&b"SHA256 ("[..], Algorithm::Sha256),
        (&b"BLAKE3 ("[..], Algorithm::Blake3),
    ] {
        if let Some(rest) = line.strip_prefix(tag) {
            let cut = rest.windows(4).rposition(|four| four == b") = ")?;
            return Some(Line {
                algorithm,
                value: checksum(rest.get(cut + 4..)?)?,
                path: rest.get(..cut)?.to_vec(),
                size_bytes: None,
            });
        }
    }
    let (escaped, line) = match line.strip_prefix(b"\\") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (value, rest) = line.split_at_checked(64)?;
    let name = rest
        .strip_prefix(b"  ")
        .or_else(|| rest.strip_prefix(b" *"))
        .filter(|name| !name.is_empty())?;
    Some(Line {
        algorithm,
        value: checksum(value)?,
        path: if escaped {
            unescaped(name)
        } else {
            name.to_vec()
        },
        size_bytes: None,
    })
}

fn hashdeep_line(line: &[u8], columns: &[Vec<u8>]) -> Option<Line> {
    // the path is last and may have commas of its own
    let fields: Vec<&[u8]> = line
        .splitn(columns.len().max(1), |byte| *byte == b',')
        .collect();
    let of = |name: &[u8]| {
        let at = columns.iter().position(|column| column == name)?;
        fields.get(at).copied()
    };
    Some(Line {
        algorithm: Algorithm::Sha256,
        value: checksum(of(b"sha256")?)?,
        path: of(b"filename")?.to_vec(),
        size_bytes: std::str::from_utf8(of(b"size")?).ok()?.parse().ok(),
    })
}

fn checksum(hex: &[u8]) -> Option<Checksum> {
    let text = std::str::from_utf8(hex).ok()?;
    if text.len() != 64 {
        return None;
    }
    let mut value = [0; 32];
    for (byte, at) in value.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(value)
}

/// `\n`, `\r` and `\\`, as GNU coreutils write them.
fn unescaped(name: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(name.len());
    let mut bytes = name.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => plain.push(match bytes.next() {
                Some(b'n') => b'\n',
                Some(b'r') => b'\r',
                Some(other) => *other,
                None => b'\\',
            }),
            other => plain.push(*other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

    fn line(text: &str) -> Option<Line> {
        sum_line(text.as_bytes(), Algorithm::Sha256)
    }

    #[test]
    fn r57_lines_of_every_tool_are_understood() {
        let path = |text: &str| line(text).map(|line| String::from_utf8(line.path).unwrap());
        assert_eq!(path(&format!("{HEX}  a b")).as_deref(), Some("a b"));
        assert_eq!(path(&format!("{HEX} *a")).as_deref(), Some("a"));
        assert_eq!(
            path(&format!("\\{HEX}  a\\nb\\\\c")).as_deref(),
            Some("a\nb\\c")
        );
        let tagged = line(&format!("BLAKE3 (a (1)) = {HEX}")).unwrap();
        assert_eq!(
            (tagged.algorithm, tagged.path.as_slice()),
            (Algorithm::Blake3, &b"a (1)"[..])
        );
        let columns: Vec<Vec<u8>> = ["size", "md5", "sha256", "filename"]
            .map(|name| name.as_bytes().to_vec())
            .to_vec();
        let deep = hashdeep_line(format!("12,00,{HEX},/a,b").as_bytes(), &columns).unwrap();
        assert_eq!(
            (deep.size_bytes, deep.path.as_slice()),
            (Some(12), &b"/a,b"[..])
        );
        for bad in [
            "",
            "hello",
            &HEX[1..],
            &format!("{HEX} a"),
            &format!("{HEX}  "),
        ] {
            assert_eq!(line(bad), None, "{bad}");
        }
    }
}
