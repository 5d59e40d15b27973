//! HTTP: all routes on this page, then what surrounds every request. A handler extracts, authorises, makes one call, answers.
//!
//! Knows `uploads`, `auth` and the wire types; neither the database nor the stores. Statuses are in `status_codes` alone.

mod status_codes;

mod accounts;
mod admin;
mod admin_bots;
mod downloads;
mod files;
mod operations;
mod part_headers;
mod parts;
mod probe;
mod unread;
mod uploads;
mod verify;

mod body;
mod connections;
mod device;
mod fallback;
mod headers;
mod intake;
mod middleware;
mod openapi;
mod page;
mod session;

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web,
};
use ferry_core::wire::{
    HEADER_ERROR_CODE, HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_LIMIT, HEADER_UPLOAD_OFFSET,
};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::{
    auth::Accounts, bots::Bots, config::Config, lifecycle::Lifecycle, metrics::Metrics,
    spool::Spool, uploads::Uploads,
};

pub(crate) use connections::Connections;
pub(crate) use intake::BodyMemory;
pub use openapi::document;

/// Every route of the API. `openapi.json` is made from the same list.
fn routes(config: &mut ServiceConfig<'_>) {
    config
        // an upload's life
        .service(uploads::check)
        .service(uploads::start)
        .service(uploads::resize)
        .service(parts::put_part)
        .service(parts::append_part)
        .service(parts::part_offset)
        .service(probe::probe_line)
        .service(uploads::complete)
        .service(verify::verify_chunks)
        .service(uploads::status)
        .service(uploads::discard)
        .service(uploads::list)
        // files
        .service(files::list)
        .service(files::get)
        .service(files::rename)
        .service(files::delete)
        .service(files::manifest)
        .service(files::parts)
        .service(downloads::get_part)
        // accounts
        .service(accounts::kdf)
        .service(accounts::register)
        .service(accounts::login)
        .service(accounts::me)
        .service(accounts::logout)
        .service(accounts::password)
        .service(accounts::create_token)
        .service(accounts::list_tokens)
        .service(accounts::revoke_token)
        // administration
        .service(admin::cleanup_abandoned)
        .service(admin::create_invitation)
        .service(admin::list_invitations)
        .service(admin::withdraw_invitation)
        .service(admin::sessions)
        .service(admin::storage)
        .service(admin::audit)
        .service(admin_bots::list)
        .service(admin_bots::add)
        .service(admin_bots::test)
        .service(admin_bots::change)
        .service(admin_bots::remove)
        // the server itself
        .service(operations::config)
        .service(operations::healthz)
        .service(operations::readyz)
        .service(operations::metrics);
}

/// What handlers share; made by the composition root.
pub(crate) struct Shared {
    pub(crate) uploads: Uploads,
    pub(crate) accounts: Accounts,
    pub(crate) bots: Bots,
    pub(crate) config: Arc<Config>,
    pub(crate) metrics: Metrics,
    pub(crate) bodies: BodyMemory,
    pub(crate) spool: Spool,
    pub(crate) connections: Arc<Connections>,
    pub(crate) lifecycle: Lifecycle,
    /// Asks the database and the store whether they answer.
    pub(crate) health: Arc<dyn Health>,
}

/// How a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreState {
    /// It takes parts.
    Well,
    /// It answers, and has no room for parts.
    Full,
    /// It cannot be used.
    Away,
}

/// What readiness asks: a seam to rooms that this one must not know.
#[async_trait::async_trait]
pub(crate) trait Health: Send + Sync {
    /// The database answers.
    async fn database(&self) -> bool;
    /// How the store for new parts is.
    async fn storage(&self) -> StoreState;
    /// Connections in use and idle.
    fn database_connections(&self) -> (u32, u32);
}

/// The whole application, as each worker runs it.
pub(crate) fn application(
    shared: web::Data<Shared>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    let document = document();
    let known = web::Data::new(fallback::Known::of(&document));
    let cors = cors(&shared.config.allowed_origins);
    App::new()
        .app_data(shared)
        .app_data(known)
        .app_data(web::PathConfig::default().error_handler(|_, _| {
            status_codes::HttpError::new(ferry_core::wire::ErrorCode::NotFound).into()
        }))
        .app_data(web::QueryConfig::default().error_handler(|error, _| {
            status_codes::HttpError::invalid(format!("the query: {error}")).into()
        }))
        .into_utoipa_app()
        .configure(routes)
        .into_app()
        .service(openapi::pages(document))
        .service(page::resource())
        .default_service(web::to(fallback::unknown))
        .wrap(from_fn(middleware::head_as_get))
        .wrap(from_fn(middleware::gate))
        .wrap(from_fn(connections::bound_requests))
        .wrap(from_fn(middleware::spare_a_proxys_credentials))
        .wrap(from_fn(middleware::as_problems))
        // around whatever answers, or other sites would not see their refusals
        .wrap(cors)
        // around its own refusals
        .wrap(from_fn(middleware::as_problems))
        .wrap(from_fn(headers::harden))
        .wrap(from_fn(middleware::observe))
        // around all: what is inside may put another body into the answer
        .wrap(from_fn(unread::keep_until_answered))
}

/// Other sites may call with tokens; cookies never go there.
fn cors(allowed_origins: &[String]) -> Cors {
    let cors = Cors::default()
        .allowed_methods(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
        .allow_any_header()
        .expose_headers([
            "ETag",
            "Retry-After",
            "Content-Range",
            HEADER_ERROR_CODE,
            HEADER_UPLOAD_OFFSET,
            HEADER_UPLOAD_COMPLETE,
            HEADER_UPLOAD_LIMIT,
        ])
        .max_age(3_600);
    allowed_origins
        .iter()
        .fold(cors, |cors, origin| cors.allowed_origin(origin))
        .block_on_origin_mismatch(false)
}

#[cfg(test)]
mod tests;
