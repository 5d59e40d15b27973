//! The same things very often: uploads that are begun and abandoned while the server is killed, and writers that race for
//! parts on four servers. A few in CI; `cargo xtask soak abandoned` and `soak racing` take ten thousand.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::{Result, ensure};
use ferry_core::wire::StoredPart;
use ferry_tests::{
    client::{Answer, Api, Person, SealedFile, content, part_rows},
    fixture::{Fixture, FixtureBuilder},
    kills::SeededRng,
    wait,
};
use tokio::task::JoinSet;

use crate::{in_a_browser::run_counts, instances::another_server};

/// Uploads on their way at once.
const AT_ONCE: usize = 8;
/// The server is killed in one of so many rounds.
const ROUNDS_PER_KILL: usize = 4;
/// How long the jobs may take to remove everything that was left.
const REMOVED: Duration = Duration::from_secs(300);

/// Begins an upload, sends some parts, and leaves it or gives it up. What a kill cuts off is left as it is.
async fn begin_and_leave(api: Api, file: SealedFile, parts: u32, gives_up: bool) -> Result<()> {
    file.start(&api).await?;
    for number in 1..=parts.min(file.total_parts()) {
        file.put(&api, number, &file.part(number)?).await?;
    }
    if gives_up {
        let path = format!("/api/upload/resume/{}", file.id());
        api.delete(&path).await?;
    }
    Ok(())
}

fn round(person: &Person, rng: &mut SeededRng) -> Result<JoinSet<Result<()>>> {
    let mut uploads = JoinSet::new();
    for _ in 0..AT_ONCE {
        let size_bytes = 1 + rng.below(300_000);
        let seed = u64::try_from(rng.below(1_000_000))?;
        let name = format!("left {seed}");
        let file = SealedFile::new(&person.keys, &name, content(seed, size_bytes))?;
        let (parts, gives_up) = (u32::try_from(rng.below(4))?, rng.below(3) == 0);
        uploads.spawn(begin_and_leave(person.api.clone(), file, parts, gives_up));
    }
    Ok(uploads)
}

/// What a kill left of a file that was being written lies aside in a directory, and goes at a start a day later.
fn age_unfinished_writes(parts: &Path) -> Result<()> {
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(86_400);
    let files = walkdir::WalkDir::new(parts.join("incoming")).into_iter();
    let files = files.filter_map(|entry| entry.ok());
    for file in files.filter(|entry| entry.file_type().is_file()) {
        std::fs::File::options()
            .write(true)
            .open(file.path())?
            .set_modified(long_ago)?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_begun_and_abandoned_leaves_nothing_though_the_server_is_killed() -> Result<()> {
    let wanted = usize::try_from(run_counts("FERRY_TEST_ABANDONED", 64)?)?;
    let seed = run_counts("FERRY_TEST_SEED", 1)?;
    let mut fixture = FixtureBuilder::default()
        .set("FERRY_CLEANUP_INTERVAL_SECS", 1)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let mut rng = SeededRng::new(seed);
    let (mut kills, mut cut_off) = (0, 0);
    let rounds = wanted.div_ceil(AT_ONCE);
    for number in 1..=rounds {
        let mut uploads = round(&admin, &mut rng)?;
        if number % ROUNDS_PER_KILL == 0 {
            let moment = u64::try_from(rng.below(400))?;
            tokio::time::sleep(Duration::from_millis(moment)).await;
            fixture.kill_server().await?;
            kills += 1;
            fixture.start_server().await?;
        }
        while let Some(upload) = uploads.join_next().await {
            cut_off += usize::from(upload?.is_err());
        }
    }
    println!(
        "seed {seed}: {} uploads begun, {kills} kills, {cut_off} cut off",
        rounds * AT_ONCE
    );
    // A week later.
    let aged = "UPDATE upload_sessions SET last_activity_at = last_activity_at - interval '9 days',
            expires_at = expires_at - interval '9 days';
        UPDATE put_intents SET created_at = created_at - interval '9 days'";
    fixture
        .sql(move |client| Ok(client.batch_execute(aged)?))
        .await?;
    age_unfinished_writes(&fixture.parts_dir())?;
    fixture.stop_server().await?;
    fixture.start_server().await?;
    // What a killed server was about to delete is its own for ten minutes.
    let due = "UPDATE deletions SET not_before = now()";
    fixture
        .sql(move |client| Ok(client.batch_execute(due)?))
        .await?;
    let gone = || async {
        let rows = fixture.sql(|client| {
            let sql = "SELECT (SELECT count(*) FROM files) + (SELECT count(*) FROM file_parts)
                + (SELECT count(*) FROM put_intents) + (SELECT count(*) FROM deletions)";
            Ok(client.query_one(sql, &[])?.get::<_, i64>(0))
        });
        let (rows, stored) = (rows.await?, fixture.part_store.stored().len());
        wait::holds(
            rows == 0 && stored == 0,
            &format!("{rows} rows, {stored} stored parts"),
        )
    };
    wait::until(REMOVED, "nothing of them is left", gone).await?;
    fixture.close().await
}

/// Every part of a file from eight writers at once, over all servers.
async fn race(person: &Person, apis: &[Api], seed: u64) -> Result<u64> {
    let name = format!("file {seed}");
    let file = SealedFile::new(&person.keys, &name, content(seed, 600_000))?;
    file.start(&person.api).await?;
    let mut writes = 0;
    for number in 1..=file.total_parts() {
        let mut puts = JoinSet::new();
        for api in apis.iter().cycle().take(AT_ONCE) {
            let (file, api) = (file.clone(), api.clone());
            puts.spawn(async move { file.put(&api, number, &file.part(number)?).await });
        }
        let answers: Vec<Answer> = puts.join_all().await.into_iter().collect::<Result<_>>()?;
        writes += u64::try_from(answers.len())?;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        ensure!(
            created == 1,
            "{created} writers stored part {number} of seed {seed}"
        );
        let rows: Vec<StoredPart> = answers.iter().map(Answer::good).collect::<Result<_>>()?;
        let listed = part_rows(&person.api, file.id()).await?;
        let listed = listed.iter().find(|row| row.number == number);
        ensure!(
            rows.iter()
                .all(|row| listed.is_some_and(|listed| listed.iv == row.iv)),
            "part {number} of seed {seed}: they were told different rows"
        );
    }
    Ok(writes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_all_writers_that_race_on_four_servers_one_commits() -> Result<()> {
    let wanted = run_counts("FERRY_TEST_RACING", 200)?;
    let first = run_counts("FERRY_TEST_SEED", 1)?;
    let (fixture, admin) = Fixture::with_admin().await?;
    let mut others = Vec::new();
    for name in ["second", "third", "fourth"] {
        others.push(another_server(&fixture, name).await?);
    }
    let urls = others.iter().map(|server| server.url());
    let mut apis: Vec<Api> = urls.map(|url| admin.api.moved_to(&url)).collect();
    apis.push(admin.api.clone());
    let (mut writes, mut seed) = (0, first);
    while writes < wanted {
        writes += race(&admin, &apis, seed).await?;
        seed += 1;
    }
    println!(
        "seeds {first} to {}: {writes} writes raced, one commit for each part",
        seed - 1
    );
    for server in others {
        ensure!(server.stop().await?.success(), "a server's end");
    }
    // It compares every row with the bytes in the store.
    fixture.close().await
}
