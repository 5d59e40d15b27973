//! A part's body on its way in: in memory while it is quick, on the server's disk once it is not. Progress keeps it alive,
//! however slow: what bounds memory is that no slow sender holds any. It stores nothing; that is `parts`' business.

use std::time::Duration;

use actix_web::dev;
use bytes::Bytes;
use ferry_core::wire::ErrorCode;
use futures_util::StreamExt;
use tokio::time::{Instant, sleep_until, timeout_at};
use uuid::Uuid;

use super::{
    body::incomplete,
    status_codes::{HttpError, HttpResult},
};
use crate::{
    budget::{Budget, Reserved},
    pages::BodyBuffer,
    spool::{Piece, SpoolError},
};

/// How long a body may be in memory while it arrives. A whole part of a fast line is there in a second.
const QUICK: Duration = Duration::from_secs(3);
/// How long a body waits for memory before it goes to disk.
const MEMORY_WAIT: Duration = Duration::from_secs(1);
/// Between two looks whether there is room on disk.
const ROOM_RETRY: Duration = Duration::from_millis(500);

/// The memory of all bodies, and how it is waited for.
#[derive(Clone)]
pub(crate) struct BodyMemory {
    pub(crate) budget: Budget,
    /// How long a body that is whole, or that finds no disk, waits for memory or room.
    pub(crate) wait: Duration,
}

impl BodyMemory {
    /// Memory for a body that is whole, to store it from.
    pub(crate) async fn for_whole(&self, user_id: Uuid, bytes: u64) -> HttpResult<Reserved> {
        let reserved = self.budget.reserve(user_id, bytes, self.wait).await;
        reserved.ok_or_else(|| HttpError::new(ErrorCode::Busy))
    }

    /// Memory for a body that begins, where it is to be had soon.
    async fn for_arriving(&self, user_id: Uuid, bytes: u64) -> Option<Reserved> {
        self.budget.reserve(user_id, bytes, MEMORY_WAIT).await
    }
}

/// How a body is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most bytes, with those that came earlier.
    pub(crate) limit_bytes: u64,
    /// Longest silence.
    pub(crate) idle: Duration,
    /// How long it waits for room on disk.
    pub(crate) room_wait: Duration,
}

/// A body that arrived in memory, with the share that it holds.
pub(crate) struct InMemory {
    pub(crate) body: Bytes,
    pub(crate) reserved: Reserved,
}

/// Reads a body to its end; none: it is in `piece`. What came of a named one is in `piece` also when it broke off.
pub(crate) async fn receive(
    payload: &mut dev::Payload,
    piece: &mut Piece,
    bounds: Bounds,
    memory: Option<(&BodyMemory, Uuid)>,
) -> HttpResult<Option<InMemory>> {
    let memory = match memory {
        Some((memory, user_id)) => memory.for_arriving(user_id, bounds.limit_bytes).await,
        None => None,
    };
    let mut arriving = Arriving {
        bounds,
        piece,
        quick: memory.map(Quick::new).transpose()?,
    };
    match arriving.read(payload).await {
        Ok(()) => Ok(arriving.quick.map(Quick::freeze)),
        Err(refusal) => {
            if arriving.piece.is_named() && arriving.put_down().await.is_err() {
                tracing::debug!("what came of a body could not be kept");
            }
            Err(refusal)
        }
    }
}

/// A body in memory.
struct Quick {
    buffer: BodyBuffer,
    reserved: Reserved,
}

impl Quick {
    fn new(reserved: Reserved) -> HttpResult<Self> {
        let capacity = usize::try_from(reserved.bytes()).unwrap_or(usize::MAX);
        let buffer = BodyBuffer::with_capacity(capacity)
            .map_err(|_| HttpError::detailed(ErrorCode::Busy, "no memory for a body just now"))?;
        Ok(Quick { buffer, reserved })
    }

    fn freeze(self) -> InMemory {
        InMemory {
            body: self.buffer.freeze(),
            reserved: self.reserved,
        }
    }
}

struct Arriving<'a> {
    bounds: Bounds,
    piece: &'a mut Piece,
    quick: Option<Quick>,
}

impl Arriving<'_> {
    async fn read(&mut self, payload: &mut dev::Payload) -> HttpResult<()> {
        let quick_until = Instant::now() + QUICK;
        let mut silent_at = Instant::now() + self.bounds.idle;
        loop {
            let chunk = tokio::select! {
                biased;
                () = self.piece.taken_over() => {
                    return Err(incomplete("another request goes on with this body"));
                }
                () = sleep_until(quick_until), if self.quick.is_some() => {
                    self.put_down().await?;
                    continue;
                }
                chunk = timeout_at(silent_at, payload.next()) => chunk,
            };
            match chunk {
                Ok(Some(Ok(chunk))) => self.take(chunk).await?,
                Ok(Some(Err(_))) => return Err(incomplete("the body broke off")),
                Ok(None) => return Ok(()),
                Err(_) => return Err(incomplete("the body stopped arriving")),
            }
            silent_at = Instant::now() + self.bounds.idle;
        }
    }

    async fn take(&mut self, chunk: Bytes) -> HttpResult<()> {
        let here = match &self.quick {
            Some(quick) => u64::try_from(quick.buffer.len_bytes()).unwrap_or(u64::MAX),
            None => self.piece.len_bytes(),
        };
        let more = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        let too_large = || HttpError::too_large(self.bounds.limit_bytes);
        if here.saturating_add(more) > self.bounds.limit_bytes {
            return Err(too_large());
        }
        match &mut self.quick {
            Some(quick) => quick.buffer.extend(&chunk).ok_or_else(too_large),
            None => self.append(chunk).await,
        }
    }

    /// From memory to disk; the memory is given back.
    async fn put_down(&mut self) -> HttpResult<()> {
        let Some(quick) = self.quick.take() else {
            return Ok(());
        };
        let InMemory { body, reserved } = quick.freeze();
        if !body.is_empty() {
            self.append(body).await?;
        }
        drop(reserved);
        Ok(())
    }

    /// Waits for room: meanwhile the sender is not read, so nothing of it piles up.
    async fn append(&mut self, bytes: Bytes) -> HttpResult<()> {
        let give_up = Instant::now() + self.bounds.room_wait;
        loop {
            match self.piece.append(bytes.clone()).await {
                Err(SpoolError::NoRoom) if Instant::now() < give_up => {
                    tokio::time::sleep(ROOM_RETRY).await;
                }
                done => return Ok(done?),
            }
        }
    }
}
