//! A client measures its line before it cuts a file: it sends a few bytes, which are dropped.

use actix_web::{HttpResponse, post, web};
use ferry_core::wire::PROBE_BYTES;

use super::{
    Shared, body,
    openapi::Refusals,
    session::{By, Upload},
    status_codes::{HttpError, HttpResult},
};

/// The longest probe of a line.
const MAX_BYTES: u32 = 2 * PROBE_BYTES;

/// Takes a few bytes and drops them: so a client measures its line before it cuts a file.
#[utoipa::path(tag = "uploads", security(("token" = ["upload"]), ("session" = [])),
    request_body(content = Option<Vec<u8>>, content_type = "application/octet-stream"),
    responses((status = 204), Refusals))]
#[post("/api/upload/probe")]
pub(super) async fn probe_line(
    _by: By<Upload>,
    payload: web::Payload,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let mut payload = payload.into_inner();
    let mut seen = 0_u64;
    while let Some(chunk) = body::next(&mut payload, shared.config.requests.body_idle).await? {
        seen = seen.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if seen > u64::from(MAX_BYTES) {
            body::drain(&mut payload).await;
            return Err(HttpError::too_large(MAX_BYTES.into()));
        }
    }
    Ok(HttpResponse::NoContent().finish())
}
