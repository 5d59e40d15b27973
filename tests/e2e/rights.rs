//! Who may do what: other people's files, scopes, cookies from elsewhere.

use anyhow::{Result, ensure};
use ferry_core::wire::{
    Account, ErrorCode, FilesPage, Scope, TokenEntry, UploadSession, VerifyRequest,
};
use ferry_tests::{
    client::{Credential, SealedFile, check, content, new_token},
    fixture::{Fixture, FixtureBuilder},
};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn someone_elses_file_is_nowhere() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let thief = fixture.invite(&admin, "thief").await?;
    let open = SealedFile::new(&admin.keys, "open", content(1, 300_000))?;
    let whole = SealedFile::new(&admin.keys, "whole", content(2, 300_000))?;
    let session = open.start(&admin.api).await?;
    open.put_all(&admin.api, [1]).await?;
    whole.upload(&admin.api).await?;
    for file in [&open, &whole] {
        let id = file.id();
        for path in ["", "/manifest", "/parts", "/parts/1"] {
            thief
                .api
                .get(&format!("/api/files/{id}{path}"))
                .await?
                .refused(404, ErrorCode::NotFound)?;
        }
        thief
            .api
            .get(&format!("/api/upload/resume/{id}"))
            .await?
            .refused(404, ErrorCode::NotFound)?;
        thief
            .api
            .delete(&format!("/api/upload/resume/{id}"))
            .await?
            .refused(404, ErrorCode::NotFound)?;
        thief
            .api
            .delete(&format!("/api/files/{id}"))
            .await?
            .refused(404, ErrorCode::NotFound)?;
        file.put(&thief.api, 2, &file.part(2)?)
            .await?
            .refused(404, ErrorCode::NotFound)?;
        let verify = VerifyRequest {
            file_id: id,
            chunk_numbers: None,
            max_age_secs: None,
        };
        thief
            .api
            .post("/api/upload/verify-chunks", &verify)
            .await?
            .refused(404, ErrorCode::NotFound)?;
        let complete = file.complete_request(&admin.api).await?;
        thief
            .api
            .post(&file.complete_path(), &complete)
            .await?
            .refused(404, ErrorCode::NotFound)?;
        let (_, resize) = file.grown_to(content(3, 400_000))?;
        let resize_path = format!("/api/upload/resume/{id}");
        thief
            .api
            .patch(&resize_path, session.revision, &resize)
            .await?
            .refused(404, ErrorCode::NotFound)?;
        let mut start = file.start_request()?;
        thief
            .api
            .post("/api/upload/start", &start)
            .await?
            .refused(400, ErrorCode::InvalidRequest)?;
        start.file_key.0[4..20].copy_from_slice(&thief.keys.account_id);
        thief
            .api
            .post("/api/upload/start", &start)
            .await?
            .refused(409, ErrorCode::FileIdTaken)?;
        ensure!(
            !check(&thief.api, &file.label(), 300_000).await?.exists,
            "check tells of it"
        );
    }
    let stored = admin
        .api
        .get(&format!("/api/files/{}/manifest", whole.id()))
        .await?;
    let stored: ferry_core::wire::ManifestResponse = stored.expect(200)?;
    let rename = whole.rename_request("mine now", &stored.manifest.0)?;
    let path = format!("/api/files/{}", whole.id());
    thief
        .api
        .patch(&path, stored.revision, &rename)
        .await?
        .refused(404, ErrorCode::NotFound)?;
    let files: FilesPage = thief.api.get("/api/files").await?.expect(200)?;
    let uploads: Vec<UploadSession> = thief.api.get("/api/uploads").await?.expect(200)?;
    ensure!(
        files.files.is_empty() && uploads.is_empty(),
        "lists tell of it"
    );
    open.put_all(&admin.api, 2..=open.total_parts()).await?;
    open.complete(&admin.api).await?;
    fixture.close().await
}

#[tokio::test]
async fn a_file_sealed_by_another_accounts_key_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let other = fixture.invite(&admin, "other").await?;
    let file = SealedFile::new(&admin.keys, "admin's", content(1, 300_000))?;
    let problem = other
        .api
        .post("/api/upload/start", &file.start_request()?)
        .await?
        .refused(400, ErrorCode::InvalidRequest)?;
    ensure!(
        problem
            .detail
            .as_ref()
            .is_some_and(|detail| detail.contains("another account's key")),
        "{problem:?}"
    );
    for person in [&admin, &other] {
        let uploads: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
        ensure!(uploads.is_empty(), "{uploads:?}");
    }
    fixture.close().await
}

