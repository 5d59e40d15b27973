//! Receiving a part. The order bounds the memory: cheap checks, then a share of the budget, and only then the body.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, HttpResponse, dev, http::header, put, web};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use ferry_core::wire::{
    B64, Compression, ErrorCode, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC,
    MAX_PART_BODY_BYTES, StoredPart,
};
use uuid::Uuid;

use super::{
    Shared,
    body::{self, Bounds},
    budget::Reserved,
    error::{HttpError, HttpResult},
    headers::{etag, if_match},
    openapi::Refusals,
    session::{By, Upload, shared},
};
use crate::{
    lifecycle::PartInHand,
    uploads::{BodyDigest, PartMeta, PartTicket},
};

/// Stores a sealed part. One with the same MAC that is stored already wins: 200 with `duplicate`.
#[utoipa::path(tag = "uploads", security(("token" = ["upload"]), ("session" = [])),
    params(
        ("file_id" = Uuid, Path), ("part_number" = u32, Path, minimum = 1),
        ("Ferry-Part-Mac" = String, Header, description = "keyed BLAKE3 of the plaintext, base64url"),
        ("Ferry-Part-Compression" = Option<String>, Header, description = "none (default) or deflate-raw"),
        ("Ferry-Body-Blake3" = Option<String>, Header, description = "BLAKE3 of the body, base64url; this or Content-Digest"),
        ("Content-Digest" = Option<String>, Header, description = "sha-256=:base64: (RFC 9530)"),
        ("If-Match" = Option<String>, Header, description = "the generation to replace, quoted"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = StoredPart), (status = 200, body = StoredPart), Refusals))]
#[put("/api/upload/chunk/{file_id}/{part_number}")]
pub(super) async fn put_part(
    in_hand: InHand,
    by: By<Upload>,
    path: web::Path<(Uuid, u32)>,
    request: HttpRequest,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let mut payload = payload.into_inner();
    let part = Part {
        path: path.into_inner(),
        in_hand,
        request: &request,
    };
    let received = receive(&by, part, &mut payload, &shared).await;
    let Arrived {
        ticket,
        body,
        claims,
    } = match received {
        Ok(arrived) => arrived,
        Err(refusal) => {
            body::drain(&mut payload).await;
            return Err(refusal);
        }
    };
    store(ticket, body, claims, shared).await
}

/// A part whose body is in memory.
struct Arrived {
    ticket: PartTicket,
    body: Bytes,
    claims: Claims,
}

/// What a part holds of the server while it is received and stored.
struct Claims {
    _reserved: Reserved,
    _in_hand: PartInHand,
}

/// A part as it was announced.
struct Part<'a> {
    path: (Uuid, u32),
    in_hand: InHand,
    request: &'a HttpRequest,
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

async fn receive(
    by: &By<Upload>,
    part: Part<'_>,
    payload: &mut dev::Payload,
    shared: &Shared,
) -> HttpResult<Arrived> {
    let Part {
        path: (file_id, part_number),
        in_hand: InHand(in_hand),
        request,
    } = part;
    let in_hand = in_hand.ok_or_else(|| HttpError::new(ErrorCode::ShuttingDown))?;
    let announced = announced_bytes(request)?;
    let meta = meta_of(request)?;
    let ticket = shared
        .uploads
        .reserve_part(by.user_id, file_id, part_number, announced, meta)
        .await?;
    let limit = ticket.body_limit_bytes();
    let reserved = shared.bodies.reserve(by.user_id, limit).await?;
    let bounds = Bounds {
        limit_bytes: usize::try_from(limit).unwrap_or(usize::MAX),
        announced_bytes: announced.and_then(|bytes| usize::try_from(bytes).ok()),
        idle: shared.config.requests.body_idle,
    };
    let body = body::read(payload, bounds).await?;
    Ok(Arrived {
        ticket,
        body,
        claims: Claims {
            _reserved: reserved,
            _in_hand: in_hand,
        },
    })
}

/// On a task of its own: a client that goes away does not leave bytes behind that nobody knows.
async fn store(
    ticket: PartTicket,
    body: Bytes,
    claims: Claims,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let storing = actix_web::rt::spawn(async move {
        let length = u64::try_from(body.len()).unwrap_or(u64::MAX);
        let stored = shared.uploads.accept_part(ticket, body).await;
        drop(claims);
        match &stored {
            Ok(part) if part.duplicate => shared.metrics.parts_duplicate.inc(),
            Ok(_) => shared.metrics.part_bytes_stored.inc_by(length),
            Err(_) => 0,
        };
        stored
    });
    let stored = storing.await.map_err(|error| {
        tracing::error!(%error, "storing a part broke off");
        HttpError::new(ErrorCode::Internal)
    })??;
    let mut response = if stored.duplicate {
        HttpResponse::Ok()
    } else {
        HttpResponse::Created()
    };
    Ok(response.insert_header(etag(stored.generation)).json(stored))
}

