//! A file in memory with its own keys: every request about it, sealed for real, is a method here.

use anyhow::{Context, Result, ensure};
use ferry_core::{
    digest::FileHasher,
    envelope::{
        Iv,
        file_slot::FileKeySlot,
        header::{Header, HeaderCore},
        keys::{AccountKeys, Dek, FileKeys},
        label,
        manifest::{About, Content, Manifest},
        part::{self, PartRecord},
        parts_root::PartsRoot,
    },
    plan::{Plan, Profile},
    wire::{
        B64, Bytes64, CompleteRequest, CompleteResponse, Compression, PartEntry, RenameRequest,
        ResizeRequest, StartRequest, StoredPart, UploadSession,
    },
};
use reqwest::Method;
use uuid::Uuid;

use super::{Answer, Api, part_headers, part_rows, random};

pub use part::SealedPart;

/// Parts of 64 to 128 KiB: many of them in a small file.
const TINY: Profile = Profile {
    name: "custom",
    min_bytes: 65_536,
    max_bytes: 131_072,
};

/// A file that may be uploaded.
#[derive(Clone)]
pub struct SealedFile {
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Its header.
    pub header: Header,
    /// Its keys.
    pub keys: FileKeys,
    /// Where it is cut.
    pub plan: Plan,
    account: AccountKeys,
    slot: [u8; 80],
}

impl SealedFile {
    /// A new file of this account, cut into tiny parts.
    pub fn new(account: &AccountKeys, name: &str, content: Vec<u8>) -> Result<SealedFile> {
        SealedFile::with_profile(account, name, content, TINY, false)
    }

    /// The same with compression allowed.
    pub fn compressible(account: &AccountKeys, name: &str, content: Vec<u8>) -> Result<SealedFile> {
        SealedFile::with_profile(account, name, content, TINY, true)
    }

    /// A new file, cut by a profile.
    pub fn with_profile(
        account: &AccountKeys,
        name: &str,
        content: Vec<u8>,
        profile: Profile,
        compression: bool,
    ) -> Result<SealedFile> {
        let dek = Dek::generate(&mut random());
        let header = Header::create(
            HeaderCore::generate(profile, compression, &mut random()),
            &dek,
        );
        let slot = FileKeySlot::seal(&dek, &header, account, Iv::generate(&mut random()));
        let plan = Plan::new(header.plan(), content.len() as u64)?;
        let keys = FileKeys::derive(&dek, header.core());
        let account = account.clone();
        Ok(SealedFile {
            name: name.to_owned(),
            content,
            header,
            keys,
            plan,
            account,
            slot: slot.to_bytes(),
        })
    }

    pub fn id(&self) -> Uuid {
        *self.header.file_id()
    }

    /// What the server sees instead of its name.
    pub fn label(&self) -> String {
        label::opaque(&self.account.name, &self.name)
    }

    /// How many parts it has.
    pub fn total_parts(&self) -> u32 {
        self.plan.part_count()
    }

    /// Its content's hash.
    pub fn sha256(&self) -> [u8; 32] {
        let mut hasher = FileHasher::new();
        hasher.update(&self.content);
        hasher.finish()
    }

    fn about(&self) -> About {
        About {
            name: self.name.clone(),
            path: String::new(),
            media_type: String::new(),
            modified_ms: 1_700_000_000_000,
        }
    }

    fn sealed(&self, manifest: &Manifest) -> Result<Bytes64> {
        Ok(Bytes64(manifest.seal(
            &self.keys.manifest,
            &self.header,
            Iv::generate(&mut random()),
        )?))
    }

    /// `start`'s body; each call seals another manifest.
    pub fn start_request(&self) -> Result<StartRequest> {
        Ok(StartRequest {
            file_id: self.id(),
            filename: self.label(),
            folder: String::new(),
            size: self.content.len() as u64,
            total_parts: self.total_parts(),
            header: Bytes64(self.header.to_bytes().to_vec()),
            file_key: Bytes64(self.slot.to_vec()),
            manifest: self.sealed(&Manifest::Started(self.about()))?,
            client: Some("test".into()),
        })
    }

    /// Begins its upload.
    pub async fn start(&self, api: &Api) -> Result<UploadSession> {
        api.post("/api/upload/start", &self.start_request()?)
            .await?
            .expect(201)
    }

    /// The part, sealed afresh.
    pub fn part(&self, number: u32) -> Result<SealedPart> {
        self.pack_part(number, Compression::None)
    }

    /// The part, packed if that makes it shorter.
    pub fn pack_part(&self, number: u32, parameters: Compression) -> Result<SealedPart> {
        let span = self
            .plan
            .part(number)
            .with_context(|| format!("no part {number}"))?;
        let from = usize::try_from(span.offset_bytes)?;
        let plaintext = &self.content[from..from + span.len_bytes as usize];
        Ok(part::seal(
            &self.keys,
            self.header.core(),
            &span,
            plaintext,
            parameters,
            Iv::generate(&mut random()),
        )?)
    }

