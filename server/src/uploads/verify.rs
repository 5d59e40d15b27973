//! Reads stored bytes back and compares them with their rows: length, hash, IV and tag. What is damaged becomes missing,
//! a complete file unfinished until it is repaired. A provider that does not answer proves nothing.
//!
//! What was found sound is written down every few parts, so that a verification that breaks off (the caller went away, the
//! provider did not answer) can go on where it stopped: the next one names the age up to which it believes the last.

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use ferry_core::envelope::{IV_BYTES, TAG_BYTES};
use ferry_core::wire::{VerifyProgress, VerifyRequest, VerifyResponse};
use futures_util::{StreamExt, TryStreamExt};
use uuid::Uuid;

use super::file::{is_sound, require_number, total_parts};
use super::{UploadError, UploadResult, Uploads, ranges};
use crate::db::audit::{self, AuditEvent};
use crate::db::files::FileRow;
use crate::db::parts::{self, PartRow};
use crate::db::units::{i32_of, i64_of, u32_of};
use crate::db::{files, files_with_sessions, sessions};
use crate::storage::{Locator, StorageError};

const PAGE_ROWS: i64 = 1_000;
/// Sound parts after which it is written down that they are.
const NOTE_EVERY: usize = 16;

/// Reads of a part whose bytes differ before it is called damaged.
const READS_BEFORE_DAMAGE: u32 = 2;

/// Called after each part.
type Progress<'a> = &'a (dyn Fn(VerifyProgress) + Send + Sync);

impl Uploads {
    /// Reads stored bytes back; `progress` is called after each part.
    pub async fn verify(
        &self,
        user_id: Uuid,
        request: VerifyRequest,
        progress: Progress<'_>,
    ) -> UploadResult<VerifyResponse> {
        let (file, session) = self.rows_of(user_id, request.file_id).await?;
        let scope = Scope::of(&file, request.chunk_numbers)?;
        let total = match &scope {
            Scope::Numbers(numbers) => u32::try_from(numbers.len()).unwrap_or(u32::MAX),
            Scope::Stored => u32_of(session.uploaded_parts),
        };
        let mut tally = Tally {
            total,
            ..Tally::default()
        };
        let believed_since = request.max_age_secs.map(|secs| self.believed_since(secs));
        let mut after = 0;
        while let Some(page) = self.next_page(file.id, &scope, &mut after).await? {
            let reading = Reading {
                file: &file,
                believed_since,
                progress,
            };
            self.verify_page(&reading, page, &mut tally).await?;
        }
        let missing = match scope {
            Scope::Numbers(asked) => asked.iter().any(|number| !tally.saw(*number)),
            Scope::Stored => {
                ranges::count(&ranges::missing_ranges(&tally.seen(), total_parts(&file))) > 0
            }
        };
        Ok(tally.answer(missing))
    }

