//! Renames or moves a file: new labels, and the manifest sealed again with the next number. The content stays.

use ferry_core::wire::{FileEntry, RenameRequest};
use uuid::Uuid;

use super::file::{absent, file_entry};
use super::{UploadError, UploadResult, Uploads, sealed};
use crate::db::files::{self, FileRow, Renaming};
use crate::db::units::u32_of;
use crate::db::{Connection, files_with_sessions, sessions};

impl Uploads {
    /// Renames or moves; `revision` is from `If-Match`.
    pub async fn rename(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        revision: u32,
        request: RenameRequest,
    ) -> UploadResult<FileEntry> {
        sealed::require_filename(&request.filename)?;
        sealed::require_label(&request.folder)?;
        sealed::require_manifest(&request.manifest.0, request.manifest_seq)?;
        self.db
            .transact(async |tx| rename_in(tx, user_id, file_id, revision, &request).await)
            .await
    }
}

async fn rename_in(
    conn: &mut Connection,
    user_id: Uuid,
    file_id: Uuid,
    revision: u32,
    request: &RenameRequest,
) -> UploadResult<FileEntry> {
    let Some((file, session)) = files_with_sessions::lock(conn, user_id, file_id).await? else {
        return Err(absent(conn, user_id, file_id).await);
    };
    if is_named_so(&file, request) {
        return Ok(file_entry((file, session)));
    }
    require_next(&file, revision, request)?;
    let renaming = Renaming {
        original_filename: &request.filename,
        folder: &request.folder,
        manifest: &request.manifest.0,
        manifest_seq: i64::from(request.manifest_seq),
        revision: file.revision.saturating_add(1),
    };
    files::rename(conn, file_id, &renaming).await?;
    sessions::relabel(conn, file_id, &request.filename).await?;
    files_with_sessions::find(conn, user_id, file_id)
        .await?
        .map(file_entry)
        .ok_or(UploadError::NotFound)
}

/// The same change came before and its answer was lost.
fn is_named_so(file: &FileRow, request: &RenameRequest) -> bool {
    file.original_filename == request.filename
        && file.folder == request.folder
        && file.manifest == request.manifest.0
        && file.manifest_seq == i64::from(request.manifest_seq)
}

fn require_next(file: &FileRow, revision: u32, request: &RenameRequest) -> UploadResult<()> {
    if file.completed_at.is_none() {
        return Err(UploadError::Invalid(
            "an unfinished upload is renamed once it is complete".to_owned(),
        ));
    }
    let stored_revision = u32_of(file.revision);
    if revision != stored_revision {
        return Err(UploadError::GenerationMismatch {
            generation: stored_revision,
        });
    }
    if i64::from(request.manifest_seq) == file.manifest_seq.saturating_add(1) {
        Ok(())
    } else {
        Err(UploadError::Invalid(format!(
            "manifest_seq of the next manifest is {}",
            file.manifest_seq.saturating_add(1)
        )))
    }
}
