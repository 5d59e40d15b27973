//! Who sends a request: a bearer token, or the page's cookie with an `Origin` of our own. Extraction is authorisation:
//! a handler that takes [`By`] runs only for a caller who may call it.

use std::{marker::PhantomData, net::IpAddr, ops::Deref, time::Duration};

use actix_web::{
    FromRequest, HttpRequest,
    cookie::{self, Cookie, SameSite},
    dev,
    http::header,
    web,
};
use ferry_core::wire::{ErrorCode, HEADER_USER, Scope};
use futures_util::future::LocalBoxFuture;
use uuid::Uuid;

use super::{
    Shared,
    status_codes::{HttpError, HttpResult},
};
use crate::auth::{AuthResult, Credential, Identity, PlainToken};

/// The prefix makes browsers refuse it from subdomains and over plain HTTP. Loopback addresses count as secure
/// (Chromium and Firefox accept it on `http://127.0.0.1` and `http://localhost`).
pub(crate) const COOKIE: &str = "__Host-ferry";

/// What a handler demands of its caller.
pub(crate) trait Demand: 'static {
    fn check(identity: &Identity) -> AuthResult<()>;
}

macro_rules! demands {
    ($($(#[$doc:meta])* $name:ident($identity:ident) $check:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) enum $name {}
        impl Demand for $name {
            fn check($identity: &Identity) -> AuthResult<()> { $check }
        }
    )+};
}

demands! {
    /// The scope `read`.
    Read(identity) identity.require(Scope::Read);
    /// The scope `upload`.
    Upload(identity) identity.require(Scope::Upload);
    /// The scope `admin` of an administrator.
    Admin(identity) identity.require(Scope::Admin);
    /// Anybody who is known.
    Known(_identity) Ok(());
}

/// A caller who meets a demand.
#[derive(Debug)]
pub(crate) struct By<D>(Identity, PhantomData<D>);

impl<D> Deref for By<D> {
    type Target = Identity;
    fn deref(&self) -> &Identity {
        &self.0
    }
}

impl<D: Demand> FromRequest for By<D> {
    type Error = HttpError;
    type Future = LocalBoxFuture<'static, HttpResult<Self>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let shared = shared(&request)?;
            let (token, credential) =
                credential(&request)?.ok_or_else(|| HttpError::new(ErrorCode::Unauthenticated))?;
            if credential == Credential::Session && !request.method().is_safe() {
                require_own_origin(&request)?;
            }
            let identity = shared.accounts.authenticate(&token, credential).await?;
            tracing::Span::current().record("user", tracing::field::display(identity.user_id));
            require_meant(&request, identity.user_id)?;
            D::check(&identity)?;
            Ok(By(identity, PhantomData))
        })
    }
}

pub(crate) fn shared(request: &HttpRequest) -> HttpResult<web::Data<Shared>> {
    request
        .app_data::<web::Data<Shared>>()
        .cloned()
        .ok_or_else(|| HttpError::new(ErrorCode::Internal))
}

/// Refuses a request that was made for another user than the one whose secret came with it: in another tab
/// another user signed in, and the cookie is theirs.
pub(crate) fn require_meant(request: &HttpRequest, user_id: Uuid) -> HttpResult<()> {
    let Some(value) = request.headers().get(HEADER_USER) else {
        return Ok(());
    };
    let meant: Option<Uuid> = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    match meant {
        Some(meant) if user_id == meant => Ok(()),
        Some(_) => Err(HttpError::detailed(
            ErrorCode::Unauthenticated,
            "the request is meant for another user than the one who is signed in",
        )),
        None => Err(HttpError::invalid(format!("{HEADER_USER} is a user's id"))),
    }
}

/// The secret that came with the request; a bearer token counts before the cookie. Any other scheme is not ours: a proxy
/// in front may ask for basic authentication, and browsers then send it with every request.
fn credential(request: &HttpRequest) -> HttpResult<Option<(PlainToken, Credential)>> {
    let Some(secret) = bearer(request) else {
        return Ok(session_cookie(request).map(|token| (token, Credential::Session)));
    };
    let token = PlainToken::parse(secret).ok_or_else(|| {
        HttpError::detailed(
            ErrorCode::Unauthenticated,
            "the bearer token is none of this server's",
        )
    })?;
    Ok(Some((token, Credential::Api)))
}

