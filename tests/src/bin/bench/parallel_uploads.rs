//! The server's peak memory while twenty uploads send at once, Postgres aside; and how fast all of it is, which has no bar:
//! clients that seal, the server and what stores the parts share one machine.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use ferry_core::plan::{DISK, Profile, TELEGRAM};
use ferry_tests::{
    client::{Api, Person, SealedFile, content},
    fixture::FixtureBuilder,
    part_store::Store,
};

use crate::{Bar, Measured};

const UPLOADS: u64 = 20;
const SIZE_BYTES: usize = 64 << 20;
/// Parts of one file on their way at once, like the page does it.
const IN_FLIGHT: usize = 4;

/// Where the parts go, and what that may cost.
pub(crate) struct Case {
    /// What it is asked for by.
    pub(crate) name: &'static str,
    what: &'static str,
    store: Store,
    profile: Profile,
    most_mib: f64,
}

pub(crate) const CASES: [Case; 2] = [
    Case {
        name: "parallel-uploads-directory",
        what: "server's peak memory with 20 parallel uploads",
        store: Store::Directory,
        profile: DISK,
        most_mib: 150.0,
    },
    Case {
        name: "parallel-uploads-telegram",
        what: "server's peak memory with 20 uploads into Telegram",
        store: Store::SOME_BOTS,
        profile: TELEGRAM,
        most_mib: 300.0,
    },
];

pub(crate) async fn measure(case: Case) -> Result<Vec<Measured>> {
    let fixture = FixtureBuilder::default()
        .parts_in(case.store)
        .set("FERRY_PART_PROFILE", case.profile.name)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let direct = admin.api.moved_to(&fixture.server()?.url());
    let files = files(&admin, case.profile)?;
    let begun = Instant::now();
    let mut uploads = tokio::task::JoinSet::new();
    for file in files {
        uploads.spawn(upload(direct.clone(), file));
    }
    while let Some(upload) = uploads.join_next().await {
        upload??;
    }
    let secs = begun.elapsed().as_secs_f64();
    let peak_mib = fixture.server()?.peak_memory_kib()? as f64 / 1024.0;
    fixture.close().await?;
    let mb = UPLOADS as f64 * SIZE_BYTES as f64 / 1e6;
    println!(
        "{}: {mb:.0} MB in {secs:.1} s, {:.0} MB/s",
        case.name,
        mb / secs
    );
    Ok(vec![Measured {
        what: case.what.into(),
        value: peak_mib,
        unit: "MiB",
        bar: Bar::AtMost(case.most_mib),
    }])
}

fn files(owner: &Person, profile: Profile) -> Result<Vec<Arc<SealedFile>>> {
    let file = |number| {
        let (name, content) = (format!("file {number}"), content(number, SIZE_BYTES));
        SealedFile::with_profile(&owner.keys, &name, content, profile, false).map(Arc::new)
    };
    (0..UPLOADS).map(file).collect()
}

async fn upload(api: Api, file: Arc<SealedFile>) -> Result<()> {
    file.start(&api).await?;
    let numbers: Vec<u32> = (1..=file.total_parts()).collect();
    let lanes = (0..IN_FLIGHT).map(|lane| {
        let own: Vec<u32> = numbers
            .iter()
            .copied()
            .skip(lane)
            .step_by(IN_FLIGHT)
            .collect();
        let (api, file) = (api.clone(), Arc::clone(&file));
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
            tokio::time::sleep(Duration::from_secs(answer.retry_after_secs()?)).await;
        }
    }
    Ok(())
}
