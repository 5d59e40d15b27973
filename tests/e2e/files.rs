//! Complete files: listed, renamed, read in ranges, deleted.

use anyhow::{Result, ensure};
use ferry_core::wire::{DeleteResponse, ErrorCode, FileEntry, FilesPage, ManifestResponse};
use ferry_tests::{
    client::{SealedFile, content, download, part_rows},
    fixture::Fixture,
};
use reqwest::Method;

#[tokio::test]
async fn files_are_listed_page_by_page_the_newest_first() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let mut expected = Vec::new();
    for number in 0..5 {
        let file = SealedFile::new(
            &admin.keys,
            &format!("file {number}"),
            content(number, 1000),
        )?;
        file.upload(&admin.api).await?;
        expected.insert(0, file.id());
    }
    SealedFile::new(&admin.keys, "unfinished", content(9, 1000))?
        .start(&admin.api)
        .await?;
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page: FilesPage = admin
            .api
            .get(&format!("/api/files?limit=2{after}"))
            .await?
            .expect(200)?;
        ensure!(page.files.len() <= 2, "{}", page.files.len());
        listed.extend(page.files.iter().map(|file| file.file_id));
        match page.next {
            Some(next) => after = format!("&after={}", ferry_tests::client::query_value(&next)),
            None => break,
        }
    }
    ensure!(listed == expected, "{listed:?}, not {expected:?}");
    for query in ["limit=0", "limit=501", "limit=x", "after=%00"] {
        admin
            .api
            .get(&format!("/api/files?{query}"))
            .await?
            .refused(400, ErrorCode::InvalidRequest)?;
    }
    fixture.close().await
}

#[tokio::test]
async fn renaming_needs_the_revision_and_the_next_manifest() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "before", content(1, 200_000))?;
    file.upload(&admin.api).await?;
    let path = format!("/api/files/{}", file.id());
    let stored: ManifestResponse = admin
        .api
        .get(&format!("{path}/manifest"))
        .await?
        .expect(200)?;
    let rename = file.rename_request("after", &stored.manifest.0)?;
    ensure!(rename.manifest_seq == 2, "{}", rename.manifest_seq);
    admin
        .api
        .patch(&path, stored.revision + 1, &rename)
        .await?
        .refused(412, ErrorCode::GenerationMismatch)?;
    let without = admin
        .api
        .call(Method::PATCH, &path)
        .json(&rename)
        .send()
        .await?;
    without.refused(400, ErrorCode::InvalidRequest)?;
    let mut skipped = rename.clone();
    skipped.manifest_seq = 3;
    let skipped = admin.api.patch(&path, stored.revision, &skipped).await?;
    skipped.refused(400, ErrorCode::InvalidRequest)?;
    let renamed: FileEntry = admin
        .api
        .patch(&path, stored.revision, &rename)
        .await?
        .expect(200)?;
    let again: FileEntry = admin
        .api
        .patch(&path, stored.revision, &rename)
        .await?
        .expect(200)?;
    ensure!(
        renamed == again && renamed.filename == rename.filename,
        "a repeated rename answers the same"
    );
    ensure!(
        download(&admin, file.id()).await? == ("after".into(), file.content.clone()),
        "the file under its new name"
    );
    fixture.close().await
}

