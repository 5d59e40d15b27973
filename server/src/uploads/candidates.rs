//! Finds what may be the file in the user's hand. A hint only: the client compares contents.

use std::cmp::Reverse;

use ferry_core::wire::{CheckQuery, CheckResponse, MAX_CANDIDATES};
use uuid::Uuid;

use super::file::{FileState, candidate, state_of};
use super::{UploadError, UploadResult, Uploads, ranges, sealed};
use crate::db::files_with_sessions::{self, FileAndSession};
use crate::db::units::{i64_of, u32_of};
use crate::db::{Connection, parts};

impl Uploads {
    /// Files with this label, and unfinished ones of this size or this fingerprint under another one; the best first.
    pub async fn check(&self, user_id: Uuid, query: CheckQuery) -> UploadResult<CheckResponse> {
        sealed::require_filename(&query.filename)?;
        if i64::try_from(query.size).is_err() {
            return Err(UploadError::Invalid(
                "size is larger than any file".to_owned(),
            ));
        }
        self.db
            .run(async |conn| {
                let mut found = find_candidates(conn, user_id, &query).await?;
                self.sort_best_first(&mut found, &query);
                found.truncate(MAX_CANDIDATES);
                self.describe(conn, found).await
            })
            .await
    }

    fn sort_best_first(&self, found: &mut [FileAndSession], query: &CheckQuery) {
        let now = (self.clock)();
        found.sort_by_cached_key(|(file, session)| {
            let rank = match state_of(file, session, now) {
                _ if file.is_complete => 1,
                FileState::Open | FileState::Frozen => 0,
                FileState::Expired => 2,
            };
            let is_other_label = file.original_filename != query.filename;
            let is_other_size = file.file_size != i64_of(query.size);
            (
                rank,
                is_other_label || is_other_size,
                Reverse(session.last_activity_at),
            )
        });
    }

    async fn describe(
        &self,
        conn: &mut Connection,
        found: Vec<FileAndSession>,
    ) -> UploadResult<CheckResponse> {
        let now = (self.clock)();
        let candidates: Vec<_> = found
            .into_iter()
            .map(|found| candidate(found, now))
            .collect();
        let Some(best) = candidates.first() else {
            return Ok(nothing());
        };
        let sound = parts::sound(conn, best.file_id).await?;
        let uploaded_chunks: Vec<u32> = sound
            .into_iter()
            .map(|(number, _)| u32_of(number))
            .collect();
        let missing = ranges::missing_ranges(&uploaded_chunks, best.total_parts);
        Ok(CheckResponse {
            exists: true,
            file_id: Some(best.file_id),
            uploaded_chunks,
            missing_chunks: ranges::expand(&missing).collect(),
            total_chunks: best.total_parts,
            can_resume: best.can_resume,
            candidates,
        })
    }
}

async fn find_candidates(
    conn: &mut Connection,
    user_id: Uuid,
    query: &CheckQuery,
) -> UploadResult<Vec<FileAndSession>> {
    let limit = i64::try_from(MAX_CANDIDATES).unwrap_or(i64::MAX);
    let label = query.filename.as_str();
    let mut found = files_with_sessions::with_label(conn, user_id, label, limit).await?;
    found.extend(
        files_with_sessions::unfinished_of_size(conn, user_id, label, i64_of(query.size), limit)
            .await?,
    );
    if let Some(fingerprint) = &query.fingerprint {
        for row in
            files_with_sessions::with_fingerprint(conn, user_id, label, &fingerprint.0, limit)
                .await?
        {
            if found.iter().all(|(file, _)| file.id != row.0.id) {
                found.push(row);
            }
        }
    }
    Ok(found)
}

fn nothing() -> CheckResponse {
    CheckResponse {
        exists: false,
        file_id: None,
        uploaded_chunks: Vec::new(),
        missing_chunks: Vec::new(),
        total_chunks: 0,
        can_resume: false,
        candidates: Vec::new(),
    }
}
