//! What the headers of a request say of a part, checked before a byte of its body is read. They store and reserve nothing.

use actix_web::{HttpMessage as _, HttpRequest, http::header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ferry_core::wire::{
    B64, Compression, ErrorCode, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC,
    HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_OFFSET, MAX_PART_BODY_BYTES, PARTIAL_UPLOAD,
};
use uuid::Uuid;

use super::{
    headers::if_match,
    session::{By, Upload},
    status_codes::{HttpError, HttpResult},
};
use crate::uploads::{BodyDigest, PartMeta};

/// Headers that a part's body needs, in one piece or many.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "the document is made of it, nothing reads it")]
pub(super) struct PartHeaders {
    /// Keyed BLAKE3 of the plaintext, base64url.
    #[param(rename = "Ferry-Part-Mac")]
    mac: String,
    /// `none` (default) or `deflate-raw`.
    #[param(rename = "Ferry-Part-Compression")]
    compression: Option<String>,
    /// BLAKE3 of the whole body, base64url; this or Content-Digest.
    #[param(rename = "Ferry-Body-Blake3")]
    blake3: Option<String>,
    /// `sha-256=:base64:` of the whole body (RFC 9530).
    #[param(rename = "Content-Digest")]
    digest: Option<String>,
    /// The generation to replace, quoted.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
}

/// A part as it was announced.
pub(super) struct Part {
    pub(super) user_id: Uuid,
    pub(super) file_id: Uuid,
    pub(super) number: u32,
    /// `Content-Length`.
    pub(super) announced: Option<u64>,
    pub(super) meta: PartMeta,
}

/// How much of the body a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sending {
    /// All of it; nothing of it is kept when it breaks off.
    Whole,
    /// From `offset` on.
    Piece { offset: u64, is_last: bool },
}

impl Part {
    /// Everything that the headers of a request say of it, checked.
    pub(super) fn of(
        by: &By<Upload>,
        (file_id, number): (Uuid, u32),
        request: &HttpRequest,
    ) -> HttpResult<Self> {
        Ok(Part {
            user_id: by.user_id,
            file_id,
            number,
            announced: announced_bytes(request)?,
            meta: meta_of(request)?,
        })
    }
}

/// What a PATCH carries.
pub(super) fn piece_of(request: &HttpRequest) -> HttpResult<Sending> {
    if !request.content_type().eq_ignore_ascii_case(PARTIAL_UPLOAD) {
        return Err(HttpError::invalid(format!(
            "the body of a PATCH is {PARTIAL_UPLOAD}"
        )));
    }
    let offset = request
        .headers()
        .get(HEADER_UPLOAD_OFFSET)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.trim().parse().ok());
    let offset = offset.ok_or_else(|| HttpError::invalid("Upload-Offset is a number of bytes"))?;
    let is_last = flag_in(request, HEADER_UPLOAD_COMPLETE)?
        .ok_or_else(|| HttpError::invalid("Upload-Complete is required: ?1 or ?0"))?;
    Ok(Sending::Piece { offset, is_last })
}

/// A boolean of RFC 9651.
pub(super) fn flag_in(request: &HttpRequest, name: &str) -> HttpResult<Option<bool>> {
    match request
        .headers()
        .get(name)
        .map(header::HeaderValue::as_bytes)
    {
        None => Ok(None),
        Some(b"?1") => Ok(Some(true)),
        Some(b"?0") => Ok(Some(false)),
        Some(_) => Err(HttpError::invalid(format!("{name} is ?1 or ?0"))),
    }
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
        .ok_or_else(|| HttpError::invalid(format!("{HEADER_PART_MAC} is required")))?;
    Ok(PartMeta {
        mac,
        compression: compression_of(request)?,
        digest: digest_of(request)?,
        if_match: if_match(request)?,
    })
}

fn compression_of(request: &HttpRequest) -> HttpResult<Compression> {
    let Some(value) = request.headers().get(HEADER_PART_COMPRESSION) else {
        return Ok(Compression::default());
    };
    let name = value.to_str().unwrap_or_default();
    name.parse()
        .map_err(|unknown| HttpError::invalid(format!("{HEADER_PART_COMPRESSION}: {unknown}")))
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
