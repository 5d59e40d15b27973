//! The one place where what the server says of a file is believed: under the id that was asked for, and above the newest
//! manifest that this browser saw. An answer about a file is [`Unproved`] until a [`Vault`] opened it, and nothing else
//! can. The order of belief is `ferry_core::envelope::reading`.

use std::rc::Rc;

use chrono::{DateTime, Utc};
use ferry_core::{
    envelope::{
        label,
        manifest::OpenError,
        reading::{OpenedFile, RefusedFile, StoredFile},
    },
    plan::Plan,
    wire::{Candidate, FileEntry, UploadSession},
};
use uuid::Uuid;

use crate::{
    api::Api,
    error::{ClientCode, ClientError, Result},
    session::Identity,
    store::Store,
};

/// Opens files of one identity.
#[derive(Clone)]
pub(crate) struct Vault {
    pub(crate) identity: Rc<Identity>,
    pub(crate) store: Store,
    /// In that identity's name.
    pub(crate) api: Api,
}

/// What the server says of one file. Nothing in it may decide, be shown or be sent before it was opened.
#[derive(Debug)]
pub(crate) struct Unproved<T> {
    asked: Uuid,
    row: T,
}

/// A file that opened under the id that was asked for.
pub(crate) struct Proved<T> {
    pub(crate) opened: OpenedFile,
    row: T,
}

/// What an opened file is for. Only the owner can make an opaque label, so it must always fit. A clear one may be the
/// server's guess at a name: whatever is sent because it fits confirms the guess.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Use<'a> {
    /// It is shown, and nothing is sent because of it: every label must fit.
    Show,
    /// Something is sent: clear labels say nothing.
    Act,
    /// The same, for what was looked for under this label.
    Resume(&'a str),
}

/// An answer of the server that is about one file.
pub(crate) trait OfFile {
    fn described(&self) -> Described<'_>;
}

/// What such answers have in common.
pub(crate) struct Described<'a> {
    file_id: Uuid,
    label: &'a str,
    folder: Option<&'a str>,
    header: &'a [u8],
    file_key: &'a [u8],
    manifest: &'a [u8],
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

impl Proved<FileEntry> {
    /// Goes into `If-Match`; no seal covers it.
    pub(crate) fn revision(&self) -> u32 {
        self.row.revision
    }
}

impl Vault {
    pub(crate) fn user_id(&self) -> Uuid {
        self.identity.user_id
    }

    /// Opens a file and remembers its manifest's number.
    pub(crate) async fn open<T: OfFile>(
        &self,
        unproved: Unproved<T>,
        wanted: Use<'_>,
    ) -> Result<Proved<T>> {
        let file_id = unproved.asked;
        let floor = self.store.seq_floor(self.user_id(), file_id).await?;
        let opened = self.open_above(&unproved, floor, wanted)?;
        self.remember(file_id, opened.manifest.seq()).await?;
        Ok(Proved {
            opened,
            row: unproved.row,
        })
    }

    /// Opens a file whose newest seen manifest number is known.
    pub(crate) fn open_above<T: OfFile>(
        &self,
        unproved: &Unproved<T>,
        floor: u32,
        wanted: Use<'_>,
    ) -> Result<OpenedFile> {
        let told = unproved.row.described();
        if told.file_id != unproved.asked {
            return Err(ClientCode::Tampered.because("the answer is about another file"));
        }
        let stored = StoredFile {
            file_id: &unproved.asked,
            label: wanted.compared(told.label),
            folder: told.folder.and_then(|label| wanted.compared(label)),
            header: told.header,
            file_key: told.file_key,
            manifest: told.manifest,
            seen_seq: Some(floor),
        };
        let opened = OpenedFile::open(&self.identity.keys, &stored).map_err(refused)?;
        if told.fits(&opened) {
            Ok(opened)
        } else {
            let why = "the server states another size than the file was sealed with";
            Err(ClientCode::Tampered.because(why))
        }
    }

    /// From now on an older manifest of this file is refused.
    pub(crate) async fn remember(&self, file_id: Uuid, seq: u32) -> Result<()> {
        self.store
            .raise_seq_floor(self.user_id(), file_id, seq)
            .await
    }
}

impl Use<'_> {
    /// The label, where it must fit.
    fn compared<'l>(&self, label: &'l str) -> Option<&'l str> {
        let must_fit = match self {
            Use::Show => true,
            Use::Act => false,
            Use::Resume(asked) => label == *asked,
        };
        let proves = label.is_empty() || label::is_opaque(label);
        (must_fit || proves).then_some(label)
    }
}

impl Described<'_> {
    /// Size and count are the sealed ones; before the content is sealed they are one another's, by the plan.
    fn fits(&self, opened: &OpenedFile) -> bool {
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

fn refused(refused: RefusedFile) -> ClientError {
    match refused {
        RefusedFile::Manifest(OpenError::Older { .. }) => ClientCode::RolledBack.because(refused),
        other => ClientCode::Tampered.because(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_label_that_was_not_asked_for_is_no_reason_to_send_anything() {
        let (opaque, clear) = ("~AAAA", "a guess.pdf");
        assert_eq!(Use::Show.compared(clear), Some(clear));
        assert_eq!(Use::Act.compared(clear), None);
        assert_eq!(Use::Resume("another.pdf").compared(clear), None);
        assert_eq!(Use::Resume(clear).compared(clear), Some(clear));
        for wanted in [Use::Show, Use::Act, Use::Resume(clear)] {
            assert_eq!(wanted.compared(opaque), Some(opaque));
            assert_eq!(wanted.compared(""), Some(""));
        }
    }
}
