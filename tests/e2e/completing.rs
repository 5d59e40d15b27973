//! The end of an upload: refused while anything is missing, repeated without harm, and then final.

use anyhow::{Result, ensure};
use ferry_core::wire::{B64, Bytes64, CompleteResponse, ErrorCode, FileEntry, UploadSession};
use ferry_tests::{
    client::{SealedFile, content, download, part_headers, part_rows},
    fixture::Fixture,
    proxy::{Action, Fault},
};
use reqwest::Method;

#[tokio::test]
async fn upload_and_download_are_equal() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "holiday.mp4", content(1, 1_000_000))?;
    file.upload(&admin.api).await?;
    let (name, downloaded) = download(&admin, file.id()).await?;
    ensure!(
        name == "holiday.mp4" && downloaded == file.content,
        "another file came back"
    );
    let entry: FileEntry = admin
        .api
        .get(&format!("/api/files/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(
        entry.is_complete && entry.stored_parts == file.total_parts() && entry.manifest_seq == 1,
        "{entry:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_start_is_repeated_with_the_same_answer() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    let request = file.start_request()?;
    fixture
        .proxy
        .add(Fault::on("POST /api/upload/start", 1, Action::DropAnswer));
    ensure!(
        admin.api.post("/api/upload/start", &request).await.is_err(),
        "the answer was not lost"
    );
    let first: UploadSession = admin
        .api
        .post("/api/upload/start", &request)
        .await?
        .expect(200)?;
    let second: UploadSession = admin
        .api
        .post("/api/upload/start", &request)
        .await?
        .expect(200)?;
    ensure!(
        first == second && first.total_parts == file.total_parts(),
        "{first:?}"
    );
    let other = file.start_request()?;
    admin
        .api
        .post("/api/upload/start", &other)
        .await?
        .refused(409, ErrorCode::FileIdTaken)?;
    fixture.close().await
}

#[tokio::test]
async fn a_start_that_contradicts_itself_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    let good = file.start_request()?;
    let mut broken = Vec::new();
    for change in 0..8 {
        let mut request = good.clone();
        match change {
            0 => request.total_parts += 1,
            1 => request.size += 10_000_000,
            2 => request.header = Bytes64(request.header.0[..87].to_vec()),
            3 => request.header.0[4] = 2,
            4 => request.file_id = uuid::Uuid::new_v4(),
            5 => request.file_key = Bytes64(vec![1; 79]),
            6 => request.manifest = Bytes64(vec![0; 65_537]),
            _ => request.filename = "x".repeat(256),
        }
        broken.push(request);
    }
    for request in broken {
        let answer = admin.api.post("/api/upload/start", &request).await?;
        ensure!(
            (400..500).contains(&answer.status) && answer.status != 409,
            "{}: {}",
            answer.status,
            answer.text()
        );
        ensure!(
            answer.header("content-type") == Some("application/problem+json"),
            "{answer:?}"
        );
    }
    admin
        .api
        .post("/api/upload/start", &serde_json::json!({"file_id": 7}))
        .await?
        .refused_as(ErrorCode::InvalidRequest)?;
    let uploads: Vec<UploadSession> = admin.api.get("/api/uploads").await?.expect(200)?;
    ensure!(uploads.is_empty(), "{uploads:?}");
    fixture.close().await
}

#[tokio::test]
async fn complete_says_which_parts_are_missing() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 700_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, 2..file.total_parts()).await?;
    let request = file.complete_request(&admin.api).await?;
    let problem = admin
        .api
        .post(&file.complete_path(), &request)
        .await?
        .refused(409, ErrorCode::PartsMissing)?;
    ensure!(
        problem.missing_chunks == Some(vec![1, file.total_parts()]),
        "{problem:?}"
    );
    file.put_all(&admin.api, [1, file.total_parts()]).await?;
    file.complete(&admin.api).await?;
    fixture.close().await
}

#[tokio::test]
async fn complete_over_other_parts_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, 1..=file.total_parts()).await?;
    let rows = part_rows(&admin.api, file.id()).await?;
    let good = file.complete_request_over(&rows)?;
    let mut other = rows.clone();
    other[0].part_mac = B64([9; 32]);
    let wrong = file.complete_request_over(&other)?;
    admin
        .api
        .post(&file.complete_path(), &wrong)
        .await?
        .refused(409, ErrorCode::PartsChanged)?;
    let entry: FileEntry = admin
        .api
        .get(&format!("/api/files/{}", file.id()))
        .await?
        .expect(200)?;
    ensure!(!entry.is_complete, "it was completed over other parts");
    admin
        .api
        .post(&file.complete_path(), &good)
        .await?
        .expect_status(200)?;
    fixture.close().await
}

#[tokio::test]
async fn complete_is_repeated_and_never_changed() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, 1..=file.total_parts()).await?;
    let request = file.complete_request(&admin.api).await?;
    fixture.proxy.add(Fault::on(
        "POST /api/upload/complete/",
        1,
        Action::DropAnswer,
    ));
    ensure!(
        admin
            .api
            .post(&file.complete_path(), &request)
            .await
            .is_err(),
        "the answer was not lost"
    );
    let first: CompleteResponse = admin
        .api
        .post(&file.complete_path(), &request)
        .await?
        .expect(200)?;
    let second: CompleteResponse = admin
        .api
        .post(&file.complete_path(), &request)
        .await?
        .expect(200)?;
    ensure!(first == second && first.is_complete, "{first:?}");
    let other = file.complete_request(&admin.api).await?;
    let problem = admin
        .api
        .post(&file.complete_path(), &other)
        .await?
        .refused(409, ErrorCode::ManifestDiffers)?;
    ensure!(
        problem.manifest == Some(request.manifest),
        "the stored manifest comes with the answer"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_complete_file_takes_no_other_content() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.upload(&admin.api).await?;
    let edited = file.edited(content(2, 300_000));
    let part = edited.part(1)?;
    let call = admin
        .api
        .call(Method::PUT, &file.part_path(1))
        .if_match(1)
        .headers(&part_headers(&part))?;
    call.bytes(part.body)
        .send()
        .await?
        .refused(409, ErrorCode::FileComplete)?;
    let (_, grown) = file.grown_to(content(1, 600_000))?;
    let path = format!("/api/upload/resume/{}", file.id());
    ensure!(
        (400..500).contains(&admin.api.patch(&path, 1, &grown).await?.status),
        "a complete file was resized"
    );
    ensure!(
        (400..500).contains(&admin.api.delete(&path).await?.status),
        "a complete file was discarded"
    );
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "its content changed"
    );
    fixture.close().await
}
