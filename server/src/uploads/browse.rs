//! What a download or a comparison needs: files, manifests, part rows. Reads only.

use chrono::{DateTime, Utc};
use ferry_core::wire::{
    Bytes64, FileEntry, FilesPage, FilesQuery, MAX_FILES_PAGE_ROWS, ManifestResponse, PartsPage,
    PartsQuery,
};
use uuid::Uuid;

use super::file::{absent, file_entry, part_entry};
use super::{UploadError, UploadResult, Uploads};
use crate::db::files_with_sessions::{self, FileAndSession, PageStart};
use crate::db::parts;
use crate::db::units::{i32_of, seq_of, u32_of};

const FILES_PAGE_ROWS: u32 = 100;
const MAX_PARTS_PAGE_ROWS: u32 = 10_000;

impl Uploads {
    /// A page of files that are complete, or were once; the newest first.
    pub async fn list_files(&self, user_id: Uuid, query: FilesQuery) -> UploadResult<FilesPage> {
        let rows = page_rows(query.limit, FILES_PAGE_ROWS, MAX_FILES_PAGE_ROWS)?;
        let after = query.after.as_deref().map(Cursor::parse).transpose()?;
        if let Some(folder) = &query.folder {
            super::sealed::require_label(folder)?;
        }
        self.db
            .run(async |conn| {
                let page = files_with_sessions::page(
                    conn,
                    user_id,
                    query.folder.as_deref(),
                    after,
                    i64::from(rows),
                )
                .await?;
                let is_full = u32::try_from(page.len()).unwrap_or(u32::MAX) == rows;
                let next = page
                    .last()
                    .filter(|_| is_full)
                    .and_then(|(file, _)| Some(Cursor::text(file.completed_at?, file.id)));
                Ok(FilesPage {
                    files: page.into_iter().map(file_entry).collect(),
                    next,
                })
            })
            .await
    }

    pub async fn file(&self, user_id: Uuid, file_id: Uuid) -> UploadResult<FileEntry> {
        Ok(file_entry(self.rows_of(user_id, file_id).await?))
    }

    pub async fn manifest(&self, user_id: Uuid, file_id: Uuid) -> UploadResult<ManifestResponse> {
        let (file, _) = self.rows_of(user_id, file_id).await?;
        Ok(ManifestResponse {
            manifest_seq: seq_of(file.manifest_seq),
            revision: u32_of(file.revision),
            manifest: Bytes64(file.manifest),
        })
    }

    /// A page of part rows.
    pub async fn parts(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        query: PartsQuery,
    ) -> UploadResult<PartsPage> {
        let rows = page_rows(query.limit, MAX_PARTS_PAGE_ROWS, MAX_PARTS_PAGE_ROWS)?;
        self.rows_of(user_id, file_id).await?;
        self.db
            .run(async |conn| {
                let page = parts::page(conn, file_id, i32_of(query.after), i64::from(rows)).await?;
                let is_full = u32::try_from(page.len()).unwrap_or(u32::MAX) == rows;
                let next = page
                    .last()
                    .filter(|_| is_full)
                    .map(|row| u32_of(row.part_number));
                let parts = page.iter().map(part_entry).collect::<UploadResult<_>>()?;
                Ok(PartsPage { parts, next })
            })
            .await
    }

    pub(super) async fn rows_of(
        &self,
        user_id: Uuid,
        file_id: Uuid,
    ) -> UploadResult<FileAndSession> {
        self.db
            .run(
                async |conn| match files_with_sessions::find(conn, user_id, file_id).await? {
                    Some(rows) => Ok(rows),
                    None => Err(absent(conn, user_id, file_id).await),
                },
            )
            .await
    }
}

fn page_rows(asked: Option<u32>, default: u32, most: u32) -> UploadResult<u32> {
    match asked {
        None => Ok(default),
        Some(rows) if (1..=most).contains(&rows) => Ok(rows),
        Some(_) => Err(UploadError::Invalid(format!("limit is 1 to {most}"))),
    }
}

/// Where the next page begins, as text that means nothing to a client.
struct Cursor;

impl Cursor {
    fn text(completed_at: DateTime<Utc>, file_id: Uuid) -> String {
        let mut bytes = completed_at.timestamp_micros().to_be_bytes().to_vec();
        bytes.extend_from_slice(file_id.as_bytes());
        Bytes64(bytes).to_string()
    }

    fn parse(text: &str) -> UploadResult<PageStart> {
        let refuse = || UploadError::Invalid("after is not the next of a page".to_owned());
        let Bytes64(bytes) = text.parse().map_err(|_| refuse())?;
        let (micros, id) = bytes.split_first_chunk().ok_or_else(refuse)?;
        let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*micros)).ok_or_else(refuse)?;
        Ok((at, Uuid::from_slice(id).map_err(|_| refuse())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_a_made_up_one_is_refused() {
        let start = (
            DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
            Uuid::from_u128(7),
        );
        assert_eq!(
            Cursor::parse(&Cursor::text(start.0, start.1)).unwrap(),
            start
        );
        for text in ["", "x", "AAAA", "!"] {
            assert!(Cursor::parse(text).is_err(), "{text}");
        }
    }
}
