//! The server itself: what it accepts, whether it lives, whether it can serve, its numbers.

use actix_web::{FromRequest as _, HttpRequest, HttpResponse, get, http::header, web};
use ferry_core::plan::MAX_PARTS;
use ferry_core::wire::{
    ErrorCode, Limits, MAX_LABEL_BYTES, MAX_MANIFEST_BYTES, MAX_PART_BODY_BYTES, ServerConfig,
};

use super::{
    Shared, StoreState,
    openapi::Refusals,
    session::{Admin, By},
    status_codes::{HttpError, HttpResult},
};

/// What a client must know before it signs in.
#[utoipa::path(tag = "server", responses((status = 200, body = ServerConfig), Refusals))]
#[get("/api/config")]
pub(super) async fn config(shared: web::Data<Shared>) -> HttpResult<web::Json<ServerConfig>> {
    let in_bytes = |limit: usize| u32::try_from(limit).unwrap_or(u32::MAX);
    Ok(web::Json(ServerConfig {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        part_profile: shared.config.part_profile.clone(),
        limits: Limits {
            part_body_bytes: MAX_PART_BODY_BYTES,
            parts_per_file: MAX_PARTS,
            manifest_bytes: in_bytes(MAX_MANIFEST_BYTES),
            label_bytes: in_bytes(MAX_LABEL_BYTES),
            upload_ttl_secs: shared.config.upload_ttl.as_secs(),
        },
        storage: shared.config.storage.kind().to_owned(),
        sign_up: shared.accounts.sign_up().await?,
    }))
}

/// The process lives.
#[utoipa::path(tag = "server", responses((status = 200, body = String, content_type = "text/plain"), Refusals))]
#[get("/healthz")]
pub(super) async fn healthz() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body("ok\n")
}

/// Requests can be served: the database and the store answer, and the server is not about to stop.
#[utoipa::path(tag = "server", responses((status = 200, body = String, content_type = "text/plain"), Refusals))]
#[get("/readyz")]
pub(super) async fn readyz(shared: web::Data<Shared>) -> HttpResult<HttpResponse> {
    if shared.lifecycle.is_stopping() {
        return Err(HttpError::new(ErrorCode::ShuttingDown));
    }
    if !shared.lifecycle.tables_are_ready() || !shared.health.database().await {
        return Err(HttpError::new(ErrorCode::DatabaseUnavailable));
    }
    let said = match shared.health.storage().await {
        StoreState::Away => return Err(HttpError::new(ErrorCode::StorageUnavailable)),
        StoreState::Well => "ready\n",
        // Still ready: a balancer that sent nobody here would keep people from making room.
        StoreState::Full => "ready, but storage_full: parts are refused, deletions make room\n",
    };
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(said))
}

/// Numbers for Prometheus: for the token of the settings, and for administrators.
#[utoipa::path(tag = "server", security(("token" = ["admin"])), responses((status = 200, body = String, content_type = "application/openmetrics-text"), Refusals))]
#[get("/metrics")]
pub(super) async fn metrics(
    request: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    if !shows_metrics_token(&request, &shared) {
        By::<Admin>::extract(&request).await?;
    }
    let as_gauge = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    let (used, idle) = shared.health.database_connections();
    let metrics = &shared.metrics;
    metrics
        .parts_in_hand
        .set(as_gauge(shared.lifecycle.parts_in_hand()));
    let in_gauge = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
    let budget = u64::from(shared.config.requests.body_budget_bytes);
    let reserved = budget.saturating_sub(shared.bodies.budget.free_bytes());
    metrics.body_bytes_reserved.set(in_gauge(reserved));
    metrics.spool_bytes.set(in_gauge(shared.spool.held_bytes()));
    metrics.db_connections_used.set(i64::from(used));
    metrics.db_connections_idle.set(i64::from(idle));
    Ok(HttpResponse::Ok()
        .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
        .body(metrics.text()))
}

/// Compared as hashes, so that the time tells nothing of the token.
fn shows_metrics_token(request: &HttpRequest, shared: &Shared) -> bool {
    let shown = request.headers().get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match (&shared.config.metrics_token, shown) {
        (Some(token), Some(shown)) => {
            blake3::hash(token.expose().as_bytes()) == blake3::hash(shown.trim().as_bytes())
        }
        _ => false,
    }
}
