//! The administrators' page, bots aside: invitations, storage, everybody's uploads, cleanup, the latest events.

use anyhow::{Context, Result, ensure};
use ferry_core::wire::ErrorCode;
use ferry_tests::{
    browser::Page,
    client::{Person, SealedFile, attempt, content},
    fixture::PASSWORD,
    wait,
};

use super::{SHORT, Scene, tiny_parts};

/// Waits until so many things have this handle.
async fn until_count(page: &Page, handle: &str, count: usize) -> Result<()> {
    let counted = || async {
        let cards = page.cards(handle).await?;
        wait::holds(cards.len() == count, &format!("{cards:?}"))
    };
    wait::until(SHORT, &format!("{count} of {handle}"), counted).await
}

/// The token of the link that the page shows once.
async fn invite(page: &Page) -> Result<String> {
    let before = match page.has("invitation-link").await? {
        true => page.value("invitation-link").await?,
        false => String::new(),
    };
    page.click_in("[data-testid=invitation-form]", "submit")
        .await?;
    let shown = || async {
        let link = page.value("invitation-link").await?;
        wait::holds(link != before, "no new link")?;
        let (_, token) = link.split_once("/#invite=").context(link.clone())?;
        Ok(token.to_owned())
    };
    wait::until(SHORT, "the link is shown", shown).await
}

async fn until_events(page: &Page, wanted: &[&str]) -> Result<()> {
    let told = || async {
        let events = page.cards("audit-row").await?;
        let told = |action: &&str| events.iter().any(|event| event.get("action") == *action);
        wait::holds(wanted.iter().all(told), &format!("{events:?}"))
    };
    wait::until(SHORT, &format!("{wanted:?} are listed"), told).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_invites_looks_and_cleans_up() -> Result<()> {
    let builder = tiny_parts().set("FERRY_CLEANUP_INTERVAL_SECS", 86_400);
    let scene = Scene::set_up(builder).await?;
    let page = &scene.page;
    page.click("nav-admin").await?;
    page.until_view(&["admin"]).await?;

    let used = invite(page).await?;
    let withdrawn = invite(page).await?;
    until_count(page, "invitation-row", 2).await?;
    let api = scene.fixture.api()?;
    let bob = Person::register(&api, &used, "bob", PASSWORD).await?;
    withdraw_all(page).await?;
    let refused = Person::register(&api, &withdrawn, "eve", PASSWORD).await;
    ensure!(refused.is_err(), "a withdrawn invitation was good");
    let (_, unknown) = attempt(&api, "eve", PASSWORD).await?;
    unknown.refused(401, ErrorCode::WrongCredentials)?;

    let file = SealedFile::new(&bob.keys, "secret name.txt", content(1, 300_000))?;
    file.start(&bob.api).await?;
    file.put_all(&bob.api, [1, 2]).await?;
    page.click("nav-files").await?;
    page.until_view(&["files"]).await?;
    page.click("nav-admin").await?;
    until_count(page, "session-row", 1).await?;
    let row = &page.cards("session-row").await?[0];
    ensure!(
        row.get("username") == "bob" && row.get("fileId") == file.id().to_string(),
        "{row:?}"
    );
    let text = page.texts("app").await?.concat();
    ensure!(!text.contains("secret name"), "a name is shown");
    let storage = page.cards("storage-row").await?;
    ensure!(
        storage.len() == 1 && storage[0].get("healthy") == "true",
        "{storage:?}"
    );
    until_events(page, &["user.register"]).await?;
    clean_up(&scene, &bob, &file).await?;
    scene.close().await
}

/// Withdraws what was not used; one that was used has no button.
async fn withdraw_all(page: &Page) -> Result<()> {
    while page.has("invitation-revoke").await? {
        let before = page.cards("invitation-row").await?;
        let first = before[0].get("invitationId");
        let row = format!("[data-testid=invitation-row][data-invitation-id='{first}']");
        page.click_in(&row, "invitation-revoke").await?;
        let gone = || async {
            let rows = page.cards("invitation-row").await?;
            let is_gone = rows.iter().all(|row| row.get("invitationId") != first);
            wait::holds(is_gone, &format!("{rows:?}"))
        };
        wait::until(SHORT, "the invitation is gone", gone).await?;
    }
    Ok(())
}

/// What would go is shown first; then it goes, and its owner is told so.
async fn clean_up(scene: &Scene, bob: &Person, file: &SealedFile) -> Result<()> {
    let page = &scene.page;
    let aged =
        "UPDATE upload_sessions SET last_activity_at = last_activity_at - interval '60 days',
        expires_at = expires_at - interval '60 days'";
    let aged = scene
        .fixture
        .sql(move |client| Ok(client.execute(aged, &[])?));
    ensure!(aged.await? == 1, "there is one upload");
    page.click("cleanup-dry-run").await?;
    until_result(page, "true", "1").await?;
    let path = format!("/api/upload/resume/{}", file.id());
    bob.api.get(&path).await?.expect_status(200)?;
    page.click("cleanup-run").await?;
    page.click("confirm-yes").await?;
    until_result(page, "false", "1").await?;
    bob.api
        .get(&path)
        .await?
        .refused(410, ErrorCode::UploadExpired)?;
    until_count(page, "session-row", 0).await
}

async fn until_result(page: &Page, dry_run: &str, count: &str) -> Result<()> {
    let shown = || async {
        let results = page.cards("cleanup-result").await?;
        let shown = results
            .iter()
            .any(|result| result.get("dryRun") == dry_run && result.get("count") == count);
        wait::holds(shown, &format!("{results:?}"))
    };
    wait::until(
        SHORT,
        &format!("{count} of a cleanup, dry run {dry_run}"),
        shown,
    )
    .await
}
