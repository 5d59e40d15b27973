//! One body on its way, held by the request that sends it. What is kept when the request ends is its own decision.

use std::{fs::File, os::unix::fs::FileExt as _, sync::Arc};

use bytes::Bytes;
use tokio::sync::watch;
use uuid::Uuid;

use super::{PieceKey, Spool, SpoolError};
use crate::{budget::Reserved, disk::Claim, pages::BodyBuffer};

/// Room is taken in steps, so that a slow body asks for it rarely.
const STEP_BYTES: u64 = 1024 * 1024;
/// Read back in pieces: the copy of a part is not needed twice.
const READ_BYTES: u64 = 256 * 1024;

/// The beginning of a body. When it is dropped, a named one stays for the request that goes on with it; [`Piece::discard`] removes it.
pub struct Piece {
    spool: Spool,
    user_id: Uuid,
    name: Option<(PieceKey, watch::Receiver<bool>)>,
    file: Option<Arc<File>>,
    reserved: Option<Reserved>,
    /// On the disk, for the step that is being filled.
    claim: Option<Claim>,
    len_bytes: u64,
}

impl Piece {
    pub(super) fn named(
        spool: Spool,
        key: PieceKey,
        stopped: watch::Receiver<bool>,
        taken: Option<(Reserved, u64)>,
    ) -> Self {
        let (reserved, len_bytes) = match taken {
            Some((reserved, len_bytes)) => (Some(reserved), len_bytes),
            None => (None, 0),
        };
        Piece {
            spool,
            user_id: key.user_id,
            name: Some((key, stopped)),
            file: None,
            reserved,
            claim: None,
            len_bytes,
        }
    }

    pub(super) fn unnamed(spool: Spool, user_id: Uuid) -> Self {
        Piece {
            spool,
            user_id,
            name: None,
            file: None,
            reserved: None,
            claim: None,
            len_bytes: 0,
        }
    }

    /// Bytes that are here.
    pub fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    /// It outlives its request.
    pub fn is_named(&self) -> bool {
        self.name.is_some()
    }

    /// Resolves when another request wants to go on with this body.
    pub async fn taken_over(&self) {
        if let Some((_, stopped)) = &self.name {
            let mut stopped = stopped.clone();
            if stopped.wait_for(|stop| *stop).await.is_ok() {
                return;
            }
        }
        std::future::pending().await
    }

    /// Begins anew.
    pub fn restart(&mut self) {
        self.len_bytes = 0;
    }

    /// Puts down what came next.
    pub async fn append(&mut self, bytes: Bytes) -> Result<(), SpoolError> {
        let more = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let (at, end) = (self.len_bytes, self.len_bytes.saturating_add(more));
        self.take_room(end).await?;
        let file = self.file().await?;
        blocking(move || file.write_all_at(&bytes, at)).await?;
        self.len_bytes = end;
        Ok(())
    }

    /// The whole of it, in memory.
    pub async fn read(&mut self) -> Result<Bytes, SpoolError> {
        let len_bytes = self.len_bytes;
        if len_bytes == 0 {
            return Ok(Bytes::new());
        }
        let file = self.file().await?;
        let capacity = usize::try_from(len_bytes).map_err(std::io::Error::other)?;
        blocking(move || {
            let mut body = BodyBuffer::with_capacity(capacity)?;
            let mut buffer =
                vec![0; usize::try_from(READ_BYTES.min(len_bytes)).unwrap_or_default()];
            let mut at = 0;
            while at < len_bytes {
                let wanted = usize::try_from((len_bytes - at).min(READ_BYTES)).unwrap_or_default();
                let buffer = buffer.get_mut(..wanted).unwrap_or_default();
                file.read_exact_at(buffer, at)?;
                body.extend(buffer)
                    .ok_or_else(|| std::io::Error::other("longer than it was"))?;
                at += u64::try_from(wanted).unwrap_or_default();
            }
            Ok(body.freeze())
        })
        .await
    }

    /// Removes it: it became a part, or never will.
    pub fn discard(mut self) {
        self.len_bytes = 0;
    }

    async fn take_room(&mut self, end: u64) -> Result<(), SpoolError> {
        let held = self.reserved.as_ref().map_or(0, Reserved::bytes);
        if end <= held {
            return Ok(());
        }
        let (spool, user_id) = (self.spool.clone(), self.user_id);
        let budget = &spool.0.budget;
        let wanted = end.next_multiple_of(STEP_BYTES) - held;
        let claim = spool.claim_on_disk(user_id, wanted).await?;
        let reserved = &mut self.reserved;
        let taken = spool.with_room(user_id, || match reserved {
            Some(reserved) => reserved.grow(wanted).then_some(()),
            None => {
                *reserved = budget.reserve_now(user_id, wanted);
                reserved.is_some().then_some(())
            }
        });
        taken.ok_or(SpoolError::NoRoom)?;
        // The step before it is written by now.
        self.claim = Some(claim);
        Ok(())
    }

    async fn file(&mut self) -> Result<Arc<File>, SpoolError> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        let folder = self.spool.0.settings.folder.clone();
        let path = self.name.as_ref().map(|(key, _)| self.spool.path_of(key));
        let opened = blocking(move || match path {
            Some(path) => File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(path),
            None => tempfile::tempfile_in(folder),
        });
        let file = Arc::new(opened.await?);
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let Some((key, _)) = self.name.take() else {
            return;
        };
        let len_bytes = self.len_bytes;
        let kept = self.reserved.take().filter(|_| len_bytes > 0);
        let kept = kept.map(|mut reserved| {
            reserved.shrink_to(len_bytes);
            (reserved, len_bytes)
        });
        self.spool.release(key, kept);
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, SpoolError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(SpoolError::Io(std::io::Error::other(error))),
    }
}
