//! Reading JSON bodies, after their sender has shown who they are, with bounds: of length, of silence, of slowness. The
//! bodies of parts are `intake`'s business.

use std::time::Duration;

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use bytes::{Bytes, BytesMut};
use ferry_core::wire::{ErrorCode, MAX_PART_BODY_BYTES};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;

use super::{
    Shared,
    session::{By, Demand},
    status_codes::{HttpError, HttpResult},
};

/// Longest JSON body: a manifest and what goes with it, or a list of part numbers.
pub(crate) const JSON_LIMIT_BYTES: usize = 1024 * 1024;
/// How long a refused body is read before its sender is answered.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// The longest time for a JSON body. It is held in memory, and a manifest of 64 KiB is over even a line of 64 kbit/s in
/// eight seconds: a sender that takes longer drips.
const JSON_TIME: Duration = Duration::from_secs(60);

/// How a JSON body is read.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    /// The most bytes.
    limit_bytes: usize,
    /// Longest silence.
    idle: Duration,
    /// Longest time for all of it.
    time: Duration,
    /// How long the rest of a refused one is read.
    drain: Duration,
}

/// Bodies of a sign-in or a registration are below 2 KiB, which the slowest line carries in a second.
const STRANGERS: Bounds = Bounds {
    limit_bytes: 16 * 1024,
    idle: Duration::from_secs(5),
    time: Duration::from_secs(8),
    drain: Duration::from_secs(2),
};

/// Reads a body to its end. Its reader learns which bound it passed.
async fn read(payload: &mut dev::Payload, bounds: Bounds) -> HttpResult<Bytes> {
    tokio::time::timeout(bounds.time, read_whole(payload, bounds))
        .await
        .unwrap_or_else(|_| Err(incomplete("the body arrived too slowly")))
}

async fn read_whole(payload: &mut dev::Payload, bounds: Bounds) -> HttpResult<Bytes> {
    let mut body = BytesMut::new();
    while let Some(chunk) = next(payload, bounds.idle).await? {
        if body.len().saturating_add(chunk.len()) > bounds.limit_bytes {
            let limit_bytes = u64::try_from(bounds.limit_bytes).unwrap_or(u64::MAX);
            return Err(HttpError::too_large(limit_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// What comes next of a body; none at its end.
pub(crate) async fn next(payload: &mut dev::Payload, idle: Duration) -> HttpResult<Option<Bytes>> {
    match tokio::time::timeout(idle, payload.next()).await {
        Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
        Ok(Some(Err(_))) => Err(incomplete("the body broke off")),
        Ok(None) => Ok(None),
        Err(_) => Err(incomplete("the body stopped arriving")),
    }
}

/// The refusal of a body that did not come whole.
pub(crate) fn incomplete(what: &str) -> HttpError {
    HttpError::detailed(ErrorCode::BodyIncomplete, what)
}

/// Reads what a refused sender goes on sending, as far as one part, and drops it: a browser that is answered in the
/// middle of its body may report a broken connection instead of the answer.
pub(crate) async fn drain(payload: &mut dev::Payload) {
    drain_for(payload, DRAIN_TIME).await;
}

async fn drain_for(payload: &mut dev::Payload, time: Duration) {
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
    if tokio::time::timeout(time, reading).await.is_err() {
        tracing::debug!("a refused body goes on; its connection is closed");
    }
}

/// A JSON body, and its sender: it is read once they have shown that they may send it. There is no extractor of bodies
/// that does not say who sends them.
#[derive(Debug)]
pub(crate) struct JsonBy<D, T> {
    pub(crate) by: By<D>,
    pub(crate) body: T,
}

impl<D: Demand, T: DeserializeOwned + 'static> FromRequest for JsonBy<D, T> {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, HttpResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let by = By::extract(&request).await?;
            let body = read_json(&request, &mut payload, known_bounds(&request)).await?;
            Ok(JsonBy { by, body })
        })
    }
}

// An extractor is a type, and so is what it may leave out: both say the frame of `FromRequest` themselves.
/// The same where the body may be missing, or `null`: then it is the default.
#[derive(Debug)]
pub(crate) struct OptionalJsonBy<D, T> {
    pub(crate) by: By<D>,
    pub(crate) body: T,
}

impl<D: Demand, T: DeserializeOwned + Default + 'static> FromRequest for OptionalJsonBy<D, T> {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, HttpResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let by = By::extract(&request).await?;
            let bounds = known_bounds(&request);
            let body = read_optional_json(&request, &mut payload, bounds).await?;
            Ok(OptionalJsonBy { by, body })
        })
    }
}

/// A JSON body of somebody who need not be known yet: short, and soon here.
#[derive(Debug)]
pub(crate) struct StrangersJson<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for StrangersJson<T> {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, HttpResult<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            read_json(&request, &mut payload, STRANGERS)
                .await
                .map(StrangersJson)
        })
    }
}

/// Of senders whose credential was good.
fn known_bounds(request: &HttpRequest) -> Bounds {
    let shared = request.app_data::<web::Data<Shared>>();
    Bounds {
        limit_bytes: JSON_LIMIT_BYTES,
        idle: shared.map_or(DRAIN_TIME, |shared| shared.config.requests.body_idle),
        time: JSON_TIME,
        drain: DRAIN_TIME,
    }
}

async fn read_json<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: &mut dev::Payload,
    bounds: Bounds,
) -> HttpResult<T> {
    let read = match is_json(request) {
        Ok(()) => read(payload, bounds).await,
        Err(refusal) => Err(refusal),
    };
    let value = read.and_then(|body| parse(&body));
    drained_if_refused(value, payload, bounds).await
}

/// Neither a length nor a type need announce a body (HTTP/2, chunks): only one that was read and is empty is none.
async fn read_optional_json<T: DeserializeOwned + Default>(
    request: &HttpRequest,
    payload: &mut dev::Payload,
    bounds: Bounds,
) -> HttpResult<T> {
    let value = read(payload, bounds).await.and_then(|body| {
        if body.is_empty() && request.content_type().is_empty() {
            return Ok(T::default());
        }
        is_json(request)?;
        parse::<Option<T>>(&body).map(Option::unwrap_or_default)
    });
    drained_if_refused(value, payload, bounds).await
}

fn is_json(request: &HttpRequest) -> HttpResult<()> {
    let content_type = request.content_type();
    match content_type.eq_ignore_ascii_case("application/json") {
        true => Ok(()),
        false => Err(HttpError::invalid("the body must be application/json")),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> HttpResult<T> {
    serde_json::from_slice(body).map_err(|error| HttpError::invalid(format!("the body: {error}")))
}

async fn drained_if_refused<T>(
    value: HttpResult<T>,
    payload: &mut dev::Payload,
    bounds: Bounds,
) -> HttpResult<T> {
    if value.is_err() {
        drain_for(payload, bounds.drain).await;
    }
    value
}

#[cfg(test)]
mod tests {
    use futures_util::{Stream, stream};

    use super::*;

    const BOUNDS: Bounds = Bounds {
        limit_bytes: 10,
        idle: Duration::from_millis(30),
        time: Duration::from_millis(40),
        drain: Duration::ZERO,
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
    async fn a_json_body_that_drips_is_incomplete_though_it_is_never_silent() {
        let drip = stream::iter(0..8).then(|_| async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(Bytes::from_static(b"x"))
        });
        assert_eq!(
            read(&mut payload(drip), BOUNDS).await.unwrap_err().code(),
            ErrorCode::BodyIncomplete
        );
    }
}
