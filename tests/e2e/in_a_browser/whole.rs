//! The plain way: a file goes up and comes down again.

use anyhow::{Result, ensure};
use ferry_core::wire::{FilesPage, UploadSession};
use ferry_tests::{
    browser::Page,
    fixture::{Fixture, FixtureBuilder, PASSWORD},
    proxy::{Action, Fault, Head, Ledger},
    wait,
};
use serde_json::json;

use super::{LONG, SHORT, Scene, sha256_of, slow_parts, tiny_parts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_up_and_comes_down_equal() -> Result<()> {
    let scene = Scene::set_up(slow_parts()).await?;
    let path = scene.file("holiday.mp4", 1, 64 << 20)?;
    scene.page.pick([&path]).await?;
    let card = scene
        .page
        .until_upload("holiday.mp4", &["done"], LONG)
        .await?;
    ensure!(
        card.get("percent").starts_with("100") && card.get("alreadyStored") == "0",
        "{card:?}"
    );
    let ledger = scene.fixture.proxy.ledger();
    let numbers = ledger.sent_numbers();
    ensure!(
        numbers == (1..=numbers.len() as u32).collect::<Vec<_>>(),
        "each part once: {numbers:?}"
    );
    ensure!(
        ledger.part_bytes() == (64 << 20) + 28 * numbers.len() as u64,
        "{} bytes were sent",
        ledger.part_bytes()
    );
    let scene = scene.fresh_browser().await?;
    let saved = scene
        .page
        .download(scene.browser.downloads(), "holiday.mp4", LONG)
        .await?;
    ensure!(
        sha256_of(&saved)? == sha256_of(&path)?,
        "another file came down"
    );
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_part_ends_the_download_and_leaves_no_file() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("damaged.bin", 1, 1_000_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("damaged.bin", &["done"], SHORT)
        .await?;
    scene.fixture.part_store.damage()?;
    let row = scene.page.until_file("damaged.bin").await?;
    scene
        .page
        .script("localStorage.setItem('ferry.save', 'stream')", vec![])
        .await?;
    scene
        .page
        .click_in("[data-testid='file-row']", "file-download")
        .await?;
    let card = scene
        .page
        .until_download(row.get("fileId"), &["failed"], SHORT)
        .await?;
    ensure!(
        ["tampered", "part_corrupt"].contains(&card.get("code")),
        "{card:?}"
    );
    let whole = std::fs::read_dir(scene.browser.downloads())?
        .filter_map(Result::ok)
        .find(|entry| entry.file_name() == "damaged.bin");
    ensure!(whole.is_none(), "a damaged file was saved");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_download_leaves_no_file_and_the_next_one_is_whole() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let page = &scene.page;
    let path = scene.file("long.bin", 1, 1_000_000)?;
    page.pick([&path]).await?;
    page.until_upload("long.bin", &["done"], SHORT).await?;
    let row = page.until_file("long.bin").await?;
    let is_late_part = |head: &Head| {
        let number = head.path().rsplit('/').next().unwrap_or_default();
        let is_part = head.method() == "GET" && head.path().contains("/parts/");
        is_part && number.parse().is_ok_and(|number: u32| number > 3)
    };
    let hold = Fault::matching(is_late_part, u32::MAX, Action::Hold);
    scene.fixture.proxy.add(hold);
    page.script("localStorage.setItem('ferry.save', 'stream')", vec![])
        .await?;
    page.click_in("[data-testid='file-row']", "file-download")
        .await?;
    let moves = || async {
        let card = page
            .until_download(row.get("fileId"), &["receiving"], SHORT)
            .await?;
        wait::holds(card.number("percent")? > 0.0, "nothing came down yet")
    };
    wait::until(SHORT, "the first parts come down", moves).await?;
    page.click_in("[data-testid='download-card']", "download-stop")
        .await?;
    page.until_download(row.get("fileId"), &["stopped"], SHORT)
        .await?;
    let saved = |name: &str| scene.browser.downloads().join(name).exists();
    ensure!(!saved("long.bin"), "half a file was saved");
    page.click_in("[data-testid='download-card']", "download-dismiss")
        .await?;
    scene.fixture.proxy.heal();
    let whole = page
        .download(scene.browser.downloads(), "long.bin", SHORT)
        .await?;
    ensure!(
        sha256_of(&whole)? == sha256_of(&path)?,
        "another file came down"
    );
    scene.close().await
}

/// Stops downloads in the middle of a write until all that may be in memory at once was in their hands; then one is whole.
const STOP_MANY_DOWNLOADS: &str = "
    const [fileId] = arguments;
    const stopped = async (client) => {
        const stop = new AbortController();
        const write = (chunk, { signal }) => {
            stop.abort();
            return new Promise((resolve, reject) => { signal.addEventListener('abort', reject); });
        };
        return client.download(fileId, { sink: new WritableStream({ write }), signal: stop.signal }).then(() => 'done', (error) => error.code);
    };
    const all = async () => {
        const { FerryClient } = await import('/pkg/ferry.js');
        const client = new FerryClient();
        await client.session();
        const codes = new Set();
        for (let run = 0; run < 20; run += 1) codes.add(await stopped(client));
        let bytes = 0;
        await client.download(fileId, { sink: new WritableStream({ write: (chunk) => { bytes += chunk.length; } }) });
        client.close();
        return { codes: [...codes], bytes };
    };
    return all();
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_downloads_give_their_memory_back() -> Result<()> {
    let disk_parts = FixtureBuilder::default().set("FERRY_PART_PROFILE", "disk");
    let scene = Scene::set_up(disk_parts).await?;
    let page = &scene.page;
    page.reload().await?;
    page.until_view(&["unlock"]).await?;
    page.click("keep-unlocked").await?;
    page.unlock(PASSWORD).await?;
    page.pick([&scene.file("large.bin", 1, 9_000_000)?]).await?;
    page.until_upload("large.bin", &["done"], SHORT).await?;
    let row = page.until_file("large.bin").await?;
    let seen = page
        .script(STOP_MANY_DOWNLOADS, vec![json!(row.get("fileId"))])
        .await?;
    let wanted = json!({"codes": ["stopped"], "bytes": 9_000_000});
    ensure!(seen == wanted, "{seen}");
    scene.close().await
}

/// A download whose reader takes nothing after its first piece holds all the bytes that downloads may; then an upload
/// through the same client goes to its end, and the reader goes on.
const UPLOAD_BESIDE_A_PAUSED_DOWNLOAD: &str = "
    const random = (size) => {
        const bytes = new Uint8Array(size);
        for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65536, size)));
        return bytes;
    };
    const all = async () => {
        const { FerryClient } = await import('/pkg/ferry.js');
        const client = new FerryClient();
        await client.session();
        const first = await client.upload(new File([random(80_000_000)], 'first.bin')).promise;
        let taken = 0, goOn, paused;
        const isPaused = new Promise((resolve) => { paused = resolve; });
        const goesOn = new Promise((resolve) => { goOn = resolve; });
        const write = async (chunk) => {
            taken += chunk.length;
            paused();
            await goesOn;
        };
        const download = client.download(first.fileId, { sink: new WritableStream({ write }) });
        await isPaused;
        const second = await client.upload(new File([random(20_000_000)], 'second.bin')).promise;
        const whilePaused = taken;
        goOn();
        await download;
        client.close();
        return { second: second.sizeBytes, paused: whilePaused < first.sizeBytes, taken };
    };
    return all();
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_download_holds_up_no_upload() -> Result<()> {
    let disk_parts = FixtureBuilder::default().set("FERRY_PART_PROFILE", "disk");
    let scene = Scene::set_up(disk_parts).await?;
    let page = &scene.page;
    page.reload().await?;
    page.until_view(&["unlock"]).await?;
    page.click("keep-unlocked").await?;
    page.unlock(PASSWORD).await?;
    let seen = page.script(UPLOAD_BESIDE_A_PAUSED_DOWNLOAD, vec![]).await?;
    let wanted = json!({"second": 20_000_000, "paused": true, "taken": 80_000_000});
    ensure!(seen == wanted, "{seen}");
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_renamed_and_deleted_on_the_page() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file("draft.txt", 1, 300_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("draft.txt", &["done"], SHORT)
        .await?;
    scene.page.until_file("draft.txt").await?;
    scene
        .page
        .click_in("[data-testid='file-row']", "file-rename")
        .await?;
    let input = scene.page.find("rename-input").await?;
    input.clear().await?;
    input.send_keys("final.txt").await?;
    scene.page.click("rename-save").await?;
    scene.page.until_file("final.txt").await?;
    let person = scene.person().await?;
    super::ensure_stored(&person, "final.txt", &path).await?;
    scene
        .page
        .click_in("[data-testid='file-row']", "file-delete")
        .await?;
    scene.page.click("confirm-yes").await?;
    let gone = || async {
        let files: FilesPage = person.api.get("/api/files").await?.expect(200)?;
        wait::holds(
            files.files.is_empty() && scene.fixture.part_store.stored().is_empty(),
            "it is still there",
        )
    };
    wait::until(SHORT, "the file is deleted", gone).await?;

    let again = path.with_file_name("final.txt");
    std::fs::rename(&path, &again)?;
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&again]).await?;
    let sent = |ledger: &Ledger| ledger.since(before).acknowledged().len() >= 3;
    let proxy = &scene.fixture.proxy;
    proxy.until("all of it is sent again", SHORT, sent).await?;
    scene.page.until_file("final.txt").await?;
    super::ensure_stored(&person, "final.txt", &again).await?;
    scene.close().await
}

