//! Reading bodies with bounds: of length, of silence, of slowness. The memory that part bodies share is `budget`'s business.

use std::time::Duration;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use bytes::{Bytes, BytesMut};
use ferry_core::wire::{ErrorCode, MAX_PART_BODY_BYTES};
use futures_util::{StreamExt, future::LocalBoxFuture};
use memmap2::MmapMut;
use serde::de::DeserializeOwned;

use super::{
    Shared,
    error::{HttpError, HttpResult},
};

/// Longest JSON body: a manifest and what goes with it, or a list of part numbers.
pub(crate) const JSON_LIMIT_BYTES: usize = 1024 * 1024;
/// How long a refused body is read before its sender is answered.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The slowest sender that is waited for. A body holds its share of the budget until it ends: without a floor, senders
/// that drip a byte before each silence is over would hold all of it for ever. A poor mobile line is faster than this.
const SLOWEST_BYTES_PER_SEC: u32 = 32 * 1024;

/// How a body is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most bytes.
    pub(crate) limit_bytes: usize,
    /// As announced; memory for it is taken at once.
    pub(crate) announced_bytes: Option<usize>,
    /// Longest silence.
    pub(crate) idle: Duration,
}

impl Bounds {
    /// Longest time for the whole body.
    fn deadline(&self) -> Duration {
        let expected = self
            .announced_bytes
            .map_or(self.limit_bytes, |bytes| bytes.min(self.limit_bytes));
        let expected = u32::try_from(expected).unwrap_or(u32::MAX);
        let sending =
            Duration::from_secs_f64(f64::from(expected) / f64::from(SLOWEST_BYTES_PER_SEC));
        self.idle.saturating_add(sending)
    }
}

/// Reads a body to its end. Its reader learns which bound it passed.
pub(crate) async fn read(payload: &mut dev::Payload, bounds: Bounds) -> HttpResult<Bytes> {
    tokio::time::timeout(bounds.deadline(), read_whole(payload, bounds))
        .await
        .unwrap_or_else(|_| Err(incomplete("the body arrived too slowly")))
}

async fn read_whole(payload: &mut dev::Payload, bounds: Bounds) -> HttpResult<Bytes> {
    let capacity = bounds
        .announced_bytes
        .unwrap_or_default()
        .min(bounds.limit_bytes);
    let mut body = Buffer::with_capacity(capacity)?;
    let too_large = || HttpError::too_large(u64::try_from(bounds.limit_bytes).unwrap_or(u64::MAX));
    while let Some(chunk) = next(payload, bounds.idle).await? {
        if body.len().saturating_add(chunk.len()) > bounds.limit_bytes {
            return Err(too_large());
        }
        body.extend(&chunk).ok_or_else(too_large)?;
    }
    Ok(body.freeze())
}

/// From here on a body has pages of its own.
const OWN_PAGES_FROM_BYTES: usize = 256 * 1024;

/// A body as it arrives. A part's has pages of its own, which the system has back as soon as the body ends: the allocator
/// would keep some for each thread, and a server with a budget of 64 MiB came to hold 170.
enum Buffer {
    Heap(BytesMut),
    Pages { pages: MmapMut, len: usize },
}

impl Buffer {
    fn with_capacity(bytes: usize) -> HttpResult<Self> {
        if bytes < OWN_PAGES_FROM_BYTES {
            return Ok(Buffer::Heap(BytesMut::with_capacity(bytes)));
        }
        let pages = MmapMut::map_anon(bytes)
            .map_err(|_| HttpError::detailed(ErrorCode::Busy, "no memory for a body just now"))?;
        Ok(Buffer::Pages { pages, len: 0 })
    }

    fn len(&self) -> usize {
        match self {
            Buffer::Heap(bytes) => bytes.len(),
            Buffer::Pages { len, .. } => *len,
        }
    }

    /// None when the chunk reaches beyond what was announced.
    fn extend(&mut self, chunk: &[u8]) -> Option<()> {
        match self {
            Buffer::Heap(bytes) => bytes.extend_from_slice(chunk),
            Buffer::Pages { pages, len } => {
                let end = len.checked_add(chunk.len())?;
                pages.get_mut(*len..end)?.copy_from_slice(chunk);
                *len = end;
            }
        }
        Some(())
    }

    fn freeze(self) -> Bytes {
        match self {
            Buffer::Heap(bytes) => bytes.freeze(),
            Buffer::Pages { pages, len } => Bytes::from_owner(pages).slice(..len),
        }
    }
}

async fn next(payload: &mut dev::Payload, idle: Duration) -> HttpResult<Option<Bytes>> {
    match tokio::time::timeout(idle, payload.next()).await {
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(_))) => Err(incomplete("the body broke off")),
        Ok(None) => Ok(None),
        Err(_) => Err(incomplete("the body stopped arriving")),
    }
}

