//! From what was decided to bytes on the wire: answers as the Bot API writes them, and bodies that break off on purpose.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper::{
    Response, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{self, HeaderValue},
};
use tokio::sync::mpsc;

use crate::refusal::Refusal;

pub(crate) type ReplyBody = BoxBody<Bytes, io::Error>;

/// How a connection ends without its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With a TCP reset.
    Reset,
    /// In order, but without a byte.
    Close,
}

/// What a call is answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The JSON of a result, and a remark.
    Done(Done),
    Refused(Refusal),
    /// As above, and the connection is closed.
    RefusedClosing(Refusal),
    /// nginx's page.
    BadGatewayHtml,
    /// A status alone, and the connection is closed: what could not be parsed.
    Empty(u16),
    /// The first half of a reply.
    Half(Done),
    End(End),
}

/// A call that was carried out.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) result: String,
    pub(crate) description: Option<&'static str>,
}

const BAD_GATEWAY_PAGE: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n";

impl Done {
    pub(crate) fn body(&self) -> String {
        let description = self
            .description
            .map(|text| format!(",\"description\":\"{text}\""))
            .unwrap_or_default();
        format!("{{\"ok\":true,\"result\":{}{description}}}", self.result)
    }
}

impl Reply {
    /// Status for the list of calls; 0 when there is none.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Reply::Done(_) | Reply::Half(_) => 200,
            Reply::Refused(refusal) | Reply::RefusedClosing(refusal) => refusal.code,
            Reply::BadGatewayHtml => 502,
            Reply::Empty(status) => *status,
            Reply::End(_) => 0,
        }
    }

    /// In a few words.
    pub(crate) fn outcome(&self) -> String {
        match self {
            Reply::Done(_) => "ok".to_owned(),
            Reply::Refused(refusal) | Reply::RefusedClosing(refusal) => {
                refusal.description.clone().into_owned()
            }
            Reply::BadGatewayHtml => "Bad Gateway, as HTML".to_owned(),
            Reply::Empty(_) => "not parsed".to_owned(),
            Reply::Half(_) => "half of the reply".to_owned(),
            Reply::End(End::Reset) => "connection reset".to_owned(),
            Reply::End(End::Close) => "connection closed".to_owned(),
        }
    }

    /// The response, or how the connection is to end.
    pub(crate) fn into_response(self) -> Result<Response<ReplyBody>, End> {
        Ok(match self {
            Reply::Done(done) => json(StatusCode::OK, done.body()),
            Reply::Refused(refusal) => refused(&refusal),
            Reply::RefusedClosing(refusal) => closing(refused(&refusal)),
            Reply::BadGatewayHtml => typed(
                StatusCode::BAD_GATEWAY,
                "text/html",
                BAD_GATEWAY_PAGE.into(),
            ),
            Reply::Empty(status) => closing(typed(status_of(status), "", Bytes::new())),
            Reply::Half(done) => half(done.body()),
            Reply::End(end) => return Err(end),
        })
    }
}

fn refused(refusal: &Refusal) -> Response<ReplyBody> {
    let mut response = json(status_of(refusal.code), refusal.body());
    if let Some(secs) = refusal.retry_after_secs() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

fn closing(mut response: Response<ReplyBody>) -> Response<ReplyBody> {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn half(body: String) -> Response<ReplyBody> {
    let whole = body.len() as u64;
    let (sender, body_of_half) = Feed::new(whole);
    let first = Bytes::from(body).slice(..(whole / 2) as usize);
    // The channel has room for both.
    let _ = sender.try_send(Ok(first));
    let _ = sender.try_send(Err(io::ErrorKind::BrokenPipe.into()));
    let mut response = Response::new(body_of_half.boxed());
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    response
}

pub(crate) fn status_of(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

pub(crate) fn json(status: StatusCode, body: String) -> Response<ReplyBody> {
    typed(status, "application/json", body.into())
}

fn typed(status: StatusCode, content_type: &'static str, body: Bytes) -> Response<ReplyBody> {
    let body = Full::new(body).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if !content_type.is_empty() {
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

/// A body that another task writes; it says its length beforehand and may break the promise.
pub(crate) struct Feed {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    /// It broke off; what came before is being written.
    broken: Option<io::Error>,
}

impl Feed {
    pub(crate) fn new(length: u64) -> (mpsc::Sender<io::Result<Bytes>>, Feed) {
        let (sender, pieces) = mpsc::channel(3);
        (
            sender,
            Feed {
                pieces,
                left: length,
                broken: None,
            },
        )
    }
}

impl Body for Feed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let piece = std::task::ready!(self.pieces.poll_recv(context));
        match piece.unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into())) {
            Ok(bytes) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Err(error) => {
                // hyper throws away what it did not write yet when a body fails; while one is pending it writes.
                self.broken = Some(error);
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
