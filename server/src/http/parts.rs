//! Receiving a part, whole or in pieces. The order bounds the memory: cheap checks, then a share of the budget, and only
//! then the body. PUT and PATCH each list their parameters in full, because the document is made from there.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, head, http::header, patch, put, web};
use ferry_core::wire::{
    ErrorCode, HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_LIMIT, HEADER_UPLOAD_OFFSET,
    MAX_PART_BODY_BYTES, StoredPart,
};
use uuid::Uuid;

use super::{
    Shared, body,
    headers::etag,
    intake::{self, Bounds, InMemory},
    openapi::Refusals,
    part_headers::{Part, PartHeaders, Sending, flag_in, piece_of},
    session::{By, Upload, shared},
    status_codes::{HttpError, HttpResult},
};
use crate::{
    lifecycle::PartInHand,
    spool::{Piece, PieceKey},
    uploads::PartTicket,
};

/// Stores a sealed part. One with the same MAC that is stored already wins: 200 with `duplicate`. With `Upload-Complete: ?1`
/// what came of a body that broke off is kept for a while: HEAD tells how far it came, PATCH goes on from there.
#[utoipa::path(tag = "uploads", security(("token" = ["upload"]), ("session" = [])),
    params(
        ("file_id" = Uuid, Path), ("part_number" = u32, Path, minimum = 1),
        PartHeaders,
        ("Upload-Complete" = Option<String>, Header, description = "?1: the whole body, resumable; ?0: its beginning"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = StoredPart), (status = 200, body = StoredPart),
        (status = 204, description = "a beginning was kept: Upload-Offset says how much"), Refusals))]
#[put("/api/upload/chunk/{file_id}/{part_number}")]
pub(super) async fn put_part(
    in_hand: InHand,
    by: By<Upload>,
    path: web::Path<(Uuid, u32)>,
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let sent = flag_in(&request, HEADER_UPLOAD_COMPLETE).map(|complete| match complete {
        None => Sending::Whole,
        Some(is_last) => Sending::Piece { offset: 0, is_last },
    });
    let part = Part::of(&by, path.into_inner(), &request);
    let sent = part.and_then(|part| Ok((part, sent?)));
    detached(in_hand, sent, payload, shared).await
}

/// Goes on with a part's body from where the server's bytes end (draft-ietf-httpbis-resumable-upload). Each piece carries
/// the headers of the whole. With `Upload-Complete: ?1` it is the last, and the answer is that of PUT.
#[utoipa::path(tag = "uploads", security(("token" = ["upload"]), ("session" = [])),
    params(
        ("file_id" = Uuid, Path), ("part_number" = u32, Path, minimum = 1),
        PartHeaders,
        ("Upload-Offset" = u64, Header, description = "where the piece begins: the server's own offset, or 409"),
        ("Upload-Complete" = String, Header, description = "?1: the last piece, ?0: more follow"),
    ),
    request_body(content = Vec<u8>, content_type = "application/partial-upload"),
    responses((status = 201, body = StoredPart), (status = 200, body = StoredPart),
        (status = 204, description = "more is expected: Upload-Offset says from where"), Refusals))]
// The arguments are those of PUT: what a route takes is read off its signature, and one type around them would hide it.
#[patch("/api/upload/chunk/{file_id}/{part_number}")]
pub(super) async fn append_part(
    in_hand: InHand,
    by: By<Upload>,
    path: web::Path<(Uuid, u32)>,
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let sent = piece_of(&request);
    let part = Part::of(&by, path.into_inner(), &request);
    let sent = part.and_then(|part| Ok((part, sent?)));
    detached(in_hand, sent, payload, shared).await
}

/// How far the body with this digest came at this server: `Upload-Offset`. `Upload-Complete: ?1`: the part is stored. A
/// request that still sends it is told to stop.
#[utoipa::path(head, path = "/api/upload/chunk/{file_id}/{part_number}", tag = "uploads",
    security(("token" = ["upload"]), ("session" = [])),
    params(("file_id" = Uuid, Path), ("part_number" = u32, Path, minimum = 1), PartHeaders),
    responses((status = 204, description = "Upload-Offset, Upload-Complete, Upload-Limit"), Refusals))]
#[head("/api/upload/chunk/{file_id}/{part_number}")]
pub(super) async fn part_offset(
    by: By<Upload>,
    path: web::Path<(Uuid, u32)>,
    request: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let part = Part::of(&by, path.into_inner(), &request)?;
    let (ticket, key) = part.ticket(&shared, None).await?;
    if let Some(stored) = shared.uploads.stored_already(&ticket).await? {
        let stored_bytes = u64::from(stored.stored_size);
        return Ok(offset_answer(&shared, stored_bytes, true));
    }
    let piece = shared.spool.claim(key).await?;
    // The request that let go of it may have stored it.
    if let Some(stored) = shared.uploads.stored_already(&ticket).await? {
        return Ok(offset_answer(&shared, stored.stored_size.into(), true));
    }
    Ok(offset_answer(&shared, piece.len_bytes(), false))
}

impl Part {
    /// Permission to send it, and the name that its beginning is kept by. `whole_bytes` where the request tells.
    async fn ticket(
        self,
        shared: &Shared,
        whole_bytes: Option<u64>,
    ) -> HttpResult<(PartTicket, PieceKey)> {
        let (user_id, file_id, number) = (self.user_id, self.file_id, self.number);
        let key = PieceKey {
            user_id,
            file_id,
            part_number: number,
            digest: self.meta.digest.bytes(),
        };
        let uploads = &shared.uploads;
        let ticket = uploads.reserve_part(user_id, file_id, number, whole_bytes, self.meta);
        Ok((ticket.await?, key))
    }
}

