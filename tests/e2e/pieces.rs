//! Parts that arrive slowly or in pieces: progress keeps them alive, a cut costs bytes and not the part, and nobody who is
//! slow holds memory or others up.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ferry_core::{
    envelope::part::SealedPart,
    plan::DISK,
    wire::{ErrorCode, HEADER_UPLOAD_COMPLETE, HEADER_UPLOAD_OFFSET, PARTIAL_UPLOAD, StoredPart},
};
use ferry_tests::{
    client::{Answer, Api, SealedFile, content, download, part_headers},
    fixture::{Fixture, FixtureBuilder},
    proxy::Ledger,
    wait,
};
use reqwest::Method;
use tokio::{sync::mpsc, task::JoinHandle};

/// A number of the metrics page.
async fn metric(api: &Api, name: &str) -> Result<u64> {
    let text = api.get("/metrics").await?.text();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    Ok(line.context("no such metric")?.trim().parse()?)
}

/// A part whose bytes the test hands over as it likes.
struct Dripping {
    pieces: mpsc::Sender<Vec<u8>>,
    answer: JoinHandle<Result<Answer>>,
}

impl Dripping {
    /// Announces a part; nothing of its body is sent.
    fn begin(
        api: &Api,
        file: &SealedFile,
        number: u32,
        part: &SealedPart,
        resumable: bool,
    ) -> Result<Self> {
        let (pieces, receiver) = mpsc::channel(1);
        let mut call = api
            .call(Method::PUT, &file.part_path(number))
            .headers(&part_headers(part))?
            .header("Content-Type", "application/octet-stream");
        if resumable {
            call = call.header(HEADER_UPLOAD_COMPLETE, "?1");
        }
        let answer = tokio::spawn(call.stream(part.body.len(), receiver).send());
        Ok(Dripping { pieces, answer })
    }

    async fn send(&self, bytes: &[u8]) -> Result<()> {
        Ok(self.pieces.send(bytes.to_vec()).await?)
    }

    /// The connection ends in the middle of the body.
    async fn cut(self) {
        self.answer.abort();
        drop(self.pieces);
        let _ = self.answer.await;
    }

    async fn answer(self) -> Result<Answer> {
        let Dripping { pieces, answer } = self;
        let answer = wait::within(Duration::from_secs(60), "the server answers", answer).await??;
        drop(pieces);
        answer
    }
}

/// Waits until the proxy gave so much of a part to the server's socket. The server reads what lies there before it hears of
/// its end.
async fn until_handed_on(fixture: &Fixture, bytes: u64) -> Result<()> {
    let handed_on = |ledger: &Ledger| ledger.part_bytes() >= bytes;
    let what = "the bytes are at the server";
    let within = Duration::from_secs(30);
    fixture.proxy.until(what, within, handed_on).await.map(drop)
}

/// Sends a piece of a part from `offset` on.
async fn append(
    api: &Api,
    (file, number): (&SealedFile, u32),
    part: &SealedPart,
    offset: usize,
    end: usize,
) -> Result<Answer> {
    let is_last = if end == part.body.len() { "?1" } else { "?0" };
    api.call(Method::PATCH, &file.part_path(number))
        .headers(&part_headers(part))?
        .header(HEADER_UPLOAD_OFFSET, &offset.to_string())
        .header(HEADER_UPLOAD_COMPLETE, is_last)
        .piece(part.body[offset.min(end)..end].to_vec())
        .send()
        .await
}

/// How far the server has the part's body, and whether it is stored.
async fn offset(
    api: &Api,
    file: &SealedFile,
    number: u32,
    part: &SealedPart,
) -> Result<(usize, bool)> {
    let answer = api
        .call(Method::HEAD, &file.part_path(number))
        .headers(&part_headers(part))?
        .send()
        .await?;
    answer.expect_status(204)?;
    ensure!(
        answer.header("cache-control") == Some("no-store"),
        "{answer:?}"
    );
    let limit = answer.header("upload-limit").context("no Upload-Limit")?;
    ensure!(limit.contains("max-age="), "{limit}");
    let at = answer.header("upload-offset").context("no Upload-Offset")?;
    let complete = answer
        .header("upload-complete")
        .context("no Upload-Complete")?;
    Ok((at.parse()?, complete == "?1"))
}

