//! Stores a part: write down where, put, and commit the row in one transaction that decides. The row of a part exists
//! only once its bytes do; of two writers one wins, and the bytes of the other are deleted.

use bytes::Bytes;
use ferry_core::envelope::{IV_BYTES, TAG_BYTES};
use ferry_core::wire::{Compression, PartState, StoredPart};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::decide::Decision;
use super::file::{
    FileState, absent, header_of, planned_len, require_number, state_of, stored_part,
};
use super::quota::require_within;
use super::reserve_part::{BodyDigest, PartTicket, judge, require_length};
use super::{UploadError, UploadResult, Uploads};
use crate::db::files::FileRow;
use crate::db::intents::{self, NewIntent};
use crate::db::parts::{self, PartRow, StoredBytes};
use crate::db::units::i32_of;
use crate::db::{Connection, Text, deletions, files_with_sessions};
use crate::storage::{Locator, StorageError};

impl Uploads {
    /// Stores the body; `duplicate` in the answer tells 200 from 201. The caller runs it on a task of its own: what is
    /// dropped half way leaves bytes that only the sweep of intents finds.
    pub async fn accept_part(&self, ticket: PartTicket, body: Bytes) -> UploadResult<StoredPart> {
        require_length(ticket.length, u64::try_from(body.len()).unwrap_or(u64::MAX))?;
        let digests = Digests::check(body.clone(), ticket.meta.digest).await?;
        if let Some(duplicate) = self.stored_already(&ticket).await? {
            return Ok(duplicate);
        }
        let put = self.put(&ticket, body).await?;
        let committed = self
            .db
            .transact(async |tx| self.commit(tx, &ticket, &digests, &put).await)
            .await;
        match committed {
            Ok(part) => {
                self.deletions_queued.notify_one();
                Ok(part)
            }
            Err(error) => {
                // After a lost COMMIT it is not known here whether the row stands: then the intent went with it, or the sweep finds it.
                if !matches!(error, UploadError::Db(_)) {
                    self.give_up(&put).await;
                }
                Err(error)
            }
        }
    }

    /// The part, if this plaintext is stored: then its body need not be sent.
    pub async fn stored_already(&self, ticket: &PartTicket) -> UploadResult<Option<StoredPart>> {
        let judged = self
            .db
            .run(async |conn| self.judge_now(conn, ticket).await)
            .await?;
        match judged {
            (Decision::Duplicate, Some(row)) => Ok(Some(stored_part(&row, true)?)),
            _ => Ok(None),
        }
    }

    async fn judge_now(
        &self,
        conn: &mut Connection,
        ticket: &PartTicket,
    ) -> UploadResult<(Decision, Option<PartRow>)> {
        let Some((file, session)) =
            files_with_sessions::find(conn, ticket.user_id, ticket.file_id).await?
        else {
            return Err(absent(conn, ticket.user_id, ticket.file_id).await);
        };
        let state = state_of(&file, &session, (self.clock)());
        self.judge_row(conn, ticket, state).await
    }

    async fn judge_row(
        &self,
        conn: &mut Connection,
        ticket: &PartTicket,
        state: FileState,
    ) -> UploadResult<(Decision, Option<PartRow>)> {
        let row = parts::find(conn, ticket.file_id, i32_of(ticket.part_number)).await?;
        Ok((judge(state, row.as_ref(), ticket.meta.sent())?, row))
    }

    /// Writes the intent, then puts the bytes. No connection is held meanwhile.
    async fn put(&self, ticket: &PartTicket, body: Bytes) -> UploadResult<Put> {
        let provider = self.stores.default_name().to_owned();
        let store = self.stores.named(&provider)?;
        let mut put = Put {
            intent_id: Uuid::new_v4(),
            provider,
            locator: store.locate(),
        };
        let intent = NewIntent {
            id: put.intent_id,
            user_id: ticket.user_id,
            file_id: ticket.file_id,
            part_number: i32_of(ticket.part_number),
            provider: &put.provider,
            locator: &put.locator.0,
            created_at: (self.clock)(),
        };
        self.db
            .run(async |conn| intents::insert(conn, &intent).await)
            .await?;
        match store.put(put.locator.clone(), body).await {
            Ok(locator) => {
                put.locator = locator;
                Ok(put)
            }
            Err(error) => {
                // After a timeout the bytes may still arrive: deleting them now would be too early, the sweep comes late enough.
                if !matches!(error, StorageError::Unavailable(_)) {
                    self.give_up(&put).await;
                }
                Err(error.into())
            }
        }
    }

