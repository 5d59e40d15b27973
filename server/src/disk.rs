//! Room on the disks of this machine.

use std::path::Path;

/// Bytes that are free on the disk of this folder; none where it cannot be asked. It waits for the disk.
#[expect(
    clippy::useless_conversion,
    reason = "the counts are narrower on other systems"
)]
pub(crate) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    Some(u64::from(disk.blocks_available()).saturating_mul(u64::from(disk.fragment_size())))
}
