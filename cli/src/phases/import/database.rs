//! Checksums from another job's database, or from a checksum cache.

use std::path::Path;

use super::Import;
use crate::job::{JobError, foreign};

/// In the order they lie there, so that they go in quickly.
pub(super) fn read(from: &Path, import: &mut Import<'_, '_>) -> Result<(), JobError> {
    foreign::each_checksum(from, |key, value| {
        import.take(key, value)?;
        Ok(!import.work.stop.is_asked())
    })
}
