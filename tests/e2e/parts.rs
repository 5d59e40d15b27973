//! Sending parts: stored once, replaced only knowingly, refused when anything about them is wrong.

use anyhow::{Result, ensure};
use ferry_core::{
    digest::body_blake3,
    envelope::part::SealedPart,
    wire::{
        B64, Compression, ErrorCode, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION, HEADER_PART_MAC,
        MAX_PART_BODY_BYTES, ResumeStatus, StoredPart,
    },
};
use ferry_tests::{
    client::{Answer, Api, SealedFile, content, part_headers, part_rows},
    fixture::Fixture,
    proxy::{Action, Fault},
};
use reqwest::Method;
use sha2::Digest;

async fn status(api: &Api, file: &SealedFile) -> Result<ResumeStatus> {
    api.get(&format!("/api/upload/resume/{}", file.id()))
        .await?
        .expect(200)
}

/// Nothing of the file is stored, neither as a row nor as bytes.
async fn ensure_nothing_stored(fixture: &Fixture, api: &Api, file: &SealedFile) -> Result<()> {
    ensure!(
        status(api, file).await?.uploaded_chunks == Some(vec![]),
        "a part was stored"
    );
    ensure!(
        part_rows(api, file.id()).await?.is_empty(),
        "there is a row"
    );
    ensure!(
        fixture.stored_files().is_empty(),
        "bytes were stored: {:?}",
        fixture.stored_files()
    );
    Ok(())
}

#[tokio::test]
async fn a_part_is_stored_once_and_repeated_for_free() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let first = file.part(1)?;
    let stored: StoredPart = file.put(&admin.api, 1, &first).await?.expect(201)?;
    ensure!(
        (stored.generation, stored.duplicate) == (1, false),
        "{stored:?}"
    );
    ensure!(
        first.body.starts_with(&stored.iv.0) && first.body.ends_with(&stored.auth_tag.0),
        "{stored:?}"
    );
    for again in [first.clone(), file.part(1)?] {
        let repeated: StoredPart = file.put(&admin.api, 1, &again).await?.expect(200)?;
        ensure!(
            repeated
                == StoredPart {
                    duplicate: true,
                    ..stored.clone()
                },
            "the stored bytes win: {repeated:?}"
        );
    }
    ensure!(
        part_rows(&admin.api, file.id()).await?.len() == 1,
        "one row for a part"
    );
    fixture.close().await
}

#[tokio::test]
async fn another_content_replaces_a_part_only_by_its_generation() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    let edited = file.edited(content(2, 400_000));
    file.start(&admin.api).await?;
    file.put_all(&admin.api, [1]).await?;
    let other = edited.part(1)?;
    let problem = edited
        .put(&admin.api, 1, &other)
        .await?
        .refused(409, ErrorCode::PartDiffers)?;
    ensure!(problem.generation == Some(1), "{problem:?}");
    let replace = async |generation: u32, part: &SealedPart| -> Result<Answer> {
        let call = admin
            .api
            .call(Method::PUT, &file.part_path(1))
            .if_match(generation);
        call.headers(&part_headers(part))?
            .bytes(part.body.clone())
            .send()
            .await
    };
    let problem = replace(7, &other)
        .await?
        .refused(412, ErrorCode::GenerationMismatch)?;
    ensure!(problem.generation == Some(1), "{problem:?}");
    let replaced: StoredPart = replace(1, &other).await?.expect(201)?;
    ensure!(replaced.generation == 2, "{replaced:?}");
    let repeated: StoredPart = replace(1, &other).await?.expect(200)?;
    ensure!(
        repeated.duplicate && repeated.generation == 2,
        "the answer was lost and the call repeated: {repeated:?}"
    );
    file.put(&admin.api, 1, &file.part(1)?)
        .await?
        .refused(409, ErrorCode::PartDiffers)?;
    fixture.close().await
}

