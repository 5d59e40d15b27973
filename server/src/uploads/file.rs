//! What a file's rows mean: its state, its planned part lengths, and its shapes on the wire. Reads rows, decides nothing.
//! The shapes share fields and are written out one by one: the wire says for each what it tells.

use chrono::{DateTime, Utc};
use ferry_core::envelope::header::Header;
use ferry_core::envelope::part::PartRecord;
use ferry_core::wire::{
    B64, Bytes64, Candidate, Compression, FileEntry, PartEntry, PartState, StoredPart,
    UploadSession, UploadStatus,
};
use uuid::Uuid;

use super::decide::Stored;
use super::{UploadError, UploadResult};
use crate::db::files::FileRow;
use crate::db::files_with_sessions::FileAndSession;
use crate::db::parts::PartRow;
use crate::db::sessions::SessionRow;
use crate::db::units::{seq_of, u32_of, u64_of};
use crate::db::{
    Connection,
    tombstones::{self, TombstoneReason},
};

/// Whether a file may still be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileState {
    /// Parts may come, change and go.
    Open,
    /// Complete, or damaged since: the content never changes, damage may be repaired.
    Frozen,
    /// Its time is over; the clean-up has not come by yet.
    Expired,
}

pub(super) fn state_of(file: &FileRow, session: &SessionRow, now: DateTime<Utc>) -> FileState {
    if file.completed_at.is_some() {
        FileState::Frozen
    } else if is_expired(session, now) {
        FileState::Expired
    } else {
        FileState::Open
    }
}

fn is_expired(session: &SessionRow, now: DateTime<Utc>) -> bool {
    session
        .expires_at
        .is_some_and(|expires_at| expires_at <= now)
}

/// For a call that changes only unfinished uploads.
pub(super) fn require_open(
    file: &FileRow,
    session: &SessionRow,
    now: DateTime<Utc>,
) -> UploadResult<()> {
    match state_of(file, session, now) {
        FileState::Open => Ok(()),
        FileState::Frozen => Err(UploadError::FileComplete),
        FileState::Expired => Err(UploadError::Expired),
    }
}

/// Why there is no such file: expired uploads leave a trace for their owner.
pub(super) async fn absent(conn: &mut Connection, user_id: Uuid, file_id: Uuid) -> UploadError {
    match tombstones::find(conn, user_id, file_id).await {
        Ok(Some(stone)) if stone.reason == TombstoneReason::Expired => UploadError::Expired,
        Ok(_) => UploadError::NotFound,
        Err(error) => error.into(),
    }
}

pub(super) fn status_of(file: &FileRow, session: &SessionRow, now: DateTime<Utc>) -> UploadStatus {
    if file.is_complete {
        UploadStatus::Completed
    } else if is_expired(session, now) {
        UploadStatus::Abandoned
    } else {
        UploadStatus::InProgress
    }
}

pub(super) fn header_of(file: &FileRow) -> UploadResult<Header> {
    Header::parse_for(&file.header, &file.id)
        .map_err(|error| UploadError::Internal(error.to_string()))
}

pub(super) fn total_parts(file: &FileRow) -> u32 {
    u32_of(file.total_parts_expected)
}

/// Plaintext length of part `number` by the plan, without making the whole plan.
pub(super) fn planned_len(file: &FileRow, header: &Header, number: u32) -> u32 {
    if number == total_parts(file) {
        u32_of(file.last_part_size)
    } else {
        header.plan().full_len_bytes(number)
    }
}

pub(super) fn require_number(file: &FileRow, number: u32) -> UploadResult<()> {
    let total = total_parts(file);
    if (1..=total).contains(&number) {
        Ok(())
    } else {
        Err(UploadError::PartNumberInvalid { total })
    }
}

