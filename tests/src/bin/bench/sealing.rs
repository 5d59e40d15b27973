//! A gibibyte sealed, hashed and stored, against the same page code sending plain bytes into a sink, taking turns on the
//! same way through the proxy; and what the page's renderer holds meanwhile. In a browser that nothing inspects: the page
//! posts its own result.

use std::time::Duration;

use anyhow::{Context, Result};
use ferry_tests::{
    fixture::{Fixture, PASSWORD},
    proxy::Proxy,
    wait,
};
use serde::Deserialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::{Bar, Measured, median, renderer::Uninspected};

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
/// Where the page sends plain bytes.
const SINK: &str = "/__bench/sink/";
const LONG: Duration = Duration::from_secs(900);

/// What the page posts in the end.
#[derive(Deserialize)]
struct Rates {
    plain_mib_per_sec: Vec<f64>,
    sealed_mib_per_sec: Vec<f64>,
}

pub(crate) async fn measure() -> Result<Vec<Measured>> {
    let fixture = Fixture::new().await?;
    fixture.admin().await?;
    fixture
        .proxy
        .serve("page.html", "text/html; charset=utf-8", PAGE.to_owned());
    fixture
        .proxy
        .serve("page.js", "text/javascript", SCRIPT.to_owned());
    let sink = Proxy::start().await?;
    fixture.proxy.forward_prefix_to(SINK, &sink);
    let mut posts = fixture.proxy.take_posts();
    let address =
        format!("{}/__bench/page.html#admin {PASSWORD}", fixture.proxy.url()).replace(' ', "%20");
    let browser = Uninspected::open(fixture.dir(), &address)?;
    let outcome = wait::within(
        LONG,
        "the page posts its result",
        listen(&browser, &mut posts),
    )
    .await
    .and_then(|outcome| outcome);
    browser.kill().await?;
    let (rates, baseline_mib, peak_mib) = outcome?;
    fixture.close().await?;
    let (plain, sealed) = (
        median(rates.plain_mib_per_sec)?,
        median(rates.sealed_mib_per_sec)?,
    );
    println!(
        "plain {plain:.0} MiB/s, sealed {sealed:.0} MiB/s; renderer {baseline_mib:.0} MiB before, {peak_mib:.0} MiB at most"
    );
    Ok(vec![
        Measured {
            what: "sealed and hashed, of plain".into(),
            value: sealed / plain,
            unit: "",
            bar: Bar::AtLeast(0.45),
        },
        Measured {
            what: "renderer's memory above its baseline".into(),
            value: peak_mib - baseline_mib,
            unit: "MiB",
            bar: Bar::AtMost(200.0),
        },
    ])
}

/// Follows the page: its memory when it is ready, the most it holds while it seals, its result.
async fn listen(
    browser: &Uninspected,
    posts: &mut UnboundedReceiver<ferry_tests::proxy::Posted>,
) -> Result<(Rates, f64, f64)> {
    let mut baseline = None;
    let mut peak = 0.0_f64;
    let mut is_sealing = false;
    let mut tick = tokio::time::interval(Duration::from_millis(100));
    loop {
        tokio::select! {
            _ = tick.tick(), if is_sealing => peak = peak.max(browser.largest_renderer_mib()),
            posted = posts.recv() => {
                let posted = posted.context("the proxy ended")?;
                match posted.what.as_str() {
                    "ready" => baseline = Some(browser.largest_renderer_mib()),
                    "plain" => is_sealing = false,
                    "sealed" => is_sealing = true,
                    "result" => return Ok((serde_json::from_slice(&posted.body)?, baseline.context("it was never ready")?, peak)),
                    other => anyhow::bail!("{other}: {}", String::from_utf8_lossy(&posted.body)),
                }
            }
        }
    }
}