fn incomplete(what: &str) -> HttpError {
    HttpError::detailed(ErrorCode::BodyIncomplete, what)
}

/// Reads what a refused sender goes on sending, as far as one part, and drops it: a browser that is answered in the
/// middle of its body may report a broken connection instead of the answer.
pub(crate) async fn drain(payload: &mut dev::Payload) {
    let most = usize::try_from(MAX_PART_BODY_BYTES).unwrap_or(usize::MAX);
    let reading = async {
        let mut seen = 0_usize;
        while let Some(Ok(chunk)) = payload.next().await {
            seen = seen.saturating_add(chunk.len());
            if seen > most {
                break;
            }
        }
    };
    if tokio::time::timeout(DRAIN_TIME, reading).await.is_err() {
        tracing::debug!("a refused body goes on; its connection is closed");
    }
}

/// A JSON body.
#[derive(Debug)]
pub(crate) struct Json<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, HttpResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let read = read_json(&request, &mut payload).await;
            if read.is_err() {
                drain(&mut payload).await;
            }
            read.map(Json)
        })
    }
}

async fn read_json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut dev::Payload,
) -> HttpResult<T> {
    if !request
        .content_type()
        .eq_ignore_ascii_case("application/json")
    {
        return Err(HttpError::invalid("the body must be application/json"));
    }
    let idle = request
        .app_data::<web::Data<Shared>>()
        .map_or(DRAIN_TIME, |shared| shared.config.requests.body_idle);
    let body = read(
        payload,
        Bounds {
            limit_bytes: JSON_LIMIT_BYTES,
            announced_bytes: None,
            idle,
        },
    )
    .await?;
    serde_json::from_slice(&body).map_err(|error| HttpError::invalid(format!("the body: {error}")))
}

/// A JSON body, or none: then the default.
#[derive(Debug)]
pub(crate) struct OptionalJson<T>(pub(crate) T);

impl<T: DeserializeOwned + Default + 'static> FromRequest for OptionalJson<T> {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, HttpResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let announced = request
            .headers()
            .get(actix_web::http::header::CONTENT_LENGTH);
        let is_empty =
            announced.is_none_or(|length| length == "0") && request.content_type().is_empty();
        if is_empty {
            return Box::pin(async { Ok(OptionalJson(T::default())) });
        }
        let json = Json::from_request(request, payload);
        Box::pin(async move { json.await.map(|Json(value)| OptionalJson(value)) })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{Stream, stream};

    use super::*;

    const BOUNDS: Bounds = Bounds {
        limit_bytes: 10,
        announced_bytes: None,
        idle: Duration::from_millis(30),
    };

    fn payload(
        chunks: impl Stream<Item = Result<Bytes, actix_web::error::PayloadError>> + 'static,
    ) -> dev::Payload {
        dev::Payload::Stream {
            payload: Box::pin(chunks),
        }
    }

    #[actix_web::test]
    async fn a_body_is_read_to_its_limit_and_not_beyond() {
        let chunks = |sizes: &'static [usize]| {
            payload(stream::iter(sizes).map(|size| Ok(Bytes::from(vec![1; *size]))))
        };
        assert_eq!(read(&mut chunks(&[4, 6]), BOUNDS).await.unwrap().len(), 10);
        let error = read(&mut chunks(&[4, 7]), BOUNDS).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::BodyTooLarge);
    }

    #[actix_web::test]
    async fn a_body_that_stops_or_breaks_is_incomplete() {
        let mut silent =
            payload(stream::iter([Ok(Bytes::from_static(b"x"))]).chain(stream::pending()));
        assert_eq!(
            read(&mut silent, BOUNDS).await.unwrap_err().code(),
            ErrorCode::BodyIncomplete
        );
        let broken = stream::iter([Err(actix_web::error::PayloadError::Incomplete(None))]);
        assert_eq!(
            read(&mut payload(broken), BOUNDS).await.unwrap_err().code(),
            ErrorCode::BodyIncomplete
        );
    }

    #[actix_web::test]
    async fn a_body_that_drips_is_incomplete_though_it_is_never_silent() {
        let drip = stream::iter(0..8).then(|_| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Bytes::from_static(b"x"))
        });
        assert_eq!(
            read(&mut payload(drip), BOUNDS).await.unwrap_err().code(),
            ErrorCode::BodyIncomplete
        );
    }

    #[test]
    fn a_longer_body_has_longer() {
        let mut part = Bounds {
            limit_bytes: 64 * 1024,
            announced_bytes: None,
            idle: Duration::from_secs(30),
        };
        assert_eq!(part.deadline(), Duration::from_secs(32));
        part.announced_bytes = Some(32 * 1024);
        assert_eq!(part.deadline(), Duration::from_secs(31));
    }
}
