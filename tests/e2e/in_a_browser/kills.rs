//! Everything that can be killed is killed; what was stored stays stored, and at most the parts in flight go again.

use std::{collections::BTreeSet, time::Duration};

use anyhow::{Context, Result, ensure};
use ferry_core::{envelope::part::PART_OVERHEAD_BYTES, plan::SLOW, wire::UploadSession};
use ferry_tests::{
    browser::Card,
    kills::{Kill, SeededRng, judge},
    proxy::{Action, Fault, Head, Ledger},
    run_dir, wait,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    LONG, MIB, Scene, check_unfinished, ensure_stored, part_number, run_counts, slow_parts,
};

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Browser,
    Server,
    Postgres,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resume_from_a_fresh_profile() -> Result<()> {
    let seeds = run_counts("FERRY_TEST_SEEDS", 5)?;
    let size_bytes = run_counts("FERRY_TEST_SIZE_MIB", 96)? * MIB;
    ensure!(seeds > 0, "no seed: nothing would be killed");
    ensure!(size_bytes >= 32 * MIB, "too few parts for three kills");
    for seed in 1..=seeds {
        killed_and_resumed(seed, size_bytes)
            .await
            .with_context(|| format!("seed {seed}"))?;
    }
    Ok(())
}

async fn killed_and_resumed(seed: u64, size_bytes: u64) -> Result<()> {
    let mut scene = Scene::set_up(slow_parts().embedded_postgres()).await?;
    let mut rng = SeededRng::new(seed);
    let path = scene.file("night.bin", seed, size_bytes)?;
    scene.page.pick([&path]).await?;
    let expected_parts = usize::try_from(size_bytes / (5 * MIB / 2))?;
    let mut kills = Vec::new();
    let victims = vec![Victim::Browser, Victim::Server, Victim::Postgres];
    for (round, victim) in rng.shuffled(victims).into_iter().enumerate() {
        let at = expected_parts * round / 4 + 1 + rng.below(expected_parts / 4);
        let moving =
            |ledger: &Ledger| ledger.acknowledged().len() >= at && !ledger.in_flight().is_empty();
        scene
            .fixture
            .proxy
            .until(&format!("{at} parts are stored"), LONG, moving)
            .await?;
        let (after, kill) = kill_one(scene, victim).await?;
        scene = after;
        kills.push(kill);
        if victim == Victim::Browser {
            scene.page.pick([&path]).await?;
        }
    }
    let card = scene
        .page
        .until_upload("night.bin", &["done"], LONG)
        .await?;
    ensure!(
        card.get("percent").starts_with("100") && card.get("resumed") == "true",
        "{card:?}"
    );
    judge(&scene.fixture.proxy.ledger(), &kills)?;
    ensure_sent_once(&scene, &card, size_bytes).await?;
    ensure_stored(&scene.person().await?, "night.bin", &path).await?;
    scene.close().await
}

/// One upload was begun, none is left, and the bytes of all uploads together are the file's and those of sends that a
/// kill cut off.
async fn ensure_sent_once(scene: &Scene, card: &Card, size_bytes: u64) -> Result<()> {
    let ledger = scene.fixture.proxy.ledger();
    let uploads: BTreeSet<&str> = ledger
        .part_puts()
        .map(|(part, _)| part.file_id.as_str())
        .collect();
    ensure!(
        uploads == BTreeSet::from([card.get("fileId")]),
        "parts were sent to {uploads:?}"
    );
    let begun = ledger.count("POST /api/upload/start");
    ensure!(begun == 1, "{begun} uploads were begun");
    let person = scene.person().await?;
    let left: Vec<UploadSession> = person.api.get("/api/uploads").await?.expect(200)?;
    ensure!(left.is_empty(), "unfinished are {left:?}");
    let overhead_bytes = u64::from(PART_OVERHEAD_BYTES);
    let parts = card.number("totalParts")? as u64;
    let once = size_bytes + parts * overhead_bytes;
    let cut_off = ledger.sent().len() as u64 - parts;
    let again = cut_off * (u64::from(SLOW.max_bytes) + overhead_bytes);
    let most = once + again + ledger.bytes_in_vain();
    let sent = ledger.part_bytes();
    ensure!(
        (once..=most).contains(&sent),
        "{sent} bytes were sent; the file has {once}, and {cut_off} sends were cut off"
    );
    Ok(())
}

