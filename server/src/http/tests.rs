//! The routes as a whole: the list in `routes`, the annotations of the handlers and the OpenAPI document are one set.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actix_web::{
    body::{MessageBody, to_bytes},
    http::{Method, StatusCode, Version, header},
    test::{TestRequest, call_service, init_service},
    web,
};
use chrono::TimeDelta;
use ferry_core::wire::{
    ErrorCode, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC,
    HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_OFFSET, HEADER_USER, Problem,
};
use prometheus_client::registry::Registry;

use super::{
    BodyMemory, Connections, Health, Shared, application, document,
    fallback::methods,
    session::{client_address, origin_of, require_own_origin},
};
use crate::{
    auth::{Accounts, AuthSettings},
    bots::Bots,
    budget::Budget,
    clock,
    config::Config,
    db::{Db, DbTimeouts},
    disk::Disks,
    lifecycle::Lifecycle,
    metrics::Metrics,
    spool::{Spool, SpoolSettings},
    storage::{
        OpendalStore, S3Settings, Stores,
        telegram::{BotApiSettings, BotApis, Policy, ServerKey},
    },
    uploads::{ABANDONED_AFTER, UploadSettings, Uploads},
};

/// `METHOD /path` of every operation in the document.
fn documented() -> BTreeSet<String> {
    let document = document();
    let paths = document.paths.paths.iter();
    paths
        .flat_map(|(path, item)| {
            methods(item)
                .into_iter()
                .map(move |method| format!("{method} {path}"))
        })
        .collect()
}

/// `METHOD /path` of every route attribute in this folder's sources.
fn annotated() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http");
    let sources = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    sources
        .flat_map(|source| source.lines().filter_map(route_in).collect::<Vec<_>>())
        .collect()
}

fn route_in(line: &str) -> Option<String> {
    let (method, rest) = line.strip_prefix("#[")?.split_once("(\"")?;
    let known = ["get", "head", "post", "put", "patch", "delete"].contains(&method);
    let (path, _) = rest.split_once('"')?;
    known.then(|| format!("{} {path}", method.to_uppercase()))
}

#[test]
fn every_route_is_documented_and_every_document_entry_is_a_route() {
    assert_eq!(documented(), annotated());
}

/// The endpoints as they were agreed on. Clients of other people rely on them: a change here is a change of the contract.
#[test]
fn the_contract_is_whole() {
    let contract: BTreeSet<String> = include_str!("contract.txt")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(documented(), contract);
}

#[test]
fn every_operation_documents_refusals_and_its_parameters() {
    let document = serde_json::to_value(document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        let in_path = path.matches('{').count();
        for (method, operation) in item.as_object().unwrap() {
            assert!(
                operation["responses"]["default"].is_object(),
                "{method} {path} documents no refusal"
            );
            let parameters = operation["parameters"]
                .as_array()
                .map_or(0, |list| list.iter().filter(|p| p["in"] == "path").count());
            assert_eq!(parameters, in_path, "{method} {path}");
            let names_user = operation["parameters"]
                .as_array()
                .is_some_and(|list| list.iter().any(|p| p["name"] == "Ferry-User"));
            assert_eq!(
                names_user,
                operation["security"].is_array(),
                "{method} {path}"
            );
        }
    }
    assert_eq!(document["openapi"], "3.1.0");
}

/// The document's macros want literals: here they are held against the names that server and clients read and write.
#[test]
fn the_documents_headers_are_those_of_the_wire() {
    let wire = [
        HEADER_PART_MAC,
        HEADER_PART_COMPRESSION,
        HEADER_BODY_BLAKE3,
        HEADER_UPLOAD_OFFSET,
        HEADER_UPLOAD_COMPLETE,
        HEADER_USER,
    ];
    let of_http = ["Content-Digest", "If-Match", "If-Range", "Range"];
    let document = serde_json::to_value(document()).unwrap();
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|item| item.as_object().unwrap().values());
    let parameters = operations.filter_map(|operation| operation["parameters"].as_array());
    let headers = parameters.flatten().filter(|one| one["in"] == "header");
    let seen: BTreeSet<&str> = headers.filter_map(|one| one["name"].as_str()).collect();
    let known: BTreeSet<&str> = wire.into_iter().chain(of_http).collect();
    assert_eq!(seen, known);
}

