//! The server's peak memory while twenty uploads send at once, Postgres aside.

use anyhow::Result;
use ferry_core::plan::DISK;
use ferry_tests::{
    client::{Api, SealedFile, content},
    stage::Stage,
};

use crate::{Bar, Measured};

const UPLOADS: u64 = 20;
const SIZE_BYTES: usize = 64 << 20;
/// Parts of one file on their way at once, like the page does it.
const IN_FLIGHT: usize = 4;

pub(crate) async fn measure() -> Result<Vec<Measured>> {
    let stage = Stage::new().await?;
    let admin = stage.admin().await?;
    let direct = admin.api.moved_to(&stage.server()?.url());
    let mut uploads = tokio::task::JoinSet::new();
    for number in 0..UPLOADS {
        let file = SealedFile::with_profile(
            &admin.keys,
            &format!("file {number}"),
            content(number, SIZE_BYTES),
            DISK,
            false,
        )?;
        uploads.spawn(upload(direct.clone(), file));
    }
    while let Some(upload) = uploads.join_next().await {
        upload??;
    }
    let peak_mib = stage.server()?.peak_memory_kib()? as f64 / 1024.0;
    stage.close().await?;
    let what = "server's peak memory with 20 parallel uploads";
    Ok(vec![Measured {
        what,
        value: peak_mib,
        unit: "MiB",
        bar: Bar::AtMost(150.0),
    }])
}

async fn upload(api: Api, file: SealedFile) -> Result<()> {
    file.start(&api).await?;
    let numbers: Vec<u32> = (1..=file.total_parts()).collect();
    let lanes = (0..IN_FLIGHT).map(|lane| {
        let own: Vec<u32> = numbers
            .iter()
            .copied()
            .skip(lane)
            .step_by(IN_FLIGHT)
            .collect();
        let (api, file) = (api.clone(), file.clone());
        tokio::spawn(async move { send(&api, &file, own).await })
    });
    for lane in lanes.collect::<Vec<_>>() {
        lane.await??;
    }
    file.complete(&api).await.map(drop)
}

/// Sends parts; where the server is busy it waits as long as it is told.
async fn send(api: &Api, file: &SealedFile, numbers: Vec<u32>) -> Result<()> {
    for number in numbers {
        let part = tokio::task::block_in_place(|| file.part(number))?;
        loop {
            let answer = file.put(api, number, &part).await?;
            if answer.status != 503 {
                answer.expect_status(201)?;
                break;
            }
            tokio::time::sleep(std::time::Duration::from_secs(answer.retry_after_secs()?)).await;
        }
    }
    Ok(())
}