/// A file with one part of its whole content.
async fn started(
    fixture_api: &Api,
    keys: &ferry_core::envelope::keys::AccountKeys,
    bytes: usize,
) -> Result<(SealedFile, SealedPart)> {
    let file = SealedFile::with_profile(keys, "a file", content(1, bytes), DISK, false)?;
    file.start(fixture_api).await?;
    let part = file.part(1)?;
    Ok((file, part))
}

#[tokio::test]
async fn a_body_that_drips_is_received_however_slow_it_is() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_BODY_IDLE_SECS", 2)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    // At 32 KiB/s and 2 s of silence this would have been given up after 8 s.
    let (file, part) = started(&admin.api, &admin.keys, 200_000).await?;
    let slow = Dripping::begin(&admin.api, &file, 1, &part, false)?;
    for drip in part.body.chunks(part.body.len() / 11) {
        slow.send(drip).await?;
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    let stored: StoredPart = slow.answer().await?.expect(201)?;
    ensure!(!stored.duplicate, "{stored:?}");
    fixture.close().await
}

/// Memory for two and a half parts of 8 MiB, forty senders of 4 MiB each that drip, and one who is quick.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_drip_hold_neither_memory_nor_the_others() -> Result<()> {
    const MIB: usize = 1 << 20;
    let fixture = FixtureBuilder::default()
        .set("FERRY_BODY_BUDGET_BYTES", 21 * MIB)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let other = fixture.invite(&admin, "other").await?;
    let mut dripping = Vec::new();
    for _ in 0..40 {
        let (file, part) = started(&admin.api, &admin.keys, 4 * MIB).await?;
        let sender = Dripping::begin(&admin.api, &file, 1, &part, false)?;
        sender.send(&part.body[..MIB]).await?;
        dripping.push((file, part, sender));
    }
    let rested = || async {
        let held = metric(&admin.api, "ferry_body_bytes_reserved ").await?;
        wait::holds(held == 0, "who drips holds memory")
    };
    wait::until(Duration::from_secs(30), "nobody holds memory", rested).await?;
    let spooled = metric(&admin.api, "ferry_spool_bytes ").await?;
    ensure!(spooled >= 40 * MIB as u64, "{spooled} bytes on disk");
    for (number, (_, dripped, sender)) in dripping.iter().enumerate().skip(1).take(5) {
        let (quick, part) = started(&other.api, &other.keys, 8 * MIB - 28).await?;
        let put = quick.put(&other.api, 1, &part);
        let stored =
            wait::within(Duration::from_secs(20), "the quick one is served", put).await??;
        stored
            .expect_status(201)
            .with_context(|| format!("file {number}"))?;
        sender.send(&dripped.body[MIB..MIB + 10]).await?;
    }
    let peak_kib = fixture.server()?.peak_memory_kib()?;
    ensure!(peak_kib < 150 * 1024, "the server held {peak_kib} KiB");
    for (number, (_, part, sender)) in dripping.into_iter().enumerate() {
        let sent = if (1..=5).contains(&number) {
            MIB + 10
        } else {
            MIB
        };
        sender.send(&part.body[sent..]).await?;
        sender.answer().await?.expect_status(201)?;
    }
    ensure!(
        metric(&admin.api, "ferry_spool_bytes ").await? == 0,
        "room is not given back"
    );
    fixture.close().await
}

