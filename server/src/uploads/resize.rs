//! An unfinished upload whose file grew or was cut: the plan keeps its first parts, what changed length becomes missing.

use ferry_core::wire::{ResizeRequest, UploadSession};
use uuid::Uuid;

use super::file::{absent, header_of, planned_len, require_open, total_parts, upload_session};
use super::quota::require_room;
use super::{UploadError, UploadResult, Uploads, sealed};
use crate::db::files::{self, FileRow, Reshape};
use crate::db::units::{i32_of, i64_of, u32_of, u64_of};
use crate::db::{Connection, deletions, files_with_sessions, parts, sessions};

impl Uploads {
    /// Gives the upload its new size; `revision` is from `If-Match`.
    pub async fn resize(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        revision: u32,
        request: ResizeRequest,
    ) -> UploadResult<UploadSession> {
        sealed::require_manifest(&request.manifest.0, 0)?;
        let resized = self
            .db
            .transact_patiently(async |tx| {
                self.resize_in(tx, user_id, file_id, revision, &request)
                    .await
            })
            .await?;
        self.deletions_queued.notify_one();
        Ok(resized)
    }

    async fn resize_in(
        &self,
        conn: &mut Connection,
        user_id: Uuid,
        file_id: Uuid,
        revision: u32,
        request: &ResizeRequest,
    ) -> UploadResult<UploadSession> {
        let now = (self.clock)();
        let Some((file, session)) = files_with_sessions::lock(conn, user_id, file_id).await? else {
            return Err(absent(conn, user_id, file_id).await);
        };
        require_open(&file, &session, now)?;
        if has_this_shape(&file, request) {
            return Ok(upload_session((file, session), now));
        }
        let stored_revision = u32_of(file.revision);
        if revision != stored_revision {
            return Err(UploadError::GenerationMismatch {
                generation: stored_revision,
            });
        }
        require_room(
            conn,
            user_id,
            request.size.saturating_sub(u64_of(session.stored_bytes)),
        )
        .await?;
        self.reshape(conn, file, request).await?;
        let resized = files_with_sessions::find(conn, user_id, file_id)
            .await?
            .ok_or(UploadError::NotFound)?;
        Ok(upload_session(resized, now))
    }

    async fn reshape(
        &self,
        conn: &mut Connection,
        file: FileRow,
        request: &ResizeRequest,
    ) -> UploadResult<()> {
        let header = header_of(&file)?;
        let (size, total) = (request.size, request.total_parts);
        let last_part_len =
            tokio::task::spawn_blocking(move || sealed::last_part_len(&header, size, total))
                .await
                .map_err(|error| UploadError::Internal(error.to_string()))??;
        let before = total_parts(&file);
        let shape = Reshape {
            file_size: i64_of(size),
            total_parts_expected: i32_of(total),
            last_part_size: i32_of(last_part_len),
            manifest: &request.manifest.0,
            revision: file.revision.saturating_add(1),
        };
        files::reshape(conn, file.id, &shape).await?;
        sessions::reshape(conn, file.id, shape.file_size, shape.total_parts_expected).await?;
        let reshaped = FileRow {
            total_parts_expected: shape.total_parts_expected,
            last_part_size: shape.last_part_size,
            ..file
        };
        self.drop_misfits(conn, &reshaped, before).await
    }

    /// What comes after the last part goes; before it only the last part of either plan can have another length now.
    async fn drop_misfits(
        &self,
        conn: &mut Connection,
        file: &FileRow,
        before: u32,
    ) -> UploadResult<()> {
        let now = (self.clock)();
        deletions::queue_after(conn, file.id, file.total_parts_expected, now).await?;
        parts::delete_after(conn, file.id, file.total_parts_expected).await?;
        let header = header_of(file)?;
        let lasts = [i32_of(before), file.total_parts_expected];
        let misfits: Vec<i64> = parts::of_numbers(conn, file.id, &lasts)
            .await?
            .iter()
            .filter(|row| planned_len(file, &header, u32_of(row.part_number)) != u32_of(row.size))
            .map(|row| row.id)
            .collect();
        deletions::queue_parts(conn, &misfits, now).await?;
        Ok(parts::delete(conn, &misfits).await?)
    }
}

/// The same change came before and its answer was lost.
fn has_this_shape(file: &FileRow, request: &ResizeRequest) -> bool {
    file.file_size == i64_of(request.size)
        && total_parts(file) == request.total_parts
        && file.manifest == request.manifest.0
}