#[tokio::test]
async fn a_request_that_is_meant_for_another_user_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let other = fixture.invite(&admin, "other").await?;
    let meant_for = |method: Method, path: &str, user: &str| {
        other.page.call(method, path).header("Ferry-User", user)
    };
    let (own, foreign) = (other.user_id.to_string(), admin.user_id.to_string());
    for path in ["/api/files", "/api/uploads", "/api/auth/me"] {
        meant_for(Method::GET, path, &own)
            .send()
            .await?
            .expect_status(200)?;
        meant_for(Method::GET, path, &foreign)
            .send()
            .await?
            .refused(401, ErrorCode::Unauthenticated)?;
        meant_for(Method::GET, path, "ada")
            .send()
            .await?
            .refused(400, ErrorCode::InvalidRequest)?;
    }
    // Signing out in a tab that still shows somebody else ends no session.
    meant_for(Method::POST, "/api/auth/logout", &foreign)
        .send()
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    other.page.get("/api/files").await?.expect_status(200)?;
    meant_for(Method::POST, "/api/auth/logout", &own)
        .send()
        .await?
        .expect_status(204)?;
    other
        .page
        .get("/api/files")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    fixture.close().await
}

#[tokio::test]
async fn an_id_that_never_was_is_not_found_either() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let id = uuid::Uuid::new_v4();
    admin
        .api
        .get(&format!("/api/files/{id}"))
        .await?
        .refused(404, ErrorCode::NotFound)?;
    admin
        .api
        .get(&format!("/api/upload/resume/{id}"))
        .await?
        .refused(404, ErrorCode::NotFound)?;
    admin
        .api
        .delete(&format!("/api/upload/resume/{id}"))
        .await?
        .refused(404, ErrorCode::NotFound)?;
    let odd = admin.api.get("/api/files/not-an-id").await?;
    ensure!(
        odd.header("content-type") == Some("application/problem+json") && odd.status < 500,
        "{odd:?}"
    );
    admin
        .api
        .get("/api/nothing-here")
        .await?
        .refused(404, ErrorCode::NotFound)?;
    admin
        .api
        .call(Method::PUT, "/api/files")
        .send()
        .await?
        .refused(405, ErrorCode::MethodNotAllowed)?;
    fixture.close().await
}

#[tokio::test]
async fn a_token_does_only_what_its_scopes_say() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let user = fixture.invite(&admin, "user").await?;
    let file = SealedFile::new(&user.keys, "a file", content(1, 200_000))?;
    let reader = user.with_scopes(&[Scope::Read]).await?;
    reader
        .post("/api/upload/start", &file.start_request()?)
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    file.start(&user.api).await?;
    file.put(&reader, 1, &file.part(1)?)
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    reader
        .delete(&format!("/api/upload/resume/{}", file.id()))
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    check(&reader, &file.label(), 200_000).await?;
    reader
        .post(
            "/api/tokens",
            &json!({"label": "more", "scopes": ["upload"]}),
        )
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    let asks_for_admin = json!({"label": "more", "scopes": ["admin"]});
    user.page
        .post("/api/tokens", &asks_for_admin)
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    for path in [
        "/api/admin/sessions",
        "/api/admin/storage",
        "/api/admin/audit",
        "/api/admin/invitations",
    ] {
        user.api
            .get(path)
            .await?
            .refused(403, ErrorCode::Forbidden)?;
        user.page
            .get(path)
            .await?
            .refused(403, ErrorCode::Forbidden)?;
        admin.api.get(path).await?.expect_status(200)?;
    }
    let limited = admin.with_scopes(&[Scope::Read, Scope::Upload]).await?;
    limited
        .get("/api/admin/sessions")
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    limited
        .post("/api/upload/cleanup-abandoned", &json!({"dry_run": true}))
        .await?
        .refused(403, ErrorCode::Forbidden)?;
    fixture.close().await
}

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let anonymous = fixture.api()?;
    let stranger = anonymous.with(Credential::Token("not a token".into()));
    let made_up = anonymous.with(Credential::Cookie {
        cookie: format!(
            "__Host-ferry-{}=abc",
            anonymous.base().rsplit(':').next().unwrap_or_default()
        ),
        origin: Some(anonymous.base().to_owned()),
    });
    for caller in [&anonymous, &stranger, &made_up] {
        for path in [
            "/api/files",
            "/api/uploads",
            "/api/tokens",
            "/api/auth/me",
            "/api/admin/sessions",
            "/api/upload/check?filename=a&size=1",
        ] {
            caller
                .get(path)
                .await?
                .refused(401, ErrorCode::Unauthenticated)?;
        }
    }
    let made = new_token(&admin.page, &[Scope::Read]).await?;
    let holder = anonymous.with(Credential::Token(made.token.clone()));
    holder.get("/api/files").await?.expect_status(200)?;
    let listed: Vec<TokenEntry> = admin.page.get("/api/tokens").await?.expect(200)?;
    ensure!(
        listed
            .iter()
            .any(|entry| entry.token_id == made.entry.token_id),
        "{listed:?}"
    );
    ensure!(
        !admin
            .page
            .get("/api/tokens")
            .await?
            .text()
            .contains(&made.token),
        "the list shows a secret"
    );
    admin
        .page
        .delete(&format!("/api/tokens/{}", made.entry.token_id))
        .await?
        .good_status()?;
    holder
        .get("/api/files")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    fixture.close().await
}

