//! Lines as people have them: slow, shared, cut, behind a proxy with a limit. The long versions are `cargo xtask bench lines`.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use ferry_tests::{
    fixture::{FixtureBuilder, PASSWORD},
    line::{Line, Shape},
    proxy::{Action, Fault, Ledger, Outcome},
    truth,
};
use tokio::time::Instant;

use super::{LONG, SHORT, Scene, USER, ensure_equal, ensure_stored};
use ferry_core::wire::FilesPage;

/// A household's uplink, shared with a video call.
const SLOW_BYTES_PER_SEC: u64 = 640_000 / 8;

/// The page behind a line, signed in.
async fn behind(shape: Shape) -> Result<(Scene, Line)> {
    let scene = Scene::set_up(FixtureBuilder::default()).await?;
    let line = Line::start(scene.fixture.proxy.address(), shape).await?;
    scene.page.sign_in(&line.url(), USER, PASSWORD).await?;
    Ok((scene, line))
}

/// Bytes of parts that reached the server, stored or in vain.
fn part_bytes(ledger: &Ledger) -> u64 {
    ledger
        .part_puts()
        .map(|(_, seen)| seen.forwarded_bytes)
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_files_on_a_slow_line_are_stored_one_after_another_and_nothing_goes_twice()
-> Result<()> {
    const SIZE_BYTES: u64 = 1_200_000;
    let shape = Shape {
        bytes_per_sec: SLOW_BYTES_PER_SEC,
        delay: Duration::from_millis(20),
        cut: None,
    };
    let (scene, line) = behind(shape).await?;
    let names: Vec<String> = (1..=5).map(|number| format!("file {number}.bin")).collect();
    let paths: Vec<PathBuf> = (1..)
        .zip(&names)
        .map(|(seed, name)| scene.file(name, seed, SIZE_BYTES))
        .collect::<Result<_>>()?;
    scene.page.watch_cards().await?;
    let began = Instant::now();
    scene.page.pick(&paths).await?;
    scene.until_stored(1).await?;
    let first_secs = began.elapsed().as_secs_f64();
    for name in &names {
        scene.page.until_upload(name, &["done"], LONG).await?;
    }
    let secs = began.elapsed().as_secs_f64();
    let size = (SIZE_BYTES * 5) as f64;
    let ideal_secs = size / SLOW_BYTES_PER_SEC as f64;
    let vain = part_bytes(&scene.fixture.proxy.ledger()) as f64 / size - 1.0;
    println!(
        "640 kbit/s: first part after {first_secs:.1} s, {:.2} of capacity, {:.1} % in vain",
        ideal_secs / secs,
        vain * 100.0
    );
    ensure!(
        first_secs < 30.0,
        "the first part was stored after {first_secs:.0} s"
    );
    ensure!(
        vain < 0.05,
        "{:.1} % of the bytes were sent in vain",
        vain * 100.0
    );
    ensure!(line.cuts() == 0, "it was cut");
    let events = scene.page.card_events().await?;
    let sizes = names
        .iter()
        .map(|name| (name.clone(), SIZE_BYTES))
        .collect();
    truth::cards_were_true(
        &events,
        &scene.fixture.proxy.ledger(),
        &sizes,
        Duration::ZERO,
    )?;
    truth::title_never_fell(&events)?;
    let turns = events.iter().any(|event| event.code == "turn");
    ensure!(turns, "no card said that others go first");
    let person = scene.person().await?;
    let listed: FilesPage = person.api.get("/api/files").await?.expect(200)?;
    ensure!(listed.files.len() == 5, "{} files", listed.files.len());
    for file in &listed.files {
        let opened = ferry_tests::client::Opened::fetch(&person, file.file_id).await?;
        let at = names.iter().position(|name| *name == opened.name);
        let at = at.ok_or_else(|| anyhow::anyhow!("{} is none of them", opened.name))?;
        ensure_equal(&person, file.file_id, &names[at], &paths[at]).await?;
    }
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_cut_again_and_again_costs_bytes_and_not_parts() -> Result<()> {
    let shape = Shape {
        bytes_per_sec: SLOW_BYTES_PER_SEC,
        delay: Duration::from_millis(20),
        cut: Some((Duration::from_secs(8), Duration::from_secs(2))),
    };
    let (scene, line) = behind(shape).await?;
    let path = scene.file("a file.bin", 1, 2_500_000)?;
    scene.page.watch_cards().await?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("a file.bin", &["done"], LONG)
        .await?;
    let ledger = scene.fixture.proxy.ledger();
    let vain_bytes = part_bytes(&ledger).saturating_sub(2_500_000);
    let cuts = line.cuts();
    let events = scene.page.card_events().await?;
    let sizes = BTreeMap::from([("a file.bin".to_owned(), 2_500_000)]);
    truth::cards_were_true(&events, &ledger, &sizes, Duration::ZERO)?;
    println!("cuts: {cuts}, {vain_bytes} bytes in vain");
    ensure!(cuts >= 2, "{cuts} cuts");
    // What was between the proxy and the server when the connection ended, and no more.
    ensure!(
        vain_bytes <= 125_000 + cuts * 128_000,
        "{vain_bytes} bytes in vain at {cuts} cuts"
    );
    ensure!(
        ledger.sent_after_acknowledgement().is_empty(),
        "stored parts went again"
    );
    ensure_stored(&scene.person().await?, "a file.bin", &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxys_limit_of_one_mib_is_found_and_lived_with() -> Result<()> {
    let scene = Scene::set_up(FixtureBuilder::default()).await?;
    scene
        .fixture
        .proxy
        .add(Fault::on("P", u32::MAX, Action::LimitBody(1 << 20)));
    let path = scene.file("a file.bin", 1, 9_000_000)?;
    scene.page.pick([&path]).await?;
    scene
        .page
        .until_upload("a file.bin", &["done"], SHORT)
        .await?;
    let ledger = scene.fixture.proxy.ledger();
    let refused = ledger
        .seen
        .iter()
        .filter(|seen| seen.outcome == Outcome::Answered(413))
        .count();
    ensure!(
        (1..=8).contains(&refused),
        "{refused} tries to find the limit"
    );
    ensure_stored(&scene.person().await?, "a file.bin", &path).await?;
    scene.close().await
}
