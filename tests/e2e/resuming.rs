//! Coming back: what `check` and `resume` say, files that grew, uploads that are thrown away.

use anyhow::{Result, ensure};
use ferry_core::wire::{
    CheckResponse, DeleteResponse, ErrorCode, ResumeStatus, UploadSession, UploadStatus,
};
use ferry_tests::{
    client::{Person, SealedFile, check, content, download, query_value},
    fixture::Fixture,
};

async fn check_file(person: &Person, file: &SealedFile) -> Result<CheckResponse> {
    check(&person.api, &file.label(), file.content.len() as u64).await
}

fn resume_path(file: &SealedFile) -> String {
    format!("/api/upload/resume/{}", file.id())
}

#[tokio::test]
async fn check_says_what_is_stored_and_what_is_missing() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 900_000))?;
    let total = file.total_parts();
    let nothing = check_file(&admin, &file).await?;
    ensure!(
        !nothing.exists
            && !nothing.can_resume
            && nothing.candidates.is_empty()
            && nothing.file_id.is_none(),
        "{nothing:?}"
    );
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1, 2, 4]).await?;
    let found = check_file(&admin, &file).await?;
    ensure!(
        found.exists && found.can_resume && found.file_id == Some(file.id()),
        "{found:?}"
    );
    ensure!(
        found.uploaded_chunks == [1, 2, 4] && found.total_chunks == total,
        "{found:?}"
    );
    let missing: Vec<u32> = (1..=total)
        .filter(|number| ![1, 2, 4].contains(number))
        .collect();
    ensure!(found.missing_chunks == missing, "{found:?}");
    let candidate = &found.candidates[0];
    ensure!(
        candidate.header.0 == file.header.to_bytes() && candidate.stored_parts == 3,
        "{candidate:?}"
    );
    file.put_all(&admin.api, missing).await?;
    let whole = check_file(&admin, &file).await?;
    ensure!(
        whole.can_resume && whole.missing_chunks.is_empty(),
        "nothing is missing but complete: {whole:?}"
    );
    file.complete(&admin.api).await?;
    let complete = check_file(&admin, &file).await?;
    ensure!(
        complete.exists && !complete.can_resume && complete.candidates[0].is_complete,
        "{complete:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn status_counts_bytes_and_gives_ranges() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 900_000))?;
    let total = file.total_parts();
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [2, 3]).await?;
    let status: ResumeStatus = admin.api.get(&resume_path(&file)).await?.expect(200)?;
    let stored: u32 = [2, 3]
        .iter()
        .filter_map(|number| file.plan.part(*number))
        .map(|span| span.len_bytes)
        .sum();
    let percent = (f64::from(stored) * 10_000.0 / 900_000.0).floor() / 100.0;
    ensure!(
        (status.progress_percent - percent).abs() < 0.011,
        "{status:?}, {percent} expected"
    );
    ensure!(
        status.uploaded_chunks == Some(vec![2, 3]) && status.status == UploadStatus::InProgress,
        "{status:?}"
    );
    ensure!(status.missing_ranges == [[1, 1], [4, total]], "{status:?}");
    ensure!(
        status.expires_at > Some(status.last_activity_at),
        "{status:?}"
    );
    let short: ResumeStatus = admin
        .api
        .get(&format!("{}?ranges=true", resume_path(&file)))
        .await?
        .expect(200)?;
    ensure!(
        short.uploaded_chunks.is_none() && short.missing_chunks.is_none(),
        "{short:?}"
    );
    ensure!(short.missing_ranges == status.missing_ranges, "{short:?}");
    fixture.close().await
}