/// The request shows credentials to somebody before us, such as a proxy that asks for a password of its own.
pub(super) fn is_shown_to_a_proxy(request: &dev::ServiceRequest) -> bool {
    request.headers().contains_key(header::AUTHORIZATION) && bearer(request.request()).is_none()
}

/// What stands behind `Bearer` in an `Authorization` header.
fn bearer(request: &HttpRequest) -> Option<&str> {
    let lines = request.headers().get_all(header::AUTHORIZATION);
    lines
        .filter_map(|line| line.to_str().ok())
        .filter_map(|text| text.trim().split_once(' '))
        .find(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, secret)| secret.trim())
}

/// The secret in the page's cookie.
pub(crate) fn session_cookie(request: &HttpRequest) -> Option<PlainToken> {
    cookie(request, COOKIE).and_then(|value| PlainToken::parse(&value))
}

/// The cookie that hands the browser a session.
pub(crate) fn set_cookie(
    request: &HttpRequest,
    token: &PlainToken,
    ttl: Duration,
) -> Cookie<'static> {
    own_cookie(request, COOKIE, token.expose(), ttl)
}

/// The cookie that makes the browser forget it.
pub(crate) fn forget_cookie(request: &HttpRequest) -> Cookie<'static> {
    own_cookie(request, COOKIE, "", Duration::ZERO)
}

/// The value of one of this server's cookies.
pub(super) fn cookie(request: &HttpRequest, name: &str) -> Option<String> {
    let own = name_at(request, name);
    let lines = request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|line| line.to_str().ok());
    // one by one: a cookie of another application that cannot be read must not hide ours
    let mut cookies = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|cookie| Cookie::parse(cookie).ok());
    cookies
        .find(|cookie| cookie.name() == own)
        .map(|cookie| cookie.value().to_owned())
}

/// One of this server's cookies, for the browser to keep.
pub(super) fn own_cookie(
    request: &HttpRequest,
    name: &str,
    value: &str,
    ttl: Duration,
) -> Cookie<'static> {
    let ttl_secs = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
    Cookie::build(name_at(request, name), value.to_owned())
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Strict)
        .max_age(cookie::time::Duration::seconds(ttl_secs))
        .finish()
}

/// Browsers keep cookies by host and not by port: two servers on one host would end each other's sessions, so the name has
/// the port by which the browser reached this one.
fn name_at(request: &HttpRequest, name: &str) -> String {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port);
    match port.and_then(|port| port.parse::<u16>().ok()) {
        None | Some(80 | 443) => name.to_owned(),
        Some(port) => format!("{name}-{port}"),
    }
}

/// Refuses a request that a page of another site sent, or that names no origin: a cookie alone proves no intent.
pub(crate) fn require_own_origin(request: &HttpRequest) -> HttpResult<()> {
    match request.headers().get(header::ORIGIN) {
        Some(_) => refuse_foreign_origin(request),
        None => Err(HttpError::detailed(
            ErrorCode::OriginRefused,
            "a request with a cookie needs an Origin header",
        )),
    }
}

/// Refuses a request whose `Origin`, if it has one, is not our own.
pub(crate) fn refuse_foreign_origin(request: &HttpRequest) -> HttpResult<()> {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return Ok(());
    };
    let shared = shared(request)?;
    let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
    let own = [
        Some(origin_of(request, &shared)),
        shared.config.public_url.clone(),
    ];
    if own.iter().flatten().any(|own| *own == origin) {
        return Ok(());
    }
    Err(HttpError::detailed(
        ErrorCode::OriginRefused,
        "the Origin is not this server's; behind a proxy, public_url must be the address people use",
    ))
}

