//! Why a use-case said no. One enum, the code of each in exactly one match; status codes are none of its business.

use ferry_core::wire::{Bytes64, ErrorCode};

use crate::db::DbError;
use crate::storage::StorageError;

/// A use-case that was refused or could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// A value in the request cannot be right.
    #[error("{0}")]
    Invalid(String),
    /// No such file, or another user's.
    #[error("no such file")]
    NotFound,
    /// The id is in use with another content, or by another user.
    #[error("this file id is in use")]
    FileIdTaken,
    /// There is no part with this number.
    #[error("the file has parts 1 to {total}")]
    PartNumberInvalid {
        /// Parts of the file.
        total: u32,
    },
    /// The body has another length than the plan gives.
    #[error("expected {expected}, got {got_bytes} bytes")]
    PartLengthWrong {
        /// In words.
        expected: String,
        /// What was announced or came.
        got_bytes: u64,
    },
    /// The body is not what was sent.
    #[error("the body does not match its digest")]
    DigestMismatch,
    /// Larger than any part or manifest may be.
    #[error("larger than {limit_bytes} bytes")]
    BodyTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// Another plaintext is stored and no generation was named.
    #[error("another content is stored, generation {generation}")]
    PartDiffers {
        /// The stored one.
        generation: u32,
    },
    /// The named generation or revision is not the stored one.
    #[error("the stored generation is {generation}")]
    GenerationMismatch {
        /// The stored one.
        generation: u32,
    },
    /// The content of a complete file never changes.
    #[error("the file is complete")]
    FileComplete,
    /// `complete` needs these first.
    #[error("{count} parts are missing")]
    PartsMissing {
        /// The first 10,000 numbers.
        missing: Vec<u32>,
        /// How many there are.
        count: u64,
    },
    /// The manifest was sealed over other parts.
    #[error("the stored parts are not the ones the manifest was sealed over")]
    PartsChanged,
    /// Complete already, with another manifest.
    #[error("the file was completed with manifest {seq}")]
    ManifestDiffers {
        /// The stored manifest.
        manifest: Vec<u8>,
        seq: u32,
    },
    /// The upload expired.
    #[error("the upload expired")]
    Expired,
    /// The owner may not store so much.
    #[error("the quota is {limit_bytes} bytes")]
    QuotaExceeded {
        /// The quota.
        limit_bytes: u64,
    },
    /// The stored bytes of a part are known to be damaged, or turned out to be gone.
    #[error("the stored bytes of part {part_number} are damaged or gone")]
    PartCorrupt { part_number: u32 },
    /// The provider did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database did not do it.
    #[error(transparent)]
    Db(#[from] DbError),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

/// Seconds to wait where nothing better is known.
pub const RETRY_SECS: u32 = 5;
const RETRY_FULL_SECS: u32 = 60;

impl UploadError {
    /// The stable code on the wire.
    pub fn code(&self) -> ErrorCode {
        match self {
            UploadError::Invalid(_) => ErrorCode::InvalidRequest,
            UploadError::NotFound => ErrorCode::NotFound,
            UploadError::FileIdTaken => ErrorCode::FileIdTaken,
            UploadError::PartNumberInvalid { .. } => ErrorCode::PartNumberInvalid,
            UploadError::PartLengthWrong { .. } => ErrorCode::PartLengthWrong,
            UploadError::DigestMismatch => ErrorCode::DigestMismatch,
            UploadError::BodyTooLarge { .. } => ErrorCode::BodyTooLarge,
            UploadError::PartDiffers { .. } => ErrorCode::PartDiffers,
            UploadError::GenerationMismatch { .. } => ErrorCode::GenerationMismatch,
            UploadError::FileComplete => ErrorCode::FileComplete,
            UploadError::PartsMissing { .. } => ErrorCode::PartsMissing,
            UploadError::PartsChanged => ErrorCode::PartsChanged,
            UploadError::ManifestDiffers { .. } => ErrorCode::ManifestDiffers,
            UploadError::Expired => ErrorCode::UploadExpired,
            UploadError::QuotaExceeded { .. } => ErrorCode::QuotaExceeded,
            UploadError::PartCorrupt { .. } => ErrorCode::PartCorrupt,
            UploadError::Storage(StorageError::Full) => ErrorCode::StorageFull,
            UploadError::Storage(StorageError::TooLarge { .. }) => ErrorCode::BodyTooLarge,
            UploadError::Storage(StorageError::Unavailable(_)) => ErrorCode::StorageUnavailable,
            UploadError::Storage(StorageError::Busy { .. }) => ErrorCode::Busy,
            UploadError::Db(DbError::Unavailable(_)) => ErrorCode::DatabaseUnavailable,
            UploadError::Storage(StorageError::NotFound | StorageError::ForeignLocator)
            | UploadError::Db(
                DbError::Taken(_)
                | DbError::Refused(_)
                | DbError::Unreadable(_)
                | DbError::Migration(_),
            )
            | UploadError::Internal(_) => ErrorCode::Internal,
        }
    }

    /// Seconds after which the same call may work, where waiting helps.
    pub fn retry_after_secs(&self) -> Option<u32> {
        match self {
            UploadError::Storage(StorageError::Full) => Some(RETRY_FULL_SECS),
            UploadError::Storage(StorageError::Busy {
                retry_after_secs, ..
            }) => Some(*retry_after_secs),
            UploadError::Storage(StorageError::Unavailable(_))
            | UploadError::Db(DbError::Unavailable(_)) => Some(RETRY_SECS),
            _ => None,
        }
    }

    /// The numbers that `complete` misses.
    pub fn missing_chunks(&self) -> Option<&[u32]> {
        match self {
            UploadError::PartsMissing { missing, .. } => Some(missing),
            _ => None,
        }
    }

    /// The manifest that the file was completed with.
    pub fn manifest(&self) -> Option<Bytes64> {
        match self {
            UploadError::ManifestDiffers { manifest, .. } => Some(Bytes64(manifest.clone())),
            _ => None,
        }
    }

    /// The stored generation or revision.
    pub fn generation(&self) -> Option<u32> {
        match self {
            UploadError::PartDiffers { generation }
            | UploadError::GenerationMismatch { generation } => Some(*generation),
            _ => None,
        }
    }

    /// The limit that was passed.
    pub fn limit_bytes(&self) -> Option<u64> {
        match self {
            UploadError::BodyTooLarge { limit_bytes }
            | UploadError::QuotaExceeded { limit_bytes }
            | UploadError::Storage(StorageError::TooLarge { limit_bytes }) => Some(*limit_bytes),
            _ => None,
        }
    }
}