/// Everything in order, as far as readiness asks.
struct Healthy;

#[async_trait::async_trait]
impl Health for Healthy {
    async fn database(&self) -> bool {
        true
    }
    async fn storage(&self) -> super::StoreState {
        super::StoreState::Well
    }
    fn database_connections(&self) -> (u32, u32) {
        (0, 0)
    }
}

/// A server whose database and store are nowhere: what answers before they are asked, answers.
async fn shared(config: Config) -> web::Data<Shared> {
    let db = Db::new(
        "postgresql://ferry@127.0.0.1:1/ferry",
        1,
        DbTimeouts::default(),
    );
    let bucket = S3Settings {
        bucket: "nowhere".to_owned(),
        endpoint: Some("http://127.0.0.1:1".to_owned()),
        region: "nowhere".to_owned(),
        prefix: String::new(),
        access_key_id: "id".to_owned(),
        secret_access_key: "key".to_owned(),
    };
    let store = OpendalStore::s3(&bucket).await.unwrap();
    let stores = Stores::new("s3", Arc::new(store));
    // Dropped with this function: these tests send no bodies.
    let spool_dir = tempfile::tempdir().unwrap();
    let settings = AuthSettings {
        session_ttl: config.session_ttl,
        login: config.login,
        default_quota_bytes: None,
    };
    web::Data::new(Shared {
        uploads: Uploads::new(
            db.clone(),
            stores,
            clock::system(),
            UploadSettings::with_ttl(ABANDONED_AFTER),
        ),
        bots: Bots::new(
            db.clone(),
            clock::system(),
            ServerKey::from_bytes([0; 32]),
            BotApis::new(BotApiSettings::default()).unwrap(),
            &Policy::default(),
        ),
        accounts: Accounts::new(db, clock::system(), settings),
        bodies: BodyMemory {
            budget: Budget::new(config.requests.body_budget_bytes.into()),
            wait: Duration::from_secs(1),
        },
        spool: Spool::open(
            SpoolSettings {
                folder: spool_dir.path().to_owned(),
                limit_bytes: 1 << 20,
                disk: Disks::default().of(spool_dir.path(), 0).unwrap(),
                ttl: TimeDelta::hours(1),
            },
            clock::system(),
        )
        .unwrap(),
        connections: Connections::new(
            config.requests.max_connections_per_address,
            &config.trusted_proxies,
        ),
        config: Arc::new(config),
        metrics: Metrics::new(Registry::default()),
        lifecycle: Lifecycle::default(),
        health: Arc::new(Healthy),
    })
}

fn config() -> Config {
    Config::load(None).unwrap()
}

async fn problem(body: impl MessageBody) -> Problem {
    let Ok(body) = to_bytes(body).await else {
        panic!("the body broke off")
    };
    serde_json::from_slice(&body).unwrap()
}

#[actix_web::test]
async fn every_documented_route_is_taken_by_a_handler() {
    let shared = shared(config()).await;
    shared.lifecycle.set_tables_ready();
    let app = init_service(application(shared)).await;
    for route in documented() {
        let (method, path) = route.split_once(' ').unwrap();
        let path = path
            .replace("{part_number}", "1")
            .replace("{file_id}", "00000000-0000-4000-8000-000000000000")
            .replace("{token_id}", "00000000-0000-4000-8000-000000000000")
            .replace("{invitation_id}", "00000000-0000-4000-8000-000000000000");
        let request = TestRequest::with_uri(&path).method(method.parse::<Method>().unwrap());
        let status = call_service(&app, request.to_request()).await.status();
        let untaken = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
        assert!(!untaken.contains(&status), "{route} answered {status}");
    }
}

