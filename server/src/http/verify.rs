//! Reading stored bytes back, with progress as server-sent events where the caller asks for them.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header, post, web};
use bytes::Bytes;
use ferry_core::wire::{
    EVENT_DONE, EVENT_ERROR, EVENT_KEEP_ALIVE_SECS, EVENT_PROGRESS, VerifyProgress, VerifyRequest,
    VerifyResponse,
};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::{sync::mpsc, task::JoinHandle};
use uuid::Uuid;

use super::{
    Shared,
    body::JsonBy,
    openapi::Refusals,
    session::Upload,
    status_codes::{HttpError, HttpResult},
};

/// Events that wait for a slow reader; more are left out, the last one never is.
const EVENTS_WAITING: usize = 256;
const KEEP_ALIVE: Duration = Duration::from_secs(EVENT_KEEP_ALIVE_SECS);

/// Compares the stored bytes with what was recorded; damaged parts become missing.
#[utoipa::path(tag = "uploads", request_body = VerifyRequest, security(("token" = ["upload"]), ("session" = [])),
    responses((status = 200, content((VerifyResponse = "application/json"), (VerifyProgress = "text/event-stream"))), Refusals))]
#[post("/api/upload/verify-chunks")]
pub(super) async fn verify_chunks(
    asked: JsonBy<Upload, VerifyRequest>,
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let accepted = http
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accepted.is_some_and(|accept| accept.contains("text/event-stream")) {
        let events = events(asked.by.user_id, asked.body, shared);
        return Ok(HttpResponse::Ok()
            .content_type("text/event-stream")
            .streaming(events));
    }
    Ok(HttpResponse::Ok().json(
        shared
            .uploads
            .verify(asked.by.user_id, asked.body, &|_| ())
            .await?,
    ))
}

/// Ends with the reader: a client that goes away stops the verification.
struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn events(
    user_id: Uuid,
    request: VerifyRequest,
    shared: web::Data<Shared>,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let (sender, receiver) = mpsc::channel(EVENTS_WAITING);
    let task = actix_web::rt::spawn(async move {
        let progress = |event: VerifyProgress| {
            // A reader that is behind misses a step, not the end.
            let _ = sender.try_send(event_bytes(EVENT_PROGRESS, &event));
        };
        let outcome = shared.uploads.verify(user_id, request, &progress).await;
        let last = match outcome {
            Ok(response) => event_bytes(EVENT_DONE, &response),
            Err(error) => event_bytes(EVENT_ERROR, &HttpError::from(error).into_problem()),
        };
        let _ = sender.send(last).await;
    });
    stream::unfold(
        (receiver, Running(task)),
        |(mut receiver, running)| async move {
            let event = match tokio::time::timeout(KEEP_ALIVE, receiver.recv()).await {
                Ok(event) => event?,
                Err(_) => Bytes::from_static(b": still at it\n\n"),
            };
            Some((event, (receiver, running)))
        },
    )
    .map(Ok)
}

fn event_bytes(name: &str, value: &impl Serialize) -> Bytes {
    let json = serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned());
    Bytes::from(format!("event: {name}\ndata: {json}\n\n"))
}
