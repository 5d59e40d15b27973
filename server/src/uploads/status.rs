//! Where an upload stands, and the list of those that wait for their owner. Reads only; waits for no writer.

use ferry_core::wire::{ResumeStatus, UploadSession};
use uuid::Uuid;

use super::file::{absent, status_of, total_parts, upload_session};
use super::{UploadResult, Uploads, ranges};
use crate::db::units::{u32_of, u64_of};
use crate::db::{files_with_sessions, parts};

const MAX_UPLOADS_LISTED: i64 = 1_000;

impl Uploads {
    /// Where an upload stands; with `ranges_only` without the lists of numbers.
    pub async fn status(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        ranges_only: bool,
    ) -> UploadResult<ResumeStatus> {
        self.db
            .run(async |conn| {
                let Some((file, session)) =
                    files_with_sessions::find(conn, user_id, file_id).await?
                else {
                    return Err(absent(conn, user_id, file_id).await);
                };
                let sound = parts::sound(conn, file_id).await?;
                let stored_bytes = sound.iter().map(|&(_, size)| u64::from(u32_of(size))).sum();
                let uploaded: Vec<u32> = sound
                    .into_iter()
                    .map(|(number, _)| u32_of(number))
                    .collect();
                let missing_ranges = ranges::missing_ranges(&uploaded, total_parts(&file));
                Ok(ResumeStatus {
                    file_id,
                    total_chunks: total_parts(&file),
                    progress_percent: ranges::percent(
                        stored_bytes,
                        u64_of(file.file_size),
                        missing_ranges.is_empty(),
                    ),
                    uploaded_chunks: (!ranges_only).then_some(uploaded),
                    missing_chunks: (!ranges_only)
                        .then(|| ranges::expand(&missing_ranges).collect()),
                    missing_ranges,
                    status: status_of(&file, &session, (self.clock)()),
                    expires_at: session.expires_at,
                    last_activity_at: session.last_activity_at,
                })
            })
            .await
    }

    /// The user's unfinished uploads, the latest first.
    pub async fn list_uploads(&self, user_id: Uuid) -> UploadResult<Vec<UploadSession>> {
        let now = (self.clock)();
        self.db
            .run(async |conn| {
                let rows =
                    files_with_sessions::unfinished(conn, user_id, now, MAX_UPLOADS_LISTED).await?;
                Ok(rows
                    .into_iter()
                    .map(|row| upload_session(row, now))
                    .collect())
            })
            .await
    }
}
