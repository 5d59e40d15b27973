//! Sending a part's sealed bytes, whole or a range of them.

use actix_web::{HttpRequest, HttpResponse, body::SizedStream, get, http::header, web};
use futures_util::TryStreamExt;
use uuid::Uuid;

use super::{
    Shared,
    headers::etag,
    openapi::Refusals,
    session::{By, Read},
    status_codes::{HttpError, HttpResult},
};
use crate::uploads::{PartBytes, PartRange, PartRead};

/// The sealed bytes of a part, always as an attachment.
#[utoipa::path(tag = "files", security(("token" = ["read"]), ("session" = [])),
    params(("file_id" = Uuid, Path), ("part_number" = u32, Path, minimum = 1),
        ("Range" = Option<String>, Header, description = "one range of the sealed bytes"),
        ("If-Range" = Option<String>, Header, description = "the ETag that the range is of; another one gives the whole part")),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 206, body = Vec<u8>, content_type = "application/octet-stream"), Refusals))]
#[get("/api/files/{file_id}/parts/{part_number}")]
pub(super) async fn get_part(
    by: By<Read>,
    path: web::Path<(Uuid, u32)>,
    request: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let (file_id, part_number) = path.into_inner();
    let range = range_of(&request);
    let read = async |range| {
        let uploads = &shared.uploads;
        uploads
            .read_part(by.user_id, file_id, part_number, range)
            .await
    };
    let answered = match (read(range).await?, range) {
        // The range was of bytes that are not the part's any more: its reader begins anew.
        (PartRead::Bytes(part), Some(_)) if !if_range_holds(&request, part.part.generation) => {
            (read(None).await?, None)
        }
        answered => answered,
    };
    Ok(match answered {
        (PartRead::Bytes(part), range) => answer(part, range.is_some(), shared),
        (PartRead::OutOfRange { total_bytes }, _) => HttpError::range_outside(total_bytes),
    })
}

/// `If-Range` is absent or names the part as it is. Dates and weak tags never hold (RFC 9110, 13.1.5).
fn if_range_holds(request: &HttpRequest, generation: u32) -> bool {
    let (_, current) = etag(generation);
    request
        .headers()
        .get(header::IF_RANGE)
        .is_none_or(|named| named.as_bytes().trim_ascii() == current.as_bytes())
}

fn answer(part: PartBytes, is_range: bool, shared: web::Data<Shared>) -> HttpResponse {
    let length = part.range.end.saturating_sub(part.range.start);
    let mut response = if is_range {
        HttpResponse::PartialContent()
    } else {
        HttpResponse::Ok()
    };
    if is_range {
        let last = part.range.end.saturating_sub(1);
        response.insert_header((
            header::CONTENT_RANGE,
            format!("bytes {}-{last}/{}", part.range.start, part.total_bytes),
        ));
    }
    response
        .insert_header(etag(part.part.generation))
        .insert_header((header::ACCEPT_RANGES, "bytes"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment"))
        .content_type("application/octet-stream");
    let bytes = part.bytes.inspect_ok(move |chunk| {
        shared
            .metrics
            .part_bytes_read
            .inc_by(u64::try_from(chunk.len()).unwrap_or_default());
    });
    response.body(SizedStream::new(
        length,
        bytes.map_err(|error| {
            tracing::warn!(%error, "a part broke off on its way out");
            Box::<dyn std::error::Error>::from(error)
        }),
    ))
}

/// A single range; anything else is answered whole, as RFC 9110 allows.
fn range_of(request: &HttpRequest) -> Option<PartRange> {
    let text = request
        .headers()
        .get(header::RANGE)?
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?;
    let (first, last) = text.trim().split_once('-')?;
    match (first, last) {
        ("", count) => Some(PartRange::Last(count.parse().ok()?)),
        (first, "") => Some(PartRange::From {
            first: first.parse().ok()?,
            last: None,
        }),
        (first, last) => {
            let (first, last) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then_some(PartRange::From {
                first,
                last: Some(last),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_range_counts_only_for_the_bytes_that_it_was_asked_of() {
        let with = |value: &str| {
            TestRequest::get()
                .append_header(("If-Range", value))
                .to_http_request()
        };
        assert!(if_range_holds(&TestRequest::get().to_http_request(), 3));
        assert!(if_range_holds(&with("\"3\""), 3));
        for stale in ["\"2\"", "W/\"3\"", "Sat, 01 Jan 2000 00:00:00 GMT", "3", ""] {
            assert!(!if_range_holds(&with(stale), 3), "{stale}");
        }
    }

    #[test]
    fn one_range_is_read_and_others_are_ignored() {
        let of = |text: &str| {
            range_of(
                &TestRequest::get()
                    .append_header(("Range", text))
                    .to_http_request(),
            )
        };
        assert_eq!(
            of("bytes=0-27"),
            Some(PartRange::From {
                first: 0,
                last: Some(27)
            })
        );
        assert_eq!(
            of("bytes=5-"),
            Some(PartRange::From {
                first: 5,
                last: None
            })
        );
        assert_eq!(of("bytes=-16"), Some(PartRange::Last(16)));
        for text in [
            "bytes=0-1,3-4",
            "bytes=9-1",
            "bytes=a-b",
            "items=0-1",
            "bytes=",
            "bytes=-",
        ] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