#[tokio::test]
async fn after_a_cut_a_part_goes_on_where_it_was() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 900_000).await?;
    ensure!(
        offset(&admin.api, &file, 1, &part).await? == (0, false),
        "nothing was sent"
    );
    let cut = Dripping::begin(&admin.api, &file, 1, &part, true)?;
    cut.send(&part.body[..500_000]).await?;
    until_handed_on(&fixture, 500_000).await?;
    cut.cut().await;
    let (at, stored) = offset(&admin.api, &file, 1, &part).await?;
    ensure!(at == 500_000 && !stored, "{at}");
    let last: StoredPart = append(&admin.api, (&file, 1), &part, at, part.body.len())
        .await?
        .expect(201)?;
    ensure!(
        last.iv.0[..] == part.body[..12],
        "another sealing is stored"
    );
    ensure!(
        offset(&admin.api, &file, 1, &part).await? == (part.body.len(), true),
        "it is stored"
    );
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content"
    );
    ensure!(
        metric(&admin.api, "ferry_spool_bytes ").await? == 0,
        "something is left on disk"
    );
    fixture.close().await
}

#[tokio::test]
async fn pieces_below_a_proxys_limit_become_a_part() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 900_000).await?;
    let ends = [100_000, 350_000, 600_000];
    let mut at = 0;
    for end in ends {
        let answer = append(&admin.api, (&file, 1), &part, at, end).await?;
        answer.expect_status(204)?;
        ensure!(
            answer.header("upload-offset") == Some(end.to_string().as_str()),
            "{answer:?}"
        );
        ensure!(answer.header("upload-complete") == Some("?0"), "{answer:?}");
        at = end;
    }
    let answer = append(&admin.api, (&file, 1), &part, at, part.body.len()).await?;
    ensure!(answer.header("upload-complete") == Some("?1"), "{answer:?}");
    answer.expect_status(201)?;
    file.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content"
    );
    fixture.close().await
}

#[tokio::test]
async fn an_offset_that_is_not_the_servers_is_refused_and_the_right_one_named() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 300_000).await?;
    append(&admin.api, (&file, 1), &part, 0, 100_000)
        .await?
        .expect_status(204)?;
    for wrong in [99_999, 100_001, 300_000] {
        let answer = append(&admin.api, (&file, 1), &part, wrong, part.body.len()).await?;
        ensure!(
            answer.header("upload-offset") == Some("100000"),
            "{answer:?}"
        );
        let problem = answer.refused(409, ErrorCode::UploadOffsetMismatch)?;
        ensure!(
            problem.expected_offset == Some(100_000)
                && problem.provided_offset == Some(wrong as u64),
            "{problem:?}"
        );
    }
    let too_long = [&part.body[..], b"more"].concat();
    let longer = SealedPart {
        body: too_long,
        ..part.clone()
    };
    let answer = admin
        .api
        .call(Method::PATCH, &file.part_path(1))
        .headers(&part_headers(&part))?
        .header(HEADER_UPLOAD_OFFSET, "100000")
        .header(HEADER_UPLOAD_COMPLETE, "?1")
        .piece(longer.body[100_000..].to_vec())
        .send()
        .await?;
    answer.refused(422, ErrorCode::PartLengthWrong)?;
    append(&admin.api, (&file, 1), &part, 100_000, part.body.len())
        .await?
        .expect_status(201)?;
    fixture.close().await
}

#[tokio::test]
async fn a_piece_after_its_part_was_stored_hears_that_it_is() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 300_000).await?;
    append(&admin.api, (&file, 1), &part, 0, 100_000)
        .await?
        .expect_status(204)?;
    file.put_all(&admin.api, [1]).await?;
    let answer = append(&admin.api, (&file, 1), &part, 100_000, 200_000).await?;
    let stored: StoredPart = answer.expect(200)?;
    ensure!(
        stored.duplicate && stored.iv.0[..] != part.body[..12],
        "{stored:?}"
    );
    ensure!(
        offset(&admin.api, &file, 1, &part).await?.1,
        "HEAD says the same"
    );
    fixture.close().await
}

