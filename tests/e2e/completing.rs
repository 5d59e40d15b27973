//! The end of an upload: refused while anything is missing, repeated without harm, and then final.

use anyhow::{Context, Result, ensure};
use ferry_core::wire::{
    B64, Bytes64, CompleteResponse, ErrorCode, FileEntry, StartRequest, UploadSession,
};
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
    type Change = fn(&mut StartRequest);
    let changes: [(&str, Change); 7] = [
        ("another number of parts", |start| start.total_parts += 1),
        ("another size", |start| start.size += 10_000_000),
        ("a short header", |start| start.header.0.truncate(87)),
        ("an unknown version", |start| start.header.0[4] = 2),
        ("another file's id", |start| {
            start.file_id = uuid::Uuid::new_v4();
        }),
        ("a short key", |start| start.file_key = Bytes64(vec![1; 79])),
        ("a long label", |start| start.filename = "x".repeat(256)),
    ];
    for (what, change) in changes {
        let mut request = good.clone();
        change(&mut request);
        let answer = admin.api.post("/api/upload/start", &request).await?;
        answer
            .refused(400, ErrorCode::InvalidRequest)
            .context(what)?;
    }
    let long = StartRequest {
        manifest: Bytes64(vec![0; 65_537]),
        ..good.clone()
    };
    let refused = admin.api.post("/api/upload/start", &long).await?;
    let problem = refused.refused(413, ErrorCode::BodyTooLarge)?;
    ensure!(problem.limit_bytes == Some(65_536), "{problem:?}");
    admin
        .api
        .post("/api/upload/start", &serde_json::json!({"file_id": 7}))
        .await?
        .refused(400, ErrorCode::InvalidRequest)?;
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
    let resized = admin.api.patch(&path, 1, &grown).await?;
    resized.refused(409, ErrorCode::FileComplete)?;
    let discarded = admin.api.delete(&path).await?;
    discarded.refused(409, ErrorCode::FileComplete)?;
    ensure!(
        download(&admin, file.id()).await?.1 == file.content,
        "its content changed"
    );
    fixture.close().await
}
