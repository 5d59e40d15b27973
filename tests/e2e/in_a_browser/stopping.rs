//! Stopping, going on, throwing away, and two tabs that want the same file.

use anyhow::{Result, ensure};
use ferry_core::wire::{ResumeStatus, UploadSession};
use ferry_tests::{
    proxy::{Action, Fault, Head, Ledger},
    wait,
};

use super::{SHORT, Scene, ensure_equal, ensure_stored, part_number, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_keeps_what_is_stored_and_resume_goes_on() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("a file.bin", 1, 2_000_000)?;
    scene.let_through_up_to(8);
    scene.page.pick([&path]).await?;
    scene.until_stored(8).await?;
    scene
        .page
        .click_on_card("a file.bin", "upload-stop")
        .await?;
    let card = scene
        .page
        .until_upload("a file.bin", &["stopped"], SHORT)
        .await?;
    let resume = format!("/api/upload/resume/{}", card.get("fileId"));
    let kept: ResumeStatus = scene.person().await?.api.get(&resume).await?.expect(200)?;
    ensure!(
        (card.number("percent")? - kept.progress_percent).abs() < 0.011,
        "{card:?} shows more than what is stored: {kept:?}"
    );
    scene.fixture.proxy.heal();
    let stopped = scene.fixture.proxy.ledger();
    ensure!(
        stopped.in_flight().is_empty(),
        "{:?} are on their way",
        stopped.in_flight()
    );
    scene
        .page
        .click_on_card("a file.bin", "upload-resume")
        .await?;
    scene
        .page
        .until_upload("a file.bin", &["done"], SHORT)
        .await?;
    let ledger = scene.fixture.proxy.ledger();
    ensure!(
        ledger.sent_after_acknowledgement().is_empty(),
        "stored parts went again"
    );
    ensure!(
        ledger.since(stopped.seen.len()).sent_numbers().first() == Some(&9),
        "it did not go on where it was"
    );
    ensure_stored(&scene.person().await?, "a file.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn discard_asks_and_then_deletes_everything() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("unwanted.bin", 1, 2_000_000)?;
    scene.let_through_up_to(8);
    scene.page.pick([&path]).await?;
    scene.until_stored(8).await?;
    scene
        .page
        .click_on_card("unwanted.bin", "upload-discard")
        .await?;
    scene.page.click("confirm-no").await?;
    ensure!(
        !scene.fixture.part_store.stored().is_empty(),
        "it was deleted without a yes"
    );
    scene
        .page
        .click_on_card("unwanted.bin", "upload-discard")
        .await?;
    scene.page.click("confirm-yes").await?;
    let person = scene.person().await?;
    let gone = || async {
        let uploads: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
        ensure!(uploads.is_empty(), "{uploads:?}");
        ensure!(
            scene.fixture.part_store.stored().is_empty(),
            "bytes are left"
        );
        Ok(())
    };
    wait::until(SHORT, "the upload is deleted", gone).await?;
    scene.page.until_gone("unwanted.bin").await?;
    scene.close().await
}

/// Three large files go at once, after a first one; what comes then waits.
async fn three_under_way(scene: &Scene) -> Result<()> {
    let is_part = |head: &Head| part_number(head).is_some();
    let hold = Fault::matching(is_part, u32::MAX, Action::Hold);
    scene.fixture.proxy.add(hold);
    let files = [("a.bin", 2), ("b.bin", 3), ("c.bin", 4)];
    let files = files.map(|(name, seed)| scene.file(name, seed, 2_000_000));
    let files = files.into_iter().collect::<Result<Vec<_>>>()?;
    scene.page.pick(&files).await?;
    let begun = |ledger: &Ledger| ledger.count("POST /api/upload/start") == 4;
    let proxy = &scene.fixture.proxy;
    proxy.until("three more have begun", SHORT, begun).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_in_line_says_so_and_leaves_it_when_asked() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let page = &scene.page;
    page.pick([&scene.file("ready.bin", 1, 100_000)?]).await?;
    page.until_upload("ready.bin", &["done"], SHORT).await?;
    let ready = page.until_file("ready.bin").await?;
    let file_id = ready.get("fileId");
    three_under_way(&scene).await?;

    page.pick([&scene.file("late.bin", 5, 2_000_000)?]).await?;
    page.until_upload("late.bin", &["queued"], SHORT).await?;
    page.click_on_card("late.bin", "upload-discard").await?;
    page.click("confirm-yes").await?;
    let spoken = || async {
        let text = page
            .script(
                "return document.getElementById('announcer').textContent",
                vec![],
            )
            .await?;
        let text = text.as_str().unwrap_or_default();
        wait::holds(text.starts_with("Took late.bin out of the list."), text)
    };
    wait::until(SHORT, "the page says what it did", spoken).await?;
    page.until_gone("late.bin").await?;

    page.script("localStorage.setItem('ferry.save', 'blob')", vec![])
        .await?;
    let row = format!("[data-testid='file-row'][data-file-id='{file_id}']");
    page.click_in(&row, "file-download").await?;
    page.until_download(file_id, &["queued"], SHORT).await?;
    let card = format!("[data-testid='download-card'][data-file-id='{file_id}']");
    page.click_in(&card, "download-stop").await?;
    page.until_download(file_id, &["stopped"], SHORT).await?;

    scene.fixture.proxy.heal();
    for name in ["a.bin", "b.bin", "c.bin"] {
        page.until_upload(name, &["done"], SHORT).await?;
    }
    let started = scene.fixture.proxy.ledger().count("POST /api/upload/start");
    ensure!(started == 4, "{started} uploads were started");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_tabs_one_uploads_and_the_other_waits() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("shared.bin", 1, 2_000_000)?;
    let late = |head: &ferry_tests::proxy::Head| part_number(head).is_some_and(|number| number > 5);
    scene
        .fixture
        .proxy
        .add(Fault::matching(late, u32::MAX, Action::Hold));
    scene.page.pick([&path]).await?;
    scene.until_stored(5).await?;
    scene
        .page
        .open_second_tab(&scene.fixture.proxy.url())
        .await?;
    scene.page.unlock(ferry_tests::fixture::PASSWORD).await?;
    scene.page.pick([&path]).await?;
    let card = scene
        .page
        .until_upload("shared.bin", &["waiting"], SHORT)
        .await?;
    ensure!(card.get("code") == "another_tab", "{card:?}");
    scene.fixture.proxy.heal();
    scene
        .page
        .until_upload("shared.bin", &["done"], SHORT)
        .await?;
    scene.page.switch_to_tab(0).await?;
    scene
        .page
        .until_upload("shared.bin", &["done"], SHORT)
        .await?;
    let ledger = scene.fixture.proxy.ledger();
    ensure!(
        ledger.sent_after_acknowledgement().is_empty()
            && ledger.count("POST /api/upload/start") == 1,
        "it was sent twice"
    );
    ensure_stored(&scene.person().await?, "shared.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_uploading_tab_closes_the_other_goes_on() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("shared.bin", 1, 2_000_000)?;
    scene.let_through_up_to(5);
    scene.page.pick([&path]).await?;
    scene.until_stored(5).await?;
    scene
        .page
        .open_second_tab(&scene.fixture.proxy.url())
        .await?;
    scene.page.unlock(ferry_tests::fixture::PASSWORD).await?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("shared.bin", &["waiting"], SHORT)
        .await?;
    scene.page.switch_to_tab(0).await?;
    scene.page.close_tab().await?;
    scene.fixture.proxy.heal();
    scene.page.switch_to_tab(0).await?;
    scene
        .page
        .until_upload("shared.bin", &["done"], SHORT)
        .await?;
    ensure!(
        scene
            .fixture
            .proxy
            .ledger()
            .sent_after_acknowledgement()
            .is_empty(),
        "stored parts went again"
    );
    ensure_stored(&scene.person().await?, "shared.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unfinished_upload_is_offered_and_picked_again() -> Result<()> {
    let mut scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("half way.bin", 1, 2_000_000)?;
    scene.let_through_up_to(8);
    scene.page.pick([&path]).await?;
    scene.until_stored(8).await?;
    scene = scene.fresh_browser().await?;
    scene.fixture.proxy.heal();
    let offered = || async {
        let rows = scene.page.cards("unfinished-row").await?;
        ensure!(
            rows.len() == 1 && rows[0].get("name") == "half way.bin",
            "{rows:?}"
        );
        Ok(())
    };
    wait::until(
        SHORT,
        "the unfinished upload is offered by its name",
        offered,
    )
    .await?;
    let input = scene.page.find("unfinished-input").await?;
    input.send_keys(path.to_string_lossy().as_ref()).await?;
    let card = scene
        .page
        .until_upload("half way.bin", &["done"], SHORT)
        .await?;
    ensure!(
        card.get("resumed") == "true" && card.number("alreadyStored")? > 0.0,
        "{card:?}"
    );
    ensure_stored(&scene.person().await?, "half way.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_under_a_second_name_becomes_a_second_file() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let one = scene.file("one.bin", 1, 2_000_000)?;
    let two = scene.file("two.bin", 1, 2_000_000)?;
    let late = |head: &Head| part_number(head).is_some_and(|number| number > 5);
    scene
        .fixture
        .proxy
        .add(Fault::matching(late, u32::MAX, Action::Hold));
    scene.page.pick([&one]).await?;
    scene.until_stored(5).await?;
    scene.page.pick([&two]).await?;
    let begun = |ledger: &Ledger| ledger.count("POST /api/upload/start") == 2;
    let proxy = &scene.fixture.proxy;
    proxy.until("the second one begins", SHORT, begun).await?;
    proxy.heal();
    for name in ["one.bin", "two.bin"] {
        scene.page.until_upload(name, &["done"], SHORT).await?;
    }
    for (name, path) in [("one.bin", &one), ("two.bin", &two)] {
        let row = scene.page.until_file(name).await?;
        let file_id = row.get("fileId").parse()?;
        ensure_equal(&scene.person().await?, file_id, name, path).await?;
    }
    scene.close().await
}
