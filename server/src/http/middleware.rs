//! What surrounds every request: its span and numbers, the gate while tables are missing, and problems for errors that
//! no handler made.

use std::time::Instant;

use actix_web::{
    Error, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header},
    middleware::Next,
    web,
};
use ferry_core::wire::ErrorCode;
use tracing::Instrument;
use uuid::Uuid;

use super::{
    Shared,
    fallback::Known,
    session::is_shown_to_a_proxy,
    status_codes::{HttpError, PROBLEM_JSON, problem_for},
};

/// Gives the request a span with an id and counts its answer. Paths are logged, query strings never: they hold labels.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let began = Instant::now();
    let method = name_of(request.method());
    let span = tracing::info_span!(
        "request", id = %Uuid::new_v4().simple(), method, path = request.path(), user = tracing::field::Empty
    );
    let shared = request.app_data::<web::Data<Shared>>().cloned();
    let outcome = next.call(request).instrument(span.clone()).await;
    if let Ok(response) = &outcome {
        let status = response.status().as_u16();
        let route = response
            .request()
            .match_pattern()
            .unwrap_or_else(|| "other".to_owned());
        let took = began.elapsed();
        span.in_scope(|| tracing::debug!(status, took_ms = took.as_secs_f64() * 1e3, "answered"));
        if let Some(shared) = shared {
            shared.metrics.observe(method, &route, status, took);
        }
    }
    outcome
}

/// A method may be any word the client makes up, and each word would be a number that stays in memory for good.
fn name_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// `HEAD` is `GET` without the body, wherever no handler takes it by itself.
pub(super) async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let is_own = request
        .app_data::<web::Data<Known>>()
        .is_some_and(|known| known.has_head(request.path()));
    if *request.method() == Method::HEAD && !is_own {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}

/// Until the tables are up to date the API cannot work, and says so.
pub(super) async fn gate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let ready = request
        .app_data::<web::Data<Shared>>()
        .is_none_or(|shared| shared.lifecycle.tables_are_ready());
    if ready || !request.path().starts_with("/api/") {
        return next
            .call(request)
            .await
            .map(ServiceResponse::map_into_left_body);
    }
    let refusal = HttpError::new(ErrorCode::DatabaseUnavailable).error_response();
    Ok(request.into_response(refusal).map_into_right_body())
}

/// Turns the framework's own refusals into problem documents.
pub(super) async fn as_problems<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || response.response().content_type_is(PROBLEM_JSON) {
        return Ok(response.map_into_left_body());
    }
    if status.is_server_error() {
        tracing::error!(%status, error = ?response.response().error(), "the framework failed");
    }
    Ok(response
        .into_response(problem_for(status))
        .map_into_right_body())
}

/// A browser takes 401 for the answer to the credentials that it sent: those of a proxy in front it would forget, and ask
/// its user for them again and again. Whoever sent such credentials gets 403 with the same code.
pub(super) async fn spare_a_proxys_credentials<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let are_shown = is_shown_to_a_proxy(&request);
    let response = next.call(request).await?;
    let refusal = response
        .response()
        .error()
        .and_then(Error::as_error::<HttpError>)
        .filter(|_| are_shown && response.status() == StatusCode::UNAUTHORIZED)
        .map(|error| error.as_status(StatusCode::FORBIDDEN));
    Ok(match refusal {
        Some(refusal) => response.into_response(refusal).map_into_right_body(),
        None => response.map_into_left_body(),
    })
}

/// Asks a response for its media type.
trait MediaType {
    fn content_type_is(&self, media_type: &str) -> bool;
}

impl<B> MediaType for actix_web::HttpResponse<B> {
    fn content_type_is(&self, media_type: &str) -> bool {
        self.headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value == media_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_a_client_made_up_gets_no_name_of_its_own() {
        assert_eq!(name_of(&Method::PUT), "PUT");
        assert_eq!(name_of(&Method::OPTIONS), "OPTIONS");
        for made_up in [&b"BREW"[..], b"get", b"TRACE"] {
            assert_eq!(name_of(&Method::from_bytes(made_up).unwrap()), "other");
        }
    }
}
