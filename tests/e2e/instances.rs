//! Several servers on one database and one store, and several writers of one part.

use anyhow::{Result, ensure};
use ferry_core::wire::{CleanupResponse, ErrorCode, StoredPart};
use ferry_tests::{
    client::{Answer, Api, SealedFile, content, download, part_rows},
    fixture::{Fixture, FixtureBuilder},
    server::ServerConfig,
};
use serde_json::json;

/// A second server on this fixture's database and parts.
pub(crate) async fn second_server(fixture: &Fixture) -> Result<ferry_tests::server::Server> {
    another_server(fixture, "second").await
}

/// Another one, with this name.
pub(crate) async fn another_server(
    fixture: &Fixture,
    name: &str,
) -> Result<ferry_tests::server::Server> {
    let mut config: ServerConfig = fixture.server_config().clone();
    config.settings.push((
        "FERRY_STORAGE__PATH".into(),
        fixture.parts_dir().display().to_string(),
    ));
    config.data_dir = fixture.dir().join(name);
    std::fs::create_dir_all(&config.data_dir)?;
    config.start().await
}

#[tokio::test]
async fn any_server_goes_on_where_another_one_was() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let second = second_server(&fixture).await?;
    let there = admin.api.moved_to(&second.url());
    let file = SealedFile::new(&admin.keys, "a file", content(1, 1_500_000))?;
    file.start(&admin.api).await?;
    for number in 1..=file.total_parts() {
        file.put_all(if number % 2 == 0 { &admin.api } else { &there }, [number])
            .await?;
    }
    file.complete(&there).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}

#[tokio::test]
async fn three_servers_may_start_at_once_on_an_empty_database() -> Result<()> {
    let fixture = FixtureBuilder::default().start_later().await?;
    let configs = ["one", "two", "three"].map(|name| {
        let mut config = fixture.server_config().clone();
        config.data_dir = fixture.dir().join(name);
        config
    });
    for config in &configs {
        std::fs::create_dir_all(&config.data_dir)?;
    }
    let [one, two, three] = &configs;
    let (one, two, three) = tokio::try_join!(one.start(), two.start(), three.start())?;
    for server in [one, two, three] {
        let api = Api::at(&server.url())?;
        let ready = || async { api.get("/readyz").await?.expect_status(200) };
        ferry_tests::wait::until(std::time::Duration::from_secs(30), "it is ready", ready).await?;
        ensure!(server.stop().await?.success(), "its end");
    }
    fixture.close().await
}

/// The same part from `writers` clients at once, each on one of the servers.
async fn race(apis: &[Api], files: &[SealedFile], number: u32) -> Result<Vec<Answer>> {
    let puts = files.iter().zip(apis.iter().cycle()).map(|(file, api)| {
        let (file, api) = (file.clone(), api.clone());
        tokio::spawn(async move { file.put(&api, number, &file.part(number)?).await })
    });
    let mut answers = Vec::new();
    for put in puts.collect::<Vec<_>>() {
        answers.push(put.await??);
    }
    Ok(answers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_writers_one_wins_and_all_are_told_the_truth() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let second = second_server(&fixture).await?;
    let apis = [admin.api.clone(), admin.api.moved_to(&second.url())];
    let file = SealedFile::new(&admin.keys, "a file", content(1, 600_000))?;
    file.start(&admin.api).await?;
    for number in 1..=file.total_parts().min(4) {
        let answers = race(&apis, &vec![file.clone(); 8], number).await?;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        ensure!(
            created == 1,
            "{created} writers were told that they stored part {number}"
        );
        let rows: Vec<StoredPart> = answers.iter().map(Answer::good).collect::<Result<_>>()?;
        ensure!(
            rows.iter()
                .all(|row| row.iv == rows[0].iv && row.generation == 1),
            "they were told different rows"
        );
        let listed = part_rows(&admin.api, file.id()).await?;
        ensure!(
            listed
                .iter()
                .any(|row| row.number == number && row.iv == rows[0].iv),
            "the list says another thing"
        );
    }
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_racing_contents_one_wins_and_the_others_are_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 600_000))?;
    file.start(&admin.api).await?;
    let contents: Vec<SealedFile> = (0..6)
        .map(|seed| file.edited(content(seed, 600_000)))
        .collect();
    let answers = race(std::slice::from_ref(&admin.api), &contents, 1).await?;
    let created = answers.iter().filter(|answer| answer.status == 201).count();
    ensure!(created == 1, "{created} contents were stored");
    for refused in answers.iter().filter(|answer| answer.status != 201) {
        refused.refused(409, ErrorCode::PartDiffers)?;
    }
    fixture.close().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_cleanups_at_once_count_everything_once() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_CLEANUP_INTERVAL_SECS", 86_400)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let second = second_server(&fixture).await?;
    for number in 0..6 {
        let file = SealedFile::new(
            &admin.keys,
            &format!("file {number}"),
            content(number, 100_000),
        )?;
        file.start(&admin.api).await?;
        file.put_all(&admin.api, [1]).await?;
    }
    let aged = "UPDATE upload_sessions SET last_activity_at = last_activity_at - interval '9 days', expires_at = expires_at - interval '9 days'";
    fixture
        .sql(move |client| Ok(client.execute(aged, &[])?))
        .await?;
    let clean = async |api: &Api| -> Result<CleanupResponse> {
        api.post("/api/upload/cleanup-abandoned", &json!({}))
            .await?
            .expect(200)
    };
    let there = admin.api.moved_to(&second.url());
    let (one, two) = tokio::try_join!(clean(&admin.api), clean(&there))?;
    ensure!(
        one.deleted_count + two.deleted_count == 6,
        "{} and {}",
        one.deleted_count,
        two.deleted_count
    );
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}
