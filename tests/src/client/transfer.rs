//! What reads: `check`, part lists, and a whole download with every check a client owes its user.

use anyhow::{Context, Result, ensure};
use ferry_core::{
    digest::{FileHasher, body_blake3},
    envelope::{
        file_slot::FileKeySlot,
        header::Header,
        label,
        manifest::Manifest,
        part::{self, SealedPart},
    },
    wire::{
        B64, CheckResponse, Compression, FileEntry, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION,
        HEADER_PART_MAC, PartEntry, PartsPage,
    },
};
use uuid::Uuid;

use super::{Api, Person, query_value, sealed_file::record};

/// What the server knows of a file with this label and size.
pub async fn check(api: &Api, label: &str, size_bytes: u64) -> Result<CheckResponse> {
    api.get(&format!(
        "/api/upload/check?filename={}&size={size_bytes}",
        query_value(label)
    ))
    .await?
    .expect(200)
}

/// All part rows of a file, page after page.
pub async fn part_rows(api: &Api, file_id: Uuid) -> Result<Vec<PartEntry>> {
    let mut rows = Vec::new();
    let mut after = 0;
    loop {
        let page: PartsPage = api
            .get(&format!("/api/files/{file_id}/parts?after={after}"))
            .await?
            .expect(200)?;
        rows.extend(page.parts);
        match page.next {
            Some(next) => after = next,
            None => return Ok(rows),
        }
    }
}

/// The headers that belong to a part's body.
pub fn part_headers(part: &SealedPart) -> Vec<(&'static str, String)> {
    let compression = match part.compression {
        Compression::None => "none",
        Compression::DeflateRaw => "deflate-raw",
    };
    vec![
        (HEADER_PART_MAC, B64(part.part_mac).to_string()),
        (HEADER_PART_COMPRESSION, compression.to_owned()),
        (HEADER_BODY_BLAKE3, B64(body_blake3(&part.body)).to_string()),
    ]
}

/// Name and content of a complete file; anything that is not as it was sealed is an error.
pub async fn download(person: &Person, file_id: Uuid) -> Result<(String, Vec<u8>)> {
    let entry: FileEntry = person
        .api
        .get(&format!("/api/files/{file_id}"))
        .await?
        .expect(200)?;
    let header = Header::parse_for(&entry.header.0, &file_id)?;
    let keys = FileKeySlot::parse(&entry.file_key.0)?.open(&header, &person.keys)?;
    let manifest = Manifest::open(&entry.manifest.0, &keys.manifest, &header, None)?;
    let name = manifest.about().name.clone();
    ensure!(
        label::stands_for(&entry.filename, &person.keys.name, &name),
        "the label is another name's"
    );
    let content = manifest.content().context("the file is not complete")?;
    let plan = content.plan(&header)?;
    let records: Vec<_> = part_rows(&person.api, file_id)
        .await?
        .iter()
        .map(record)
        .collect();
    content.check_parts(&records)?;
    let mut plaintext = Vec::new();
    for (span, record) in plan.iter().zip(&records) {
        let body = person
            .api
            .get(&format!("/api/files/{file_id}/parts/{}", span.number))
            .await?;
        body.expect_status(200)?;
        plaintext.extend(part::open(&keys, header.core(), &span, record, &body.body)?);
    }
    let mut hasher = FileHasher::new();
    hasher.update(&plaintext);
    ensure!(
        hasher.finish() == content.sha256,
        "the file's hash is another"
    );
    Ok((name, plaintext))
}