/// `Content-Length`, unless it is more than any part may have.
fn announced_bytes(request: &HttpRequest) -> HttpResult<Option<u64>> {
    let Some(value) = request.headers().get(header::CONTENT_LENGTH) else {
        return Ok(None);
    };
    let announced = value
        .to_str()
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    let announced = announced.ok_or_else(|| HttpError::invalid("Content-Length is a number"))?;
    if announced > u64::from(MAX_PART_BODY_BYTES) {
        return Err(HttpError::too_large(u64::from(MAX_PART_BODY_BYTES)));
    }
    Ok(Some(announced))
}

fn meta_of(request: &HttpRequest) -> HttpResult<PartMeta> {
    if request.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(HttpError::invalid("part bodies have no Content-Encoding"));
    }
    let mac = bytes_in(request, HEADER_PART_MAC)?
        .ok_or_else(|| HttpError::invalid("Ferry-Part-Mac is required"))?;
    Ok(PartMeta {
        mac,
        compression: compression_of(request)?,
        digest: digest_of(request)?,
        if_match: if_match(request)?,
    })
}

fn compression_of(request: &HttpRequest) -> HttpResult<Compression> {
    match request
        .headers()
        .get(HEADER_PART_COMPRESSION)
        .map(header::HeaderValue::as_bytes)
    {
        None | Some(b"none") => Ok(Compression::None),
        Some(b"deflate-raw") => Ok(Compression::DeflateRaw),
        Some(_) => Err(HttpError::invalid(
            "Ferry-Part-Compression is none or deflate-raw",
        )),
    }
}

fn digest_of(request: &HttpRequest) -> HttpResult<BodyDigest> {
    if let Some(blake3) = bytes_in(request, HEADER_BODY_BLAKE3)? {
        return Ok(BodyDigest::Blake3(blake3));
    }
    let lines = request
        .headers()
        .get_all("content-digest")
        .filter_map(|line| line.to_str().ok());
    let mut members = lines
        .flat_map(|line| line.split(','))
        .filter_map(|member| member.trim().split_once('='));
    let sha256 = members
        .find(|(name, _)| *name == "sha-256")
        .map(|(_, value)| value);
    let sha256 = sha256.ok_or_else(|| HttpError::new(ErrorCode::DigestMissing))?;
    let digest = sha256
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'))
        .and_then(|text| STANDARD.decode(text).ok());
    let digest = digest.and_then(|bytes| bytes.try_into().ok());
    digest
        .map(BodyDigest::Sha256)
        .ok_or_else(|| HttpError::invalid("Content-Digest is of the form sha-256=:base64:"))
}

fn bytes_in(request: &HttpRequest, name: &str) -> HttpResult<Option<[u8; 32]>> {
    let Some(value) = request.headers().get(name) else {
        return Ok(None);
    };
    let bytes = value
        .to_str()
        .ok()
        .and_then(|text| text.parse::<B64<32>>().ok());
    bytes.map(|B64(bytes)| Some(bytes)).ok_or_else(|| {
        HttpError::invalid(format!("{name} is 32 bytes in base64url without padding"))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn with(headers: &[(&'static str, &str)]) -> HttpRequest {
        headers
            .iter()
            .fold(TestRequest::put(), |request, header| {
                request.append_header(*header)
            })
            .to_http_request()
    }

    #[test]
    fn either_digest_is_read() {
        let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(
            digest_of(&with(&[("Ferry-Body-Blake3", zeros)])).unwrap(),
            BodyDigest::Blake3([0; 32])
        );
        let sha = format!("sha-512=:aaaa:, sha-256=:{zeros}=:");
        assert_eq!(
            digest_of(&with(&[("Content-Digest", &sha)])).unwrap(),
            BodyDigest::Sha256([0; 32])
        );
    }

    #[test]
    fn a_body_without_a_digest_or_with_a_broken_one_is_refused() {
        assert_eq!(
            digest_of(&with(&[])).unwrap_err().code(),
            ErrorCode::DigestMissing
        );
        for value in ["sha-256=abc", "sha-256=:abc:", "sha-256=:AAAA:"] {
            assert_eq!(
                digest_of(&with(&[("Content-Digest", value)]))
                    .unwrap_err()
                    .code(),
                ErrorCode::InvalidRequest,
                "{value}"
            );
        }
        assert_eq!(
            digest_of(&with(&[("Ferry-Body-Blake3", "short")]))
                .unwrap_err()
                .code(),
            ErrorCode::InvalidRequest
        );
    }

    #[test]
    fn a_length_over_any_part_is_refused_before_the_body() {
        let error = announced_bytes(&with(&[("Content-Length", "20971521")])).unwrap_err();
        assert_eq!(error.code(), ErrorCode::BodyTooLarge);
        assert_eq!(
            announced_bytes(&with(&[("Content-Length", "20971520")])).unwrap(),
            Some(20_971_520)
        );
    }

    #[test]
    fn conditions_are_numbers_in_quotes() {
        assert_eq!(if_match(&with(&[("If-Match", "\"7\"")])).unwrap(), Some(7));
        assert_eq!(if_match(&with(&[])).unwrap(), None);
        for value in ["7", "*", "W/\"7\"", "\"x\""] {
            assert!(if_match(&with(&[("If-Match", value)])).is_err(), "{value}");
        }
    }
}