/// Kills. After the browser a fresh profile is opened and signed in, but no file is picked yet.
async fn kill_one(mut scene: Scene, victim: Victim) -> Result<(Scene, Kill)> {
    let old_postmaster = postmaster(&scene)?;
    let before = scene.fixture.proxy.ledger();
    match victim {
        Victim::Browser => scene = scene.fresh_browser().await?,
        Victim::Server => scene.fixture.kill_server().await?,
        Victim::Postgres => kill(old_postmaster, Signal::SIGKILL)?,
    }
    let after = scene.fixture.proxy.ledger();
    let mut kill = Kill::between(format!("{victim:?}"), &before, &after);
    match victim {
        Victim::Browser => {}
        Victim::Server => scene.fixture.start_server().await?,
        Victim::Postgres => {
            kill = kill.missed_for_a_while();
            until_postgres_is_back(&scene, old_postmaster).await?;
        }
    }
    Ok((scene, kill))
}

/// Another postmaster runs, and the server has found it.
async fn until_postgres_is_back(scene: &Scene, old_postmaster: Pid) -> Result<()> {
    let api = scene.fixture.api()?;
    let is_back = || async {
        wait::holds(postmaster(scene)? != old_postmaster, "no other Postgres")?;
        api.get("/readyz").await?.expect_status(200)
    };
    wait::until(LONG, "Postgres is back", is_back).await
}

fn postmaster(scene: &Scene) -> Result<Pid> {
    let processes = run_dir::leftovers(scene.fixture.dir());
    let found = processes.iter().find(|process| {
        process.command_line.contains("postgres") && process.command_line.contains(" -D ")
    });
    Ok(Pid::from_raw(
        found
            .with_context(|| format!("no Postgres in {processes:?}"))?
            .pid,
    ))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full_resume_cycle_500mb() -> Result<()> {
    let mut scene = Scene::set_up(slow_parts()).await?;
    let path = scene.file("half a gigabyte.bin", 7, 500_000_000)?;
    scene.let_through_up_to(50);
    scene.page.pick([&path]).await?;
    scene.until_stored(50).await?;
    let device = scene.person().await?;
    let checked = check_unfinished(&device).await?;
    ensure!(
        checked.can_resume && checked.uploaded_chunks == (1..=50).collect::<Vec<_>>(),
        "{checked:?}"
    );
    ensure!(
        checked.missing_chunks == (51..=checked.total_chunks).collect::<Vec<_>>(),
        "{checked:?}"
    );
    scene = scene.fresh_browser().await?;
    let proxy = &scene.fixture.proxy;
    proxy.heal();
    let before = proxy.ledger().seen.len();
    // Nothing is answered yet: a resume that sends one part after the other never gets there.
    let is_part = |head: &Head| part_number(head).is_some();
    proxy.add(Fault::matching(is_part, u32::MAX, Action::Hold));
    scene.page.pick([&path]).await?;
    let side_by_side = |ledger: &Ledger| ledger.in_flight().len() > 1;
    let what = "parts go side by side";
    proxy.until(what, LONG, side_by_side).await?;
    proxy.heal();
    let card = scene
        .page
        .until_upload("half a gigabyte.bin", &["done"], Duration::from_secs(600))
        .await?;
    ensure!(
        card.get("resumed") == "true" && card.number("firstPart")? as u32 == 51,
        "{card:?}"
    );
    let sent = scene.fixture.proxy.ledger().since(before).sent_numbers();
    ensure!(sent == checked.missing_chunks, "sent were {sent:?}");
    ensure_stored(&device, "half a gigabyte.bin", &path).await?;
    scene.close().await
}
