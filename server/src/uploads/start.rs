//! Begins an upload under an id that the client made, so that a repeated start finds the first one.

use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::wire::{StartRequest, UploadSession};
use uuid::Uuid;

use super::file::upload_session;
use super::quota::require_room;
use super::{UploadError, UploadResult, Uploads, sealed};
use crate::db::files::{self, NewFile};
use crate::db::files_with_sessions::{self, FileAndSession};
use crate::db::sessions::{self, NewSession};
use crate::db::units::{i32_of, i64_of};
use crate::db::{Connection, tombstones, users};

impl Uploads {
    /// Begins an upload; `true` when it is new (201), `false` when the same request came before (200).
    pub async fn start(
        &self,
        user_id: Uuid,
        request: StartRequest,
    ) -> UploadResult<(UploadSession, bool)> {
        let new = tokio::task::spawn_blocking(move || Checked::new(request))
            .await
            .map_err(|error| UploadError::Internal(error.to_string()))??;
        self.db
            .transact(async |tx| self.start_in(tx, user_id, &new).await)
            .await
    }

    async fn start_in(
        &self,
        conn: &mut Connection,
        user_id: Uuid,
        new: &Checked,
    ) -> UploadResult<(UploadSession, bool)> {
        let now = (self.clock)();
        let request = &new.request;
        if tombstones::exists(conn, request.file_id).await? {
            return Err(UploadError::FileIdTaken);
        }
        require_own_key(conn, user_id, new.account_key_id).await?;
        if !files::insert(conn, &new.file(user_id, now)).await? {
            let begun = begun_before(conn, user_id, new).await?;
            return Ok((upload_session(begun, now), false));
        }
        // The insert may have waited for a discard of the same id, whose tombstone only now can be seen.
        if tombstones::exists(conn, request.file_id).await? {
            return Err(UploadError::FileIdTaken);
        }
        require_room(conn, user_id, request.size).await?;
        sessions::insert(
            conn,
            &new.session(user_id, now, self.settings.upload_ttl_secs),
        )
        .await?;
        let begun = files_with_sessions::find(conn, user_id, request.file_id)
            .await?
            .ok_or(UploadError::NotFound)?;
        Ok((upload_session(begun, now), true))
    }
}

/// A file whose key another account sealed could never be opened by the user who would own it.
async fn require_own_key(
    conn: &mut Connection,
    user_id: Uuid,
    account_key_id: [u8; 16],
) -> UploadResult<()> {
    let slots = users::key_slots(conn, user_id).await?;
    if slots
        .iter()
        .any(|slot| slot.account_key_id == account_key_id)
    {
        Ok(())
    } else {
        Err(UploadError::Invalid(
            "file_key was sealed by another account's key".to_owned(),
        ))
    }
}

/// The upload that the same request began, whatever became of it since.
async fn begun_before(
    conn: &mut Connection,
    user_id: Uuid,
    new: &Checked,
) -> UploadResult<FileAndSession> {
    let found = files_with_sessions::find(conn, user_id, new.request.file_id).await?;
    found
        .filter(|(file, _)| file.start_blake3 == new.request_blake3)
        .ok_or(UploadError::FileIdTaken)
}

/// A request whose every value can be right.
struct Checked {
    request: StartRequest,
    request_blake3: [u8; 32],
    account_key_id: [u8; 16],
    last_part_len: u32,
}

impl Checked {
    /// Makes the whole plan, which takes a moment for a file of a million parts.
    fn new(request: StartRequest) -> UploadResult<Self> {
        sealed::require_filename(&request.filename)?;
        sealed::require_label(&request.folder)?;
        sealed::require_client(request.client.as_deref())?;
        let account_key_id = sealed::require_file_key(&request.file_key.0)?;
        sealed::require_manifest(&request.manifest.0, 0)?;
        let header = sealed::require_header(&request.header.0, request.file_id)?;
        let last_part_len = sealed::last_part_len(&header, request.size, request.total_parts)?;
        let canonical = serde_json::to_vec(&request)
            .map_err(|error| UploadError::Internal(error.to_string()))?;
        Ok(Checked {
            request,
            request_blake3: blake3::hash(&canonical).into(),
            account_key_id,
            last_part_len,
        })
    }

    fn file(&self, user_id: Uuid, now: DateTime<Utc>) -> NewFile<'_> {
        NewFile {
            id: self.request.file_id,
            user_id,
            original_filename: &self.request.filename,
            folder: &self.request.folder,
            file_size: i64_of(self.request.size),
            header: &self.request.header.0,
            total_parts_expected: i32_of(self.request.total_parts),
            last_part_size: i32_of(self.last_part_len),
            encrypted_file_key: &self.request.file_key.0,
            manifest: &self.request.manifest.0,
            start_blake3: &self.request_blake3,
            created_at: now,
        }
    }

    fn session(&self, user_id: Uuid, now: DateTime<Utc>, ttl_secs: u64) -> NewSession<'_> {
        let ttl_secs = i64_of(ttl_secs);
        NewSession {
            id: Uuid::new_v4(),
            user_id,
            file_id: self.request.file_id,
            original_filename: &self.request.filename,
            file_size: i64_of(self.request.size),
            total_parts: i32_of(self.request.total_parts),
            client: self.request.client.as_deref(),
            ttl_secs,
            created_at: now,
            last_activity_at: now,
            expires_at: TimeDelta::try_seconds(ttl_secs)
                .and_then(|ttl| now.checked_add_signed(ttl)),
        }
    }
}
