//! Parts in Telegram, as people meet them: on a server that was told so, with a Bot API emulator in Telegram's place.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ferry_core::wire::{DeleteResponse, ErrorCode, ResumeStatus, ServerConfig};
use ferry_tests::{
    bot_pool::{BotPool, PoolSize},
    client::{Person, SealedFile, content, download},
    fixture::{Fixture, FixtureBuilder},
    part_store::Store,
    wait,
};

/// Bots in one channel.
fn in_one_channel(bots: usize) -> PoolSize {
    PoolSize { bots, channels: 1 }
}

async fn resume(person: &Person, file: &SealedFile) -> Result<ResumeStatus> {
    let path = format!("/api/upload/resume/{}", file.id());
    person.api.get(&path).await?.expect(200)
}

/// Deletes the only file in Telegram and waits until no document is left, copies included.
async fn delete(pool: &BotPool, person: &Person, file: &SealedFile) -> Result<()> {
    let parts = file.total_parts();
    let path = format!("/api/files/{}", file.id());
    let deleted: DeleteResponse = person.api.delete(&path).await?.expect(200)?;
    ensure!(deleted.deletion.deleted == u64::from(parts), "{deleted:?}");
    let gone = || async {
        let documents = pool.documents();
        wait::holds(documents == 0, &format!("{documents} documents"))
    };
    wait::until(Duration::from_secs(30), "its documents are deleted", gone).await
}

#[tokio::test]
async fn a_file_goes_to_telegram_and_back_over_a_kill_and_a_dead_bot() -> Result<()> {
    let builder = FixtureBuilder::default().parts_in(Store::Telegram(in_one_channel(3)));
    let mut fixture = builder.start().await?;
    let admin = fixture.admin().await?;
    let config: ServerConfig = admin.api.get("/api/config").await?.expect(200)?;
    ensure!(
        (config.storage.as_str(), config.part_profile.name.as_str()) == ("telegram", "telegram"),
        "{config:?}"
    );
    let file = SealedFile::new(&admin.keys, "a file", content(1, 2_000_000))?;
    file.start(&admin.api).await?;
    let half = file.total_parts() / 2;
    file.put_all(&admin.api, 1..=half).await?;
    fixture.kill_server().await?;
    fixture.start_server().await?;
    let status = resume(&admin, &file).await?;
    ensure!(
        status.uploaded_chunks == Some((1..=half).collect()),
        "{status:?}"
    );
    let telegram = fixture.bot_pool()?.control();
    telegram.revoke_token(telegram.bots()[0].id)?;
    file.put_all(&admin.api, half + 1..=file.total_parts())
        .await?;
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    let metrics = admin.api.get("/metrics").await?.text();
    ensure!(
        metrics.contains("ferry_telegram_sends_stored_total"),
        "{metrics}"
    );
    let log = fixture.server()?.log()?;
    for bot in telegram.bots() {
        let secret = bot.token.split_once(':').context("a token")?.1;
        ensure!(!log.contains(secret), "a token is in the log");
    }
    delete(fixture.bot_pool()?, &admin, &file).await?;
    fixture.close().await
}

#[tokio::test]
async fn an_api_that_is_away_is_waited_for() -> Result<()> {
    let builder = FixtureBuilder::default().parts_in(Store::Telegram(in_one_channel(2)));
    let fixture = builder.start().await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 200_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    fixture.part_store.unplug()?;
    let not_ready = || async {
        let ready = admin.api.get("/readyz").await?;
        ready.refused(503, ErrorCode::StorageUnavailable)
    };
    wait::until(Duration::from_secs(30), "it is not ready", not_ready).await?;
    let put = file.put(&admin.api, 2, &file.part(2)?).await?;
    put.refused(503, ErrorCode::StorageUnavailable)?;
    let path = format!("/api/files/{}/parts/1", file.id());
    let read = admin.api.get(&path).await?;
    read.refused(503, ErrorCode::StorageUnavailable)?;
    fixture.part_store.plug()?;
    file.put_all(&admin.api, 2..=file.total_parts()).await?;
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    delete(fixture.bot_pool()?, &admin, &file).await?;
    fixture.close_after_lost_puts().await
}

#[tokio::test]
async fn earlier_files_stay_where_they_are_when_new_ones_go_to_telegram() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let old = SealedFile::new(&admin.keys, "an old file", content(1, 300_000))?;
    old.upload(&admin.api).await?;

    let pool = BotPool::start(fixture.dir().join("telegram"), in_one_channel(1)).await?;
    let mut config = fixture.server_config().clone();
    config.settings.extend(pool.settings());
    let parts_dir = fixture.parts_dir().display().to_string();
    config.settings.extend([
        ("FERRY_STORAGE__ALSO".to_owned(), "directory".to_owned()),
        ("FERRY_STORAGE__PATH".to_owned(), parts_dir),
    ]);
    config.data_dir = fixture.dir().join("second");
    std::fs::create_dir_all(&config.data_dir)?;
    let second = config.start().await?;
    let there = Person {
        api: admin.api.moved_to(&second.url()),
        ..admin.clone()
    };
    let ready = || async { there.api.get("/readyz").await?.expect_status(200) };
    wait::until(Duration::from_secs(30), "it is ready", ready).await?;
    let new = SealedFile::new(&there.keys, "a new file", content(2, 300_000))?;
    new.upload(&there.api).await?;
    ensure!(
        pool.documents() == usize::try_from(new.total_parts())?,
        "the new file is elsewhere"
    );
    for file in [&old, &new] {
        ensure!(
            download(&there, file.id()).await?.1 == file.content,
            "another content of {}",
            file.name
        );
    }
    // The first server was never told of Telegram: it knows that it does not know.
    let path = format!("/api/files/{}/parts/1", new.id());
    let unknown = admin.api.get(&path).await?;
    unknown.refused(503, ErrorCode::StorageUnavailable)?;
    delete(&pool, &there, &new).await?;
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}
