//! What fails around a server: storage, Postgres, the network, memory, the server itself. Refused clearly, recovered alone.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ferry_core::{
    plan::TELEGRAM,
    wire::{ErrorCode, ResumeStatus},
};
use ferry_tests::{
    client::{Api, SealedFile, content, download, part_headers},
    fixture::{Fixture, FixtureBuilder},
    wait,
};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use reqwest::Method;
use tokio::{sync::mpsc, task::JoinHandle};

/// Bytes that bodies hold of the server's memory, or of its disk.
async fn reserved_bytes(fixture: &Fixture) -> Result<u64> {
    let metrics = fixture.metrics().await?.text();
    let mut bytes = 0;
    for name in ["ferry_body_bytes_reserved ", "ferry_spool_bytes "] {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name));
        bytes += line.context("no such metric")?.parse::<u64>()?;
    }
    Ok(bytes)
}

/// A part on its way: begun, not finished.
struct SlowPut {
    pieces: mpsc::Sender<Vec<u8>>,
    rest: Vec<u8>,
    answer: JoinHandle<Result<ferry_tests::client::Answer>>,
}

impl SlowPut {
    /// Sends the first half of a part and stops.
    async fn begin(
        fixture: &Fixture,
        api: &Api,
        file: &SealedFile,
        number: u32,
    ) -> Result<SlowPut> {
        let part = file.part(number)?;
        let before = reserved_bytes(fixture).await?;
        let (pieces, receiver) = mpsc::channel(1);
        let call = api
            .call(Method::PUT, &file.part_path(number))
            .headers(&part_headers(&part))?;
        let call = call
            .header("Content-Type", "application/octet-stream")
            .stream(part.body.len(), receiver);
        let answer = tokio::spawn(call.send());
        let half = part.body.len() / 2;
        pieces.send(part.body[..half].to_vec()).await?;
        let arrived = |ledger: &ferry_tests::proxy::Ledger| {
            let mine = |id: &&ferry_tests::proxy::PartId| {
                id.number == number && id.file_id == file.id().to_string()
            };
            ledger
                .part_puts()
                .any(|(id, seen)| mine(&id) && seen.forwarded_bytes >= half as u64)
        };
        fixture
            .proxy
            .until(
                "half a part is with the server",
                Duration::from_secs(20),
                arrived,
            )
            .await?;
        let taken = || async {
            let now = reserved_bytes(fixture).await?;
            wait::holds(now > before, "its body has no share")
        };
        wait::until(
            Duration::from_secs(20),
            "the server has the part in flight",
            taken,
        )
        .await?;
        Ok(SlowPut {
            pieces,
            rest: part.body[half..].to_vec(),
            answer,
        })
    }

    /// Sends the other half.
    async fn finish(self) -> Result<ferry_tests::client::Answer> {
        self.pieces.send(self.rest).await?;
        drop(self.pieces);
        self.answer.await?
    }

    /// Sends nothing more and waits for what the server says to that.
    async fn wait_only(self) -> Result<ferry_tests::client::Answer> {
        let Self { pieces, answer, .. } = self;
        let answer =
            wait::within(Duration::from_secs(30), "the server gives up", answer).await???;
        drop(pieces);
        Ok(answer)
    }
}

/// Asks until it is answered well.
async fn until_it_works(api: &Api, file: &SealedFile, number: u32) -> Result<()> {
    let put = || async {
        file.put(api, number, &file.part(number)?)
            .await?
            .good_status()
    };
    wait::until(Duration::from_secs(60), "the part is stored", put)
        .await
        .map(drop)
}

#[tokio::test]
async fn storage_that_is_gone_is_said_and_comes_back() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 500_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    fixture.part_store.unplug()?;
    file.put(&admin.api, 2, &file.part(2)?)
        .await?
        .refused(503, ErrorCode::StorageUnavailable)?;
    let read = admin
        .api
        .get(&format!("/api/files/{}/parts/1", file.id()))
        .await?;
    read.refused(503, ErrorCode::StorageUnavailable)?;
    let not_ready = || async {
        let ready = admin.api.get("/readyz").await?;
        wait::holds(ready.status == 503, "ready without storage")
    };
    wait::until(Duration::from_secs(30), "it is not ready", not_ready).await?;
    let verify = ferry_core::wire::VerifyRequest {
        file_id: file.id(),
        chunk_numbers: None,
        max_age_secs: None,
    };
    let verified = admin.api.post("/api/upload/verify-chunks", &verify).await?;
    verified.refused(503, ErrorCode::StorageUnavailable)?;
    fixture.part_store.plug()?;
    for number in 2..=file.total_parts() {
        until_it_works(&admin.api, &file, number).await?;
    }
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    fixture.close_after_lost_puts().await
}

