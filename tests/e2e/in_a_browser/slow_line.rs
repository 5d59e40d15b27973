//! A line that is slow, and a person who stops and goes on again and again meanwhile.

use anyhow::{Result, ensure};
use ferry_core::wire::FilesPage;
use ferry_tests::{
    fixture::FixtureBuilder,
    proxy::{Action, Fault, Head, Ledger},
    wait,
};

use super::{LONG, SHORT, Scene, ensure_equal, part_number};

/// One part takes longer than the 30 s after which a client gives up where no byte moves.
const PART_BYTES: u64 = 131_072;
const BYTES_PER_SEC: u32 = 3_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_throttled_line_is_no_stall_and_many_pauses_cost_nothing() -> Result<()> {
    let parts = FixtureBuilder::default()
        .set("FERRY_PART_PROFILE", "custom")
        .set("FERRY_PART_MIN_BYTES", PART_BYTES)
        .set("FERRY_PART_MAX_BYTES", PART_BYTES);
    let scene = Scene::set_up(parts).await?;
    let page = &scene.page;
    let slow = scene.file("slow.bin", 1, PART_BYTES)?;
    let throttle = Action::Throttle {
        bytes_per_sec: BYTES_PER_SEC,
    };
    let is_part = |head: &Head| part_number(head).is_some();
    let proxy = &scene.fixture.proxy;
    proxy.add(Fault::matching(is_part, 1, throttle));
    page.pick([&slow]).await?;
    let crawls = |ledger: &Ledger| !ledger.in_flight().is_empty();
    proxy.until("the slow part moves", SHORT, crawls).await?;

    let card = page.until_upload("slow.bin", &["sending"], SHORT).await?;
    let slow_id = card.get("fileId").to_owned();

    let path = stopped_three_times(&scene, &slow_id).await?;

    page.until_upload("slow.bin", &["done"], LONG).await?;
    let ledger = proxy.ledger();
    // Longer without a word than a piece may take, it was broken off and asked about: it went on where the server's bytes ended.
    let attempts = ledger.sent();
    let attempts = attempts.iter().filter(|part| part.file_id == slow_id);
    ensure!(
        attempts.count() == 1,
        "what had arrived went again: {:#?}",
        ledger.seen
    );
    ensure!(
        ledger.sent_after_acknowledgement().is_empty(),
        "stored parts went again"
    );
    let person = scene.person().await?;
    let files: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    ensure!(files.files.len() == 2, "{} files", files.files.len());
    ensure_equal(&person, slow_id.parse()?, "slow.bin", &slow).await?;
    let other = page.until_file("paused.bin").await?;
    ensure_equal(&person, other.get("fileId").parse()?, "paused.bin", &path).await?;
    scene.close().await
}

/// A second file is stopped after three, six and nine parts, and then goes to its end.
async fn stopped_three_times(scene: &Scene, slow_id: &str) -> Result<std::path::PathBuf> {
    let page = &scene.page;
    let proxy = &scene.fixture.proxy;
    let path = scene.file("paused.bin", 2, 16 * PART_BYTES)?;
    for last in [3, 6, 9] {
        scene.let_through_up_to(last);
        if last == 3 {
            page.pick([&path]).await?;
        } else {
            page.click_on_card("paused.bin", "upload-resume").await?;
        }
        let stored = |ledger: &Ledger| {
            let stored = ledger.acknowledged();
            stored.iter().filter(|part| part.file_id != slow_id).count() == last as usize
        };
        proxy.until("some parts are stored", SHORT, stored).await?;
        page.click_on_card("paused.bin", "upload-stop").await?;
        let card = page.until_upload("paused.bin", &["stopped"], SHORT).await?;
        let stored = 100.0 * f64::from(last) / 16.0;
        ensure!((card.number("percent")? - stored).abs() < 0.02, "{card:?}");
        proxy.heal();
    }
    let before = proxy.ledger().seen.len();
    page.click_on_card("paused.bin", "upload-resume").await?;
    page.until_upload("paused.bin", &["done"], SHORT).await?;
    let sent = proxy.ledger().since(before).sent_numbers();
    ensure!(sent == (10..=16).collect::<Vec<_>>(), "{sent:?} were sent");
    let offered = page.cards("unfinished-row").await?;
    wait::holds(offered.is_empty(), "it is offered as unfinished")?;
    Ok(path)
}
