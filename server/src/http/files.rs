//! Files and what a download or a comparison needs to know about them.

use actix_web::{HttpRequest, HttpResponse, delete, get, http::header, patch, web};
use ferry_core::wire::{
    DeleteResponse, ErrorCode, FileEntry, FilesPage, FilesQuery, ManifestResponse, PartsPage,
    PartsQuery, RenameRequest,
};
use uuid::Uuid;

use super::{
    Shared,
    body::JsonBy,
    headers::{etag, revision_of},
    openapi::Refusals,
    session::{By, Read, Upload},
    status_codes::{HttpError, HttpResult},
};

const CBOR: &str = "application/cbor";

/// My files, the newest first.
#[utoipa::path(tag = "files", params(FilesQuery), security(("token" = ["read"]), ("session" = [])),
    responses((status = 200, body = FilesPage), Refusals))]
#[get("/api/files")]
pub(super) async fn list(
    by: By<Read>,
    query: web::Query<FilesQuery>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<FilesPage>> {
    Ok(web::Json(
        shared
            .uploads
            .list_files(by.user_id, query.into_inner())
            .await?,
    ))
}

/// One file.
#[utoipa::path(tag = "files", params(("file_id" = Uuid, Path)), security(("token" = ["read"]), ("session" = [])),
    responses((status = 200, body = FileEntry), Refusals))]
#[get("/api/files/{file_id}")]
pub(super) async fn get(
    by: By<Read>,
    file_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let file = shared.uploads.file(by.user_id, *file_id).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(file.revision))
        .json(file))
}

/// Renames or moves a file: its labels and its manifest change, its content never.
#[utoipa::path(tag = "files", request_body = RenameRequest, security(("token" = ["upload"]), ("session" = [])),
    params(("file_id" = Uuid, Path), ("If-Match" = String, Header, description = "the revision, quoted")),
    responses((status = 200, body = FileEntry), Refusals))]
#[patch("/api/files/{file_id}")]
pub(super) async fn rename(
    asked: JsonBy<Upload, RenameRequest>,
    file_id: web::Path<Uuid>,
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let file = shared
        .uploads
        .rename(asked.by.user_id, *file_id, revision_of(&http)?, asked.body)
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(file.revision))
        .json(file))
}

/// Deletes a file.
#[utoipa::path(tag = "files", params(("file_id" = Uuid, Path)), security(("token" = ["upload"]), ("session" = [])),
    responses((status = 200, body = DeleteResponse), Refusals))]
#[delete("/api/files/{file_id}")]
pub(super) async fn delete(
    by: By<Upload>,
    file_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<DeleteResponse>> {
    Ok(web::Json(
        shared.uploads.delete_file(by.user_id, *file_id).await?,
    ))
}

/// The sealed manifest.
#[utoipa::path(tag = "files", params(("file_id" = Uuid, Path)), security(("token" = ["read"]), ("session" = [])),
    responses((status = 200, body = ManifestResponse), Refusals))]
#[get("/api/files/{file_id}/manifest")]
pub(super) async fn manifest(
    by: By<Read>,
    file_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let manifest = shared.uploads.manifest(by.user_id, *file_id).await?;
    Ok(HttpResponse::Ok()
        .insert_header(etag(manifest.revision))
        .json(manifest))
}

/// The stored parts, by number; as CBOR with `Accept: application/cbor`.
#[utoipa::path(tag = "files", params(("file_id" = Uuid, Path), PartsQuery), security(("token" = ["read"]), ("session" = [])),
    responses((status = 200, content((PartsPage = "application/json"), (PartsPage = "application/cbor"))), Refusals))]
#[get("/api/files/{file_id}/parts")]
pub(super) async fn parts(
    by: By<Read>,
    file_id: web::Path<Uuid>,
    query: web::Query<PartsQuery>,
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let page = shared
        .uploads
        .parts(by.user_id, *file_id, query.into_inner())
        .await?;
    let accepted = http
        .headers()
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok());
    if accepted.is_some_and(|accept| accept.contains(CBOR)) {
        return cbor(&page);
    }
    Ok(HttpResponse::Ok().json(page))
}

fn cbor(page: &PartsPage) -> HttpResult<HttpResponse> {
    let mut bytes = Vec::new();
    ciborium::into_writer(page, &mut bytes).map_err(|error| {
        tracing::error!(%error, "a part list cannot be written as CBOR");
        HttpError::new(ErrorCode::Internal)
    })?;
    Ok(HttpResponse::Ok().content_type(CBOR).body(bytes))
}
