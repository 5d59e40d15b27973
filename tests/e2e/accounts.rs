//! Accounts: the first one, invitations, sign-in and its limits, a new password.

use anyhow::{Result, ensure};
use ferry_core::wire::{
    Account, B64, ErrorCode, InvitationEntry, KdfResponse, NewInvitationRequest,
    NewInvitationResponse, PasswordRequest, Role, ServerConfig, SignUp,
};
use ferry_tests::{
    client::{Credential, Person, SealedFile, attempt, content, download, password_request},
    fixture::{Fixture, FixtureBuilder, PASSWORD},
};
use reqwest::Method;

#[tokio::test]
async fn the_setup_link_makes_one_administrator() -> Result<()> {
    let mut fixture = Fixture::new().await?;
    let api = fixture.api()?;
    let config: ServerConfig = api.get("/api/config").await?.expect(200)?;
    ensure!(
        config.sign_up == SignUp::Setup && config.storage == "directory",
        "{config:?}"
    );
    let token = fixture.server()?.setup_token().await?;
    fixture.stop_server().await?;
    fixture.start_server().await?;
    ensure!(
        fixture.server()?.setup_token().await? == token,
        "the same link while it is unused"
    );
    let admin = fixture.admin().await?;
    let me: Account = admin.page.get("/api/auth/me").await?.expect(200)?;
    ensure!(
        me.role == Role::Admin && me.username == "admin" && me.used_bytes == 0,
        "{me:?}"
    );
    let config: ServerConfig = api.get("/api/config").await?.expect(200)?;
    ensure!(config.sign_up == SignUp::Invitation, "{config:?}");
    let second = Person::register(&api, &token, "second", PASSWORD).await;
    ensure!(
        second.is_err_and(|error| format!("{error:#}").contains("invitation_invalid")),
        "the link was used twice"
    );
    fixture.close().await
}

#[tokio::test]
async fn an_invitation_is_used_once() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let request = NewInvitationRequest {
        role: Role::User,
        ttl_secs: None,
    };
    let made: NewInvitationResponse = admin
        .api
        .post("/api/admin/invitations", &request)
        .await?
        .good()?;
    ensure!(
        made.link == format!("{}/#invite={}", fixture.proxy.url(), made.invitation),
        "{}",
        made.link
    );
    let guest = Person::register(&fixture.api()?, &made.invitation, "Güest", PASSWORD).await?;
    let refused = Person::register(&fixture.api()?, &made.invitation, "other", PASSWORD).await;
    ensure!(
        refused.is_err_and(|error| format!("{error:#}").contains("invitation_invalid")),
        "it was used twice"
    );
    let listed: Vec<InvitationEntry> =
        admin.api.get("/api/admin/invitations").await?.expect(200)?;
    let entry = listed
        .iter()
        .find(|entry| entry.invitation_id == made.entry.invitation_id);
    ensure!(
        entry.is_some_and(|entry| entry.used_at.is_some()),
        "{listed:?}"
    );
    let unused: NewInvitationResponse = admin
        .api
        .post("/api/admin/invitations", &request)
        .await?
        .good()?;
    let taken = Person::register(&fixture.api()?, &unused.invitation, "gÜEST", PASSWORD).await;
    ensure!(
        taken.is_err_and(|error| format!("{error:#}").contains("username_taken")),
        "names differ in case only"
    );
    Person::register(
        &fixture.api()?,
        &unused.invitation,
        "second guest",
        PASSWORD,
    )
    .await?;
    ensure!(
        Person::login(&fixture.api()?, "GÜEST", PASSWORD)
            .await?
            .user_id
            == guest.user_id,
        "any case signs in"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_wrong_password_is_said_and_signs_nobody_in() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (_, wrong) = attempt(&fixture.api()?, "admin", "not the password").await?;
    let problem = wrong.refused(401, ErrorCode::WrongCredentials)?;
    let (_, unknown) = attempt(&fixture.api()?, "nobody at all", "not the password").await?;
    let same = unknown.refused(401, ErrorCode::WrongCredentials)?;
    ensure!(
        problem == same,
        "an unknown name is answered like a wrong password: {same:?}"
    );
    ensure!(
        wrong.header("set-cookie").is_none(),
        "a cookie came with a refusal"
    );
    Person::login(&fixture.api()?, "admin", &admin.password).await?;
    fixture.close().await
}

