//! What a card shows is what the server has confirmed: nothing that lies in a buffer on the way, and no "sending" for long
//! without saying that nothing comes back.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Result, ensure};
use ferry_core::wire::{ErrorCode, Problem};
use ferry_tests::{
    browser::Card,
    fixture::FixtureBuilder,
    proxy::{Action, Answered, Fault, Head, Ledger, Lie},
    truth, wait,
};

use super::{LONG, SHORT, Scene, ensure_stored, part_number, tiny_parts};

const NAME: &str = "a file.bin";
/// A card says what is going on.
const SAYS_SO: Duration = Duration::from_secs(30);
/// It says what is done about it.
const DOES_SOMETHING: Duration = Duration::from_secs(60);

/// The card once it is like this.
async fn until_shown(
    scene: &Scene,
    within: Duration,
    what: &str,
    wanted: impl Fn(&Card, &str) -> bool,
) -> Result<()> {
    let shown = || async {
        let card = scene.page.card(NAME).await?;
        let said = scene.page.texts("upload-status").await?.join(" ");
        let is_shown = card.as_ref().is_some_and(|card| wanted(card, &said));
        wait::holds(is_shown, &format!("{card:?} says {said}"))
    };
    wait::until(within, what, shown).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_is_away_nothing_is_shown_that_it_does_not_have() -> Result<()> {
    const SIZE_BYTES: u64 = 3_000_000;
    let scene = Scene::set_up(FixtureBuilder::default()).await?;
    let path = scene.file(NAME, 1, SIZE_BYTES)?;
    let proxy = &scene.fixture.proxy;
    let is_part = |head: &Head| part_number(head).is_some();
    proxy.add(Fault::matching(is_part, 1, Action::Hold));
    scene.page.watch_cards().await?;
    scene.page.pick([&path]).await?;
    let begun = |ledger: &Ledger| !ledger.in_flight().is_empty();
    proxy.until("a part is on its way", SHORT, begun).await?;
    // Frozen, it has open connections, and buffers that take all of the part.
    scene.fixture.server()?.freeze()?;
    proxy.release();
    let says = |card: &Card, _: &str| !card.get("silent").is_empty() || card.state() == "waiting";
    until_shown(
        &scene,
        SAYS_SO,
        "the card says that nothing comes back",
        says,
    )
    .await?;
    let does = |card: &Card, said: &str| said.contains("made anew") || card.state() == "waiting";
    until_shown(
        &scene,
        DOES_SOMETHING,
        "it says what is done about it",
        does,
    )
    .await?;
    let waits = |card: &Card, _: &str| card.state() == "waiting" && card.get("code") == "stalled";
    until_shown(&scene, SHORT, "the connection is given up", waits).await?;
    scene.fixture.server()?.thaw()?;
    scene.page.until_upload(NAME, &["done"], LONG).await?;
    let events = scene.page.card_events().await?;
    let sizes = BTreeMap::from([(NAME.to_owned(), SIZE_BYTES)]);
    truth::cards_were_true(&events, &proxy.ledger(), &sizes, Duration::ZERO)?;
    ensure_stored(&scene.person().await?, NAME, &path).await?;
    scene.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_servers_disk_is_full_the_card_shows_what_is_stored() -> Result<()> {
    const SIZE_BYTES: u64 = 2_000_000;
    let scene = Scene::set_up(tiny_parts()).await?;
    let path = scene.file(NAME, 1, SIZE_BYTES)?;
    let proxy = &scene.fixture.proxy;
    let beyond = |head: &Head| part_number(head).is_some_and(|number| number > 5);
    proxy.tell(Lie::matching(
        beyond,
        u32::MAX,
        |answered: &mut Answered| {
            let problem = Problem::new(ErrorCode::StorageFull, 507, None);
            answered.status = 507;
            answered.body = serde_json::to_vec(&problem).unwrap_or_default();
            answered.set("content-type", "application/problem+json");
        },
    ));
    scene.page.watch_cards().await?;
    scene.page.pick([&path]).await?;
    let full = |card: &Card, said: &str| {
        card.state() == "waiting" && card.get("code") == "storage_full" && said.contains("full")
    };
    until_shown(
        &scene,
        SHORT,
        "the card says that the storage is full",
        full,
    )
    .await?;
    let card = scene.page.card(NAME).await?;
    let card = card.ok_or_else(|| anyhow::anyhow!("no card"))?;
    let ledger = proxy.ledger();
    let stored = ledger.part_puts().filter(|(_, seen)| seen.acknowledged());
    let stored: u64 = stored.map(|(_, seen)| seen.forwarded_bytes - 28).sum();
    let percent = stored as f64 * 100.0 / SIZE_BYTES as f64;
    ensure!(
        (card.number("percent")? - percent).abs() < 0.02,
        "{percent} % are stored: {card:?}"
    );
    proxy.heal();
    scene.page.until_upload(NAME, &["done"], LONG).await?;
    let events = scene.page.card_events().await?;
    let fell = events.windows(2).any(|two| two[1].percent < two[0].percent);
    ensure!(!fell, "whole parts that are refused had never counted");
    ensure_stored(&scene.person().await?, NAME, &path).await?;
    scene.close().await
}