    async fn next_page(
        &self,
        file_id: Uuid,
        scope: &Scope,
        after: &mut i32,
    ) -> UploadResult<Option<Vec<PartRow>>> {
        let page = self
            .db
            .run(async |conn| {
                match scope {
                    Scope::Stored => parts::page(conn, file_id, *after, PAGE_ROWS).await,
                    Scope::Numbers(numbers) => {
                        let next: Vec<i32> = numbers
                            .iter()
                            .map(|number| i32_of(*number))
                            .filter(|number| number > after)
                            .take(usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX))
                            .collect();
                        let rows = parts::of_numbers(conn, file_id, &next).await?;
                        // Numbers without a row must not end the walk before the numbers do.
                        *after = next.last().copied().unwrap_or(*after);
                        return Ok((!next.is_empty()).then_some(rows));
                    }
                }
                .map(|rows| {
                    *after = rows.last().map_or(*after, |row| row.part_number);
                    (!rows.is_empty()).then_some(rows)
                })
            })
            .await?;
        Ok(page)
    }

    fn believed_since(&self, max_age_secs: u64) -> DateTime<Utc> {
        TimeDelta::try_seconds(i64_of(max_age_secs))
            .and_then(|age| (self.clock)().checked_sub_signed(age))
            .unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    async fn verify_page(
        &self,
        reading: &Reading<'_>,
        page: Vec<PartRow>,
        tally: &mut Tally,
    ) -> UploadResult<()> {
        let mut reads = futures_util::stream::iter(page)
            .map(|row| async move {
                if reading.believes(&row) {
                    return Ok((row, Judged::Believed));
                }
                let is_valid = self.is_valid(&row).await?;
                Ok((
                    row,
                    if is_valid {
                        Judged::Sound
                    } else {
                        Judged::Damaged
                    },
                ))
            })
            .buffered(self.settings.verify_concurrency.max(1));
        let mut sound = Vec::new();
        while let Some(read) = reads.next().await {
            let judged = match read {
                Ok((row, Judged::Damaged)) => self.judge_damaged(reading.file, row).await,
                read => read.map(Some),
            };
            let Some((row, judged)) = self.or_note(judged, &sound).await? else {
                continue;
            };
            if judged == Judged::Sound {
                sound.push((row.id, row.generation));
            }
            let is_valid = judged != Judged::Damaged;
            tally.add(u32_of(row.part_number), is_valid, reading.progress);
            if sound.len() >= NOTE_EVERY {
                self.note_sound(&sound).await?;
                sound.clear();
            }
        }
        self.note_sound(&sound).await
    }

    /// Where it ends early, what was found so far stands; the rest is not known.
    async fn or_note<T>(&self, judged: UploadResult<T>, sound: &[(i64, i32)]) -> UploadResult<T> {
        if judged.is_err() {
            self.note_sound(sound).await?;
        }
        judged
    }

    async fn note_sound(&self, sound: &[(i64, i32)]) -> UploadResult<()> {
        let now = (self.clock)();
        self.db
            .run(async |conn| Ok(parts::mark_verified(conn, sound, now).await?))
            .await
    }

    /// Bytes that differ are read once more: a part is judged by what is stored, not by what happened on the way.
    async fn is_valid(&self, row: &PartRow) -> UploadResult<bool> {
        if !is_sound(row) {
            return Ok(false);
        }
        let store = self.stores.named(&row.provider)?;
        let locator = Locator(row.locator.clone());
        for _ in 0..READS_BEFORE_DAMAGE {
            match read_back(store.get(&locator, None).await).await {
                Ok(found) if found.matches(row) => return Ok(true),
                Ok(_) => {}
                Err(StorageError::NotFound) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(false)
    }

    /// Reports the damage. A generation stored meanwhile is judged in its place, once; a part gone meanwhile is left out.
    async fn judge_damaged(
        &self,
        file: &FileRow,
        row: PartRow,
    ) -> UploadResult<Option<(PartRow, Judged)>> {
        if is_sound(&row) && self.report_damage(file, &row).await? {
            return Ok(Some((row, Judged::Damaged)));
        }
        // Its row changed, or said "corrupt" when it was read: what it says now counts.
        let newest = self
            .db
            .run(async |conn| parts::find(conn, file.id, row.part_number).await)
            .await?;
        let Some(newest) = newest else {
            return Ok(None);
        };
        if !is_sound(&newest) {
            return Ok(Some((newest, Judged::Damaged)));
        }
        if self.is_valid(&newest).await? {
            return Ok(Some((newest, Judged::Sound)));
        }
        let is_reported = self.report_damage(file, &newest).await?;
        Ok(is_reported.then_some((newest, Judged::Damaged)))
    }

    /// In one transaction: the part is corrupt, its file unfinished. False when this generation is no more: nothing is touched.
    async fn report_damage(&self, file: &FileRow, row: &PartRow) -> UploadResult<bool> {
        let event = AuditEvent {
            at: (self.clock)(),
            user_id: Some(file.user_id),
            action: "part.corrupt".to_owned(),
            subject_id: Some(file.id),
            reason: format!("verification of part {} failed", row.part_number),
        };
        self.db
            .transact(async |tx| {
                let locked = files_with_sessions::lock(tx, file.user_id, file.id).await?;
                let (file, _) = locked.ok_or(UploadError::NotFound)?;
                if !parts::mark_corrupt(tx, row.id, row.generation).await? {
                    return Ok(false);
                }
                if file.is_complete {
                    files::reopen(tx, file.id).await?;
                    sessions::reopen(tx, file.id).await?;
                }
                audit::record(tx, &event).await?;
                Ok(true)
            })
            .await
    }
}

/// What is read back, and for whom.
struct Reading<'a> {
    file: &'a FileRow,
    /// Parts found sound since then are not read.
    believed_since: Option<DateTime<Utc>>,
    progress: Progress<'a>,
}

impl Reading<'_> {
    fn believes(&self, row: &PartRow) -> bool {
        let is_recent = |since| row.verified_at.is_some_and(|at| at >= since);
        is_sound(row) && self.believed_since.is_some_and(is_recent)
    }
}

