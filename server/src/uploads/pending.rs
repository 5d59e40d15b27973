//! The use-cases' signatures, while they move one by one into their own files.

use bytes::Bytes;
use ferry_core::wire::*;
use futures_util::stream::BoxStream;
use uuid::Uuid;

use super::{Actor, UploadError, UploadResult, Uploads};
use crate::storage::StorageError;

/// Which digest came with the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyDigest {
    /// `Ferry-Body-Blake3`.
    Blake3([u8; 32]),
    /// `Content-Digest: sha-256=...`.
    Sha256([u8; 32]),
}

/// What the headers say about a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PartMeta {
    /// `Ferry-Part-Mac`.
    pub mac: [u8; 32],
    /// `Ferry-Part-Compression`.
    pub compression: Compression,
    /// The body's digest.
    pub digest: BodyDigest,
    /// `If-Match: "generation"`.
    pub if_match: Option<u32>,
}

/// Leave to send one part's body: the cheap checks are done.
#[derive(Debug, Clone)]
pub struct PartTicket {
    pub(super) user_id: Uuid,
    pub(super) file_id: Uuid,
    pub(super) part_number: u32,
    pub(super) plain_len_bytes: u32,
    pub(super) meta: PartMeta,
    pub(super) body_bytes: BodyLength,
}

/// How long the body may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyLength {
    /// Exactly so long.
    Exactly(u32),
    /// Any of the lengths that compression may give, this one at most.
    AtMost(u32),
}

impl PartTicket {
    /// The most bytes to reserve and to read.
    pub fn body_limit_bytes(&self) -> u32 {
        match self.body_bytes {
            BodyLength::Exactly(bytes) | BodyLength::AtMost(bytes) => bytes,
        }
    }
}

/// A stored part on its way out. The answer can still break off: whoever reads it checks what he got.
pub struct PartBytes {
    /// The part's row; `generation` is its ETag.
    pub part: PartEntry,
    /// Length of the whole sealed body.
    pub total_bytes: u64,
    /// The half-open range of it that `bytes` gives.
    pub range: std::ops::Range<u64>,
    /// The sealed bytes.
    pub bytes: BoxStream<'static, Result<Bytes, StorageError>>,
}

fn pending<T>() -> UploadResult<T> {
    Err(UploadError::Internal("not there yet".to_owned()))
}

impl Uploads {
    /// Finds what may be the file in the user's hand.
    pub async fn check(&self, _user_id: Uuid, _query: CheckQuery) -> UploadResult<CheckResponse> {
        pending()
    }
    /// Begins an upload; `true` when it is new (201), `false` when the same request came before (200).
    pub async fn start(
        &self,
        _user_id: Uuid,
        _request: StartRequest,
    ) -> UploadResult<(UploadSession, bool)> {
        pending()
    }
    /// The file grew or was cut; `revision` is from `If-Match`.
    pub async fn resize(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _revision: u32,
        _request: ResizeRequest,
    ) -> UploadResult<UploadSession> {
        pending()
    }
    /// Everything that can be said before the body is read. `content_length` where it was announced.
    pub async fn reserve_part(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _part_number: u32,
        _content_length: Option<u64>,
        _meta: PartMeta,
    ) -> UploadResult<PartTicket> {
        pending()
    }
    /// Stores the body; goes on to its end even if the caller is dropped. `duplicate` in the answer tells 200 from 201.
    pub async fn accept_part(&self, _ticket: PartTicket, _body: Bytes) -> UploadResult<StoredPart> {
        pending()
    }
    /// Makes the file whole.
    pub async fn complete(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _request: CompleteRequest,
    ) -> UploadResult<CompleteResponse> {
        pending()
    }
    /// Where an upload stands; with `ranges_only` without the lists of numbers.
    pub async fn status(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _ranges_only: bool,
    ) -> UploadResult<ResumeStatus> {
        pending()
    }
    /// Reads stored bytes back; `progress` is called after each part.
    pub async fn verify(
        &self,
        _user_id: Uuid,
        _request: VerifyRequest,
        _progress: &(dyn Fn(VerifyProgress) + Send + Sync),
    ) -> UploadResult<VerifyResponse> {
        pending()
    }
    /// Discards an unfinished upload.
    pub async fn discard(&self, _user_id: Uuid, _file_id: Uuid) -> UploadResult<DeleteResponse> {
        pending()
    }
    /// The user's unfinished uploads, the latest first.
    pub async fn list_uploads(&self, _user_id: Uuid) -> UploadResult<Vec<UploadSession>> {
        pending()
    }
    /// Removes abandoned uploads, or says which it would.
    pub async fn cleanup(
        &self,
        _actor: Actor,
        _request: CleanupRequest,
    ) -> UploadResult<CleanupResponse> {
        pending()
    }
    /// A page of files that are, or once were, complete.
    pub async fn list_files(&self, _user_id: Uuid, _query: FilesQuery) -> UploadResult<FilesPage> {
        pending()
    }
    /// One file.
    pub async fn file(&self, _user_id: Uuid, _file_id: Uuid) -> UploadResult<FileEntry> {
        pending()
    }
    /// Renames or moves; `revision` is from `If-Match`.
    pub async fn rename(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _revision: u32,
        _request: RenameRequest,
    ) -> UploadResult<FileEntry> {
        pending()
    }
    /// Deletes a file, complete or not.
    pub async fn delete_file(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
    ) -> UploadResult<DeleteResponse> {
        pending()
    }
    /// The sealed manifest.
    pub async fn manifest(&self, _user_id: Uuid, _file_id: Uuid) -> UploadResult<ManifestResponse> {
        pending()
    }
    /// A page of part rows.
    pub async fn parts(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _query: PartsQuery,
    ) -> UploadResult<PartsPage> {
        pending()
    }
    /// A part's sealed bytes. `range` is half-open and must lie within the body; `None` is all of it.
    pub async fn read_part(
        &self,
        _user_id: Uuid,
        _file_id: Uuid,
        _part_number: u32,
        _range: Option<PartRange>,
    ) -> UploadResult<PartBytes> {
        pending()
    }
    /// Anybody's unfinished uploads, the latest 1,000.
    pub async fn admin_sessions(&self) -> UploadResult<Vec<AdminSession>> {
        pending()
    }
    /// The stores, their health and what they hold.
    pub async fn admin_storage(&self) -> UploadResult<Vec<StorageEntry>> {
        pending()
    }
    /// The latest 1,000 audit events.
    pub async fn admin_audit(&self) -> UploadResult<Vec<AuditEntry>> {
        pending()
    }
}

/// What `Range` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartRange {
    /// `bytes=first-last`, the last one included, or to the end.
    From {
        /// First byte.
        first: u64,
        /// Last byte, included.
        last: Option<u64>,
    },
    /// `bytes=-n`: the last n.
    Last(u64),
}
