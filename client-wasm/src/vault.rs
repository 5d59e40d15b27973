//! Opening what the server says of a file, with this browser's memory of the newest manifest it saw. The order of belief is
//! `ferry_core::envelope::reading`.

use std::rc::Rc;

use ferry_core::{
    envelope::{
        manifest::OpenError,
        reading::{OpenedFile, RefusedFile, StoredFile},
    },
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

/// What three answers of the server have in common.
pub(crate) struct Described<'a> {
    pub(crate) file_id: Uuid,
    pub(crate) label: &'a str,
    pub(crate) header: &'a [u8],
    pub(crate) file_key: &'a [u8],
    pub(crate) manifest: &'a [u8],
}

macro_rules! described {
    ($($wire:ident),+) => {
        $(impl<'a> From<&'a $wire> for Described<'a> {
            fn from(row: &'a $wire) -> Self {
                Described {
                    file_id: row.file_id,
                    label: &row.filename,
                    header: &row.header.0,
                    file_key: &row.file_key.0,
                    manifest: &row.manifest.0,
                }
            }
        })+
    };
}

described!(Candidate, FileEntry, UploadSession);

impl Vault {
    pub(crate) fn user_id(&self) -> Uuid {
        self.identity.user_id
    }

    /// Opens a file and remembers its manifest's number.
    pub(crate) async fn open(&self, described: Described<'_>) -> Result<OpenedFile> {
        let floor = self
            .store
            .seq_floor(self.user_id(), described.file_id)
            .await?;
        let opened = self.open_above(&described, floor)?;
        self.remember(described.file_id, opened.manifest.seq())
            .await?;
        Ok(opened)
    }

    /// Opens a file whose newest seen manifest number is known.
    pub(crate) fn open_above(&self, described: &Described<'_>, floor: u32) -> Result<OpenedFile> {
        let stored = StoredFile {
            file_id: &described.file_id,
            label: described.label,
            header: described.header,
            file_key: described.file_key,
            manifest: described.manifest,
            seen_seq: Some(floor),
        };
        OpenedFile::open(&self.identity.keys, &stored).map_err(refused)
    }

    /// From now on an older manifest of this file is refused.
    pub(crate) async fn remember(&self, file_id: Uuid, seq: u32) -> Result<()> {
        self.store
            .raise_seq_floor(self.user_id(), file_id, seq)
            .await
    }
}

fn refused(refused: RefusedFile) -> ClientError {
    match refused {
        RefusedFile::Manifest(OpenError::Older { .. }) => ClientCode::RolledBack.because(refused),
        other => ClientCode::Tampered.because(other),
    }
}
