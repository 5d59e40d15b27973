//! What the server says of a file, before it is believed. Only a vault opens it: nothing else reads it, but for what no seal covers.

use chrono::{DateTime, Utc};
use ferry_core::{
    envelope::reading::OpenedFile,
    plan::Plan,
    wire::{Candidate, FileEntry, UploadSession},
};
use uuid::Uuid;

/// What the server says of one file. Nothing in it may decide, be shown or be sent before it was opened.
#[derive(Debug)]
pub(crate) struct Unproved<T> {
    asked: Uuid,
    row: T,
}

/// An answer of the server that is about one file.
pub(crate) trait OfFile {
    fn described(&self) -> Described<'_>;
}

/// What such answers have in common.
pub(crate) struct Described<'a> {
    pub(super) file_id: Uuid,
    pub(super) label: &'a str,
    pub(super) folder: Option<&'a str>,
    pub(super) header: &'a [u8],
    pub(super) file_key: &'a [u8],
    pub(super) manifest: &'a [u8],
    size_bytes: u64,
    total_parts: u32,
    is_complete: bool,
}

macro_rules! of_file {
    ($wire:ident, $row:ident, folder: $folder:expr, is_complete: $is_complete:expr) => {
        impl OfFile for $wire {
            fn described(&self) -> Described<'_> {
                let $row = self;
                Described {
                    file_id: $row.file_id,
                    label: &$row.filename,
                    folder: $folder,
                    header: &$row.header.0,
                    file_key: &$row.file_key.0,
                    manifest: &$row.manifest.0,
                    size_bytes: $row.size,
                    total_parts: $row.total_parts,
                    is_complete: $is_complete,
                }
            }
        }
    };
}

of_file!(Candidate, row, folder: None, is_complete: row.is_complete);
of_file!(FileEntry, row, folder: Some(&row.folder), is_complete: row.is_complete);
of_file!(UploadSession, row, folder: Some(&row.folder), is_complete: false);

impl<T: OfFile> Unproved<T> {
    /// The answer to a question about this file.
    pub(crate) fn asked_for(file_id: Uuid, row: T) -> Self {
        Unproved {
            asked: file_id,
            row,
        }
    }

    /// A row of a list, which names its file itself.
    pub(crate) fn listed(row: T) -> Self {
        let asked = row.described().file_id;
        Unproved { asked, row }
    }

    /// The file that was asked for.
    pub(crate) fn file_id(&self) -> Uuid {
        self.asked
    }

    /// What is to be opened: for a vault alone.
    pub(super) fn described(&self) -> Described<'_> {
        self.row.described()
    }

    /// The row, once its file was opened.
    pub(super) fn into_row(self) -> T {
        self.row
    }
}

/// What no seal covers of an unfinished upload: only ever shown, as the server's word.
pub(crate) struct UploadState {
    pub(crate) was_complete: bool,
    pub(crate) size_bytes: u64,
    pub(crate) total_parts: u32,
    pub(crate) stored_parts: u32,
    pub(crate) client: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_activity_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl Unproved<UploadSession> {
    pub(crate) fn state(&self) -> UploadState {
        let row = &self.row;
        UploadState {
            was_complete: row.manifest_seq > 0,
            size_bytes: row.size,
            total_parts: row.total_parts,
            stored_parts: row.uploaded_parts,
            client: row.client.clone(),
            created_at: row.created_at,
            last_activity_at: row.last_activity_at,
            expires_at: row.expires_at,
        }
    }
}

impl Unproved<FileEntry> {
    /// When its upload began, and when it became complete: no seal covers that.
    pub(crate) fn times(&self) -> (DateTime<Utc>, Option<DateTime<Utc>>) {
        (self.row.created_at, self.row.completed_at)
    }
}

impl Described<'_> {
    /// Size and count are the sealed ones; before the content is sealed they are one another's, by the plan.
    pub(super) fn fits(&self, opened: &OpenedFile) -> bool {
        match opened.manifest.content() {
            Some(content) => {
                (self.size_bytes, self.total_parts) == (content.size_bytes, content.part_count)
            }
            None => {
                let plan = Plan::new(opened.header.plan(), self.size_bytes);
                let count = plan.ok().map(|plan| plan.part_count());
                !self.is_complete && count == Some(self.total_parts)
            }
        }
    }
}
