//! What reads: `check`, part lists, and a whole download with every check a client owes its user.

use anyhow::{Context, Result, ensure};
use ferry_core::{
    digest::{FileHasher, body_blake3},
    envelope::{
        file_slot::FileKeySlot,
        header::Header,
        keys::FileKeys,
        label,
        manifest::{Content, Manifest},
        part::{self, SealedPart},
    },
    wire::{
        B64, CheckResponse, FileEntry, HEADER_BODY_BLAKE3, HEADER_PART_COMPRESSION,
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
    vec![
        (HEADER_PART_MAC, B64(part.part_mac).to_string()),
        (HEADER_PART_COMPRESSION, part.compression.to_string()),
        (HEADER_BODY_BLAKE3, B64(body_blake3(&part.body)).to_string()),
    ]
}

/// A complete file with its keys, and the server's list of its parts: it is the sealed one, and the plan's.
pub struct Opened {
    pub name: String,
    rows: Vec<PartEntry>,
    file_id: Uuid,
    header: Header,
    keys: FileKeys,
    content: Content,
}

impl Opened {
    /// Fetches and checks everything but the parts themselves.
    pub async fn fetch(person: &Person, file_id: Uuid) -> Result<Opened> {
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
        let rows = part_rows(&person.api, file_id).await?;
        let records: Vec<_> = rows.iter().map(record).collect();
        content.check_parts(&records)?;
        let plan = content.plan(&header)?;
        let planned = plan.iter().map(|span| (span.number, span.len_bytes));
        ensure!(
            rows.iter().map(|row| (row.number, row.size)).eq(planned),
            "the parts are not those of {plan:?}"
        );
        Ok(Opened {
            name,
            rows,
            file_id,
            content: content.clone(),
            header,
            keys,
        })
    }

    /// A part as it is stored.
    pub async fn sealed_part(&self, person: &Person, number: u32) -> Result<Vec<u8>> {
        let path = format!("/api/files/{}/parts/{number}", self.file_id);
        let body = person.api.get(&path).await?;
        body.expect_status(200)?;
        Ok(body.body)
    }

    /// Downloads it, and hands its plaintext over piece by piece; whatever is not as it was sealed is an error. Returns
    /// its SHA-256.
    pub async fn download(&self, person: &Person, mut take: impl FnMut(&[u8])) -> Result<[u8; 32]> {
        let mut hasher = FileHasher::new();
        for (span, row) in self.content.plan(&self.header)?.iter().zip(&self.rows) {
            let body = self.sealed_part(person, span.number).await?;
            let plaintext = part::open(&self.keys, self.header.core(), &span, &record(row), &body)?;
            hasher.update(&plaintext);
            take(&plaintext);
        }
        let sha256 = hasher.finish();
        ensure!(sha256 == self.content.sha256, "the file's hash is another");
        Ok(sha256)
    }
}

/// Name and content of a complete file; anything that is not as it was sealed is an error.
pub async fn download(person: &Person, file_id: Uuid) -> Result<(String, Vec<u8>)> {
    let opened = Opened::fetch(person, file_id).await?;
    let mut content = Vec::new();
    let take = |piece: &[u8]| content.extend_from_slice(piece);
    opened.download(person, take).await?;
    Ok((opened.name, content))
}