#[tokio::test]
async fn parts_are_read_whole_and_in_ranges_and_never_shown() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "page.html", content(1, 200_000))?;
    file.start(&admin.api).await?;
    let part = file.part(1)?;
    file.put(&admin.api, 1, &part).await?.expect_status(201)?;
    let path = format!("/api/files/{}/parts/1", file.id());
    let whole = admin.api.get(&path).await?;
    whole.expect_status(200)?;
    ensure!(whole.body == part.body, "other bytes");
    ensure!(
        whole.header("content-type") == Some("application/octet-stream"),
        "{whole:?}"
    );
    ensure!(
        whole.header("x-content-type-options") == Some("nosniff"),
        "no nosniff"
    );
    ensure!(
        whole
            .header("content-disposition")
            .is_some_and(|value| value.starts_with("attachment")),
        "not an attachment"
    );
    for (range, bytes) in [
        ("bytes=0-9", &part.body[..10]),
        ("bytes=100-199", &part.body[100..200]),
        ("bytes=-16", &part.body[part.body.len() - 16..]),
    ] {
        let piece = admin
            .api
            .call(Method::GET, &path)
            .header("Range", range)
            .send()
            .await?;
        piece.expect_status(206)?;
        ensure!(piece.body == bytes, "{range}");
        ensure!(
            piece
                .header("content-range")
                .is_some_and(|value| value.ends_with(&format!("/{}", part.body.len()))),
            "{piece:?}"
        );
    }
    let beyond = admin
        .api
        .call(Method::GET, &path)
        .header("Range", "bytes=99999999-")
        .send()
        .await?;
    ensure!(beyond.status == 416, "{}", beyond.status);
    admin
        .api
        .get(&format!("/api/files/{}/parts/2", file.id()))
        .await?
        .refused(404, ErrorCode::NotFound)?;
    fixture.close().await
}

#[tokio::test]
async fn part_lists_are_paged() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 900_000))?;
    file.start(&admin.api).await?;
    file.put_all(&admin.api, 1..=file.total_parts()).await?;
    let all = part_rows(&admin.api, file.id()).await?;
    let numbers: Vec<u32> = all.iter().map(|row| row.number).collect();
    ensure!(
        numbers == (1..=file.total_parts()).collect::<Vec<_>>(),
        "{numbers:?}"
    );
    for row in &all {
        let span = file.plan.part(row.number).map(|span| span.len_bytes);
        ensure!(
            span == Some(row.size) && row.stored_size == row.size + 28 && row.generation == 1,
            "{row:?}"
        );
    }
    let page: ferry_core::wire::PartsPage = admin
        .api
        .get(&format!("/api/files/{}/parts?after=2&limit=3", file.id()))
        .await?
        .expect(200)?;
    ensure!(page.parts == all[2..5] && page.next == Some(5), "{page:?}");
    fixture.close().await
}

#[tokio::test]
async fn a_deleted_file_is_gone_with_its_bytes() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.upload(&admin.api).await?;
    let path = format!("/api/files/{}", file.id());
    let first: DeleteResponse = admin.api.delete(&path).await?.expect(200)?;
    ensure!(
        first.deletion.deleted == u64::from(file.total_parts()),
        "{first:?}"
    );
    let second: DeleteResponse = admin.api.delete(&path).await?.expect(200)?;
    ensure!(first == second, "a repeated delete answers the same");
    admin
        .api
        .get(&path)
        .await?
        .refused(404, ErrorCode::NotFound)?;
    admin
        .api
        .get(&format!("{path}/parts/1"))
        .await?
        .refused(404, ErrorCode::NotFound)?;
    let page: FilesPage = admin.api.get("/api/files").await?.expect(200)?;
    ensure!(page.files.is_empty(), "{page:?}");
    fixture.close().await
}

#[tokio::test]
async fn a_part_whose_bytes_are_lost_is_gone_and_no_fault_of_the_server() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    if fixture.bot_pool().is_ok() {
        return fixture.close().await;
    }
    let file = SealedFile::new(&admin.keys, "a file", content(1, 300_000))?;
    file.upload(&admin.api).await?;
    for path in fixture.stored_files() {
        std::fs::remove_file(path)?;
    }
    let answer = admin
        .api
        .get(&format!("/api/files/{}/parts/2", file.id()))
        .await?;
    let problem = answer.refused(410, ErrorCode::PartCorrupt)?;
    let detail = problem.detail.unwrap_or_default();
    ensure!(
        detail.contains("part 2") && problem.title.contains("lost"),
        "{detail}"
    );
    ensure!(
        problem.error_id.is_none(),
        "it is called a fault of the server"
    );
    admin
        .api
        .delete(&format!("/api/files/{}", file.id()))
        .await?
        .expect_status(200)?;
    fixture.close().await
}
