//! Hands out a part's sealed bytes as they come from the provider, whole or a range. The reader checks them.

use std::ops::Range;

use ferry_core::wire::PartEntry;
use uuid::Uuid;

use super::file::{is_sound, part_entry, require_number};
use super::{UploadError, UploadResult, Uploads};
use crate::db::parts::{self, PartRow};
use crate::db::units::{i32_of, u32_of};
use crate::storage::{ByteStream, Locator, StorageError};

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

impl PartRange {
    /// The half-open range within a body; none when nothing of it is there.
    pub fn within(self, total_bytes: u64) -> Option<Range<u64>> {
        let range = match self {
            PartRange::From { first, last: None } => first..total_bytes,
            PartRange::From {
                first,
                last: Some(last),
            } => first..total_bytes.min(last.saturating_add(1)),
            PartRange::Last(count) => total_bytes.saturating_sub(count)..total_bytes,
        };
        (!range.is_empty()).then_some(range)
    }
}

/// A stored part on its way out. The stream can still break off.
pub struct PartBytes {
    /// The part's row; its generation is the ETag.
    pub part: PartEntry,
    /// Length of the whole sealed body.
    pub total_bytes: u64,
    /// The half-open range of it that `bytes` gives.
    pub range: Range<u64>,
    /// The sealed bytes.
    pub bytes: ByteStream,
}

impl std::fmt::Debug for PartBytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartBytes")
            .field("part", &self.part)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

/// Bytes that can be had, or a range of which nothing can.
#[derive(Debug)]
pub enum PartRead {
    /// They follow.
    Bytes(PartBytes),
    /// The range lies outside (416).
    OutOfRange {
        /// Length of the whole sealed body.
        total_bytes: u64,
    },
}

impl Uploads {
    /// A part's sealed bytes; `None` is all of them.
    pub async fn read_part(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        part_number: u32,
        range: Option<PartRange>,
    ) -> UploadResult<PartRead> {
        let row = self.part_row(user_id, file_id, part_number).await?;
        let total_bytes = u64::from(u32_of(row.stored_size));
        let wanted = match range {
            None => 0..total_bytes,
            Some(range) => match range.within(total_bytes) {
                Some(range) => range,
                None => return Ok(PartRead::OutOfRange { total_bytes }),
            },
        };
        let store = self.stores.named(&row.provider)?;
        let asked = range.is_some().then(|| wanted.clone());
        let bytes = match store.get(&Locator(row.locator.clone()), asked).await {
            Err(StorageError::NotFound) => {
                tracing::warn!(%file_id, part_number, store = %row.provider, "the stored bytes of a part are lost");
                return Err(UploadError::PartCorrupt { part_number });
            }
            bytes => bytes?,
        };
        Ok(PartRead::Bytes(PartBytes {
            part: part_entry(&row)?,
            total_bytes,
            range: wanted,
            bytes,
        }))
    }

    async fn part_row(
        &self,
        user_id: Uuid,
        file_id: Uuid,
        part_number: u32,
    ) -> UploadResult<PartRow> {
        let (file, _) = self.rows_of(user_id, file_id).await?;
        require_number(&file, part_number)?;
        let row = self
            .db
            .run(async |conn| parts::find(conn, file_id, i32_of(part_number)).await)
            .await?;
        match row {
            None => Err(UploadError::NotFound),
            Some(row) if !is_sound(&row) => Err(UploadError::PartCorrupt { part_number }),
            Some(row) => Ok(row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_stay_within_the_body() {
        assert_eq!(
            PartRange::From {
                first: 0,
                last: Some(0)
            }
            .within(10),
            Some(0..1)
        );
        assert_eq!(
            PartRange::From {
                first: 3,
                last: Some(99)
            }
            .within(10),
            Some(3..10)
        );
        assert_eq!(
            PartRange::From {
                first: 9,
                last: None
            }
            .within(10),
            Some(9..10)
        );
        assert_eq!(
            PartRange::From {
                first: 10,
                last: None
            }
            .within(10),
            None
        );
        assert_eq!(
            PartRange::From {
                first: 5,
                last: Some(4)
            }
            .within(10),
            None
        );
        assert_eq!(
            PartRange::From {
                first: 0,
                last: Some(u64::MAX)
            }
            .within(10),
            Some(0..10)
        );
        assert_eq!(PartRange::Last(3).within(10), Some(7..10));
        assert_eq!(PartRange::Last(99).within(10), Some(0..10));
        assert_eq!(PartRange::Last(0).within(10), None);
    }
}
