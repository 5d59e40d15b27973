//! Which filesystem a path is on, told so that it is found again wherever it is mounted next time.
//!
//! In this order: a `.ferry-volume-id` file in the path or above it, the filesystem's UUID from `/dev/disk/by-uuid`,
//! and, where neither exists (containers, overlays), the device and its mount point, with a notice.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt as _, ffi::OsStringExt as _, fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use crate::path::VolumeId;

/// A file with this name gives the directory that it lies in a name of its own.
pub const ID_FILE: &str = ".ferry-volume-id";

/// Where a path is, independent of mount points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Its filesystem.
    pub volume: VolumeId,
    /// Below the filesystem's top; empty is the top.
    pub path: Vec<u8>,
}

impl Located {
    /// Whether moving the mount point would make it unknown.
    pub fn is_bound_to_mount_point(&self) -> bool {
        self.volume.0.starts_with("dev:")
    }
}

/// A line of `/proc/self/mountinfo`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mount {
    device: String,
    /// What of the filesystem is mounted: `/`, or a directory of it in a bind mount.
    root: PathBuf,
    at: PathBuf,
    kind: String,
    source: String,
}

/// Where an existing directory is.
pub fn locate(directory: &Path) -> io::Result<Located> {
    let whole = fs::canonicalize(directory)?;
    let device = fs::metadata(&whole)?.dev();
    if let Some((name, below)) = named_by_file(&whole, device) {
        return Ok(Located {
            volume: VolumeId(format!("id:{name}")),
            path: below,
        });
    }
    let mounts = mounts();
    let holds = |mount: &&Mount| whole.starts_with(&mount.at);
    let mount = mounts
        .iter()
        .filter(holds)
        .max_by_key(|mount| mount.at.as_os_str().len());
    let Some(mount) = mount else {
        return Ok(Located {
            volume: VolumeId(format!("dev:{device}")),
            path: without_slash(&whole),
        });
    };
    let below = whole.strip_prefix(&mount.at).unwrap_or(&whole);
    let uuid = uuids().into_iter().find(|(_, of)| *of == mount.device);
    let volume = match uuid {
        Some((uuid, _)) => format!("uuid:{uuid}"),
        None => format!("dev:{}:{}@{}", mount.kind, mount.source, mount.at.display()),
    };
    let path = match volume.starts_with("uuid:") {
        true => without_slash(&mount.root.join(below)),
        false => without_slash(below),
    };
    Ok(Located {
        volume: VolumeId(volume),
        path,
    })
}

/// Where a directory is now: where it was seen last, or wherever its filesystem is mounted.
pub fn find(wanted: &Located, seen_at: &Path) -> Option<PathBuf> {
    let is_it = |path: &Path| path.is_dir() && locate(path).is_ok_and(|found| found == *wanted);
    if is_it(seen_at) {
        return Some(seen_at.to_owned());
    }
    let below = PathBuf::from(std::ffi::OsString::from_vec(wanted.path.clone()));
    mounts().into_iter().find_map(|mount| {
        let inside = Path::new("/").join(&below);
        let of_root = inside.strip_prefix(&mount.root).ok()?;
        [mount.at.join(of_root), mount.at.join(&below)]
            .into_iter()
            .find(|path| is_it(path))
    })
}

fn without_slash(path: &Path) -> Vec<u8> {
    let bytes = path.as_os_str().as_bytes();
    bytes.strip_prefix(b"/").unwrap_or(bytes).to_vec()
}

/// The nearest `.ferry-volume-id` on the same filesystem, and the path below its directory.
fn named_by_file(whole: &Path, device: u64) -> Option<(String, Vec<u8>)> {
    let same_device = |path: &&Path| fs::metadata(path).is_ok_and(|meta| meta.dev() == device);
    whole.ancestors().take_while(same_device).find_map(|above| {
        let name = fs::read_to_string(above.join(ID_FILE)).ok()?;
        let name = name.trim();
        let plain = !name.is_empty()
            && name.len() <= 128
            && name.chars().all(|letter| letter.is_ascii_graphic());
        plain.then(|| {
            (
                name.to_owned(),
                without_slash(whole.strip_prefix(above).unwrap_or(whole)),
            )
        })
    })
}

/// UUIDs of filesystems, each with its device as mountinfo writes it.
fn uuids() -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir("/dev/disk/by-uuid") else {
        return Vec::new();
    };
    let device_of = |entry: fs::DirEntry| {
        let device = fs::metadata(entry.path()).ok()?.rdev();
        let name = entry.file_name().into_string().ok()?;
        Some((
            name,
            format!(
                "{}:{}",
                rustix::fs::major(device),
                rustix::fs::minor(device)
            ),
        ))
    };
    entries
        .filter_map(Result::ok)
        .filter_map(device_of)
        .collect()
}

fn mounts() -> Vec<Mount> {
    let text = fs::read("/proc/self/mountinfo").unwrap_or_default();
    text.split(|byte| *byte == b'\n')
        .filter_map(mount_of)
        .collect()
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, see proc(5).
fn mount_of(line: &[u8]) -> Option<Mount> {
    let words: Vec<&[u8]> = line.split(|byte| *byte == b' ').collect();
    let dash = words.iter().position(|word| *word == b"-")?;
    let text = |word: &&[u8]| String::from_utf8_lossy(word).into_owned();
    Some(Mount {
        device: words.get(2).map(text)?,
        root: unescaped(words.get(3)?),
        at: unescaped(words.get(4)?),
        kind: words.get(dash + 1).map(text)?,
        source: words.get(dash + 2).map(text)?,
    })
}

/// Space, tab, newline and backslash are written as three octal digits.
fn unescaped(word: &[u8]) -> PathBuf {
    let mut plain = Vec::with_capacity(word.len());
    let mut rest = word;
    while let Some((first, after)) = rest.split_first() {
        let octal = after.get(..3).filter(|_| *first == b'\\');
        let byte =
            octal.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        plain.push(byte.unwrap_or(*first));
        rest = match byte {
            Some(_) => after.get(3..).unwrap_or_default(),
            None => after,
        };
    }
    PathBuf::from(std::ffi::OsString::from_vec(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_mountinfo_is_read_with_its_escapes() {
        let mount =
            mount_of(b"36 35 98:0 /sub /mnt/my\\040disk rw master:1 - ext4 /dev/sdb1 rw").unwrap();
        assert_eq!(mount.at, Path::new("/mnt/my disk"));
        assert_eq!(
            (mount.device.as_str(), mount.root.as_path()),
            ("98:0", Path::new("/sub"))
        );
        assert_eq!(
            (mount.kind.as_str(), mount.source.as_str()),
            ("ext4", "/dev/sdb1")
        );
    }

    #[test]
    fn a_directory_with_a_name_of_its_own_is_known_wherever_it_is() {
        let top = tempfile::tempdir().unwrap();
        let (old, new) = (top.path().join("old"), top.path().join("new"));
        fs::create_dir_all(old.join("photos")).unwrap();
        fs::write(old.join(ID_FILE), "backup-7\n").unwrap();
        let before = locate(&old.join("photos")).unwrap();
        assert_eq!(
            (before.volume.0.as_str(), before.path.as_slice()),
            ("id:backup-7", &b"photos"[..])
        );
        fs::rename(&old, &new).unwrap();
        assert_eq!(locate(&new.join("photos")).unwrap(), before);
        assert_eq!(find(&before, &new.join("photos")), Some(new.join("photos")));
        assert_eq!(find(&before, &old.join("photos")), None);
    }
}
