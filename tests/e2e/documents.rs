//! What is written about the API: the OpenAPI document, the page to try it, and the README's commands.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use ferry_core::{plan::Profile, wire::ErrorCode};
use ferry_tests::{
    client::{Credential, Person, SealedFile, content},
    fixture::Fixture,
    shown_commands::{examples, run},
};
use reqwest::Method;
use serde_json::Value;

/// Every route of the API: what the document must list, neither more nor less.
const ROUTES: &[&str] = &[
    "GET /api/admin/audit",
    "GET /api/admin/bots",
    "POST /api/admin/bots",
    "DELETE /api/admin/bots/{bot_id}",
    "PATCH /api/admin/bots/{bot_id}",
    "POST /api/admin/bots/{bot_id}/test",
    "GET /api/admin/invitations",
    "POST /api/admin/invitations",
    "DELETE /api/admin/invitations/{invitation_id}",
    "GET /api/admin/sessions",
    "GET /api/admin/storage",
    "GET /api/auth/kdf",
    "POST /api/auth/login",
    "POST /api/auth/logout",
    "GET /api/auth/me",
    "POST /api/auth/password",
    "POST /api/auth/register",
    "GET /api/config",
    "GET /api/files",
    "DELETE /api/files/{file_id}",
    "GET /api/files/{file_id}",
    "PATCH /api/files/{file_id}",
    "GET /api/files/{file_id}/manifest",
    "GET /api/files/{file_id}/parts",
    "GET /api/files/{file_id}/parts/{part_number}",
    "GET /api/tokens",
    "POST /api/tokens",
    "DELETE /api/tokens/{token_id}",
    "GET /api/upload/check",
    "PATCH /api/upload/chunk/{file_id}/{part_number}",
    "POST /api/upload/probe",
    "PUT /api/upload/chunk/{file_id}/{part_number}",
    "POST /api/upload/cleanup-abandoned",
    "POST /api/upload/complete/{file_id}",
    "DELETE /api/upload/resume/{file_id}",
    "GET /api/upload/resume/{file_id}",
    "PATCH /api/upload/resume/{file_id}",
    "POST /api/upload/start",
    "POST /api/upload/verify-chunks",
    "GET /api/uploads",
];

fn documented(document: &Value) -> Result<BTreeSet<String>> {
    let paths = document["paths"].as_object().context("no paths")?;
    let methods = ["get", "put", "post", "patch", "delete"];
    let of_path = |(path, item): (&String, &Value)| {
        let offered = methods.iter().filter(|method| item.get(**method).is_some());
        offered
            .map(|method| format!("{} {path}", method.to_uppercase()))
            .collect::<Vec<_>>()
    };
    Ok(paths.iter().flat_map(of_path).collect())
}

#[tokio::test]
async fn the_openapi_document_lists_the_routes_and_the_routes_exist() -> Result<()> {
    let fixture = Fixture::new().await?;
    let api = fixture.api()?;
    let document: Value = api.get("/openapi.json").await?.expect(200)?;
    ensure!(
        document["openapi"]
            .as_str()
            .is_some_and(|version| version.starts_with("3.1")),
        "{}",
        document["openapi"]
    );
    let listed = documented(&document)?;
    let apart_from_probes: BTreeSet<String> = listed
        .iter()
        .filter(|route| route.contains(" /api/"))
        .cloned()
        .collect();
    let expected: BTreeSet<String> = ROUTES.iter().map(|route| (*route).to_owned()).collect();
    let missing: Vec<&String> = expected.difference(&apart_from_probes).collect();
    let unexpected: Vec<&String> = apart_from_probes.difference(&expected).collect();
    ensure!(
        missing.is_empty() && unexpected.is_empty(),
        "missing: {missing:?}, unexpected: {unexpected:?}"
    );
    let id = uuid::Uuid::new_v4().to_string();
    for route in &expected {
        let (method, path) = route.split_once(' ').context("a route")?;
        let path = path.replace("{part_number}", "1");
        let path = path.split('/').map(|piece| {
            if piece.starts_with('{') {
                id.as_str()
            } else {
                piece
            }
        });
        let path = path.collect::<Vec<_>>().join("/");
        let answer = api
            .call(Method::from_bytes(method.as_bytes())?, &path)
            .send()
            .await?;
        ensure!(
            answer.status != 404 && answer.status != 405,
            "{route} does not exist: {}",
            answer.text()
        );
    }
    fixture.close().await
}

#[tokio::test]
async fn every_answer_of_the_server_is_strict_with_browsers() -> Result<()> {
    let fixture = Fixture::new().await?;
    let api = fixture.api()?;
    for path in [
        "/",
        "/docs/",
        "/openapi.json",
        "/api/config",
        "/api/files",
        "/no-such-page",
        "/js/main.js",
    ] {
        let answer = api.get(path).await?;
        let policy = answer
            .header("content-security-policy")
            .with_context(|| format!("{path}: no policy"))?;
        ensure!(
            policy.contains("script-src 'self' 'wasm-unsafe-eval'")
                && !policy.contains("unsafe-inline"),
            "{path}: {policy}"
        );
        ensure!(
            answer.header("x-content-type-options") == Some("nosniff"),
            "{path}: no nosniff"
        );
        ensure!(
            answer.header("referrer-policy") == Some("no-referrer"),
            "{path}: {:?}",
            answer.header("referrer-policy")
        );
    }
    fixture.close().await
}