#[tokio::test]
async fn equal_name_and_size_are_two_candidates() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let one = SealedFile::new(&admin.keys, "report.pdf", content(1, 300_000))?;
    let two = SealedFile::new(&admin.keys, "report.pdf", content(2, 300_000))?;
    for file in [&one, &two] {
        file.start(&admin.api).await?;
        file.put_all(&admin.api, [1]).await?;
    }
    let found = check_file(&admin, &one).await?;
    let ids: Vec<_> = found
        .candidates
        .iter()
        .map(|candidate| candidate.file_id)
        .collect();
    ensure!(ids == [two.id(), one.id()], "the latest first: {ids:?}");
    one.put_all(&admin.api, 2..=one.total_parts()).await?;
    one.complete(&admin.api).await?;
    let found = check_file(&admin, &one).await?;
    ensure!(
        found.file_id == Some(two.id()) && found.can_resume,
        "unfinished before complete: {found:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_renamed_unfinished_file_is_a_candidate_and_a_finished_one_by_fingerprint() -> Result<()>
{
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "before.bin", content(1, 300_000))?;
    let renamed = file.renamed("after.bin");
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    let found = check_file(&admin, &renamed).await?;
    ensure!(
        found
            .candidates
            .iter()
            .any(|candidate| candidate.file_id == file.id()),
        "{found:?}"
    );
    file.put_all(&admin.api, 2..=file.total_parts()).await?;
    let request = file.complete_request(&admin.api).await?;
    file.complete(&admin.api).await?;
    let path = format!(
        "/api/upload/check?filename={}&size=300000&fingerprint=",
        query_value(&renamed.label())
    );
    let found: CheckResponse = admin
        .api
        .get(&format!("{path}{}", request.fingerprint))
        .await?
        .expect(200)?;
    ensure!(
        found
            .candidates
            .iter()
            .any(|candidate| candidate.file_id == file.id() && candidate.is_complete),
        "{found:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_file_that_grew_keeps_its_first_parts() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let whole = content(1, 900_000);
    let file = SealedFile::new(&admin.keys, "growing.log", whole[..500_000].to_vec())?;
    let session = file.start(&admin.api).await?;
    let cut_part = file.total_parts();
    file.put_all(&admin.api, 1..=cut_part).await?;
    let (grown, request) = file.grown_to(whole.clone())?;
    admin
        .api
        .patch(&resume_path(&file), session.revision + 7, &request)
        .await?
        .refused(412, ErrorCode::GenerationMismatch)?;
    let resized: UploadSession = admin
        .api
        .patch(&resume_path(&file), session.revision, &request)
        .await?
        .expect(200)?;
    ensure!(
        resized.size == 900_000 && resized.total_parts == grown.total_parts(),
        "{resized:?}"
    );
    let repeated: UploadSession = admin
        .api
        .patch(&resume_path(&file), session.revision, &request)
        .await?
        .expect(200)?;
    ensure!(
        repeated.revision == resized.revision,
        "a repeated change is the same change: {repeated:?}"
    );
    let status: ResumeStatus = admin.api.get(&resume_path(&file)).await?.expect(200)?;
    let last_changed = grown.plan.part(cut_part).map(|span| span.len_bytes)
        != file.plan.part(cut_part).map(|span| span.len_bytes);
    let first_missing = if last_changed { cut_part } else { cut_part + 1 };
    ensure!(
        status.missing_chunks == Some((first_missing..=grown.total_parts()).collect()),
        "{status:?}"
    );
    grown
        .put_all(&admin.api, first_missing..=grown.total_parts())
        .await?;
    grown.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == whole,
        "another content came back"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_file_that_was_cut_loses_its_last_parts() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "shrinking.log", content(1, 900_000))?;
    let session = file.start(&admin.api).await?;
    file.put_all(&admin.api, 1..=file.total_parts()).await?;
    let (cut, request) = file.grown_to(file.content[..400_000].to_vec())?;
    admin
        .api
        .patch(&resume_path(&file), session.revision, &request)
        .await?
        .expect_status(200)?;
    let status: ResumeStatus = admin.api.get(&resume_path(&file)).await?.expect(200)?;
    let missing = status.missing_chunks.clone().unwrap_or_default();
    ensure!(status.total_chunks == cut.total_parts(), "{status:?}");
    ensure!(
        missing.iter().all(|number| *number == cut.total_parts()),
        "only the last part changed its length: {status:?}"
    );
    cut.put_all(&admin.api, missing).await?;
    cut.complete(&admin.api).await?;
    ensure!(
        download(&admin, file.id()).await?.1 == cut.content,
        "another content came back"
    );
    fixture.close().await
}

#[tokio::test]
async fn discard_deletes_and_may_be_repeated() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 500_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1, 2]).await?;
    let first: DeleteResponse = admin.api.delete(&resume_path(&file)).await?.expect(200)?;
    ensure!(
        first.deleted && first.deletion.deleted == 2 && first.deletion.crypto_erased == 0,
        "{first:?}"
    );
    let second: DeleteResponse = admin.api.delete(&resume_path(&file)).await?.expect(200)?;
    ensure!(
        second == first,
        "a repeated discard answers the same: {second:?}"
    );
    admin
        .api
        .get(&resume_path(&file))
        .await?
        .refused(404, ErrorCode::NotFound)?;
    ensure!(
        !check_file(&admin, &file).await?.exists,
        "it is still found"
    );
    let late = file.put(&admin.api, 3, &file.part(3)?).await?;
    late.refused(404, ErrorCode::NotFound)?;
    fixture.close().await
}

#[tokio::test]
async fn the_second_device_sees_what_is_unfinished() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let unfinished = SealedFile::new(&admin.keys, "unfinished", content(1, 300_000))?;
    unfinished.start(&admin.api).await?;
    unfinished.put_all(&admin.api, [1]).await?;
    SealedFile::new(&admin.keys, "finished", content(2, 300_000))?
        .upload(&admin.api)
        .await?;
    let elsewhere = Person::login(&fixture.api()?, "ADMIN", &admin.password).await?;
    let uploads: Vec<UploadSession> = elsewhere.api.get("/api/uploads").await?.expect(200)?;
    ensure!(
        uploads.len() == 1
            && uploads[0].file_id == unfinished.id()
            && uploads[0].uploaded_parts == 1,
        "{uploads:?}"
    );
    ensure!(
        elsewhere.keys == admin.keys,
        "the password alone gives the same keys"
    );
    fixture.close().await
}
