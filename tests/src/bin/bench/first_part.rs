//! From picking a 50 GB file to the first byte of its first part. With a driver attached, which only makes it slower.

use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result};
use ferry_tests::{
    browser::Browser,
    fixture::{Fixture, PASSWORD},
};
use serde_json::json;

use crate::{Bar, Measured};

const ROUNDS: usize = 5;
const SIZE_BYTES: u64 = 50_000_000_000;

pub(crate) async fn measure() -> Result<Vec<Measured>> {
    let fixture = Fixture::new().await?;
    let browser = Browser::open(fixture.dir(), "bench").await?;
    let page = browser.page();
    let token = fixture.server()?.setup_token().await?;
    page.set_up(
        &fixture.proxy.url(),
        &format!("setup={token}"),
        "ada",
        PASSWORD,
    )
    .await?;
    let noted =
        "window.addEventListener('change', () => { window.pickedAtMs = Date.now(); }, true)";
    page.script(noted, vec![json!(null)]).await?;
    let mut worst = 0.0_f64;
    for round in 0..ROUNDS {
        let path = fixture.dir().join(format!("sparse {round}.img"));
        std::fs::File::create(&path)?.set_len(SIZE_BYTES + round as u64)?;
        let before = fixture.proxy.ledger().seen.len();
        page.pick([&path]).await?;
        let sent = |ledger: &ferry_tests::proxy::Ledger| !ledger.since(before).sent().is_empty();
        let ledger = fixture
            .proxy
            .until("a part is on the wire", Duration::from_secs(60), sent)
            .await?;
        let first = ledger
            .since(before)
            .seen
            .iter()
            .find_map(|seen| seen.part.as_ref().and(seen.first_byte_at))
            .context("no part")?;
        let picked_at_ms = page
            .script("return window.pickedAtMs", vec![])
            .await?
            .as_f64()
            .context("nothing was picked")?;
        worst = worst.max(unix_ms(first)? - picked_at_ms);
        page.click_on_card(&format!("sparse {round}.img"), "upload-discard")
            .await?;
        page.click("confirm-yes").await?;
        page.until_gone(&format!("sparse {round}.img")).await?;
    }
    browser.kill().await?;
    fixture.close().await?;
    let what = "first part of a 50 GB file on the wire, worst of 5";
    Ok(vec![Measured {
        what: what.into(),
        value: worst,
        unit: "ms",
        bar: Bar::AtMost(500.0),
    }])
}

/// A moment of this process on the page's clock.
#[expect(
    clippy::disallowed_methods,
    reason = "the page knows the time of day alone"
)]
fn unix_ms(moment: Instant) -> Result<f64> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok((now.as_secs_f64() - moment.elapsed().as_secs_f64()) * 1000.0)
}