pub(super) fn upload_session((file, session): FileAndSession, now: DateTime<Utc>) -> UploadSession {
    UploadSession {
        session_id: session.id,
        file_id: file.id,
        size: u64_of(file.file_size),
        total_parts: total_parts(&file),
        uploaded_parts: u32_of(session.uploaded_parts),
        status: status_of(&file, &session, now),
        manifest_seq: seq_of(file.manifest_seq),
        revision: u32_of(file.revision),
        filename: file.original_filename,
        folder: file.folder,
        header: Bytes64(file.header),
        file_key: Bytes64(file.encrypted_file_key),
        manifest: Bytes64(file.manifest),
        client: session.client,
        created_at: session.created_at,
        last_activity_at: session.last_activity_at,
        expires_at: session.expires_at,
    }
}

pub(super) fn candidate((file, session): FileAndSession, now: DateTime<Utc>) -> Candidate {
    Candidate {
        file_id: file.id,
        size: u64_of(file.file_size),
        is_complete: file.is_complete,
        can_resume: status_of(&file, &session, now) == UploadStatus::InProgress,
        stored_parts: u32_of(session.uploaded_parts),
        total_parts: total_parts(&file),
        manifest_seq: seq_of(file.manifest_seq),
        revision: u32_of(file.revision),
        filename: file.original_filename,
        header: Bytes64(file.header),
        file_key: Bytes64(file.encrypted_file_key),
        manifest: Bytes64(file.manifest),
        last_activity_at: session.last_activity_at,
        expires_at: session.expires_at,
    }
}

// The fields it shares with a session's answer are written again: flattened into both they would hide which answer has what.
pub(super) fn file_entry((file, session): FileAndSession) -> FileEntry {
    FileEntry {
        file_id: file.id,
        size: u64_of(file.file_size),
        stored_parts: u32_of(session.uploaded_parts),
        total_parts: total_parts(&file),
        is_complete: file.is_complete,
        manifest_seq: seq_of(file.manifest_seq),
        revision: u32_of(file.revision),
        filename: file.original_filename,
        folder: file.folder,
        header: Bytes64(file.header),
        file_key: Bytes64(file.encrypted_file_key),
        manifest: Bytes64(file.manifest),
        created_at: file.created_at,
        completed_at: file.completed_at,
    }
}

/// Byte strings whose length a constraint of the table keeps.
pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> UploadResult<[u8; N]> {
    bytes.try_into().map_err(|_| {
        UploadError::Internal(format!("a row holds {} bytes in place of {N}", bytes.len()))
    })
}

pub(super) fn compression_of(row: &PartRow) -> Compression {
    if row.is_compressed {
        Compression::DeflateRaw
    } else {
        Compression::None
    }
}

pub(super) fn is_sound(row: &PartRow) -> bool {
    row.state == PartState::Stored
}

pub(super) fn stored(row: &PartRow) -> UploadResult<Stored> {
    Ok(Stored {
        mac: fixed(&row.part_mac)?,
        is_sound: is_sound(row),
        generation: u32_of(row.generation),
    })
}

pub(super) fn part_entry(row: &PartRow) -> UploadResult<PartEntry> {
    Ok(PartEntry {
        number: u32_of(row.part_number),
        size: u32_of(row.size),
        stored_size: u32_of(row.stored_size),
        iv: B64(fixed(&row.iv)?),
        auth_tag: B64(fixed(&row.auth_tag)?),
        compression: compression_of(row),
        part_mac: B64(fixed(&row.part_mac)?),
        generation: u32_of(row.generation),
        state: row.state.0,
    })
}

pub(super) fn part_record(row: &PartRow) -> UploadResult<PartRecord> {
    Ok(PartRecord {
        iv: fixed(&row.iv)?,
        tag: fixed(&row.auth_tag)?,
        stored_len_bytes: u32_of(row.stored_size),
        compression: compression_of(row),
        part_mac: fixed(&row.part_mac)?,
    })
}

pub(super) fn stored_part(row: &PartRow, duplicate: bool) -> UploadResult<StoredPart> {
    Ok(StoredPart {
        part_number: u32_of(row.part_number),
        duplicate,
        iv: B64(fixed(&row.iv)?),
        auth_tag: B64(fixed(&row.auth_tag)?),
        stored_size: u32_of(row.stored_size),
        compression: compression_of(row),
        generation: u32_of(row.generation),
    })
}