#[tokio::test]
async fn of_two_senders_of_one_body_the_later_one_goes_on() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 300_000).await?;
    let hanging = Dripping::begin(&admin.api, &file, 1, &part, true)?;
    hanging.send(&part.body[..120_000]).await?;
    until_handed_on(&fixture, 120_000).await?;
    let (at, _) = offset(&admin.api, &file, 1, &part).await?;
    ensure!((1..=120_000).contains(&at), "{at}");
    append(&admin.api, (&file, 1), &part, at, part.body.len())
        .await?
        .expect_status(201)?;
    drop(hanging.pieces);
    if let Ok(answer) = hanging.answer.await? {
        answer.refused(400, ErrorCode::BodyIncomplete)?;
    }
    let sealings = [file.part(1)?, file.part(1)?];
    for sealing in &sealings {
        let stored: StoredPart = file.put(&admin.api, 1, sealing).await?.expect(200)?;
        ensure!(stored.duplicate, "{stored:?}");
    }
    fixture.close().await
}

#[tokio::test]
async fn pieces_survive_a_kill_of_the_server() -> Result<()> {
    let (mut fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 300_000).await?;
    append(&admin.api, (&file, 1), &part, 0, 200_000)
        .await?
        .expect_status(204)?;
    fixture.kill_server().await?;
    fixture.start_server().await?;
    let (at, _) = offset(&admin.api, &file, 1, &part).await?;
    ensure!(at == 200_000, "{at}");
    append(&admin.api, (&file, 1), &part, at, part.body.len())
        .await?
        .expect_status(201)?;
    fixture.close().await
}

#[tokio::test]
async fn another_server_begins_at_nothing_and_says_so() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let second = super::instances::second_server(&fixture).await?;
    let there = admin.api.moved_to(&second.url());
    let (file, part) = started(&admin.api, &admin.keys, 300_000).await?;
    append(&admin.api, (&file, 1), &part, 0, 200_000)
        .await?
        .expect_status(204)?;
    let answer = append(&there, (&file, 1), &part, 200_000, part.body.len()).await?;
    let problem = answer.refused(409, ErrorCode::UploadOffsetMismatch)?;
    ensure!(problem.expected_offset == Some(0), "{problem:?}");
    ensure!(
        offset(&there, &file, 1, &part).await? == (0, false),
        "it has nothing"
    );
    append(&there, (&file, 1), &part, 0, part.body.len())
        .await?
        .expect_status(201)?;
    let late: StoredPart = append(&admin.api, (&file, 1), &part, 200_000, part.body.len())
        .await?
        .expect(200)?;
    ensure!(late.duplicate, "{late:?}");
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}

#[tokio::test]
async fn pieces_that_are_not_the_announced_body_are_refused_and_forgotten() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let (file, part) = started(&admin.api, &admin.keys, 300_000).await?;
    let mut damaged = part.clone();
    damaged.body[50_000] ^= 1;
    let headers = part_headers(&part);
    let call = |offset: usize, complete: &str, body: &[u8]| -> Result<_> {
        Ok(admin
            .api
            .call(Method::PATCH, &file.part_path(1))
            .headers(&headers)?
            .header(HEADER_UPLOAD_OFFSET, &offset.to_string())
            .header(HEADER_UPLOAD_COMPLETE, complete)
            .piece(body.to_vec())
            .send())
    };
    call(0, "?0", &damaged.body[..100_000])?
        .await?
        .expect_status(204)?;
    call(100_000, "?1", &damaged.body[100_000..])?
        .await?
        .refused(422, ErrorCode::DigestMismatch)?;
    ensure!(
        offset(&admin.api, &file, 1, &part).await? == (0, false),
        "damaged bytes are kept"
    );
    let plain = admin
        .api
        .call(Method::PATCH, &file.part_path(1))
        .headers(&headers)?
        .header(HEADER_UPLOAD_OFFSET, "0")
        .header(HEADER_UPLOAD_COMPLETE, "?1")
        .bytes(part.body.clone())
        .send()
        .await?;
    let problem = plain.refused(400, ErrorCode::InvalidRequest)?;
    ensure!(
        problem
            .detail
            .is_some_and(|detail| detail.contains(PARTIAL_UPLOAD)),
        "the media type"
    );
    append(&admin.api, (&file, 1), &part, 0, part.body.len())
        .await?
        .expect_status(201)?;
    fixture.close().await
}
