//! Makes a file whole: every part stored, and the parts root that the client sealed is the one of the stored rows.

use chrono::{DateTime, Utc};
use ferry_core::envelope::parts_root::PartsRoot;
use ferry_core::wire::{CompleteRequest, CompleteResponse};
use uuid::Uuid;

use super::file::{FileState, absent, part_record, state_of, total_parts};
use super::{UploadError, UploadResult, Uploads, ranges, sealed};
use crate::db::files::{self, Completion, FileRow};
use crate::db::units::{i32_of, seq_of, u32_of};
use crate::db::{Connection, files_with_sessions, parts, sessions};

/// Most numbers that a refusal lists.
const MAX_MISSING_LISTED: usize = 10_000;
const ROOT_PAGE_ROWS: i64 = 10_000;

impl Uploads {
    /// Makes the file whole.
    pub async fn complete(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        request: CompleteRequest,
    ) -> UploadResult<CompleteResponse> {
        if request.manifest_seq == 0 {
            return Err(UploadError::Invalid(
                "manifest_seq of a complete file is at least 1".to_owned(),
            ));
        }
        sealed::require_manifest(&request.manifest.0, request.manifest_seq)?;
        self.db
            .transact_patiently(async |tx| self.complete_in(tx, user_id, file_id, &request).await)
            .await
    }

    async fn complete_in(
        &self,
        conn: &mut Connection,
        user_id: Uuid,
        file_id: Uuid,
        request: &CompleteRequest,
    ) -> UploadResult<CompleteResponse> {
        let now = (self.clock)();
        let Some((file, session)) = files_with_sessions::lock(conn, user_id, file_id).await? else {
            return Err(absent(conn, user_id, file_id).await);
        };
        if file.is_complete {
            return repeated(&file, request);
        }
        if state_of(&file, &session, now) == FileState::Expired {
            return Err(UploadError::Expired);
        }
        require_successor(&file, request)?;
        require_all_parts(conn, &file).await?;
        if stored_root(conn, &file).await? != request.parts_root.0 {
            return Err(UploadError::PartsChanged);
        }
        let completed_at = file.completed_at.unwrap_or(now);
        close(conn, &file, request, completed_at, now).await?;
        Ok(CompleteResponse {
            file_id,
            is_complete: true,
            completed_at,
        })
    }
}

fn manifest_differs(file: &FileRow) -> UploadError {
    UploadError::ManifestDiffers {
        manifest: file.manifest.clone(),
        seq: seq_of(file.manifest_seq),
    }
}

fn repeated(file: &FileRow, request: &CompleteRequest) -> UploadResult<CompleteResponse> {
    let is_same = file.manifest == request.manifest.0
        && file.file_fingerprint.as_deref() == Some(request.fingerprint.0.as_slice());
    match file.completed_at {
        Some(completed_at) if is_same => Ok(CompleteResponse {
            file_id: file.id,
            is_complete: true,
            completed_at,
        }),
        _ => Err(manifest_differs(file)),
    }
}

/// The next manifest, and of what was complete once the same content.
fn require_successor(file: &FileRow, request: &CompleteRequest) -> UploadResult<()> {
    let is_same_content = file
        .file_fingerprint
        .as_deref()
        .is_none_or(|known| known == request.fingerprint.0.as_slice());
    if is_same_content && i64::from(request.manifest_seq) > file.manifest_seq {
        Ok(())
    } else {
        Err(manifest_differs(file))
    }
}

async fn require_all_parts(conn: &mut Connection, file: &FileRow) -> UploadResult<()> {
    let sound = parts::sound(conn, file.id).await?;
    let present: Vec<u32> = sound
        .into_iter()
        .map(|(number, _)| u32_of(number))
        .collect();
    let ranges = ranges::missing_ranges(&present, total_parts(file));
    if ranges.is_empty() {
        return Ok(());
    }
    let missing = ranges::expand(&ranges).take(MAX_MISSING_LISTED).collect();
    Err(UploadError::PartsMissing {
        missing,
        count: ranges::count(&ranges),
    })
}

async fn stored_root(conn: &mut Connection, file: &FileRow) -> UploadResult<[u8; 32]> {
    let wrong_count =
        |_| UploadError::Internal("the part rows are not the planned ones".to_owned());
    let mut root = PartsRoot::new(total_parts(file));
    let mut after = 0;
    loop {
        let page = parts::page(conn, file.id, after, ROOT_PAGE_ROWS).await?;
        for row in &page {
            root.push(&part_record(row)?).map_err(wrong_count)?;
        }
        match page.last() {
            Some(last) => after = last.part_number,
            None => return root.finish().map_err(wrong_count),
        }
        if after == i32_of(total_parts(file)) {
            return root.finish().map_err(wrong_count);
        }
    }
}

async fn close(
    conn: &mut Connection,
    file: &FileRow,
    request: &CompleteRequest,
    completed_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> UploadResult<()> {
    let completion = Completion {
        manifest: &request.manifest.0,
        manifest_seq: i64::from(request.manifest_seq),
        file_fingerprint: &request.fingerprint.0,
        is_complete: true,
        completed_at,
        revision: file.revision.saturating_add(1),
    };
    files::complete(conn, file.id, &completion).await?;
    sessions::complete(conn, file.id, now).await?;
    Ok(())
}
