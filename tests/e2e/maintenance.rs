//! Maintenance: verification of stored bytes, expiry and cleanup, quota, the administrators' lists.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use ferry_core::wire::{
    AdminSession, AuditEntry, CheckResponse, CleanupResponse, CompleteRequest, ErrorCode,
    FileEntry, ResumeStatus, StorageEntry, StoredPart, VerifyRequest, VerifyResponse,
};
use ferry_tests::{
    client::{Answer, Person, SealedFile, check, content, download, part_rows},
    fixture::{Fixture, FixtureBuilder},
    wait,
};
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

async fn verify(
    person: &Person,
    file_id: Uuid,
    numbers: Option<Vec<u32>>,
) -> Result<VerifyResponse> {
    let request = VerifyRequest {
        file_id,
        chunk_numbers: numbers,
        max_age_secs: None,
    };
    person
        .api
        .post("/api/upload/verify-chunks", &request)
        .await?
        .expect(200)
}

/// Flips a byte of the stored body that ends like this part's row.
async fn damage(fixture: &Fixture, person: &Person, file: &SealedFile, number: u32) -> Result<()> {
    let rows = part_rows(&person.api, file.id()).await?;
    let row = rows
        .iter()
        .find(|row| row.number == number)
        .context("no such row")?;
    for path in fixture.stored_files() {
        let mut bytes = std::fs::read(&path)?;
        if bytes.starts_with(&row.iv.0) {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            return Ok(std::fs::write(&path, bytes)?);
        }
    }
    anyhow::bail!("part {number} is not on the disk")
}

#[tokio::test]
async fn damaged_parts_are_found_and_only_they_are_sent_again() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 900_000))?;
    file.upload(&admin.api).await?;
    let all: Vec<u32> = (1..=file.total_parts()).collect();
    let sound = verify(&admin, file.id(), None).await?;
    ensure!(
        sound.valid_chunks == all && sound.corrupted_chunks.is_empty() && !sound.needs_re_upload,
        "{sound:?}"
    );
    damage(&fixture, &admin, &file, 3).await?;
    let others = verify(&admin, file.id(), Some(vec![1, 2])).await?;
    ensure!(
        others.valid_chunks == [1, 2] && !others.needs_re_upload,
        "{others:?}"
    );
    let found = verify(&admin, file.id(), None).await?;
    ensure!(
        found.corrupted_chunks == [3] && found.needs_re_upload,
        "{found:?}"
    );
    let entry: FileEntry = admin
        .api
        .get(&format!("/api/files/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(!entry.is_complete, "a damaged file is not complete");
    let seen: CheckResponse = check(&admin.api, &file.label(), 900_000).await?;
    ensure!(seen.missing_chunks == [3] && seen.can_resume, "{seen:?}");
    ensure!(
        seen.candidates[0].expires_at.is_none(),
        "what was complete once is never abandoned"
    );
    let edited = file.edited(content(2, 900_000));
    let other = edited.put(&admin.api, 3, &edited.part(3)?).await?;
    other.refused(409, ErrorCode::FileComplete)?;
    let stored: StoredPart = file.put(&admin.api, 3, &file.part(3)?).await?.expect(201)?;
    ensure!(stored.generation == 2, "{stored:?}");
    repair(&admin, &file).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "another content came back"
    );
    fixture.close().await
}

/// Completes a repaired file with the next manifest.
async fn repair(person: &Person, file: &SealedFile) -> Result<()> {
    let rows = part_rows(&person.api, file.id()).await?;
    let request: CompleteRequest = file.repair_request(&rows, 1)?;
    person
        .api
        .post(&file.complete_path(), &request)
        .await?
        .expect_status(200)
}