#[tokio::test]
async fn an_empty_mount_point_after_a_restart_is_not_taken_for_lost_parts() -> Result<()> {
    let (mut fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 500_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    fixture.stop_server().await?;
    let away = fixture.dir().join("unmounted");
    std::fs::rename(fixture.parts_dir(), &away)?;
    std::fs::create_dir(fixture.parts_dir())?;
    fixture.start_server_without_storage().await?;
    let verify = ferry_core::wire::VerifyRequest {
        file_id: file.id(),
        chunk_numbers: None,
        max_age_secs: None,
    };
    let verified = admin.api.post("/api/upload/verify-chunks", &verify).await?;
    verified.refused(503, ErrorCode::StorageUnavailable)?;
    file.put(&admin.api, 2, &file.part(2)?)
        .await?
        .refused(503, ErrorCode::StorageUnavailable)?;
    let read = admin
        .api
        .get(&format!("/api/files/{}/parts/1", file.id()))
        .await?;
    read.refused(503, ErrorCode::StorageUnavailable)?;
    let said = fixture.server()?.log()?;
    ensure!(
        said.matches("mount the disk that holds the parts").count() == 1,
        "the log says once what to do:\n{said}"
    );
    ensure!(
        fixture.stored_files().is_empty(),
        "a part where the disk should be"
    );
    std::fs::remove_dir_all(fixture.parts_dir())?;
    std::fs::rename(&away, fixture.parts_dir())?;
    for number in 2..=file.total_parts() {
        until_it_works(&admin.api, &file, number).await?;
    }
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    fixture.close_after_lost_puts().await
}

/// The postmaster that runs below this fixture's folder.
fn postmaster(fixture: &Fixture) -> Result<Pid> {
    let processes = ferry_tests::run_dir::leftovers(fixture.dir());
    let found = processes.iter().find(|process| {
        process.command_line.contains("postgres") && process.command_line.contains(" -D ")
    });
    Ok(Pid::from_raw(
        found
            .with_context(|| format!("no Postgres in {processes:?}"))?
            .pid,
    ))
}

/// Its backends and workers.
fn children(postmaster: Pid) -> Vec<Pid> {
    let listed = std::fs::read_to_string(format!("/proc/{postmaster}/task/{postmaster}/children"));
    let listed = listed.unwrap_or_default();
    let pids = listed.split_whitespace().filter_map(|pid| pid.parse().ok());
    pids.map(Pid::from_raw).collect()
}

fn signal_all(processes: &[Pid], signal: Signal) -> Result<()> {
    let mut signalled = processes.iter().map(|process| kill(*process, signal));
    Ok(signalled.try_for_each(|outcome| outcome)?)
}

#[tokio::test]
async fn a_killed_postgres_is_said_and_comes_back() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .embedded_postgres()
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 900_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1, 2]).await?;
    let path = format!("/api/upload/resume/{}", file.id());
    for round in 0..2 {
        let postgres = postmaster(&fixture)?;
        if round == 0 {
            // Frozen first, so that nothing brings another one up before the server was asked.
            let processes = [vec![postgres], children(postgres)].concat();
            signal_all(&processes, Signal::SIGSTOP)?;
            let frozen = admin.api.get(&path).await?;
            frozen.refused(503, ErrorCode::DatabaseUnavailable)?;
            kill(postgres, Signal::SIGKILL)?;
            signal_all(&processes[1..], Signal::SIGCONT)?;
        } else {
            kill(postgres, Signal::SIGKILL)?;
        }
        // Whatever it answers until then must be the one refusal.
        let asked = || async {
            let answer = admin.api.get(&path).await?;
            let refusal = answer.refused(503, ErrorCode::DatabaseUnavailable);
            wait::holds(refusal.is_err(), "it has no database yet")?;
            Ok(answer)
        };
        let answer = wait::until(Duration::from_secs(60), "the server answers again", asked);
        answer.await?.expect_status(200)?;
        until_it_works(&admin.api, &file, 3 + round).await?;
    }
    let status: ResumeStatus = admin
        .api
        .get(&format!("/api/upload/resume/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(
        status.uploaded_chunks == Some(vec![1, 2, 3, 4]),
        "acknowledged parts were lost: {status:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_killed_server_adopts_its_postgres_and_keeps_every_part() -> Result<()> {
    let mut fixture = FixtureBuilder::default()
        .embedded_postgres()
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 900_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1, 2]).await?;
    let on_its_way = SlowPut::begin(&fixture, &admin.api, &file, 3).await?;
    let before = postmaster(&fixture)?;
    fixture.kill_server().await?;
    ensure!(on_its_way.finish().await.is_err(), "a dead server answered");
    fixture.start_server().await?;
    ensure!(
        postmaster(&fixture)? == before,
        "a second Postgres was started"
    );
    let status: ResumeStatus = admin
        .api
        .get(&format!("/api/upload/resume/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(status.uploaded_chunks == Some(vec![1, 2]), "{status:?}");
    file.put_all(&admin.api, 3..=file.total_parts()).await?;
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_server_without_its_database_says_so() -> Result<()> {
    let nowhere = "postgresql:///ferry?host=/nowhere/at/all&user=postgres";
    let fixture = FixtureBuilder::default()
        .set("DATABASE_URL", nowhere)
        .without_database()
        .start()
        .await?;
    let api = fixture.api()?;
    api.get("/healthz").await?.expect_status(200)?;
    ensure!(
        api.get("/readyz").await?.status == 503,
        "ready without a database"
    );
    api.get("/api/auth/kdf?username=a")
        .await?
        .refused(503, ErrorCode::DatabaseUnavailable)?;
    fixture.close().await
}

#[tokio::test]
async fn a_server_told_to_stop_finishes_the_parts_in_hand() -> Result<()> {
    let (mut fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 500_000))?;
    file.start(&admin.api).await?;
    let in_flight = SlowPut::begin(&fixture, &admin.api, &file, 1).await?;
    let mut server = fixture.take_server()?;
    server.ask_to_stop()?;
    // While a part is in flight it takes connections, and tells each that it goes.
    let told = || async {
        let answer = admin.api.get("/readyz").await?;
        answer.refused(503, ErrorCode::ShuttingDown)
    };
    wait::until(
        Duration::from_secs(10),
        "the server is not ready any more",
        told,
    )
    .await?;
    let late = file.put(&admin.api, 2, &file.part(2)?).await?;
    late.refused(503, ErrorCode::ShuttingDown)?;
    in_flight.finish().await?.expect_status(201)?;
    let ended = server.ended().await?;
    ensure!(ended.success(), "it ended with {ended}");
    fixture.start_server().await?;
    let status: ResumeStatus = admin
        .api
        .get(&format!("/api/upload/resume/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(status.uploaded_chunks == Some(vec![1]), "{status:?}");
    fixture.close().await
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_BODY_IDLE_SECS", 1)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 500_000))?;
    file.start(&admin.api).await?;
    let stalled = SlowPut::begin(&fixture, &admin.api, &file, 1).await?;
    stalled
        .wait_only()
        .await?
        .refused(400, ErrorCode::BodyIncomplete)?;
    ensure!(fixture.stored_files().is_empty(), "half a part is stored");
    file.put_all(&admin.api, [1]).await?;
    fixture.close().await
}

#[tokio::test]
async fn slow_bodies_hold_up_no_others_when_memory_is_short() -> Result<()> {
    let setting = FixtureBuilder::default().set("FERRY_BODY_BUDGET_BYTES", 20_971_520);
    let fixture = setting.start().await?;
    let admin = fixture.admin().await?;
    let other = fixture.invite(&admin, "other").await?;
    let file_of = |keys, length| {
        let content = content(1, length);
        SealedFile::with_profile(keys, "large", content, TELEGRAM, false)
    };
    let slow = file_of(&admin.keys, 60_000_000)?;
    slow.start(&admin.api).await?;
    let held = [
        SlowPut::begin(&fixture, &admin.api, &slow, 1).await?,
        SlowPut::begin(&fixture, &admin.api, &slow, 2).await?,
    ];
    slow.put_all(&admin.api, [3]).await?;
    let file = file_of(&other.keys, 8_000_000)?;
    file.start(&other.api).await?;
    file.put_all(&other.api, [1]).await?;
    for put in held {
        put.finish().await?.expect_status(201)?;
    }
    fixture.close().await
}

#[tokio::test]
async fn status_is_answered_while_a_client_stands_still() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 500_000))?;
    file.start(&admin.api).await?;
    let stalled = SlowPut::begin(&fixture, &admin.api, &file, 1).await?;
    let path = format!("/api/upload/resume/{}", file.id());
    let asked = admin.api.get(&path);
    wait::within(Duration::from_secs(2), "status is answered", asked)
        .await??
        .expect_status(200)?;
    stalled.finish().await?.expect_status(201)?;
    fixture.close().await
}