/// What is known of a part's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    /// Read back now.
    Sound,
    /// Read back lately.
    Believed,
    /// Damaged or gone.
    Damaged,
}

/// Which parts are read back.
enum Scope {
    Stored,
    /// Rising, each once.
    Numbers(Vec<u32>),
}

impl Scope {
    fn of(file: &FileRow, asked: Option<Vec<u32>>) -> UploadResult<Self> {
        let Some(mut asked) = asked else {
            return Ok(Scope::Stored);
        };
        asked.sort_unstable();
        asked.dedup();
        asked
            .iter()
            .try_for_each(|number| require_number(file, *number))?;
        Ok(Scope::Numbers(asked))
    }
}

/// What was found so far, by rising number.
#[derive(Default)]
struct Tally {
    valid: Vec<u32>,
    corrupted: Vec<u32>,
    total: u32,
}

impl Tally {
    fn add(&mut self, part_number: u32, valid: bool, progress: Progress<'_>) {
        if valid {
            self.valid.push(part_number)
        } else {
            self.corrupted.push(part_number)
        }
        let checked = u32::try_from(self.valid.len() + self.corrupted.len()).unwrap_or(u32::MAX);
        progress(VerifyProgress {
            part_number,
            valid,
            checked,
            total: self.total.max(checked),
        });
    }

    fn saw(&self, number: u32) -> bool {
        self.valid.binary_search(&number).is_ok() || self.corrupted.binary_search(&number).is_ok()
    }

    fn seen(&self) -> Vec<u32> {
        let mut seen: Vec<u32> = self.valid.iter().chain(&self.corrupted).copied().collect();
        seen.sort_unstable();
        seen
    }

    fn answer(self, is_missing: bool) -> VerifyResponse {
        let needs_re_upload = is_missing || !self.corrupted.is_empty();
        VerifyResponse {
            valid_chunks: self.valid,
            corrupted_chunks: self.corrupted,
            needs_re_upload,
        }
    }
}

/// What the provider really holds.
struct Found {
    len: u64,
    blake3: [u8; 32],
    first: Vec<u8>,
    last: Vec<u8>,
}

impl Found {
    fn matches(&self, row: &PartRow) -> bool {
        self.len == u64::from(u32_of(row.stored_size))
            && self.blake3.as_slice() == row.stored_blake3
            && self.first == row.iv
            && self.last == row.auth_tag
    }
}

/// Hashes the stream piece by piece: no part is held in memory.
async fn read_back(
    stream: Result<crate::storage::ByteStream, StorageError>,
) -> Result<Found, StorageError> {
    let mut stream = stream?;
    let mut hasher = blake3::Hasher::new();
    let mut found = Found {
        len: 0,
        blake3: [0; 32],
        first: Vec::new(),
        last: Vec::new(),
    };
    while let Some(piece) = stream.try_next().await? {
        found.len += u64::try_from(piece.len()).unwrap_or(u64::MAX);
        found.keep_ends(&piece);
        hasher = hash_aside(hasher, piece).await?;
    }
    found.blake3 = hasher.finalize().into();
    Ok(found)
}

impl Found {
    fn keep_ends(&mut self, piece: &[u8]) {
        let room = IV_BYTES.saturating_sub(self.first.len());
        self.first.extend(piece.iter().take(room));
        self.last
            .extend(piece.iter().skip(piece.len().saturating_sub(TAG_BYTES)));
        let surplus = self.last.len().saturating_sub(TAG_BYTES);
        self.last.drain(..surplus);
    }
}

/// Pieces worth a thread are hashed on one that may block.
const HASH_ASIDE_BYTES: usize = 256 * 1024;

async fn hash_aside(
    mut hasher: blake3::Hasher,
    piece: Bytes,
) -> Result<blake3::Hasher, StorageError> {
    if piece.len() < HASH_ASIDE_BYTES {
        hasher.update(&piece);
        return Ok(hasher);
    }
    tokio::task::spawn_blocking(move || {
        hasher.update(&piece);
        hasher
    })
    .await
    .map_err(|error| StorageError::Unavailable(error.to_string()))
}
