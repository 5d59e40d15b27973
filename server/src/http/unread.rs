//! Chunked bodies that nobody reads to their end. Once such a body is dropped, actix reads on for as long as its sender
//! likes, with no timer. As long as it is there when the answer goes out, actix closes the connection behind the answer.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    Error, HttpMessage as _,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::{Version, header},
    middleware::Next,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};

/// Keeps a chunked body of HTTP/1 until its answer is out.
pub(super) async fn keep_until_answered(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<Holding<Kept>>, Error> {
    let is_chunked = request.version() < Version::HTTP_2
        && request.headers().contains_key(header::TRANSFER_ENCODING);
    let kept = is_chunked.then(|| Kept(Rc::new(RefCell::new(request.take_payload()))));
    if let Some(kept) = &kept {
        let payload = Box::pin(Kept(Rc::clone(&kept.0)));
        request.set_payload(Payload::Stream { payload });
    }
    let response = next.call(request).await?;
    Ok(response.map_body(|_, body| Holding {
        body: body.boxed(),
        _held: kept,
    }))
}

/// The body, for its reader and for its answer.
pub(super) struct Kept(Rc<RefCell<Payload>>);

impl Stream for Kept {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.borrow_mut().poll_next_unpin(context)
    }
}

/// An answer that holds something until its last byte is out.
pub(super) struct Holding<T> {
    pub(super) body: BoxBody,
    pub(super) _held: Option<T>,
}

impl<T: Unpin> MessageBody for Holding<T> {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}