    /// The address of a part's upload.
    pub fn part_path(&self, number: u32) -> String {
        format!("/api/upload/chunk/{}/{number}", self.id())
    }

    /// Sends a part as it is, with the headers it should have.
    pub async fn put(&self, api: &Api, number: u32, part: &SealedPart) -> Result<Answer> {
        let call = api
            .call(Method::PUT, &self.part_path(number))
            .headers(&part_headers(part))?;
        call.bytes(part.body.clone()).send().await
    }

    /// Seals and sends parts.
    pub async fn put_all(&self, api: &Api, numbers: impl IntoIterator<Item = u32>) -> Result<()> {
        for number in numbers {
            let stored: StoredPart = self
                .put(api, number, &self.part(number)?)
                .await?
                .expect(201)?;
            ensure!(
                !stored.duplicate && stored.part_number == number,
                "{stored:?}"
            );
        }
        Ok(())
    }

    /// `complete`'s body over the rows the server lists.
    pub async fn complete_request(&self, api: &Api) -> Result<CompleteRequest> {
        self.complete_request_over(&part_rows(api, self.id()).await?)
    }

    /// `complete`'s body over these rows.
    pub fn complete_request_over(&self, rows: &[PartEntry]) -> Result<CompleteRequest> {
        self.repair_request(rows, 0)
    }

    /// The same for a file that has manifest `previous_seq`.
    pub fn repair_request(&self, rows: &[PartEntry], previous_seq: u32) -> Result<CompleteRequest> {
        let records: Vec<PartRecord> = rows.iter().map(record).collect();
        let parts_root = PartsRoot::of(u32::try_from(records.len())?, &records)?;
        let content = Content {
            size_bytes: self.content.len() as u64,
            part_count: self.total_parts(),
            sha256: self.sha256(),
            parts_root,
        };
        Ok(CompleteRequest {
            manifest: self.sealed(&Manifest::complete(previous_seq, self.about(), content))?,
            manifest_seq: previous_seq + 1,
            parts_root: B64(parts_root),
            fingerprint: B64(label::fingerprint(
                &self.account.fingerprint,
                &self.sha256(),
            )),
        })
    }

    /// The address of its completion.
    pub fn complete_path(&self) -> String {
        format!("/api/upload/complete/{}", self.id())
    }

    /// Completes it.
    pub async fn complete(&self, api: &Api) -> Result<CompleteResponse> {
        api.post(&self.complete_path(), &self.complete_request(api).await?)
            .await?
            .expect(200)
    }

    /// Everything at once.
    pub async fn upload(&self, api: &Api) -> Result<()> {
        self.start(api).await?;
        self.put_all(api, 1..=self.total_parts()).await?;
        self.complete(api).await.map(drop)
    }

    /// The same upload with other content of the same size.
    #[must_use]
    pub fn edited(&self, content: Vec<u8>) -> SealedFile {
        SealedFile {
            content,
            ..self.clone()
        }
    }

    /// The same upload under another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> SealedFile {
        SealedFile {
            name: name.to_owned(),
            ..self.clone()
        }
    }

    /// The same file with other content, by the same plan.
    pub fn grown_to(&self, content: Vec<u8>) -> Result<(SealedFile, ResizeRequest)> {
        let plan = Plan::new(self.header.plan(), content.len() as u64)?;
        let grown = SealedFile {
            content,
            plan,
            ..self.clone()
        };
        let request = ResizeRequest {
            size: grown.content.len() as u64,
            total_parts: grown.total_parts(),
            manifest: grown.sealed(&Manifest::Started(grown.about()))?,
        };
        Ok((grown, request))
    }

    /// A new name; `manifest` is the stored one.
    pub fn rename_request(&self, name: &str, manifest: &[u8]) -> Result<RenameRequest> {
        let stored = Manifest::open(manifest, &self.keys.manifest, &self.header, None)?;
        let content = stored.content().context("not complete")?.clone();
        let about = About {
            name: name.to_owned(),
            ..stored.about().clone()
        };
        let renamed = Manifest::complete(stored.seq(), about, content);
        Ok(RenameRequest {
            filename: label::opaque(&self.account.name, name),
            folder: String::new(),
            manifest: self.sealed(&renamed)?,
            manifest_seq: renamed.seq(),
        })
    }
}

/// The row as the envelope knows it.
pub(super) fn record(row: &PartEntry) -> PartRecord {
    PartRecord {
        iv: row.iv.0,
        tag: row.auth_tag.0,
        stored_len_bytes: row.stored_size,
        compression: row.compression,
        part_mac: row.part_mac.0,
    }
}