#[tokio::test]
async fn a_part_that_is_gone_from_the_disk_is_corrupt() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1, 2]).await?;
    let rows = part_rows(&admin.api, file.id()).await?;
    for path in fixture.stored_files() {
        if std::fs::read(&path)?.starts_with(&rows[0].iv.0) {
            std::fs::remove_file(path)?;
        }
    }
    let found = verify(&admin, file.id(), None).await?;
    ensure!(
        found.valid_chunks == [2] && found.corrupted_chunks == [1],
        "{found:?}"
    );
    let status: ResumeStatus = admin
        .api
        .get(&format!("/api/upload/resume/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(status.uploaded_chunks == Some(vec![2]), "{status:?}");
    file.put_all(&admin.api, std::iter::once(1).chain(3..=file.total_parts()))
        .await?;
    file.complete(&admin.api).await?;
    fixture.close().await
}

#[tokio::test]
async fn verification_tells_how_far_it_is() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.upload(&admin.api).await?;
    let call = admin
        .api
        .call(Method::POST, "/api/upload/verify-chunks")
        .header("Accept", "text/event-stream");
    let answer = call
        .json(&VerifyRequest {
            file_id: file.id(),
            chunk_numbers: None,
            max_age_secs: None,
        })
        .send()
        .await?;
    answer.expect_status(200)?;
    ensure!(
        answer
            .header("content-type")
            .is_some_and(|value| value.starts_with("text/event-stream")),
        "{answer:?}"
    );
    let text = answer.text();
    let data: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data:"))
        .collect();
    ensure!(
        data.len() == usize::try_from(file.total_parts())? + 1,
        "{text}"
    );
    let last: VerifyResponse = serde_json::from_str(data[data.len() - 1])?;
    ensure!(
        last.valid_chunks.len() == data.len() - 1 && text.contains("event: done"),
        "{text}"
    );
    fixture.close().await
}

/// Makes an upload look as if nothing had happened for days.
async fn age(fixture: &Fixture, file_id: Uuid, days: i32) -> Result<()> {
    let changed = fixture.sql(move |client| {
        let sql = "UPDATE upload_sessions SET last_activity_at = last_activity_at - make_interval(days => $2),
            expires_at = expires_at - make_interval(days => $2) WHERE file_id::text = $1";
        Ok(client.execute(sql, &[&file_id.to_string(), &days])?)
    });
    ensure!(changed.await? == 1, "there is no such session");
    Ok(())
}

#[tokio::test]
async fn cleanup_says_first_what_would_go_and_then_does_it() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_CLEANUP_INTERVAL_SECS", 86_400)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let old = SealedFile::new(&admin.keys, "old", content(1, 300_000))?;
    let young = SealedFile::new(&admin.keys, "young", content(2, 300_000))?;
    let whole = SealedFile::new(&admin.keys, "whole", content(3, 300_000))?;
    for file in [&old, &young] {
        file.start(&admin.api).await?;
        file.put_all(&admin.api, [1, 2]).await?;
    }
    whole.upload(&admin.api).await?;
    age(&fixture, old.id(), 8).await?;
    age(&fixture, whole.id(), 80).await?;
    let files = fixture.stored_files();
    let clean = async |body: serde_json::Value| -> Result<CleanupResponse> {
        admin
            .api
            .post("/api/upload/cleanup-abandoned", &body)
            .await?
            .expect(200)
    };
    let dry = clean(json!({"dry_run": true})).await?;
    let stored_bytes: u64 = [1, 2]
        .iter()
        .filter_map(|n| old.plan.part(*n))
        .map(|span| u64::from(span.len_bytes) + 28)
        .sum();
    ensure!(
        dry.dry_run && dry.deleted_count == 1 && dry.freed_storage == stored_bytes,
        "{dry:?}"
    );
    ensure!(
        dry.sessions.len() == 1 && dry.sessions[0].file_id == old.id(),
        "{dry:?}"
    );
    ensure!(
        fixture.stored_files() == files,
        "a dry run deleted something"
    );
    let real = clean(json!({})).await?;
    ensure!(
        !real.dry_run && real.deleted_count == 1 && real.sessions == dry.sessions,
        "{real:?}"
    );
    admin
        .api
        .get(&format!("/api/upload/resume/{}", old.id()))
        .await?
        .refused(410, ErrorCode::UploadExpired)?;
    old.put(&admin.api, 3, &old.part(3)?)
        .await?
        .refused(410, ErrorCode::UploadExpired)?;
    ensure!(clean(json!({})).await?.deleted_count == 0, "it went twice");
    let recent = clean(json!({"older_than": 3600})).await?;
    ensure!(
        recent.deleted_count == 0,
        "the young one is younger than an hour: {recent:?}"
    );
    let floor = admin
        .api
        .post("/api/upload/cleanup-abandoned", &json!({"older_than": 1}))
        .await?;
    floor.refused(400, ErrorCode::InvalidRequest)?;
    ensure!(
        download(&admin, whole.id()).await?.1 == whole.content,
        "a complete file is never abandoned"
    );
    let audit: Vec<AuditEntry> = admin.api.get("/api/admin/audit").await?.expect(200)?;
    let told = audit
        .iter()
        .filter(|entry| entry.subject_id == Some(old.id()) && entry.user_id == Some(admin.user_id));
    ensure!(told.count() == 1, "{audit:?}");
    fixture.close().await
}

