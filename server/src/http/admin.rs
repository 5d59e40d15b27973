//! For administrators.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use ferry_core::wire::{
    AdminSession, AuditEntry, CleanupRequest, CleanupResponse, InvitationEntry,
    NewInvitationRequest, NewInvitationResponse, StorageEntry,
};
use uuid::Uuid;

use super::{
    Shared,
    body::{JsonBy, OptionalJsonBy},
    openapi::Refusals,
    session::{Admin, By, public_origin},
    status_codes::HttpResult,
};
use crate::uploads::Actor;

/// Removes abandoned uploads now; `dry_run` only says which.
#[utoipa::path(tag = "admin", request_body = Option<CleanupRequest>, security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = CleanupResponse), Refusals))]
#[post("/api/upload/cleanup-abandoned")]
pub(super) async fn cleanup_abandoned(
    asked: OptionalJsonBy<Admin, CleanupRequest>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<CleanupResponse>> {
    Ok(web::Json(
        shared
            .uploads
            .cleanup(Actor::User(asked.by.user_id), asked.body)
            .await?,
    ))
}

/// Makes an invitation; its link is shown this once.
#[utoipa::path(tag = "admin", request_body = NewInvitationRequest, security(("token" = ["admin"]), ("session" = [])),
    responses((status = 201, body = NewInvitationResponse), Refusals))]
#[post("/api/admin/invitations")]
pub(super) async fn create_invitation(
    asked: JsonBy<Admin, NewInvitationRequest>,
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let invited = shared.accounts.invite(&asked.by, &asked.body).await?;
    let invitation = invited.token.expose().to_owned();
    let link = format!("{}/#invite={invitation}", public_origin(&http, &shared));
    Ok(HttpResponse::Created().json(NewInvitationResponse {
        link,
        invitation,
        entry: invited.entry,
    }))
}

/// The latest invitations, without their tokens.
#[utoipa::path(tag = "admin", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = Vec<InvitationEntry>), Refusals))]
#[get("/api/admin/invitations")]
pub(super) async fn list_invitations(
    _by: By<Admin>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<Vec<InvitationEntry>>> {
    Ok(web::Json(shared.accounts.list_invitations().await?))
}

/// Withdraws an invitation that nobody used.
#[utoipa::path(tag = "admin", params(("invitation_id" = Uuid, Path)),
    security(("token" = ["admin"]), ("session" = [])), responses((status = 204), Refusals))]
#[delete("/api/admin/invitations/{invitation_id}")]
pub(super) async fn withdraw_invitation(
    by: By<Admin>,
    invitation_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    shared
        .accounts
        .withdraw_invitation(&by, *invitation_id)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Everybody's unfinished uploads, without names.
#[utoipa::path(tag = "admin", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = Vec<AdminSession>), Refusals))]
#[get("/api/admin/sessions")]
pub(super) async fn sessions(
    _by: By<Admin>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<Vec<AdminSession>>> {
    Ok(web::Json(shared.uploads.admin_sessions().await?))
}

/// The stores, their health and what they hold.
#[utoipa::path(tag = "admin", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = Vec<StorageEntry>), Refusals))]
#[get("/api/admin/storage")]
pub(super) async fn storage(
    _by: By<Admin>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<Vec<StorageEntry>>> {
    Ok(web::Json(shared.uploads.admin_storage().await?))
}

/// The latest audit events.
#[utoipa::path(tag = "admin", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = Vec<AuditEntry>), Refusals))]
#[get("/api/admin/audit")]
pub(super) async fn audit(
    _by: By<Admin>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<Vec<AuditEntry>>> {
    Ok(web::Json(shared.uploads.admin_audit().await?))
}
