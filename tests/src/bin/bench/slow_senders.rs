//! Two hundred who send at 8 kB/s beside one who is fast: what the server holds for them, and what the fast one keeps of
//! the rate that they have alone.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use ferry_core::{envelope::part::SealedPart, plan::DISK};
use ferry_tests::{
    client::{Api, Person, SealedFile, content, part_headers},
    fixture::Fixture,
};
use reqwest::Method;
use tokio::{sync::mpsc, task::JoinSet, time::sleep};

use crate::{Bar, Measured, median};

const SENDERS: u64 = 200;
const DRIP_BYTES: usize = 2_000;
const DRIP_EVERY: Duration = Duration::from_millis(250);
/// Longer than any run of this takes at that rate.
const SLOW_BYTES: usize = 4 << 20;
const FAST_BYTES: usize = 64 << 20;
const IN_FLIGHT: usize = 4;
const ROUNDS: u64 = 3;

/// A file whose parts are sealed: only sending is measured.
struct Sealed {
    file: Arc<SealedFile>,
    parts: Vec<(u32, SealedPart)>,
}

impl Sealed {
    fn new(owner: &Person, number: u64, size_bytes: usize) -> Result<Sealed> {
        let (name, content) = (format!("file {number}"), content(number, size_bytes));
        let file = SealedFile::with_profile(&owner.keys, &name, content, DISK, false)?;
        let parts = (1..=file.total_parts()).map(|number| Ok((number, file.part(number)?)));
        let parts = parts.collect::<Result<_>>()?;
        Ok(Sealed {
            file: Arc::new(file),
            parts,
        })
    }

    /// Sends all of it, a few parts at once; bytes a second.
    async fn send(mut self, api: &Api) -> Result<f64> {
        self.file.start(api).await?;
        let began = Instant::now();
        let mut lanes = JoinSet::new();
        let share = self.parts.len().div_ceil(IN_FLIGHT);
        while !self.parts.is_empty() {
            let own: Vec<_> = self.parts.drain(..share.min(self.parts.len())).collect();
            let (api, file) = (api.clone(), Arc::clone(&self.file));
            lanes.spawn(async move {
                for (number, part) in own {
                    file.put(&api, number, &part).await?.expect_status(201)?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(lane) = lanes.join_next().await {
            lane??;
        }
        Ok(FAST_BYTES as f64 / began.elapsed().as_secs_f64())
    }
}

/// One who sends a part at 8 kB/s, until it is aborted.
async fn drip(api: Api, slow: Sealed, begun: mpsc::Sender<()>) -> Result<()> {
    slow.file.start(&api).await?;
    let (number, part) = slow.parts.into_iter().next().context("no part")?;
    let (pieces, receiver) = mpsc::channel(1);
    let call = api
        .call(Method::PUT, &slow.file.part_path(number))
        .headers(&part_headers(&part))?
        .header("Content-Type", "application/octet-stream");
    let answer = tokio::spawn(call.stream(part.body.len(), receiver).send());
    for (index, piece) in part.body.chunks(DRIP_BYTES).enumerate() {
        if pieces.send(piece.to_vec()).await.is_err() {
            break;
        }
        if index == 1 {
            begun.send(()).await?;
        }
        sleep(DRIP_EVERY).await;
    }
    answer.await??.expect_status(201)
}

pub(crate) async fn measure() -> Result<Vec<Measured>> {
    let fixture = Fixture::new().await?;
    let admin = fixture.admin().await?;
    let other = fixture.invite(&admin, "slow").await?;
    let server = fixture.server()?.url();
    let (fast, slow) = (admin.api.moved_to(&server), other.api.moved_to(&server));
    let mut files = (0..2 * ROUNDS).map(|number| Sealed::new(&admin, number, FAST_BYTES));
    let alone = rates(&fast, files.by_ref().take(ROUNDS as usize)).await?;
    let mut senders = JoinSet::new();
    let (begun, mut beginning) = mpsc::channel(1);
    for number in 0..SENDERS {
        let file = Sealed::new(&other, number, SLOW_BYTES)?;
        senders.spawn(drip(slow.clone(), file, begun.clone()));
    }
    for _ in 0..SENDERS {
        tokio::select! {
            one = beginning.recv() => one.context("no sender is left")?,
            Some(ended) = senders.join_next() => ended??,
        }
    }
    // Longer than a body may be in memory while it arrives.
    sleep(Duration::from_secs(5)).await;
    let beside = rates(&fast, files).await?;
    let peak_mib = fixture.server()?.peak_memory_kib()? as f64 / 1024.0;
    while let Some(ended) = senders.try_join_next() {
        ended??;
    }
    senders.abort_all();
    while senders.join_next().await.is_some() {}
    fixture.close_after_lost_puts().await?;
    println!(
        "slow-senders: {:.0} MB/s alone, {:.0} MB/s beside {SENDERS}",
        alone / 1e6,
        beside / 1e6
    );
    Ok(vec![
        Measured {
            what: "a fast sender beside 200 slow ones, of alone".into(),
            value: beside / alone,
            unit: "",
            bar: Bar::AtLeast(0.9),
        },
        Measured {
            what: "server's peak memory with 200 slow senders".into(),
            value: peak_mib,
            unit: "MiB",
            bar: Bar::AtMost(150.0),
        },
    ])
}

/// The median of all.
async fn rates(api: &Api, files: impl Iterator<Item = Result<Sealed>>) -> Result<f64> {
    let mut rates = Vec::new();
    for file in files {
        rates.push(file?.send(api).await?);
    }
    median(rates)
}