/// Counted from the moment its headers are read, before anything is asked of the database: a server that is told to stop
/// just then finishes it.
pub(super) struct InHand(Option<PartInHand>);

impl FromRequest for InHand {
    type Error = HttpError;
    type Future = Ready<HttpResult<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(shared(request).map(|shared| InHand(shared.lifecycle.take_part())))
    }
}

/// Receives and stores on one task of its own, which goes on when the client goes away: what came is put down, bytes that
/// are at the provider get their row or are given up, and the claims live as long as the body.
async fn detached(
    InHand(in_hand): InHand,
    sent: HttpResult<(Part, Sending)>,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let mut payload = payload.into_inner();
    let receiving = actix_web::rt::spawn(async move {
        let in_hand = in_hand.ok_or_else(|| HttpError::new(ErrorCode::ShuttingDown));
        let outcome = match in_hand.and_then(|in_hand| Ok((in_hand, sent?))) {
            Ok((_in_hand, (part, sent))) => receive(part, sent, &mut payload, &shared).await,
            Err(refusal) => Err(refusal),
        };
        if outcome.is_err() {
            body::drain(&mut payload).await;
        }
        outcome
    });
    receiving.await.map_err(|error| {
        tracing::error!(%error, "receiving a part broke off");
        HttpError::new(ErrorCode::Internal)
    })?
}

async fn receive(
    part: Part,
    sent: Sending,
    payload: &mut dev::Payload,
    shared: &Shared,
) -> HttpResult<HttpResponse> {
    let user_id = part.user_id;
    let whole_bytes = match sent {
        Sending::Whole => part.announced,
        Sending::Piece {
            offset,
            is_last: true,
        } => part.announced.map(|bytes| bytes.saturating_add(offset)),
        Sending::Piece { is_last: false, .. } => None,
    };
    let (ticket, key) = part.ticket(shared, whole_bytes).await?;
    let mut piece = match sent {
        Sending::Whole => shared.spool.unnamed(user_id),
        Sending::Piece { offset, .. } => {
            if offset > 0
                && let Some(stored) = shared.uploads.stored_already(&ticket).await?
            {
                return Ok(part_answer(stored));
            }
            begin_at(offset, shared.spool.claim(key).await?)?
        }
    };
    let bounds = Bounds {
        limit_bytes: ticket.body_limit_bytes().into(),
        idle: shared.config.requests.body_idle,
        room_wait: shared.config.requests.body_budget_wait,
    };
    let is_begun_whole = !matches!(
        sent,
        Sending::Piece { offset: 1.., .. } | Sending::Piece { is_last: false, .. }
    );
    let memory = is_begun_whole.then_some((&shared.bodies, user_id));
    let in_memory = intake::receive(payload, &mut piece, bounds, memory).await?;
    if let Sending::Piece { is_last: false, .. } = sent {
        return Ok(offset_answer(shared, piece.len_bytes(), false));
    }
    let whole = match in_memory {
        Some(whole) => whole,
        None => InMemory {
            reserved: shared.bodies.for_whole(user_id, piece.len_bytes()).await?,
            body: piece.read().await?,
        },
    };
    store(ticket, whole, piece, shared).await
}

/// The piece as far as the request goes on with it.
fn begin_at(offset: u64, mut piece: Piece) -> HttpResult<Piece> {
    if offset == 0 {
        piece.restart();
    }
    if piece.len_bytes() != offset {
        return Err(HttpError::offset_mismatch(piece.len_bytes(), offset));
    }
    Ok(piece)
}

/// Makes the body a part. Where that cannot be done just now a named body is kept: it need not be sent again.
async fn store(
    ticket: PartTicket,
    whole: InMemory,
    mut piece: Piece,
    shared: &Shared,
) -> HttpResult<HttpResponse> {
    let InMemory { body, reserved } = whole;
    let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let stored = shared.uploads.accept_part(ticket, body.clone()).await;
    let is_kept =
        piece.is_named() && matches!(&stored, Err(error) if error.retry_after_secs().is_some());
    if !is_kept {
        piece.discard();
    } else if piece.len_bytes() == 0 && piece.append(body).await.is_err() {
        tracing::debug!("a body that could not be stored was not kept either");
    }
    drop(reserved);
    let stored = stored?;
    if stored.duplicate {
        shared.metrics.parts_duplicate.inc();
    } else {
        shared.metrics.part_bytes_stored.inc_by(length);
    }
    Ok(part_answer(stored))
}

fn part_answer(stored: StoredPart) -> HttpResponse {
    let mut response = if stored.duplicate {
        HttpResponse::Ok()
    } else {
        HttpResponse::Created()
    };
    response
        .insert_header(etag(stored.generation))
        .insert_header((HEADER_UPLOAD_COMPLETE, "?1"))
        .json(stored)
}

/// Where the server's bytes of a body end, and what it takes of one.
fn offset_answer(shared: &Shared, offset: u64, is_stored: bool) -> HttpResponse {
    let complete = if is_stored { "?1" } else { "?0" };
    let kept_secs = shared.spool.ttl().num_seconds();
    HttpResponse::NoContent()
        .insert_header((HEADER_UPLOAD_OFFSET, offset.to_string()))
        .insert_header((HEADER_UPLOAD_COMPLETE, complete))
        .insert_header((
            HEADER_UPLOAD_LIMIT,
            format!("max-size={MAX_PART_BODY_BYTES}, max-age={kept_secs}"),
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}
