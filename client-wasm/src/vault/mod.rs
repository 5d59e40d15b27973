//! The one place where what the server says of a file is believed: under the id that was asked for, and above the newest
//! manifest that this browser saw. An answer about a file is [`Unproved`] until a [`Vault`] opened it, and nothing else
//! can. The order of belief is `ferry_core::envelope::reading`.

pub(crate) mod unproved;

use std::rc::Rc;

use ferry_core::{
    envelope::{
        label,
        manifest::OpenError,
        reading::{OpenedFile, RefusedFile, StoredFile},
    },
    wire::FileEntry,
};
use uuid::Uuid;

use self::unproved::OfFile;
pub(crate) use self::unproved::Unproved;
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
        let file_id = unproved.file_id();
        let floor = self.store.seq_floor(self.user_id(), file_id).await?;
        let opened = self.open_above(&unproved, floor, wanted)?;
        self.remember(file_id, opened.manifest.seq()).await?;
        Ok(Proved {
            opened,
            row: unproved.into_row(),
        })
    }

    /// Opens a file whose newest seen manifest number is known.
    pub(crate) fn open_above<T: OfFile>(
        &self,
        unproved: &Unproved<T>,
        floor: u32,
        wanted: Use<'_>,
    ) -> Result<OpenedFile> {
        let (asked, told) = (unproved.file_id(), unproved.described());
        if told.file_id != asked {
            return Err(ClientCode::Tampered.because("the answer is about another file"));
        }
        let stored = StoredFile {
            file_id: &asked,
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
