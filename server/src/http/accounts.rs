//! Sign-in, passwords and tokens.

use actix_web::{HttpRequest, HttpResponse, delete, get, post, web};
use ferry_core::wire::{
    Account, KdfQuery, KdfResponse, LoginRequest, NewTokenRequest, NewTokenResponse,
    PasswordRequest, RegisterRequest, TokenEntry,
};
use uuid::Uuid;

use super::{
    Shared,
    body::{JsonBy, StrangersJson},
    device,
    openapi::Refusals,
    session::{
        By, Known, client_address, forget_cookie, refuse_foreign_origin, require_meant,
        require_own_origin, session_cookie, set_cookie,
    },
    status_codes::HttpResult,
};
use crate::auth::{AuthError, Credential, SignedIn};

/// What a client needs to derive the key from the password; unknown names get a plausible answer.
#[utoipa::path(tag = "accounts", params(KdfQuery), responses((status = 200, body = KdfResponse), Refusals))]
#[get("/api/auth/kdf")]
pub(super) async fn kdf(
    query: web::Query<KdfQuery>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<KdfResponse>> {
    Ok(web::Json(shared.accounts.kdf(&query.username).await?))
}

/// Makes an account with an invitation, and signs in.
#[utoipa::path(tag = "accounts", request_body = RegisterRequest, responses((status = 201, body = Account), Refusals))]
#[post("/api/auth/register")]
pub(super) async fn register(
    http: HttpRequest,
    request: StrangersJson<RegisterRequest>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    refuse_foreign_origin(&http)?;
    let signed_in = shared.accounts.register(&request.0).await?;
    Ok(with_cookie(
        HttpResponse::Created(),
        signed_in,
        &http,
        &shared,
    ))
}

/// Signs in: the answer carries the session cookie.
#[utoipa::path(tag = "accounts", request_body = LoginRequest, responses((status = 200, body = Account), Refusals))]
#[post("/api/auth/login")]
pub(super) async fn login(
    http: HttpRequest,
    request: StrangersJson<LoginRequest>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    refuse_foreign_origin(&http)?;
    let signed_in = shared
        .accounts
        .login(
            &request.0,
            client_address(&http, &shared),
            device::mark_of(&http).as_ref(),
        )
        .await?;
    Ok(with_cookie(HttpResponse::Ok(), signed_in, &http, &shared))
}

fn with_cookie(
    mut response: actix_web::HttpResponseBuilder,
    signed_in: SignedIn,
    http: &HttpRequest,
    shared: &Shared,
) -> HttpResponse {
    response
        .cookie(set_cookie(
            http,
            &signed_in.session,
            shared.config.session_ttl,
        ))
        .cookie(device::set_cookie(http, &signed_in.device))
        .json(signed_in.account)
}

/// Who is signed in, with the sealed account keys.
#[utoipa::path(tag = "accounts", security(("token" = []), ("session" = [])), responses((status = 200, body = Account), Refusals))]
#[get("/api/auth/me")]
pub(super) async fn me(by: By<Known>, shared: web::Data<Shared>) -> HttpResult<web::Json<Account>> {
    Ok(web::Json(shared.accounts.me(&by).await?))
}

/// Ends the session of the cookie; also where it has ended already, or there is none.
#[utoipa::path(tag = "accounts", security((), ("session" = [])), responses((status = 204), Refusals))]
#[post("/api/auth/logout")]
pub(super) async fn logout(
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    if let Some(token) = session_cookie(&http) {
        require_own_origin(&http)?;
        match shared
            .accounts
            .authenticate(&token, Credential::Session)
            .await
        {
            Ok(identity) => require_meant(&http, identity.user_id)?,
            Err(AuthError::Unauthenticated) => {}
            Err(error) => return Err(error.into()),
        }
        shared.accounts.logout(&token).await?;
    }
    Ok(HttpResponse::NoContent()
        .cookie(forget_cookie(&http))
        .finish())
}

/// Replaces the password; every session and token ends, this one too.
#[utoipa::path(tag = "accounts", request_body = PasswordRequest, security(("session" = [])), responses((status = 204), Refusals))]
#[post("/api/auth/password")]
pub(super) async fn password(
    asked: JsonBy<Known, PasswordRequest>,
    http: HttpRequest,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    shared
        .accounts
        .change_password(&asked.by, &asked.body)
        .await?;
    Ok(HttpResponse::NoContent()
        .cookie(forget_cookie(&http))
        .finish())
}

/// Makes an API token; its secret is shown this once.
#[utoipa::path(tag = "accounts", request_body = NewTokenRequest, security(("session" = [])),
    responses((status = 201, body = NewTokenResponse), Refusals))]
#[post("/api/tokens")]
pub(super) async fn create_token(
    asked: JsonBy<Known, NewTokenRequest>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    Ok(HttpResponse::Created().json(shared.accounts.create_token(&asked.by, &asked.body).await?))
}

/// My API tokens, without their secrets.
#[utoipa::path(tag = "accounts", security(("session" = [])), responses((status = 200, body = Vec<TokenEntry>), Refusals))]
#[get("/api/tokens")]
pub(super) async fn list_tokens(
    by: By<Known>,
    shared: web::Data<Shared>,
) -> HttpResult<web::Json<Vec<TokenEntry>>> {
    Ok(web::Json(shared.accounts.list_tokens(&by).await?))
}

/// Ends a token.
#[utoipa::path(tag = "accounts", params(("token_id" = Uuid, Path)), security(("session" = [])), responses((status = 204), Refusals))]
#[delete("/api/tokens/{token_id}")]
pub(super) async fn revoke_token(
    by: By<Known>,
    token_id: web::Path<Uuid>,
    shared: web::Data<Shared>,
) -> HttpResult<HttpResponse> {
    shared.accounts.revoke_token(&by, *token_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