#[tokio::test]
async fn what_expired_goes_by_itself() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_CLEANUP_INTERVAL_SECS", 1)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "old", content(1, 300_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    age(&fixture, file.id(), 8).await?;
    let gone = || async {
        let answer = admin
            .api
            .get(&format!("/api/upload/resume/{}", file.id()))
            .await?;
        answer.refused(410, ErrorCode::UploadExpired)?;
        wait::holds(
            fixture.stored_files().is_empty(),
            "its bytes are still there",
        )
    };
    wait::until(Duration::from_secs(30), "the upload is cleaned up", gone).await?;
    ensure!(
        !check(&admin.api, &file.label(), 300_000).await?.exists,
        "it is still found"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_new_store_that_does_not_answer_keeps_no_job_from_its_work() -> Result<()> {
    let mut fixture = FixtureBuilder::default()
        .set("FERRY_CLEANUP_INTERVAL_SECS", 1)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "old", content(1, 300_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    fixture.stop_server().await?;
    age(&fixture, file.id(), 8).await?;

    // Another server comes: it is told of one more store, which nobody serves.
    let mut config = fixture.server_config().clone();
    config.settings.extend(
        [
            ("FERRY_STORAGE__ALSO", "s3"),
            ("FERRY_STORAGE__BUCKET", "nowhere"),
            ("FERRY_STORAGE__ENDPOINT", "http://127.0.0.1:9"),
            ("FERRY_STORAGE__ACCESS_KEY_ID", "id"),
            ("FERRY_STORAGE__SECRET_ACCESS_KEY", "key"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    config.data_dir = fixture.dir().join("second");
    std::fs::create_dir_all(&config.data_dir)?;
    let second = config.start().await?;
    let there = admin.api.moved_to(&second.url());
    let gone = || async {
        let path = format!("/api/upload/resume/{}", file.id());
        let answer = there.get(&path).await?;
        answer.refused(410, ErrorCode::UploadExpired)
    };
    wait::until(Duration::from_secs(30), "the upload is cleaned up", gone).await?;
    ensure!(second.stop().await?.success(), "the second server's end");
    fixture.close().await
}

#[tokio::test]
async fn activity_puts_expiry_off() -> Result<()> {
    let fixture = FixtureBuilder::default()
        .set("FERRY_CLEANUP_INTERVAL_SECS", 86_400)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.start(&admin.api).await?;
    age(&fixture, file.id(), 6).await?;
    let status = async || -> Result<ResumeStatus> {
        admin
            .api
            .get(&format!("/api/upload/resume/{}", file.id()))
            .await?
            .expect(200)
    };
    let before = status().await?.expires_at.context("no expiry")?;
    file.put_all(&admin.api, [1]).await?;
    let after = status().await?.expires_at.context("no expiry")?;
    ensure!(
        (after - before).num_hours() >= 6 * 24 - 1,
        "{before} to {after}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_quota_holds_also_against_parts_sent_at_once() -> Result<()> {
    let quota_bytes: u64 = 400_000;
    let fixture = FixtureBuilder::default()
        .set("FERRY_DEFAULT_QUOTA_BYTES", quota_bytes)
        .start()
        .await?;
    let admin = fixture.admin().await?;
    let user = fixture.invite(&admin, "user").await?;
    let refused = |answer: &Answer| -> Result<()> {
        let problem = answer.refused(403, ErrorCode::QuotaExceeded)?;
        ensure!(problem.limit_bytes == Some(quota_bytes), "{problem:?}");
        Ok(())
    };
    let large = SealedFile::new(&user.keys, "large", content(1, 2_000_000))?;
    let request = large.start_request()?;
    refused(&user.api.post("/api/upload/start", &request).await?)?;

    // Each of them fits, both do not; and nothing of either is stored when they begin.
    let files = [
        SealedFile::new(&user.keys, "one", content(1, 300_000))?,
        SealedFile::new(&user.keys, "two", content(2, 300_000))?,
    ];
    for file in &files {
        file.start(&user.api).await?;
    }
    let mut puts = Vec::new();
    for file in &files {
        for number in 1..=file.total_parts() {
            let (file, api) = (file.clone(), user.api.clone());
            let put = async move { file.put(&api, number, &file.part(number)?).await };
            puts.push(tokio::spawn(put));
        }
    }
    let (mut stored_parts, mut refused_parts) = (0, 0);
    for put in puts {
        let answer = put.await??;
        if answer.status == 201 {
            stored_parts += 1;
        } else {
            refused(&answer)?;
            refused_parts += 1;
        }
    }
    ensure!(
        stored_parts > 0 && refused_parts > 0,
        "{stored_parts} parts of 600 kB went into a quota of 400 kB, {refused_parts} did not"
    );
    // the bytes of a refused part may have come already: they are removed after the answer
    let within = || async {
        let files = fixture.stored_files();
        let sizes = files.iter().filter_map(|path| std::fs::metadata(path).ok());
        let stored: u64 = sizes.map(|file| file.len()).sum();
        ensure!(stored <= quota_bytes, "{stored} bytes are stored");
        Ok(())
    };
    wait::until(
        Duration::from_secs(30),
        "what was refused is removed",
        within,
    )
    .await?;
    let small = SealedFile::new(&user.keys, "small", content(2, 1_000))?;
    for file in &files {
        let path = format!("/api/upload/resume/{}", file.id());
        user.api.delete(&path).await?.expect_status(200)?;
    }
    small.upload(&user.api).await?;
    fixture.close().await
}

#[tokio::test]
async fn administrators_see_uploads_and_storage_without_names() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let user = fixture.invite(&admin, "user").await?;
    let file = SealedFile::new(&user.keys, "secret name.txt", content(1, 300_000))?;
    file.start(&user.api).await?;
    file.put_all(&user.api, [1, 2]).await?;
    let answer = admin.api.get("/api/admin/sessions").await?;
    let sessions: Vec<AdminSession> = answer.expect(200)?;
    ensure!(
        sessions.len() == 1 && sessions[0].username == "user" && sessions[0].uploaded_parts == 2,
        "{sessions:?}"
    );
    ensure!(
        !answer.text().contains("secret name") && !answer.text().contains(&file.label()),
        "{}",
        answer.text()
    );
    let storage: Vec<StorageEntry> = admin.api.get("/api/admin/storage").await?.expect(200)?;
    let main = storage
        .iter()
        .find(|entry| entry.is_default)
        .context("no default store")?;
    let on_disk: u64 = fixture
        .stored_files()
        .iter()
        .filter_map(|path| std::fs::metadata(path).ok())
        .map(|file| file.len())
        .sum();
    ensure!(
        main.healthy && main.parts == 2 && main.stored_bytes == on_disk,
        "{main:?}, {on_disk} on the disk"
    );
    fixture.close().await
}
