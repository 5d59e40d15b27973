//! For administrators: the bots of a Telegram store. Tokens come in and never go out.

use actix_web::{HttpResponse, delete, get, patch, post, web};
use ferry_core::wire::{AddBotRequest, BotsResponse, ChangeBotRequest, RemovedBot, TestedBot};
use serde::Deserialize;

use super::{
    Shared,
    body::JsonBy,
    openapi::Refusals,
    session::{Admin, By},
    status_codes::HttpResult,
};

/// The bots, their chats, rates and cool-downs, and what is on its way: the pool as it is now.
#[utoipa::path(tag = "admin", security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = BotsResponse), Refusals))]
#[get("/api/admin/bots")]
pub(super) async fn list(
    _by: By<Admin>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<BotsResponse>> {
    Ok(web::Json(shared.bots.list().await?))
}

/// Adds a bot with its chats after testing them: a document is sent to each, read back and deleted. A known bot gets
/// the new token and the further chats.
#[utoipa::path(tag = "admin", request_body = AddBotRequest, security(("token" = ["admin"]), ("session" = [])),
    responses((status = 201, body = TestedBot), Refusals))]
#[post("/api/admin/bots")]
pub(super) async fn add(
    asked: JsonBy<Admin, AddBotRequest>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    let added = shared.bots.add(Some(asked.by.user_id), &asked.body).await?;
    Ok(HttpResponse::Created().json(added))
}

/// Tests a bot and its chats now, and writes down what was found.
#[utoipa::path(tag = "admin", params(("bot_id" = i64, Path)), security(("token" = ["admin"]), ("session" = [])),
    responses((status = 200, body = TestedBot), Refusals))]
#[post("/api/admin/bots/{bot_id}/test")]
pub(super) async fn test(
    _by: By<Admin>,
    bot_id: web::Path<i64>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<TestedBot>> {
    Ok(web::Json(shared.bots.test(*bot_id).await?))
}

/// Puts a bot aside, takes it back, or changes its share of the load.
#[utoipa::path(tag = "admin", request_body = ChangeBotRequest, params(("bot_id" = i64, Path)),
    security(("token" = ["admin"]), ("session" = [])), responses((status = 204), Refusals))]
#[patch("/api/admin/bots/{bot_id}")]
pub(super) async fn change(
    asked: JsonBy<Admin, ChangeBotRequest>,
    bot_id: web::Path<i64>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    shared
        .bots
        .change(Some(asked.by.user_id), *bot_id, &asked.body)
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The query of a removal.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct Removal {
    /// Gives up the parts that nobody else can read.
    #[serde(default)]
    force: bool,
}

/// Removes a bot. Refused while parts could not be read through another bot of their chat, unless `force` is set.
#[utoipa::path(tag = "admin", params(("bot_id" = i64, Path), Removal),
    security(("token" = ["admin"]), ("session" = [])), responses((status = 200, body = RemovedBot), Refusals))]
#[delete("/api/admin/bots/{bot_id}")]
pub(super) async fn remove(
    by: By<Admin>,
    bot_id: web::Path<i64>,
    removal: web::Query<Removal>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<RemovedBot>> {
    let removed = shared
        .bots
        .remove(Some(by.user_id), *bot_id, removal.force)
        .await?;
    Ok(web::Json(removed))
}