/// One connection of HTTP/2 carries as many requests as its client likes.
#[actix_web::test]
async fn the_requests_of_http_2_are_counted_by_address() {
    let shared = shared(config()).await;
    let most = shared.config.requests.max_connections_per_address;
    let app = init_service(application(shared)).await;
    let ask = async |address: &str| {
        let request = TestRequest::with_uri("/healthz")
            .version(Version::HTTP_2)
            .peer_addr(address.parse().unwrap());
        call_service(&app, request.to_request()).await
    };
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(ask("192.0.2.1:1").await);
    }
    assert!(open.iter().all(|answer| answer.status() == StatusCode::OK));
    let refused = ask("192.0.2.1:2").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        problem(refused.into_body()).await.error_id,
        None,
        "the log has nothing of each"
    );
    assert_eq!(ask("192.0.2.2:1").await.status(), StatusCode::OK);
    open.pop();
    assert_eq!(ask("192.0.2.1:3").await.status(), StatusCode::OK);
}

#[actix_web::test]
async fn head_is_answered_wherever_get_is() {
    let shared = shared(config()).await;
    shared.lifecycle.set_tables_ready();
    let app = init_service(application(shared)).await;
    for path in [
        "/healthz",
        "/readyz",
        "/api/config",
        "/api/files",
        "/openapi.json",
        "/metrics",
    ] {
        let ask = async |method: Method| {
            let request = TestRequest::with_uri(path).method(method).to_request();
            call_service(&app, request).await.status()
        };
        assert_eq!(ask(Method::HEAD).await, ask(Method::GET).await, "{path}");
    }
    let request = TestRequest::delete().uri("/healthz").to_request();
    let response = call_service(&app, request).await;
    assert_eq!(response.headers().get(header::ALLOW).unwrap(), "GET, HEAD");
}

#[actix_web::test]
async fn what_no_handler_takes_is_a_problem_with_all_headers() {
    let shared = shared(config()).await;
    shared.lifecycle.set_tables_ready();
    let app = init_service(application(shared)).await;
    let cases = [
        ("GET", "/api/nothing", ErrorCode::NotFound),
        ("GET", "/../etc/passwd", ErrorCode::NotFound),
        ("POST", "/", ErrorCode::NotFound),
        ("POST", "/api/auth/me", ErrorCode::MethodNotAllowed),
        ("DELETE", "/api/upload/check", ErrorCode::MethodNotAllowed),
        (
            "GET",
            "/api/upload/check?filename=x&size=1",
            ErrorCode::Unauthenticated,
        ),
        ("GET", "/docs/nothing.js", ErrorCode::NotFound),
    ];
    for (method, path, code) in cases {
        let request = TestRequest::with_uri(path).method(method.parse::<Method>().unwrap());
        let response = call_service(&app, request.to_request()).await;
        let headers = response.headers().clone();
        assert_eq!(
            headers.get(header::X_CONTENT_TYPE_OPTIONS).unwrap(),
            "nosniff"
        );
        let policy = headers.get(header::CONTENT_SECURITY_POLICY).unwrap();
        assert!(
            policy
                .to_str()
                .unwrap()
                .contains("script-src 'self' 'wasm-unsafe-eval';")
        );
        assert_eq!(
            headers.contains_key(header::ALLOW),
            code == ErrorCode::MethodNotAllowed
        );
        assert_eq!(
            headers.get(header::CONTENT_TYPE).unwrap(),
            "application/problem+json"
        );
        assert_eq!(
            problem(response.into_body()).await.code,
            code,
            "{method} {path}"
        );
    }
}

