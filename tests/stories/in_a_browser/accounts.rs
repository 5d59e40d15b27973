//! Passwords on the page: wrong ones, locked pages, and what stays in the browser.

use anyhow::{Result, ensure};
use ferry_tests::{browser::Browser, stage::PASSWORD, wait};

use super::{SHORT, Scene, USER, ensure_stored, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_said_before_anything_is_sent() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let other = Browser::open(scene.stage.dir(), "other").await?;
    let page = other.page();
    page.goto(&scene.stage.proxy.url()).await?;
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
        scene.stage.proxy.ledger().count("PUT ") == 0,
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
    let before = scene.stage.proxy.ledger().seen.len();
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
        scene.stage.proxy.ledger().since(before).count("POST ") == 0,
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