#[tokio::test]
async fn a_cookie_from_another_page_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let Credential::Cookie { cookie, .. } = admin.page.credential() else {
        anyhow::bail!("no cookie")
    };
    let from = |origin: Option<&str>| {
        admin.page.with(Credential::Cookie {
            cookie: cookie.clone(),
            origin: origin.map(ToOwned::to_owned),
        })
    };
    let request = json!({"label": "x", "scopes": ["read"]});
    for origin in [
        None,
        Some("https://evil.example"),
        Some("null"),
        Some("http://127.0.0.1:1"),
    ] {
        from(origin)
            .post("/api/tokens", &request)
            .await?
            .refused(403, ErrorCode::OriginRefused)?;
    }
    from(Some(admin.page.base()))
        .post("/api/tokens", &request)
        .await?
        .good_status()?;
    from(None).get("/api/auth/me").await?.expect_status(200)?;
    fixture.close().await
}

#[tokio::test]
async fn other_sites_may_call_only_where_they_are_named() -> Result<()> {
    let friend = "https://friend.example";
    let fixture = FixtureBuilder::default()
        .set("FERRY_ALLOWED_ORIGINS", friend)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let ask = async |origin: &str| {
        let call = admin
            .api
            .call(Method::OPTIONS, "/api/files")
            .header("Origin", origin);
        call.header("Access-Control-Request-Method", "GET")
            .header("Access-Control-Request-Headers", "authorization")
            .send()
            .await
    };
    let allowed = ask(friend).await?;
    ensure!(
        allowed.header("access-control-allow-origin") == Some(friend),
        "{allowed:?}"
    );
    ensure!(
        allowed.header("access-control-allow-credentials").is_none(),
        "cookies are not for other sites"
    );
    ensure!(
        ask("https://evil.example")
            .await?
            .header("access-control-allow-origin")
            .is_none(),
        "another site may call"
    );
    let call = admin
        .api
        .call(Method::GET, "/api/files")
        .header("Origin", friend)
        .send()
        .await?;
    ensure!(
        call.header("access-control-allow-origin") == Some(friend),
        "{call:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_token_that_only_administrates_gets_no_sealed_keys() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    for (scopes, slots) in [
        (&[Scope::Admin][..], 0),
        (&[Scope::Read], 1),
        (&[Scope::Upload], 1),
        (&[Scope::Admin, Scope::Read], 1),
    ] {
        let api = admin.with_scopes(scopes).await?;
        let me: Account = api.get("/api/auth/me").await?.expect(200)?;
        ensure!(
            me.key_slots.len() == slots,
            "{scopes:?} gets {} slots",
            me.key_slots.len()
        );
    }
    fixture.close().await
}