#[actix_web::test]
async fn until_the_tables_are_there_the_api_asks_to_wait_and_the_page_is_served() {
    let app = init_service(application(shared(config()).await)).await;
    let request = TestRequest::get().uri("/api/config").to_request();
    let response = call_service(&app, request).await;
    assert!(response.headers().contains_key(header::RETRY_AFTER));
    let code = problem(response.into_body()).await.code;
    assert_eq!(code, ErrorCode::DatabaseUnavailable);
    for (path, status) in [
        ("/healthz", StatusCode::OK),
        ("/readyz", StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let request = TestRequest::get().uri(path).to_request();
        assert_eq!(call_service(&app, request).await.status(), status, "{path}");
    }
}

#[actix_web::test]
async fn only_our_own_origin_may_use_the_cookie() {
    let mut config = config();
    config.public_url = Some("https://ferry.example".to_owned());
    let shared = shared(config).await;
    let allowed = |origin: Option<&str>| {
        let mut request = TestRequest::post()
            .app_data(shared.clone())
            .insert_header((header::HOST, "127.0.0.1:8787"));
        if let Some(origin) = origin {
            request = request.insert_header((header::ORIGIN, origin));
        }
        require_own_origin(&request.to_http_request()).is_ok()
    };
    assert!(allowed(Some("http://127.0.0.1:8787")));
    assert!(allowed(Some("https://ferry.example")));
    for origin in [
        "null",
        "",
        "https://127.0.0.1:8787",
        "http://127.0.0.1:8788",
        "https://ferry.example.evil",
    ] {
        assert!(!allowed(Some(origin)), "{origin:?}");
    }
    assert!(!allowed(None));
}

#[actix_web::test]
async fn only_trusted_proxies_are_believed() {
    let mut config = config();
    config.trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
    let shared = shared(config).await;
    let seen = |peer: &str, forwarded: &str| {
        let request = TestRequest::get()
            .peer_addr(format!("{peer}:1").parse().unwrap())
            .insert_header((header::HOST, "ferry.example"))
            .insert_header(("x-forwarded-for", forwarded))
            .insert_header(("x-forwarded-proto", "https"))
            .to_http_request();
        let address = client_address(&request, &shared).to_string();
        (address, origin_of(&request, &shared))
    };
    let of = |address: &str, origin: &str| (address.to_owned(), origin.to_owned());
    assert_eq!(
        seen("9.9.9.9", "1.1.1.1"),
        of("9.9.9.9", "http://ferry.example")
    );
    assert_eq!(
        seen("10.0.0.1", "1.1.1.1"),
        of("1.1.1.1", "https://ferry.example")
    );
    assert_eq!(seen("10.0.0.1", "6.6.6.6, 1.1.1.1, 10.0.0.2").0, "1.1.1.1");
    assert_eq!(seen("10.0.0.1", "1.1.1.1, nonsense").0, "10.0.0.1");
}

#[actix_web::test]
async fn another_site_that_may_call_sees_its_refusals_too() {
    let friend = "https://friend.example";
    let mut config = config();
    config.allowed_origins = vec![friend.to_owned()];
    let shared = shared(config).await;
    let app = init_service(application(shared.clone())).await;
    let ask = async |path: &str, authorization: Option<&str>| {
        let mut request = TestRequest::get()
            .uri(path)
            .insert_header((header::ORIGIN, friend));
        if let Some(authorization) = authorization {
            request = request.insert_header((header::AUTHORIZATION, authorization));
        }
        let response = call_service(&app, request.to_request()).await;
        let allowed = response.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.unwrap(), friend, "{path}");
        let exposed = response
            .headers()
            .get(header::ACCESS_CONTROL_EXPOSE_HEADERS);
        assert!(
            exposed
                .unwrap()
                .to_str()
                .unwrap()
                .contains("ferry-error-code")
        );
        (response.status(), problem(response.into_body()).await.code)
    };
    let not_ready = (
        StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::DatabaseUnavailable,
    );
    assert_eq!(ask("/api/files", None).await, not_ready);
    shared.lifecycle.set_tables_ready();
    let unauthenticated = |status| (status, ErrorCode::Unauthenticated);
    assert_eq!(
        ask("/api/files", None).await,
        unauthenticated(StatusCode::UNAUTHORIZED)
    );
    let of_a_proxy = ask("/api/files", Some("Basic YTpi")).await;
    assert_eq!(of_a_proxy, unauthenticated(StatusCode::FORBIDDEN));
    let missing = (StatusCode::NOT_FOUND, ErrorCode::NotFound);
    assert_eq!(ask("/api/nothing", None).await, missing);
}

#[actix_web::test]
async fn the_refusal_of_a_head_request_has_its_code_in_a_header() {
    let shared = shared(config()).await;
    shared.lifecycle.set_tables_ready();
    let app = init_service(application(shared)).await;
    let part = "/api/upload/chunk/00000000-0000-4000-8000-000000000000/1";
    let request = TestRequest::with_uri(part)
        .method(Method::HEAD)
        .insert_header((header::AUTHORIZATION, "Basic YTpi"));
    let response = call_service(&app, request.to_request()).await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    let code = response.headers().get("ferry-error-code").unwrap();
    assert_eq!(code, ErrorCode::Unauthenticated.as_str());
}
