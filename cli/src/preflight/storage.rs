//! The filesystem and the disk below a path, without touching a byte of it.

use std::path::{Path, PathBuf};

use sysinfo::{DiskRefreshKind, Disks};

/// What a disk is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiskKind {
    /// Platters that turn: one reader at a time.
    Rotational,
    /// Flash.
    SolidState,
    /// Another machine's.
    Network,
    /// Memory.
    Memory,
}

/// Each is absent where the platform does not say.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, schemars::JsonSchema)]
pub struct Storage {
    /// As it was named.
    pub path: String,
    /// Where the filesystem is mounted.
    pub mount_point: Option<String>,
    /// The device, as the system names it.
    pub device: Option<String>,
    /// `ext4`, `xfs`, `ntfs`.
    pub filesystem: Option<String>,
    /// What it is made of.
    pub kind: Option<DiskKind>,
    /// Its size.
    pub total_bytes: Option<u64>,
    /// What this user may still write.
    pub free_bytes: Option<u64>,
    /// Whether it is mounted read-only.
    pub read_only: Option<bool>,
}

impl Storage {
    /// Looks at what is below `path`, or below the nearest directory of it that exists.
    pub fn of(path: &Path) -> Self {
        let shown = crate::path::shown(path.as_os_str().as_encoded_bytes());
        let there = existing(path);
        let disks = Disks::new_with_refreshed_list_specifics(
            DiskRefreshKind::nothing().with_storage().with_kind(),
        );
        let below = disks
            .iter()
            .flat_map(|disks| disks.into_iter())
            .filter(|disk| there.starts_with(disk.mount_point()))
            .max_by_key(|disk| disk.mount_point().as_os_str().len());
        let mut storage = Self {
            path: shown,
            ..Self::default()
        };
        if let Some(disk) = below {
            let filesystem = disk.file_system().to_string_lossy().into_owned();
            let device = disk.name().to_string_lossy();
            let told = (!is_virtual(&device)).then(|| disk.kind());
            storage.kind = kind(&filesystem, told).or_else(|| rotational(&there));
            storage.mount_point = Some(disk.mount_point().display().to_string());
            storage.device = Some(disk.name().to_string_lossy().into_owned());
            storage.filesystem = Some(filesystem);
            storage.read_only = Some(disk.is_read_only());
            storage.total_bytes = Some(disk.total_space());
            storage.free_bytes = Some(disk.available_space());
        }
        storage.ask_system(&there);
        storage
    }

    /// The kernel's own word on the very path goes before the list of disks, which leaves some out.
    #[cfg(unix)]
    fn ask_system(&mut self, path: &Path) {
        if let Ok(answer) = rustix::fs::statvfs(path) {
            self.total_bytes = Some(answer.f_blocks.saturating_mul(answer.f_frsize));
            self.free_bytes = Some(answer.f_bavail.saturating_mul(answer.f_frsize));
            let read_only = rustix::fs::StatVfsMountFlags::RDONLY;
            self.read_only = Some(answer.f_flag.contains(read_only));
        }
    }

    #[cfg(not(unix))]
    fn ask_system(&mut self, _path: &Path) {}

    /// Whether one sequential reader is faster than several.
    pub fn wants_one_reader(&self) -> bool {
        self.kind == Some(DiskKind::Rotational)
    }
}

/// The path itself, or the nearest directory above it that exists, without links.
pub(super) fn existing(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute
        .ancestors()
        .find_map(|above| above.canonicalize().ok())
        .unwrap_or(absolute)
}

/// Disks of virtual machines say that they turn, whatever is behind them.
pub(super) fn is_virtual(device: &str) -> bool {
    let name = device.rsplit('/').next().unwrap_or(device);
    ["vd", "xvd", "nbd", "loop"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn kind(filesystem: &str, disk: Option<sysinfo::DiskKind>) -> Option<DiskKind> {
    match filesystem {
        "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "sshfs" | "fuse.sshfs" | "9p" | "afpfs"
        | "ceph" | "glusterfs" => Some(DiskKind::Network),
        "tmpfs" | "ramfs" => Some(DiskKind::Memory),
        _ => match disk {
            Some(sysinfo::DiskKind::HDD) => Some(DiskKind::Rotational),
            Some(sysinfo::DiskKind::SSD) => Some(DiskKind::SolidState),
            Some(sysinfo::DiskKind::Unknown(_)) | None => None,
        },
    }
}

/// Linux says by device number what sysinfo only finds by device name.
#[cfg(target_os = "linux")]
fn rotational(path: &Path) -> Option<DiskKind> {
    use std::os::unix::fs::MetadataExt;
    let device = path.metadata().ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let block = PathBuf::from(format!("/sys/dev/block/{major}:{minor}"))
        .canonicalize()
        .ok()?;
    if is_virtual(&block.to_string_lossy()) {
        return None;
    }
    // a partition has no queue of its own, its disk is the directory above
    let answers = [block.as_path(), block.parent()?];
    let answer = answers
        .iter()
        .find_map(|place| std::fs::read_to_string(place.join("queue/rotational")).ok())?;
    match answer.trim() {
        "1" => Some(DiskKind::Rotational),
        "0" => Some(DiskKind::SolidState),
        _ => None,
    }
}

#[cfg(not(target_os = "linux"))]
fn rotational(_path: &Path) -> Option<DiskKind> {
    None
}