/// The origin under which this request reached us.
pub(crate) fn origin_of(request: &HttpRequest, shared: &Shared) -> String {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let scheme = if request.app_config().secure() || forwarded_https(request, shared) {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{}", host.to_ascii_lowercase())
}

/// Where people find the page.
pub(crate) fn public_origin(request: &HttpRequest, shared: &Shared) -> String {
    shared
        .config
        .public_url
        .clone()
        .unwrap_or_else(|| origin_of(request, shared))
}

fn forwarded_https(request: &HttpRequest, shared: &Shared) -> bool {
    let peer_is_proxy = request
        .peer_addr()
        .is_some_and(|peer| is_proxy(peer.ip(), shared));
    let proto = request
        .headers()
        .get("x-forwarded-proto")
        .and_then(|proto| proto.to_str().ok());
    peer_is_proxy && proto.is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"))
}

/// The client's address: the peer's, or behind trusted proxies the last one that is none of them.
pub(crate) fn client_address(request: &HttpRequest, shared: &Shared) -> IpAddr {
    let peer = request
        .peer_addr()
        .map_or(IpAddr::from([0, 0, 0, 0]), |peer| peer.ip());
    if !is_proxy(peer, shared) {
        return peer;
    }
    let lines = request
        .headers()
        .get_all("x-forwarded-for")
        .filter_map(|line| line.to_str().ok());
    let hops: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    let addresses = hops
        .iter()
        .rev()
        .map_while(|hop| hop.trim().parse::<IpAddr>().ok());
    addresses
        .into_iter()
        .find(|hop| !is_proxy(*hop, shared))
        .unwrap_or(peer)
}

fn is_proxy(address: IpAddr, shared: &Shared) -> bool {
    shared
        .config
        .trusted_proxies
        .iter()
        .any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_scheme_that_is_not_bearer_is_not_ours() {
        let secret = PlainToken::generate().unwrap().expose().to_owned();
        let with = |authorization: &str| {
            let request = TestRequest::get()
                .insert_header((header::HOST, "ferry.example"))
                .append_header((header::AUTHORIZATION, authorization))
                .insert_header((header::COOKIE, format!("{COOKIE}={secret}")));
            credential(&request.to_http_request()).map(|found| found.map(|(_, which)| which))
        };
        for foreign in ["Basic YTpi", "Negotiate abc", "Digest x=y", "", "Bearer"] {
            let found = with(foreign).unwrap();
            assert_eq!(found, Some(Credential::Session), "{foreign:?}");
        }
        let bearer = format!("bearer {secret}");
        assert_eq!(with(&bearer).unwrap(), Some(Credential::Api));
        assert_eq!(with("Bearer nonsense").unwrap(), Some(Credential::Api));
        assert!(with("Bearer non sense").is_err());
    }

    #[test]
    fn servers_on_one_host_and_other_ports_have_other_cookies() {
        let named = |host: &str| {
            let request = TestRequest::get().insert_header((header::HOST, host));
            name_at(&request.to_http_request(), COOKIE)
        };
        assert_eq!(named("ferry.example"), "__Host-ferry");
        assert_eq!(named("ferry.example:443"), "__Host-ferry");
        assert_eq!(named("localhost:8787"), "__Host-ferry-8787");
        assert_eq!(named("localhost:8788"), "__Host-ferry-8788");
        assert_eq!(named("[::1]:8787"), "__Host-ferry-8787");
        assert_eq!(named("[::1]"), "__Host-ferry");
    }

    #[test]
    fn the_cookie_is_for_this_host_alone_and_no_script_reads_it() {
        let request = TestRequest::get().insert_header((header::HOST, "ferry.example"));
        let request = request.to_http_request();
        let token = PlainToken::generate().unwrap();
        let set = set_cookie(&request, &token, Duration::from_secs(60)).to_string();
        let (pair, attributes) = set.split_once("; ").unwrap();
        assert_eq!(pair, format!("{COOKIE}={}", token.expose()));
        let mut attributes: Vec<&str> = attributes.split("; ").collect();
        attributes.sort_unstable();
        let expected = [
            "HttpOnly",
            "Max-Age=60",
            "Path=/",
            "SameSite=Strict",
            "Secure",
        ];
        assert_eq!(attributes, expected);
        let forget = forget_cookie(&request).to_string();
        assert!(forget.starts_with(&format!("{COOKIE}=;")), "{forget}");
        assert!(forget.contains("Max-Age=0"), "{forget}");
    }

    #[test]
    fn a_cookie_of_somebody_else_does_not_hide_ours() {
        let token = PlainToken::generate().unwrap();
        for foreign in ["theme=dark; ", "nothing; ", "=; ", "a=b=c; ", "q=\"%zz\"; "] {
            let line = format!("{foreign}{COOKIE}={}", token.expose());
            let request = TestRequest::get()
                .insert_header((header::HOST, "ferry.example"))
                .insert_header((header::COOKIE, line));
            let found = session_cookie(&request.to_http_request());
            let found = found.map(|token| token.expose().to_owned());
            assert_eq!(found.as_deref(), Some(token.expose()), "{foreign}");
        }
    }
}
