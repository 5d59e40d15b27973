//! What fails while a file is sent: the end of it, the file itself, storage, quota, the network.

use anyhow::{Result, ensure};
use ferry_tests::proxy::{Action, Fault};

use super::{SHORT, Scene, check_unfinished, ensure_stored, part_number, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn finalization_fails_and_then_succeeds() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("a file.bin", 1, 1_000_000)?;
    scene.fixture.proxy.add(Fault::on(
        "POST /api/upload/complete/",
        1,
        Action::CutBefore,
    ));
    scene.fixture.proxy.add(Fault::on(
        "POST /api/upload/complete/",
        1,
        Action::DropAnswer,
    ));
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("a file.bin", &["done"], SHORT)
        .await?;
    let ledger = scene.fixture.proxy.ledger();
    ensure!(
        ledger.count("POST /api/upload/complete/") == 3,
        "{}",
        ledger.count("POST /api/upload/complete/")
    );
    ensure!(
        ledger.sent_after_acknowledgement().is_empty(),
        "parts went again"
    );
    ensure_stored(&scene.person().await?, "a file.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_and_lost_parts_are_sent_again_by_themselves() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("a file.bin", 1, 2_000_000)?;
    for (number, action) in [
        (2, Action::CutBefore),
        (4, Action::CutAfterBytes(30_000)),
        (6, Action::DropAnswer),
    ] {
        let this = move |head: &ferry_tests::proxy::Head| part_number(head) == Some(number);
        scene.fixture.proxy.add(Fault::matching(this, 1, action));
    }
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("a file.bin", &["done"], SHORT)
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
    ensure_stored(&scene.person().await?, "a file.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_vanishes_stops_and_keeps_what_is_stored() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("vanishing.bin", 1, 60_000_000)?;
    let late = |head: &ferry_tests::proxy::Head| part_number(head).is_some_and(|number| number > 5);
    scene
        .fixture
        .proxy
        .add(Fault::matching(late, u32::MAX, Action::Hold));
    scene.page.pick([&path]).await?;
    scene.until_stored(5).await?;
    std::fs::File::options()
        .write(true)
        .open(&path)?
        .set_len(1_000_000)?;
    scene.fixture.proxy.heal();
    let card = scene
        .page
        .until_upload("vanishing.bin", &["failed"], SHORT)
        .await?;
    ensure!(card.get("code") == "file_not_readable", "{card:?}");
    let kept = check_unfinished(&scene.person().await?).await?;
    ensure!(
        kept.can_resume && kept.uploaded_chunks.len() >= 5,
        "{kept:?}"
    );
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn storage_that_is_gone_is_waited_for() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("patient.bin", 1, 2_000_000)?;
    scene.let_through_up_to(5);
    scene.page.pick([&path]).await?;
    scene.until_stored(5).await?;
    scene.fixture.part_store.unplug()?;
    scene.fixture.proxy.heal();
    let waiting = || async {
        let card = scene
            .page
            .until_upload("patient.bin", &["waiting"], SHORT)
            .await?;
        ensure!(card.get("code") == "storage_unavailable", "{card:?}");
        Ok(())
    };
    ferry_tests::wait::until(SHORT, "the page says what it waits for", waiting).await?;
    scene.fixture.part_store.plug()?;
    scene
        .page
        .until_upload("patient.bin", &["done"], super::LONG)
        .await?;
    ensure_stored(&scene.person().await?, "patient.bin", &path).await?;
    scene.browser.kill().await?;
    scene.fixture.close_after_lost_puts().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_up_quota_is_said() -> Result<()> {
    let scene = Scene::set_up(tiny_parts().set("FERRY_DEFAULT_QUOTA_BYTES", 500_000)).await?;
    let path = scene.file("large.bin", 1, 2_000_000)?;
    scene.page.pick([&path]).await?;
    let card = scene
        .page
        .until_upload("large.bin", &["failed"], SHORT)
        .await?;
    ensure!(card.get("code") == "quota_exceeded", "{card:?}");
    scene.close().await
}