    /// Makes the bytes a part's row. Bytes that are not needed, the new or the old ones, are queued for deletion.
    async fn commit(
        &self,
        conn: &mut Connection,
        ticket: &PartTicket,
        digests: &Digests,
        put: &Put,
    ) -> UploadResult<StoredPart> {
        if !intents::take(conn, put.intent_id).await? {
            return Err(StorageError::Unavailable(
                "the put took so long that it was given up".to_owned(),
            )
            .into());
        }
        let Some((file, session)) =
            files_with_sessions::lock(conn, ticket.user_id, ticket.file_id).await?
        else {
            return Err(absent(conn, ticket.user_id, ticket.file_id).await);
        };
        require_planned(&file, ticket)?;
        let state = state_of(&file, &session, (self.clock)());
        let (decision, row) = self.judge_row(conn, ticket, state).await?;
        let bytes = self.stored_bytes(ticket, digests, put);
        let row = match (decision, row) {
            (Decision::Duplicate, Some(row)) => {
                deletions::queue(conn, &put.provider, &put.locator.0, bytes.stored_at).await?;
                return stored_part(&row, true);
            }
            (_, Some(before)) => {
                deletions::queue(conn, &before.provider, &before.locator, bytes.stored_at).await?;
                parts::replace(conn, before.id, &bytes).await?
            }
            (_, None) => {
                parts::insert(conn, ticket.file_id, i32_of(ticket.part_number), &bytes).await?
            }
        };
        require_within(conn, ticket.user_id).await?;
        stored_part(&row, false)
    }

    fn stored_bytes(&self, ticket: &PartTicket, digests: &Digests, put: &Put) -> StoredBytes {
        StoredBytes {
            size: i32_of(ticket.plain_len),
            stored_size: i32_of(digests.len),
            iv: digests.iv.to_vec(),
            auth_tag: digests.tag.to_vec(),
            is_compressed: ticket.meta.compression == Compression::DeflateRaw,
            part_mac: ticket.meta.mac.to_vec(),
            stored_blake3: digests.blake3.to_vec(),
            state: Text(PartState::Stored),
            provider: put.provider.clone(),
            locator: put.locator.0.clone(),
            stored_at: (self.clock)(),
        }
    }

    /// Queues bytes that became no part. If even that fails the sweep finds the intent later.
    async fn give_up(&self, put: &Put) {
        let given_up = self
            .db
            .run(async |conn| {
                intents::give_up(conn, put.intent_id, &put.locator.0, (self.clock)()).await
            })
            .await;
        match given_up {
            Ok(()) => self.deletions_queued.notify_one(),
            Err(error) => {
                tracing::warn!(%error, intent = %put.intent_id, "left to the orphan sweep")
            }
        }
    }
}

/// The upload may have been resized while the body was on its way: a row outside the plan could never be completed.
fn require_planned(file: &FileRow, ticket: &PartTicket) -> UploadResult<()> {
    require_number(file, ticket.part_number)?;
    let planned = planned_len(file, &header_of(file)?, ticket.part_number);
    if planned == ticket.plain_len {
        return Ok(());
    }
    Err(UploadError::PartLengthWrong {
        expected: format!("a part of {planned} bytes, sealed"),
        got_bytes: u64::from(ticket.plain_len),
    })
}

/// Bytes at a provider that are not yet a part.
struct Put {
    intent_id: Uuid,
    provider: String,
    locator: Locator,
}

/// What the row records of a body.
struct Digests {
    len: u32,
    iv: [u8; IV_BYTES],
    tag: [u8; TAG_BYTES],
    blake3: [u8; 32],
}

impl Digests {
    /// Hashes the body away from the async threads and compares it with what was sent along.
    async fn check(body: Bytes, expected: BodyDigest) -> UploadResult<Self> {
        tokio::task::spawn_blocking(move || Self::of(&body, expected))
            .await
            .map_err(|error| UploadError::Internal(error.to_string()))?
    }

    fn of(body: &[u8], expected: BodyDigest) -> UploadResult<Self> {
        let too_short = || UploadError::Internal("a body shorter than its seal".to_owned());
        let blake3: [u8; 32] = blake3::hash(body).into();
        let is_equal = match expected {
            BodyDigest::Blake3(expected) => expected == blake3,
            BodyDigest::Sha256(expected) => expected == <[u8; 32]>::from(Sha256::digest(body)),
        };
        if !is_equal {
            return Err(UploadError::DigestMismatch);
        }
        Ok(Digests {
            len: u32::try_from(body.len()).map_err(|_| too_short())?,
            iv: *body.first_chunk().ok_or_else(too_short)?,
            tag: *body.last_chunk().ok_or_else(too_short)?,
            blake3,
        })
    }
}
