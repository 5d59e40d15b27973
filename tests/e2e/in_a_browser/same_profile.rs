//! A browser that was closed and comes back with the same profile: it is still unlocked where the person wanted that, goes
//! on by one click where it kept the file's handle, and notices a server that went back.

use std::time::Duration;

use anyhow::{Result, ensure};
use ferry_tests::fixture::PASSWORD;

use super::{SHORT, Scene, ensure_stored, tiny_parts};

/// Copies a picked file into the browser's own file system, and lets the page's picker return its handle: a picker cannot
/// be driven, the handle is a real one.
const PICK_WITH_HANDLE: &str = "
    const all = async () => {
        const [source] = document.querySelector('[data-testid=handle-source]').files;
        const root = await navigator.storage.getDirectory();
        const handle = await root.getFileHandle(source.name, { create: true });
        const copy = await handle.createWritable();
        await copy.write(source);
        await copy.close();
        window.showOpenFilePicker = async () => [handle];
    };
    return all();
";

const ADD_SOURCE: &str = "
    const input = document.createElement('input');
    input.type = 'file';
    input.dataset.testid = 'handle-source';
    document.body.append(input);
";

async fn pick_with_handle(scene: &Scene, path: &std::path::Path) -> Result<()> {
    let page = &scene.page;
    page.script(ADD_SOURCE, vec![]).await?;
    let source = page.find("handle-source").await?;
    source.send_keys(path.to_string_lossy().as_ref()).await?;
    page.script(PICK_WITH_HANDLE, vec![]).await?;
    page.click("choose-files").await
}

async fn keep_unlocked(scene: &Scene) -> Result<()> {
    scene.page.reload().await?;
    scene.page.until_view(&["unlock"]).await?;
    scene.page.click("keep-unlocked").await?;
    scene.page.unlock(PASSWORD).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_browser_goes_on_by_one_click_and_notices_a_server_that_went_back() -> Result<()>
{
    let mut scene = Scene::set_up(tiny_parts()).await?;
    keep_unlocked(&scene).await?;
    let path = scene.file("kept.bin", 1, 2_000_000)?;
    scene.let_through_up_to(8);
    pick_with_handle(&scene, &path).await?;
    scene.until_stored(8).await?;
    scene = scene.restarted_browser().await?;
    scene.page.until_view(&["files"]).await?;

    scene.fixture.proxy.heal();
    let before = scene.fixture.proxy.ledger().seen.len();
    let row = "[data-testid='unfinished-row'][data-name='kept.bin']";
    scene.page.click_in(row, "unfinished-continue").await?;
    let page = &scene.page;
    let card = page.until_upload("kept.bin", &["done"], SHORT).await?;
    ensure!(
        card.get("resumed") == "true" && card.number("firstPart")? as u32 == 9,
        "{card:?}"
    );
    let ledger = scene.fixture.proxy.ledger();
    ensure!(
        ledger.sent_after_acknowledgement().is_empty()
            && ledger.since(before).sent_numbers().first() == Some(&9),
        "stored parts went again: {:?}",
        ledger.since(before).sent_numbers()
    );
    ensure_stored(&scene.person().await?, "kept.bin", &path).await?;
    a_part_that_changed_meanwhile_is_noticed(scene).await
}

/// The checkpoint of this browser knows the rows it was told of; a server that shows others is not believed.
async fn a_part_that_changed_meanwhile_is_noticed(mut scene: Scene) -> Result<()> {
    let path = scene.file("watched.bin", 2, 2_000_000)?;
    let stored = scene.fixture.proxy.ledger().acknowledged().len();
    scene.let_through_up_to(4);
    scene.page.pick([&path]).await?;
    scene.until_stored(stored + 4).await?;
    // What is acknowledged after two seconds is followed by a checkpoint.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    scene.fixture.proxy.heal();
    scene.let_through_up_to(8);
    scene.until_stored(stored + 8).await?;
    scene = scene.restarted_browser().await?;
    scene.page.until_view(&["files"]).await?;
    let changed = "UPDATE file_parts SET iv = decode(repeat('00', 12), 'hex')
        WHERE part_number = 3 AND file_id = (SELECT id FROM files WHERE NOT is_complete)";
    let changed = scene
        .fixture
        .sql(move |client| Ok(client.execute(changed, &[])?));
    ensure!(changed.await? == 1, "there is no such part");

    scene.fixture.proxy.heal();
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&path]).await?;
    let card = scene
        .page
        .until_upload("watched.bin", &["failed"], SHORT)
        .await?;
    ensure!(card.get("code") == "rolled_back", "{card:?}");
    let sent = scene.fixture.proxy.ledger().since(before).sent_numbers();
    ensure!(sent.is_empty(), "{sent:?} were sent to it");
    scene.close().await
}