#[tokio::test]
async fn the_page_and_its_client_are_served() -> Result<()> {
    let fixture = Fixture::new().await?;
    let api = fixture.api()?;
    let served = [
        ("/", "text/html"),
        ("/js/main.js", "text/javascript"),
        ("/pkg/ferry.js", "text/javascript"),
        ("/pkg/worker.js", "text/javascript"),
        ("/pkg/ferry_client_wasm_bg.wasm", "application/wasm"),
        ("/docs/", "text/html"),
    ];
    for (path, kind) in served {
        let answer = api.get(path).await?;
        answer.expect_status(200)?;
        ensure!(
            answer
                .header("content-type")
                .is_some_and(|value| value.starts_with(kind)),
            "{path}: {:?}",
            answer.headers
        );
    }
    for outside in [
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/pkg/../../Cargo.toml",
        "/js/..%2f..%2fCargo.toml",
    ] {
        ensure!(
            api.get(outside).await?.status != 200,
            "{outside} was served"
        );
    }
    fixture.close().await
}

#[tokio::test]
async fn probes_and_metrics_answer() -> Result<()> {
    let fixture = Fixture::new().await?;
    let api = fixture.api()?;
    api.get("/healthz").await?.expect_status(200)?;
    api.get("/readyz").await?.expect_status(200)?;
    let metrics = fixture.metrics().await?;
    metrics.expect_status(200)?;
    ensure!(
        metrics.text().contains("# EOF") && metrics.text().contains("ferry_"),
        "{}",
        metrics.text()
    );
    fixture.close().await
}

#[tokio::test]
async fn the_metrics_are_for_their_token_and_for_administrators() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let user = fixture.invite(&admin, "bob").await?;
    let anonymous = fixture.api()?;
    anonymous
        .get("/metrics")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    let guess = Credential::Token("the metrics of a tesT".to_owned());
    let guessed = anonymous.with(guess).get("/metrics").await?;
    guessed.refused(401, ErrorCode::Unauthenticated)?;
    user.api
        .get("/metrics")
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    admin.api.get("/metrics").await?.expect_status(200)?;
    fixture.metrics().await?.expect_status(200)?;
    fixture.close().await
}

#[tokio::test]
async fn the_document_lists_the_error_codes_as_they_are_sent() -> Result<()> {
    let fixture = Fixture::new().await?;
    let api = fixture.api()?;
    let document: Value = api.get("/openapi.json").await?.expect(200)?;
    let listed = &document["components"]["schemas"]["ErrorCode"]["enum"];
    let sent: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    ensure!(*listed == serde_json::json!(sent), "{listed}");
    let refused: Value = serde_json::from_slice(&api.get("/api/auth/me").await?.body)?;
    ensure!(
        listed
            .as_array()
            .is_some_and(|codes| codes.contains(&refused["code"])),
        "{refused}"
    );
    fixture.close().await
}

#[tokio::test]
async fn the_readmes_commands_print_what_it_shows() -> Result<()> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let examples = examples(&std::fs::read_to_string(readme)?)?;
    for word in [
        "/api/upload/check",
        "/api/upload/resume",
        "verify-chunks",
        "DELETE",
        "cleanup-abandoned",
    ] {
        ensure!(
            examples
                .iter()
                .any(|example| example.command.contains(word)),
            "no tested example of {word}"
        );
    }
    let (fixture, admin) = Fixture::with_admin().await?;
    let user = fixture.invite(&admin, "ada").await?;
    let equal_parts = Profile {
        name: "custom",
        min_bytes: 65_536,
        max_bytes: 65_536,
    };
    let file = SealedFile::with_profile(
        &user.keys,
        "backup.tar",
        content(1, 5 * 65_536),
        equal_parts,
        false,
    )?;
    file.start(&user.api).await?;
    file.put_all(&user.api, 1..=3).await?;
    let variables = [
        ("FERRY", fixture.proxy.url()),
        ("TOKEN", token(&user)?),
        ("ADMIN_TOKEN", token(&admin)?),
        ("FILE_ID", file.id().to_string()),
        ("LABEL", file.label()),
        ("SIZE", file.content.len().to_string()),
    ];
    for example in examples {
        let (dir, variables) = (fixture.dir().to_owned(), variables.clone());
        tokio::task::spawn_blocking(move || run(&example, &dir, &variables)).await??;
    }
    fixture.close().await
}

fn token(person: &Person) -> Result<String> {
    match person.api.credential() {
        Credential::Token(token) => Ok(token.clone()),
        other => anyhow::bail!("no token but {other:?}"),
    }
}

/// Names of functions in a crate's sources.
fn functions_below(folder: &str) -> BTreeSet<String> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = walkdir::WalkDir::new(root.join(folder))
        .into_iter()
        .filter_map(|entry| entry.ok());
    let sources = files.filter(|file| file.path().extension().is_some_and(|ending| ending == "rs"));
    let texts = sources.filter_map(|file| std::fs::read_to_string(file.path()).ok());
    let names = |text: String| {
        let pieces = text
            .split("fn ")
            .skip(1)
            .map(|rest| rest.split(['(', '<']).next().unwrap_or_default().to_owned());
        pieces.collect::<Vec<_>>()
    };
    texts.flat_map(names).collect()
}

#[test]
fn the_promises_of_security_md_name_tests_that_exist() -> Result<()> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/security.md");
    let page = std::fs::read_to_string(page)?;
    let mut functions = BTreeSet::new();
    for folder in ["core", "client-wasm", "server", "tests/e2e"] {
        functions.extend(functions_below(folder));
    }
    let named: Vec<&str> = page.split('`').skip(1).step_by(2).collect();
    ensure!(named.len() > 20, "the page cannot be read: {named:?}");
    let missing: Vec<_> = named
        .iter()
        .filter(|name| !functions.contains(**name))
        .collect();
    ensure!(missing.is_empty(), "no tests: {missing:?}");
    Ok(())
}