#[tokio::test]
async fn an_unknown_name_has_a_steady_salt() -> Result<()> {
    let (fixture, _) = Fixture::with_admin().await?;
    let api = fixture.api()?;
    let ask = async |name: &str| -> Result<KdfResponse> {
        api.get(&format!("/api/auth/kdf?username={name}"))
            .await?
            .expect(200)
    };
    let (first, again, folded, other) = (
        ask("ghost").await?,
        ask("ghost").await?,
        ask("GHOST").await?,
        ask("ghast").await?,
    );
    ensure!(
        first == again && first == folded && first != other,
        "made-up salts must look real"
    );
    let known = ask("admin").await?;
    ensure!(
        known.slot_prefix.0[..12] == first.slot_prefix.0[..12],
        "and cost the same"
    );
    fixture.close().await
}

#[tokio::test]
async fn too_many_wrong_passwords_have_to_wait() -> Result<()> {
    let builder = FixtureBuilder::default()
        .set("FERRY_LOGIN_ATTEMPTS_PER_NAME", 3)
        .set("FERRY_LOGIN_WINDOW_SECS", 3600);
    let fixture = builder.start().await?;
    let admin = fixture.admin().await?;
    let guest = fixture.invite(&admin, "guest").await?;
    for _ in 0..3 {
        attempt(&fixture.api()?, "admin", "wrong")
            .await?
            .1
            .refused(401, ErrorCode::WrongCredentials)?;
    }
    let (_, limited) = attempt(&fixture.api()?, "ADMIN", &admin.password).await?;
    let problem = limited.refused(429, ErrorCode::RateLimited)?;
    ensure!(limited.retry_after_secs()? > 0, "{problem:?}");
    Person::login(&fixture.api()?, "guest", &guest.password).await?;
    admin.api.get("/api/files").await?.expect_status(200)?;
    fixture.close().await
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_and_keeps_the_files() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "kept", content(1, 100_000))?;
    file.upload(&admin.api).await?;
    let request = password_request(&admin, "a new one").await?;
    let guess = PasswordRequest {
        old_auth: B64([1; 32]),
        ..request.clone()
    };
    let wrong = admin.page.post("/api/auth/password", &guess).await?;
    wrong.refused(401, ErrorCode::WrongCredentials)?;
    admin
        .page
        .post("/api/auth/password", &request)
        .await?
        .good_status()?;
    admin
        .api
        .get("/api/files")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    admin
        .page
        .get("/api/auth/me")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    attempt(&fixture.api()?, "admin", PASSWORD)
        .await?
        .1
        .refused(401, ErrorCode::WrongCredentials)?;
    let again = Person::login(&fixture.api()?, "admin", "a new one").await?;
    ensure!(
        download(&again, file.id()).await?.1 == file.content,
        "the file does not open any more"
    );
    fixture.close().await
}

#[tokio::test]
async fn signing_out_ends_the_session() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    admin
        .page
        .post("/api/auth/logout", &serde_json::json!({}))
        .await?
        .good_status()?;
    admin
        .page
        .get("/api/auth/me")
        .await?
        .refused(401, ErrorCode::Unauthenticated)?;
    admin.api.get("/api/files").await?.expect_status(200)?;
    fixture.close().await
}

#[tokio::test]
async fn the_session_cookie_stays_with_the_page() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (_, answer) = attempt(
        &fixture.api()?.with(Credential::Anonymous),
        "admin",
        &admin.password,
    )
    .await?;
    let cookie = answer
        .header("set-cookie")
        .unwrap_or_default()
        .to_lowercase();
    for attribute in ["httponly", "samesite=strict", "path=/"] {
        ensure!(cookie.contains(attribute), "{attribute} is missing");
    }
    ensure!(
        !cookie.contains("domain="),
        "the cookie goes to other hosts"
    );
    ensure!(
        answer
            .header("cache-control")
            .is_some_and(|value| value.contains("no-store")),
        "the answer may be cached"
    );
    fixture.close().await
}

/// A browser that gets 401 forgets what it showed: the password of a proxy in front.
#[tokio::test]
async fn the_password_of_a_proxy_is_not_called_wrong() -> Result<()> {
    let fixture = Fixture::new().await?;
    let api = fixture.api()?;
    let shown = api
        .call(Method::GET, "/api/auth/me")
        .header("Authorization", "Basic ZG9vcjpvcGVuc2VzYW1l")
        .send()
        .await?;
    shown.refused(403, ErrorCode::Unauthenticated)?;
    ensure!(
        shown.header("www-authenticate").is_none(),
        "it asks for one"
    );
    let not_shown = api.get("/api/auth/me").await?;
    not_shown.refused(401, ErrorCode::Unauthenticated)?;
    ensure!(not_shown.header("www-authenticate").is_some(), "no scheme");
    fixture.close().await
}