/// Damages every stored part. The server believes for a day what it found sound, so that day has passed.
async fn damage_and_age(fixture: &Fixture) -> Result<()> {
    fixture.part_store.damage()?;
    let aged = "UPDATE file_parts SET verified_at = verified_at - interval '2 days', \
                stored_at = stored_at - interval '2 days'";
    fixture
        .sql(move |client| Ok(client.execute(aged, &[])?))
        .await
        .map(drop)
}

async fn until_damaged(page: &Page) -> Result<()> {
    let said = || async {
        let results = page.texts("file-result").await?;
        let is_said = results.iter().any(|said| said.contains("damaged"));
        wait::holds(is_said, &format!("{results:?}"))
    };
    wait::until(SHORT, "the check finds damage", said).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_repaired_by_picking_it_again() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let page = &scene.page;
    let path = scene.file("repaired.bin", 1, 1_000_000)?;
    page.pick([&path]).await?;
    let first = page.until_upload("repaired.bin", &["done"], SHORT).await?;
    page.until_file("repaired.bin").await?;
    let stored = scene.fixture.proxy.ledger().sent_numbers();
    damage_and_age(&scene.fixture).await?;
    page.click_in("[data-testid='file-row']", "file-verify")
        .await?;
    until_damaged(page).await?;
    scene.fixture.part_store.stop_damaging()?;

    let before = scene.fixture.proxy.ledger().seen.len();
    page.pick([&path]).await?;
    let card = page.until_upload("repaired.bin", &["done"], SHORT).await?;
    ensure!(card.get("fileId") == first.get("fileId"), "{card:?}");
    let again = scene.fixture.proxy.ledger().since(before);
    ensure!(
        again.sent_numbers() == stored && again.count("POST /api/upload/start") == 0,
        "every part was damaged, these were sent: {:?}",
        again.sent_numbers()
    );
    super::ensure_stored(&scene.person().await?, "repaired.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_check_finds_damage_and_the_damaged_file_can_be_deleted() -> Result<()> {
    let scene = Scene::set_up(tiny_parts()).await?;
    let page = &scene.page;
    let path = scene.file("checked.bin", 1, 2_000_000)?;
    page.pick([&path]).await?;
    page.until_upload("checked.bin", &["done"], SHORT).await?;
    let row = page.until_file("checked.bin").await?;
    let row = format!(
        "[data-testid='file-row'][data-file-id='{}']",
        row.get("fileId")
    );
    page.click_in(&row, "file-verify").await?;
    let sound = || async {
        let said = page
            .script(
                "return document.querySelector('[data-testid=file-result]').textContent",
                vec![],
            )
            .await?;
        let said = said.as_str().unwrap_or_default().to_owned();
        wait::holds(said.starts_with("The stored copy is sound"), &said)
    };
    wait::until(SHORT, "the check finds nothing", sound).await?;
    damage_and_age(&scene.fixture).await?;
    page.click_in(&row, "file-verify").await?;
    until_damaged(page).await?;
    let person = scene.person().await?;
    page.reload().await?;
    page.unlock(PASSWORD).await?;
    page.click("unfinished-discard").await?;
    page.click("confirm-yes").await?;
    let gone = || async {
        ensure!(!page.has("unfinished-row").await?, "it is still offered");
        ensure!(!page.has("error-banner").await?, "an error is shown");
        Ok(())
    };
    wait::until(SHORT, "the damaged file is deleted", gone).await?;
    let uploads: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
    ensure!(uploads.is_empty(), "{uploads:?}");
    scene.close().await
}
