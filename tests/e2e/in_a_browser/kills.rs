//! Everything that can be killed is killed; what was stored stays stored, and at most the parts in flight go again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ferry_tests::{
    kills::{Kill, SeededRng, judge},
    proxy::Ledger,
    run_dir, wait,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{LONG, MIB, Scene, check_unfinished, ensure_stored, run_counts, slow_parts};

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
    ensure!(card.get("percent").starts_with("100"), "{card:?}");
    judge(&scene.fixture.proxy.ledger(), &kills)?;
    ensure_stored(&scene.person().await?, "night.bin", &path).await?;
    scene.close().await
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
    scene.fixture.proxy.heal();
    let before = scene.fixture.proxy.ledger().seen.len();
    scene.page.pick([&path]).await?;
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
