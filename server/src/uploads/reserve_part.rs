//! Everything that can be said about a part before its body is read, so that a refused body costs no memory.

use ferry_core::envelope::part::{BodyLength, PART_OVERHEAD_BYTES};
use ferry_core::wire::{Compression, MAX_PART_BODY_BYTES};
use uuid::Uuid;

use super::decide::{Decision, Sent, decide};
use super::file::{FileState, absent, header_of, planned_len, require_number, state_of, stored};
use super::quota::require_room;
use super::{UploadError, UploadResult, Uploads};
use crate::db::parts::{self, PartRow};
use crate::db::units::{i32_of, u32_of};
use crate::db::{Connection, files_with_sessions};

/// Which digest came with the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyDigest {
    /// `Ferry-Body-Blake3`.
    Blake3([u8; 32]),
    /// `Content-Digest: sha-256=...`.
    Sha256([u8; 32]),
}

impl BodyDigest {
    /// The digest, whichever it is.
    pub fn bytes(self) -> [u8; 32] {
        match self {
            BodyDigest::Blake3(digest) | BodyDigest::Sha256(digest) => digest,
        }
    }
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

impl PartMeta {
    pub(super) fn sent(&self) -> Sent {
        Sent {
            mac: self.mac,
            if_match: self.if_match,
        }
    }
}

/// Refuses a body of another length than the plan gives.
pub(super) fn require_length(length: BodyLength, got_bytes: u64) -> UploadResult<()> {
    if length.allows(got_bytes) {
        return Ok(());
    }
    if got_bytes > u64::from(MAX_PART_BODY_BYTES) {
        return Err(UploadError::BodyTooLarge {
            limit_bytes: u64::from(MAX_PART_BODY_BYTES),
        });
    }
    Err(UploadError::PartLengthWrong {
        expected: in_words(length),
        got_bytes,
    })
}

fn in_words(length: BodyLength) -> String {
    match length {
        BodyLength::Exactly(bytes) => format!("{bytes} bytes"),
        BodyLength::AtMost(PART_OVERHEAD_BYTES) => "an uncompressed part".to_owned(),
        BodyLength::AtMost(bytes) => {
            format!("28 bytes and a multiple of 65,536, at most {bytes}")
        }
    }
}

/// Permission to send one part's body: the cheap checks are done.
#[derive(Debug, Clone)]
pub struct PartTicket {
    pub(super) user_id: Uuid,
    pub(super) file_id: Uuid,
    pub(super) part_number: u32,
    pub(super) plain_len: u32,
    pub(super) length: BodyLength,
    pub(super) meta: PartMeta,
}

impl PartTicket {
    /// How long the body may be.
    pub fn length(&self) -> BodyLength {
        self.length
    }

    /// The most bytes to reserve and to read.
    pub fn body_limit_bytes(&self) -> u32 {
        self.length.limit_bytes()
    }
}

impl Uploads {
    /// Everything that can be said before the body is read. `content_length` where it was announced.
    pub async fn reserve_part(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        part_number: u32,
        content_length: Option<u64>,
        meta: PartMeta,
    ) -> UploadResult<PartTicket> {
        let ticket = self
            .db
            .run(async |conn| self.ticket(conn, user_id, file_id, part_number, meta).await)
            .await?;
        if let Some(announced_bytes) = content_length {
            require_length(ticket.length, announced_bytes)?;
        }
        Ok(ticket)
    }

    async fn ticket(
        &self,
        conn: &mut Connection,
        user_id: Uuid,
        file_id: Uuid,
        part_number: u32,
        meta: PartMeta,
    ) -> UploadResult<PartTicket> {
        let Some((file, session)) = files_with_sessions::find(conn, user_id, file_id).await? else {
            return Err(absent(conn, user_id, file_id).await);
        };
        require_number(&file, part_number)?;
        let header = header_of(&file)?;
        if meta.compression == Compression::DeflateRaw && !header.core().compression_allowed {
            return Err(UploadError::Invalid(
                "the file's header allows no compression".to_owned(),
            ));
        }
        let plain_len = planned_len(&file, &header, part_number);
        let length = BodyLength::of(plain_len, meta.compression);
        let state = state_of(&file, &session, (self.clock)());
        let row = parts::find(conn, file_id, i32_of(part_number)).await?;
        if judge(state, row.as_ref(), meta.sent())? == Decision::Store {
            let freed = row.map(|row| u32_of(row.stored_size)).unwrap_or_default();
            require_room(
                conn,
                user_id,
                u64::from(length.limit_bytes().saturating_sub(freed)),
            )
            .await?;
        }
        Ok(PartTicket {
            user_id,
            file_id,
            part_number,
            plain_len,
            length,
            meta,
        })
    }
}

/// The rules of `decide` on rows.
pub(super) fn judge(state: FileState, row: Option<&PartRow>, sent: Sent) -> UploadResult<Decision> {
    if state == FileState::Expired {
        return Err(UploadError::Expired);
    }
    decide(
        state == FileState::Frozen,
        row.map(stored).transpose()?,
        sent,
    )
}

#[cfg(test)]
mod tests {
    use ferry_core::envelope::packing::PACKING_GRAIN_BYTES;

    use super::*;

    #[test]
    fn an_uncompressed_body_has_one_length() {
        let length = BodyLength::of(100, Compression::None);
        assert_eq!(length, BodyLength::Exactly(128));
        assert!(require_length(length, 128).is_ok());
        for wrong in [0, 127, 129, 20_971_520] {
            assert!(
                matches!(
                    require_length(length, wrong),
                    Err(UploadError::PartLengthWrong { .. })
                ),
                "{wrong}"
            );
        }
        assert!(matches!(
            require_length(length, 20_971_521),
            Err(UploadError::BodyTooLarge {
                limit_bytes: 20_971_520
            })
        ));
        assert_eq!(
            BodyLength::of(0, Compression::None),
            BodyLength::Exactly(28)
        );
    }

    #[test]
    fn a_compressed_body_is_shorter_and_padded() {
        let grain = u64::from(PACKING_GRAIN_BYTES);
        for short in [0, 1, PACKING_GRAIN_BYTES] {
            let none = BodyLength::of(short, Compression::DeflateRaw);
            for any in [0, 28, 28 + u64::from(short), 28 + grain] {
                assert!(require_length(none, any).is_err(), "{short} as {any}");
            }
        }
        let length = BodyLength::of(3 * PACKING_GRAIN_BYTES, Compression::DeflateRaw);
        assert!(require_length(length, 28 + grain).is_ok());
        assert!(require_length(length, 28 + 2 * grain).is_ok());
        for wrong in [28, 29 + grain, 28 + 3 * grain, 0] {
            assert!(require_length(length, wrong).is_err(), "{wrong}");
        }
    }
}