#[tokio::test]
async fn a_part_of_wrong_length_is_refused_and_nothing_is_stored() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let good = file.part(1)?;
    let too_large = usize::try_from(MAX_PART_BODY_BYTES)? + 1;
    let answer = file
        .put(
            &admin.api,
            1,
            &SealedPart {
                body: vec![7; too_large],
                ..good.clone()
            },
        )
        .await?;
    let problem = answer.refused(413, ErrorCode::BodyTooLarge)?;
    ensure!(
        problem.limit_bytes == Some(u64::from(MAX_PART_BODY_BYTES)),
        "413 names the limit: {problem:?}"
    );
    let mut longer = good.body.clone();
    longer.push(0);
    let shorter = good.body[..good.body.len() - 1].to_vec();
    for body in [longer, shorter, vec![], vec![1; 27]] {
        let answer = file
            .put(
                &admin.api,
                1,
                &SealedPart {
                    body,
                    ..good.clone()
                },
            )
            .await?;
        answer.refused(422, ErrorCode::PartLengthWrong)?;
    }
    let packed = SealedPart {
        compression: Compression::DeflateRaw,
        ..good
    };
    let unasked = file.put(&admin.api, 1, &packed).await?;
    unasked.refused(400, ErrorCode::InvalidRequest)?;
    let packable = SealedFile::compressible(&admin.keys, "packable", content(1, 400_000))?;
    packable.start(&admin.api).await?;
    let unpacked = SealedPart {
        compression: Compression::DeflateRaw,
        ..packable.part(1)?
    };
    let too_long = packable.put(&admin.api, 1, &unpacked).await?;
    too_long.refused(422, ErrorCode::PartLengthWrong)?;
    ensure_nothing_stored(&fixture, &admin.api, &file).await?;
    fixture.close().await
}

#[tokio::test]
async fn a_damaged_body_is_refused_and_nothing_is_stored() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let good = file.part(1)?;
    for at in [0, good.body.len() / 2, good.body.len() - 1] {
        let mut damaged = good.body.clone();
        damaged[at] ^= 1;
        let call = admin
            .api
            .call(Method::PUT, &file.part_path(1))
            .headers(&part_headers(&good))?;
        call.bytes(damaged)
            .send()
            .await?
            .refused(422, ErrorCode::DigestMismatch)?;
    }
    ensure_nothing_stored(&fixture, &admin.api, &file).await?;
    fixture.close().await
}

#[tokio::test]
async fn a_part_without_its_headers_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let good = file.part(1)?;
    let put = async |headers: &[(&str, String)]| -> Result<Answer> {
        let call = admin
            .api
            .call(Method::PUT, &file.part_path(1))
            .headers(headers)?;
        call.bytes(good.body.clone()).send().await
    };
    let all = part_headers(&good);
    let without = |name: &str| {
        all.iter()
            .filter(|(header, _)| *header != name)
            .cloned()
            .collect::<Vec<_>>()
    };
    put(&without(HEADER_BODY_BLAKE3))
        .await?
        .refused(400, ErrorCode::DigestMissing)?;
    put(&without(HEADER_PART_MAC))
        .await?
        .refused(400, ErrorCode::InvalidRequest)?;
    let mut garbled = without(HEADER_PART_MAC);
    garbled.push((HEADER_PART_MAC, "AAAA".to_owned()));
    put(&garbled)
        .await?
        .refused(400, ErrorCode::InvalidRequest)?;
    let mut garbled = without(HEADER_PART_COMPRESSION);
    garbled.push((HEADER_PART_COMPRESSION, "zip".to_owned()));
    put(&garbled)
        .await?
        .refused(400, ErrorCode::InvalidRequest)?;
    let mut encoded = all.clone();
    encoded.push(("Content-Encoding", "gzip".to_owned()));
    put(&encoded)
        .await?
        .refused(400, ErrorCode::InvalidRequest)?;
    ensure_nothing_stored(&fixture, &admin.api, &file).await?;
    fixture.close().await
}

#[tokio::test]
async fn everyone_may_use_the_standard_digest_header() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let part = file.part(1)?;
    let headers: Vec<_> = part_headers(&part)
        .into_iter()
        .filter(|(name, _)| *name != HEADER_BODY_BLAKE3)
        .collect();
    let put = async |hashed: &[u8]| -> Result<Answer> {
        use base64::Engine;
        let digest = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(hashed));
        let call = admin
            .api
            .call(Method::PUT, &file.part_path(1))
            .headers(&headers)?;
        call.header("Content-Digest", &format!("sha-256=:{digest}:"))
            .bytes(part.body.clone())
            .send()
            .await
    };
    put(b"something else")
        .await?
        .refused(422, ErrorCode::DigestMismatch)?;
    put(&part.body).await?.expect_status(201)?;
    fixture.close().await
}

#[tokio::test]
async fn a_part_under_a_wrong_number_is_refused() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let part = file.part(1)?;
    for number in [
        "0".to_owned(),
        (file.total_parts() + 1).to_string(),
        u32::MAX.to_string(),
    ] {
        let call = admin.api.call(
            Method::PUT,
            &format!("/api/upload/chunk/{}/{number}", file.id()),
        );
        let answer = call
            .headers(&part_headers(&part))?
            .bytes(part.body.clone())
            .send()
            .await?;
        answer.refused(422, ErrorCode::PartNumberInvalid)?;
    }
    for number in ["-1", "x", "4294967296", "1.0", ""] {
        let call = admin.api.call(
            Method::PUT,
            &format!("/api/upload/chunk/{}/{number}", file.id()),
        );
        let answer = call
            .headers(&part_headers(&part))?
            .bytes(part.body.clone())
            .send()
            .await?;
        answer.refused(404, ErrorCode::NotFound)?;
    }
    ensure_nothing_stored(&fixture, &admin.api, &file).await?;
    fixture.close().await
}

