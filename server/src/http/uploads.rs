//! Uploads, except for the parts themselves.

use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, web};
use ferry_core::wire::{
    CheckQuery, CheckResponse, CompleteRequest, CompleteResponse, DeleteResponse, ResizeRequest,
    ResumeStatus, StartRequest, UploadSession,
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Shared,
    body::JsonBy,
    headers::revision_of,
    openapi::Refusals,
    session::{By, Read, Upload},
    status_codes::HttpResult,
};

/// Files that may be the one in the user's hand; the top-level fields describe the best one.
#[utoipa::path(tag = "uploads", params(CheckQuery), security(("token" = ["read"]), ("session" = [])),
    responses((status = 200, body = CheckResponse), Refusals))]
#[get("/api/upload/check")]
pub(super) async fn check(
    by: By<Read>,
    query: web::Query<CheckQuery>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<CheckResponse>> {
    Ok(web::Json(
        shared.uploads.check(by.user_id, query.into_inner()).await?,
    ))
}

/// Begins an upload; the same request again answers the same with 200.
#[utoipa::path(tag = "uploads", request_body = StartRequest, security(("token" = ["upload"]), ("session" = [])),
    responses((status = 201, body = UploadSession), (status = 200, body = UploadSession), Refusals))]
#[post("/api/upload/start")]
pub(super) async fn start(
    asked: JsonBy<Upload, StartRequest>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let (session, is_new) = shared.uploads.start(asked.by.user_id, asked.body).await?;
    let mut response = if is_new {
        HttpResponse::Created()
    } else {
        HttpResponse::Ok()
    };
    Ok(response.json(session))
}

/// The file of an unfinished upload grew or was cut; parts whose planned length changed become missing.
#[utoipa::path(tag = "uploads", request_body = ResizeRequest, security(("token" = ["upload"]), ("session" = [])),
    params(("file_id" = Uuid, Path), ("If-Match" = String, Header, description = "the revision, quoted")),
    responses((status = 200, body = UploadSession), Refusals))]
#[patch("/api/upload/resume/{file_id}")]
pub(super) async fn resize(
    asked: JsonBy<Upload, ResizeRequest>,
    file_id: web::Path<Uuid>,
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<UploadSession>> {
    let revision = revision_of(&http)?;
    Ok(web::Json(
        shared
            .uploads
            .resize(asked.by.user_id, *file_id, revision, asked.body)
            .await?,
    ))
}

/// Seals the file: every part is stored and the root over them is the manifest's.
#[utoipa::path(tag = "uploads", request_body = CompleteRequest, params(("file_id" = Uuid, Path)),
    security(("token" = ["upload"]), ("session" = [])), responses((status = 200, body = CompleteResponse), Refusals))]
#[post("/api/upload/complete/{file_id}")]
pub(super) async fn complete(
    asked: JsonBy<Upload, CompleteRequest>,
    file_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<CompleteResponse>> {
    Ok(web::Json(
        shared
            .uploads
            .complete(asked.by.user_id, *file_id, asked.body)
            .await?,
    ))
}

/// `GET /api/upload/resume/{file_id}`.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
pub(super) struct StatusQuery {
    /// Ranges only, without the lists of numbers.
    ranges: bool,
}

/// What is stored and what is missing.
#[utoipa::path(tag = "uploads", params(("file_id" = Uuid, Path), StatusQuery),
    security(("token" = ["read"]), ("session" = [])), responses((status = 200, body = ResumeStatus), Refusals))]
#[get("/api/upload/resume/{file_id}")]
pub(super) async fn status(
    by: By<Read>,
    file_id: web::Path<Uuid>,
    query: web::Query<StatusQuery>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<ResumeStatus>> {
    Ok(web::Json(
        shared
            .uploads
            .status(by.user_id, *file_id, query.ranges)
            .await?,
    ))
}

/// Discards an unfinished upload.
#[utoipa::path(tag = "uploads", params(("file_id" = Uuid, Path)), security(("token" = ["upload"]), ("session" = [])),
    responses((status = 200, body = DeleteResponse), Refusals))]
#[delete("/api/upload/resume/{file_id}")]
pub(super) async fn discard(
    by: By<Upload>,
    file_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<DeleteResponse>> {
    Ok(web::Json(
        shared.uploads.discard(by.user_id, *file_id).await?,
    ))
}

/// My unfinished uploads, the latest first.
#[utoipa::path(tag = "uploads", security(("token" = ["read"]), ("session" = [])),
    responses((status = 200, body = Vec<UploadSession>), Refusals))]
#[get("/api/uploads")]
pub(super) async fn list(
    by: By<Read>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<Vec<UploadSession>>> {
    Ok(web::Json(shared.uploads.list_uploads(by.user_id).await?))
}
