//! Passwords on the page: wrong ones, locked pages, and what stays in the browser.

use anyhow::{Result, ensure};
use ferry_core::{
    envelope::slot::{Kdf, SlotPrefix},
    wire::{KdfResponse, UploadSession},
};
use ferry_tests::{
    browser::{Browser, Page},
    client::Person,
    fixture::PASSWORD,
    proxy::{Action, Fault, Ledger, Outcome},
    wait,
};

use super::{SHORT, Scene, USER, ensure_stored, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_said_before_anything_is_sent() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let other = Browser::open(scene.fixture.dir(), "other").await?;
    let page = other.page();
    page.goto(&scene.fixture.proxy.url()).await?;
    page.until_view(&["sign-in"]).await?;
    page.submit_sign_in(USER, "not the password").await?;
    let said = || async {
        let errors = page.cards("form-error").await?;
        wait::holds(
            errors
                .iter()
                .any(|error| error.get("code") == "wrong_credentials"),
            "nothing is said",
        )
    };
    wait::until(SHORT, "the page says that the password is wrong", said).await?;
    ensure!(
        scene.fixture.proxy.ledger().count("PUT ") == 0,
        "something was sent"
    );
    other.kill().await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_reload_the_page_is_locked_until_the_password_is_right() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    scene.page.reload().await?;
    scene.page.until_view(&["unlock"]).await?;
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.type_into("password", "not the password").await?;
    scene.page.click("submit").await?;
    let said = || async {
        let errors = scene.page.cards("form-error").await?;
        wait::holds(
            errors
                .iter()
                .any(|error| error.get("code") == "wrong_password"),
            "nothing is said",
        )
    };
    wait::until(SHORT, "the page says that the password is wrong", said).await?;
    ensure!(
        scene.fixture.proxy.ledger().since(before).count("POST ") == 0,
        "the wrong password was sent somewhere"
    );
    scene.page.reload().await?;
    scene.page.unlock(PASSWORD).await?;
    let path = scene.file("after.bin", 1, 300_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("after.bin", &["done"], SHORT)
        .await?;
    ensure_stored(&scene.person().await?, "after.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_leaves_no_key_behind() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    scene.page.reload().await?;
    scene.page.until_view(&["unlock"]).await?;
    scene.page.click("keep-unlocked").await?;
    scene.page.unlock(PASSWORD).await?;
    scene.page.reload().await?;
    scene.page.until_view(&["files"]).await?;
    scene.page.click("sign-out").await?;
    scene.page.until_view(&["sign-in"]).await?;
    scene.page.reload().await?;
    scene.page.until_view(&["sign-in"]).await?;
    scene.page.submit_sign_in(USER, PASSWORD).await?;
    scene.page.until_view(&["files"]).await?;
    scene.page.reload().await?;
    scene.page.until_view(&["unlock"]).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_forgets_the_keys_though_the_server_does_not_answer() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    scene.page.reload().await?;
    scene.page.until_view(&["unlock"]).await?;
    scene.page.click("keep-unlocked").await?;
    scene.page.unlock(PASSWORD).await?;
    let logout = "POST /api/auth/logout";
    let proxy = &scene.fixture.proxy;
    proxy.add(Fault::on(logout, u32::MAX, Action::Hold));
    scene.page.click("sign-out").await?;
    proxy
        .until("the page signs out", SHORT, |ledger| {
            ledger.count(logout) > 0
        })
        .await?;
    scene.page.reload().await?;
    scene.page.until_view(&["unlock"]).await?;
    proxy.heal();
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_does_not_load_is_said_and_weakens_no_password() -> Result<()> {
    let fixture = tiny_parts().start().await?;
    let browser = Browser::open(fixture.dir(), "1").await?;
    let page = browser.page();
    let token = fixture.server()?.setup_token().await?;
    page.goto(&format!("{}/#setup={token}", fixture.proxy.url()))
        .await?;
    page.until_view(&["setup"]).await?;
    let worker = Fault::on("GET /pkg/worker.js", u32::MAX, Action::CutBefore);
    fixture.proxy.add(worker);
    page.type_into("username", USER).await?;
    page.type_into("password", PASSWORD).await?;
    page.type_into("password-repeat", PASSWORD).await?;
    page.click("submit").await?;
    let said = || async {
        let errors = page.cards("form-error").await?;
        let is_said = errors
            .iter()
            .any(|error| error.get("code") == "client_fault");
        wait::holds(is_said, &format!("{errors:?}"))
    };
    wait::until(SHORT, "the page says that it could not be done", said).await?;
    ensure!(
        fixture.proxy.ledger().count("POST /api/auth/register") == 0,
        "an account was made all the same"
    );
    fixture.proxy.heal();
    page.click("submit").await?;
    page.until_view(&["files"]).await?;
    let told: KdfResponse = fixture
        .api()?
        .get(&format!("/api/auth/kdf?username={USER}"))
        .await?
        .good()?;
    let prefix = SlotPrefix::parse(&told.slot_prefix.0)?;
    ensure!(prefix.kdf() == Kdf::DEFAULT, "{:?}", prefix.kdf());
    browser.kill().await?;
    fixture.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_that_shows_somebody_else_uploads_nothing_into_the_new_account() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let (page, url) = (&scene.page, scene.fixture.proxy.url());
    let ada = scene.person().await?;
    let bob = scene.fixture.invite(&ada, "bob").await?;
    let path = scene.file("a file.bin", 1, 2_000_000)?;
    page.open_second_tab(&url).await?;
    page.until_view(&["unlock"]).await?;
    page.click("sign-out").await?;
    page.until_view(&["sign-in"]).await?;
    page.submit_sign_in("bob", &bob.password).await?;
    page.until_view(&["files"]).await?;
    // The tab believes that ada is here until it asks, which it cannot for now; the cookie is bob's.
    let proxy = &scene.fixture.proxy;
    proxy.add(Fault::on("GET /api/auth/me", u32::MAX, Action::Hold));
    page.switch_to_tab(0).await?;
    let before = proxy.ledger().seen.len();
    page.pick([&path]).await?;
    let refused = |ledger: &Ledger| {
        let asked = ledger.since(before).seen;
        asked.iter().any(|seen| {
            let is_check = seen.what.starts_with("GET /api/upload/check");
            is_check && seen.outcome == Outcome::Answered(401)
        })
    };
    let what = "the upload is refused, because somebody else is signed in";
    proxy.until(what, SHORT, refused).await?;
    proxy.heal();
    page.until_view(&["unlock"]).await?;
    ensure!(
        scene.fixture.proxy.ledger().count("PUT ") == 0,
        "something was sent"
    );
    for person in [&ada, &bob] {
        let uploads: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
        ensure!(uploads.is_empty(), "{uploads:?}");
    }
    page.unlock(&bob.password).await?;
    page.pick([&path]).await?;
    page.until_upload("a file.bin", &["done"], SHORT).await?;
    ensure_stored(&bob, "a file.bin", &path).await?;
    scene.close().await
}

pub(super) async fn until_notice(page: &Page, code: &str) -> Result<()> {
    let said = || async {
        let notices = page.cards("notice-banner").await?;
        let is_said = notices.iter().any(|notice| notice.get("code") == code);
        wait::holds(is_said, &format!("{notices:?}"))
    };
    wait::until(SHORT, &format!("the page says {code}"), said).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_out_without_an_answer_is_done_here_and_said() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let logout = Fault::on("POST /api/auth/logout", u32::MAX, Action::CutBefore);
    scene.fixture.proxy.add(logout);
    scene.page.click("sign-out").await?;
    scene.page.until_view(&["sign-in"]).await?;
    until_notice(&scene.page, "network").await?;
    scene.fixture.proxy.heal();
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_notices_that_the_session_ended_in_another_tab() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let page = &scene.page;
    page.open_second_tab(&scene.fixture.proxy.url()).await?;
    page.until_view(&["unlock"]).await?;
    page.click("sign-out").await?;
    page.until_view(&["sign-in"]).await?;
    page.switch_to_tab(0).await?;
    let come_back = "document.dispatchEvent(new Event('visibilitychange'))";
    page.script(come_back, vec![]).await?;
    page.until_view(&["sign-in"]).await?;
    until_notice(page, "session_ended").await?;
    scene.close().await
}

pub(super) const NEW_PASSWORD: &str = "quite another password";

pub(super) async fn change_password(page: &Page) -> Result<()> {
    page.click("nav-settings").await?;
    page.until_view(&["settings"]).await?;
    page.type_into("old-password", PASSWORD).await?;
    page.type_into("new-password", NEW_PASSWORD).await?;
    page.type_into("new-password-repeat", NEW_PASSWORD).await?;
    page.click_in("[data-testid='password-form']", "submit")
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_is_said_though_signing_in_again_fails() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let login = Fault::on("POST /api/auth/login", u32::MAX, Action::CutBefore);
    scene.fixture.proxy.add(login);
    change_password(&scene.page).await?;
    scene.page.until_view(&["sign-in"]).await?;
    until_notice(&scene.page, "password_changed").await?;
    scene.fixture.proxy.heal();
    scene.page.submit_sign_in(USER, NEW_PASSWORD).await?;
    scene.page.until_view(&["files", "settings"]).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_password_is_found_out_though_the_answer_was_lost() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let password = Fault::on("POST /api/auth/password", 1, Action::DropAnswer);
    scene.fixture.proxy.add(password);
    change_password(&scene.page).await?;
    until_notice(&scene.page, "password_changed").await?;
    Person::login(&scene.fixture.api()?, USER, NEW_PASSWORD).await?;
    scene.page.click("nav-files").await?;
    let path = scene.file("after.bin", 1, 300_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("after.bin", &["done"], SHORT)
        .await?;
    scene.close().await
}