#[tokio::test]
async fn an_old_body_does_not_come_back_under_its_number() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let old = file.part(2)?;
    file.put(&admin.api, 2, &old).await?.expect_status(201)?;
    let edited = file.edited(content(2, 400_000));
    let new = edited.part(2)?;
    let call = admin
        .api
        .call(Method::PUT, &file.part_path(2))
        .if_match(1)
        .headers(&part_headers(&new))?;
    let stored: StoredPart = call.bytes(new.body.clone()).send().await?.expect(201)?;
    file.put(&admin.api, 2, &old)
        .await?
        .refused(409, ErrorCode::PartDiffers)?;
    let mixed = SealedPart {
        part_mac: new.part_mac,
        ..old
    };
    let answer: StoredPart = file.put(&admin.api, 2, &mixed).await?.expect(200)?;
    ensure!(
        answer.iv == stored.iv && answer.duplicate,
        "the stored bytes win: {answer:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn a_body_that_breaks_off_leaves_nothing() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let part = file.part(1)?;
    for action in [
        Action::CutBefore,
        Action::CutAfterBytes(1),
        Action::CutAfterBytes(40_000),
    ] {
        fixture
            .proxy
            .add(Fault::on("PUT /api/upload/chunk/", 1, action));
        ensure!(
            file.put(&admin.api, 1, &part).await.is_err(),
            "{action:?} was answered"
        );
    }
    ensure_nothing_stored(&fixture, &admin.api, &file).await?;
    file.put(&admin.api, 1, &part).await?.expect_status(201)?;
    fixture.close().await
}

#[tokio::test]
async fn a_lost_answer_is_repeated() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(1, 400_000))?;
    file.start(&admin.api).await?;
    let part = file.part(1)?;
    fixture
        .proxy
        .add(Fault::on("PUT /api/upload/chunk/", 1, Action::DropAnswer));
    ensure!(
        file.put(&admin.api, 1, &part).await.is_err(),
        "the answer was not lost"
    );
    let stored: StoredPart = file.put(&admin.api, 1, &part).await?.expect(200)?;
    ensure!(
        stored.duplicate && part.body.starts_with(&stored.iv.0),
        "{stored:?}"
    );
    fixture.close().await
}

#[tokio::test]
async fn packed_parts_are_stored_and_read_back() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let text = "the same line again and again\n"
        .repeat(20_000)
        .into_bytes();
    let file = SealedFile::compressible(&admin.keys, "log.txt", text.clone())?;
    file.start(&admin.api).await?;
    let mut packed = 0;
    for number in 1..=file.total_parts() {
        let part = file.pack_part(number, Compression::DeflateRaw)?;
        packed += u32::from(part.compression == Compression::DeflateRaw);
        let stored: StoredPart = file.put(&admin.api, number, &part).await?.expect(201)?;
        ensure!(stored.compression == part.compression, "{stored:?}");
    }
    ensure!(packed > 0, "no part was packed: the test shows nothing");
    file.complete(&admin.api).await?;
    let (_, downloaded) = ferry_tests::client::download(&admin, file.id()).await?;
    ensure!(downloaded == text, "another content came back");
    fixture.close().await
}

#[tokio::test]
async fn an_empty_file_has_one_empty_part() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "empty", Vec::new())?;
    ensure!(
        file.total_parts() == 1 && file.part(1)?.body.len() == 28,
        "the plan of an empty file"
    );
    file.upload(&admin.api).await?;
    let (name, downloaded) = ferry_tests::client::download(&admin, file.id()).await?;
    ensure!(name == "empty" && downloaded.is_empty(), "{name}");
    fixture.close().await
}

#[tokio::test]
async fn the_digest_of_the_stored_bytes_is_the_sent_one() -> Result<()> {
    let (fixture, admin) = Fixture::with_admin().await?;
    let file = SealedFile::new(&admin.keys, "a file", content(3, 200_000))?;
    file.start(&admin.api).await?;
    let part = file.part(1)?;
    file.put(&admin.api, 1, &part).await?.expect_status(201)?;
    let stored = fixture.stored_files();
    ensure!(stored.len() == 1, "{stored:?}");
    for path in stored {
        ensure!(
            B64(body_blake3(&std::fs::read(path)?)) == B64(body_blake3(&part.body)),
            "other bytes are stored"
        );
    }
    fixture.close().await
}
