//! Whether a user has room. Counted in sealed bytes that are stored; the row of the user is what racing writers meet at.

use uuid::Uuid;

use super::{UploadError, UploadResult};
use crate::db::units::u64_of;
use crate::db::{Connection, quota};

/// Refuses what would not fit beside the stored bytes.
pub(super) async fn require_room(
    conn: &mut Connection,
    user_id: Uuid,
    more_bytes: u64,
) -> UploadResult<()> {
    let quota = quota::find(conn, user_id).await?;
    match quota.quota_bytes.map(u64_of) {
        Some(limit_bytes) if u64_of(quota.used_bytes).saturating_add(more_bytes) > limit_bytes => {
            Err(UploadError::QuotaExceeded { limit_bytes })
        }
        _ => Ok(()),
    }
}

/// Refuses what was just written, if it is too much: after the write the sum is exact, and the user's row is held.
pub(super) async fn require_within(conn: &mut Connection, user_id: Uuid) -> UploadResult<()> {
    require_room(conn, user_id, 0).await
}
