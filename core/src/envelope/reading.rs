//! The order in which a reader believes a server, as types: a file's key, header, manifest and label first
//! ([`OpenedFile`]), its list of parts next ([`TrustedParts`]), one body at a time last. For downloads, and for what
//! an earlier upload left behind. Nothing is fetched or written here.

use uuid::Uuid;

use super::{
    file_slot::{FileKeyError, FileKeySlot},
    header::{Header, HeaderError},
    keys::{AccountKeys, FileKeys},
    label,
    manifest::{Content, ContentError, Manifest, OpenError},
    part::{self, PartRecord},
};
use crate::plan::{PartSpan, Plan};

/// What a server says of one file: nothing of it is believed yet.
#[derive(Debug, Clone, Copy)]
pub struct StoredFile<'a> {
    /// The id that was asked for.
    pub file_id: &'a Uuid,
    /// The label that was asked for, or that the list showed: it must be the sealed name's. None where the answer is used
    /// without it.
    pub label: Option<&'a str>,
    /// The folder's label, in the same way.
    pub folder: Option<&'a str>,
    /// The file header H, 88 bytes.
    pub header: &'a [u8],
    /// The file key slot, 80 bytes.
    pub file_key: &'a [u8],
    /// The sealed manifest.
    pub manifest: &'a [u8],
    /// Highest manifest number this device saw for the file.
    pub seen_seq: Option<u32>,
}

/// Why a file is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedFile {
    /// Its header is malformed, or of another file.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// Its key slot is malformed, or does not open with this account.
    #[error(transparent)]
    Key(#[from] FileKeyError),
    /// Its manifest does not open, or is older than one that was seen.
    #[error(transparent)]
    Manifest(#[from] OpenError),
    /// The server shows it under a label that is not its name's.
    #[error("the file is shown under another name than it was given")]
    OtherLabel,
    /// The server shows it in a folder that is not its path's.
    #[error("the file is shown in another folder than it was put in")]
    OtherFolder,
    /// Its upload is unfinished: there is nothing to read yet.
    #[error("the file's upload is not finished")]
    Unfinished,
    /// Its size, part count or list of parts.
    #[error(transparent)]
    Content(#[from] ContentError),
}

/// A file whose header, key, manifest and label belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedFile {
    /// The header that the key slot commits to.
    pub header: Header,
    /// The keys derived from its file key.
    pub keys: FileKeys,
    /// Its manifest; remember its number for this file.
    pub manifest: Manifest,
}

impl OpenedFile {
    /// Opens what a server says of a file, finished or not.
    pub fn open(account: &AccountKeys, stored: &StoredFile<'_>) -> Result<Self, RefusedFile> {
        let header = Header::parse_for(stored.header, stored.file_id)?;
        let keys = FileKeySlot::parse(stored.file_key)?.open(&header, account)?;
        let manifest = Manifest::open(stored.manifest, &keys.manifest, &header, stored.seen_seq)?;
        let about = manifest.about();
        let stands_for = |label, text| label::stands_for(label, &account.name, text);
        if stored
            .label
            .is_some_and(|label| !stands_for(label, &about.name))
        {
            return Err(RefusedFile::OtherLabel);
        }
        if stored
            .folder
            .is_some_and(|label| !stands_for(label, &about.path))
        {
            return Err(RefusedFile::OtherFolder);
        }
        Ok(Self {
            header,
            keys,
            manifest,
        })
    }

    /// What a finished file consists of.
    pub fn content(&self) -> Result<&Content, RefusedFile> {
        self.manifest.content().ok_or(RefusedFile::Unfinished)
    }

    /// The plan of a finished file: how many parts its list must have.
    pub fn plan(&self) -> Result<Plan, RefusedFile> {
        Ok(self.content()?.plan(&self.header)?)
    }

    /// Compares the server's whole list with the sealed root; only then is a part fetched.
    pub fn trust_parts(&self, records: Vec<PartRecord>) -> Result<TrustedParts, RefusedFile> {
        let content = self.content()?;
        let plan = content.plan(&self.header)?;
        content.check_parts(&records)?;
        Ok(TrustedParts {
            plan,
            records,
            sha256: content.sha256,
        })
    }
}

/// A list of parts that is the sealed one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedParts {
    plan: Plan,
    records: Vec<PartRecord>,
    sha256: [u8; 32],
}

impl TrustedParts {
    /// Where the parts lie.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What the SHA-256 of everything written must be at the end, or the output is aborted.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Part `number` and what its body must be.
    pub fn part(&self, number: u32) -> Option<(PartSpan, &PartRecord)> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        Some((self.plan.part(number)?, self.records.get(index)?))
    }

    /// The plaintext of part `number`.
    pub fn open_part(
        &self,
        file: &OpenedFile,
        number: u32,
        body: &[u8],
    ) -> Result<Vec<u8>, part::OpenError> {
        let (span, record) = self.part(number).ok_or(part::OpenError::Impossible)?;
        part::open(&file.keys, file.header.core(), &span, record, body)
    }
}
