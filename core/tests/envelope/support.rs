//! A whole upload as a server would hold it, and a reader that streams it: what the tests attack.
use ferry_core::{
    digest::FileHasher,
    envelope::{
        Entropy, Iv,
        file_slot::FileKeySlot,
        header::{Header, HeaderCore},
        keys::{AccountKey, AccountKeys, Dek, FileKeys},
        label,
        manifest::{About, Content, Manifest},
        part::{self, PartRecord},
        parts_root::PartsRoot,
        reading::{OpenedFile, RefusedFile, StoredFile},
    },
    plan::{Plan, PlanParams},
    wire::Compression,
};
use uuid::Uuid;

/// Entropy that gives the same bytes for the same seed: for vectors and tests alone.
pub(crate) fn seeded(seed: &str) -> impl Entropy + use<> {
    let mut stream = blake3::Hasher::new_derive_key("ferry test entropy")
        .update(seed.as_bytes())
        .finalize_xof();
    move |bytes: &mut [u8]| stream.fill(bytes)
}

/// The system's entropy.
pub(crate) fn system() -> impl Entropy {
    |bytes: &mut [u8]| getrandom::fill(bytes).unwrap()
}

/// Bytes that do not compress.
pub(crate) fn noise(seed: &str, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    seeded(seed).fill(&mut bytes);
    bytes
}

/// Where parts of 65,536 bytes are cut.
pub(crate) fn small_parts() -> PlanParams {
    PlanParams::new(65_536, 65_536, [0x33; 8]).unwrap()
}

/// Everything a server holds of one file.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) file_id: Uuid,
    pub(crate) label: String,
    pub(crate) header: Vec<u8>,
    pub(crate) file_key: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
    pub(crate) fingerprint: [u8; 32],
    pub(crate) records: Vec<PartRecord>,
    pub(crate) bodies: Vec<Vec<u8>>,
}

/// What the owner holds of one file while it is sent.
pub(crate) struct Owner {
    pub(crate) account: AccountKeys,
    pub(crate) header: Header,
    pub(crate) keys: FileKeys,
    pub(crate) file_key: Vec<u8>,
}

/// The account of the tests.
pub(crate) fn account() -> AccountKeys {
    AccountKeys::derive(&AccountKey::from_bytes(&[0x55; 32]))
}

impl Owner {
    /// Begins a file.
    pub(crate) fn begin(
        plan: PlanParams,
        compression_allowed: bool,
        entropy: &mut impl Entropy,
    ) -> Self {
        let account = account();
        let core = HeaderCore {
            file_id: Uuid::from_bytes(entropy.array()),
            file_salt: entropy.array(),
            compression_allowed,
            plan,
        };
        let dek = Dek::generate(entropy);
        let header = Header::create(core, &dek);
        let slot = FileKeySlot::seal(&dek, &header, &account, Iv::generate(entropy));
        let keys = slot.open(&header, &account).unwrap();
        Self {
            account,
            header,
            keys,
            file_key: slot.to_bytes().to_vec(),
        }
    }

    /// Seals every part of `content`.
    pub(crate) fn seal_parts(
        &self,
        content: &[u8],
        compression: Compression,
        entropy: &mut impl Entropy,
    ) -> (Vec<PartRecord>, Vec<Vec<u8>>) {
        let plan = Plan::new(self.header.plan(), len_u64(content)).unwrap();
        let seal = |span| {
            let plaintext = slice(content, &span);
            let iv = Iv::generate(entropy);
            let sealed = part::seal(
                &self.keys,
                self.header.core(),
                &span,
                plaintext,
                compression,
                iv,
            )
            .unwrap();
            (sealed.record().unwrap(), sealed.body)
        };
        plan.iter().map(seal).unzip()
    }

    /// The manifest of a whole file with these parts.
    pub(crate) fn manifest(
        &self,
        previous_seq: u32,
        name: &str,
        content: &[u8],
        records: &[PartRecord],
    ) -> Manifest {
        let part_count = u32::try_from(records.len()).unwrap();
        let mut hasher = FileHasher::new();
        hasher.update(content);
        let whole = Content {
            size_bytes: len_u64(content),
            part_count,
            sha256: hasher.finish(),
            parts_root: PartsRoot::of(part_count, records).unwrap(),
        };
        Manifest::complete(previous_seq, about(name), whole)
    }

    /// Everything the server holds once the upload is whole.
    pub(crate) fn store(
        &self,
        name: &str,
        content: &[u8],
        (records, bodies): (Vec<PartRecord>, Vec<Vec<u8>>),
        entropy: &mut impl Entropy,
    ) -> Stored {
        let manifest = self.manifest(0, name, content, &records);
        let sha256 = manifest.content().unwrap().sha256;
        Stored {
            file_id: *self.header.file_id(),
            label: label::opaque(&self.account.name, name),
            header: self.header.to_bytes().to_vec(),
            file_key: self.file_key.clone(),
            manifest: manifest
                .seal(&self.keys.manifest, &self.header, Iv::generate(entropy))
                .unwrap(),
            fingerprint: label::fingerprint(&self.account.fingerprint, &sha256),
            records,
            bodies,
        }
    }
}

/// What the tests' files are called.
pub(crate) fn about(name: &str) -> About {
    About {
        name: name.to_owned(),
        path: "letters/2026".to_owned(),
        media_type: "text/plain".to_owned(),
        modified_ms: 1_790_000_000_123,
    }
}

/// A finished upload of `content`.
pub(crate) fn upload(
    name: &str,
    content: &[u8],
    compression: Compression,
    entropy: &mut impl Entropy,
) -> Stored {
    let owner = Owner::begin(small_parts(), compression != Compression::None, entropy);
    let parts = owner.seal_parts(content, compression, entropy);
    owner.store(name, content, parts, entropy)
}

/// Why a download was aborted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Aborted {
    File(RefusedFile),
    Part(u32, part::OpenError),
    Missing(u32),
    WholeHash,
}

/// Streams a file into `sink`, believing nothing before it is proven.
pub(crate) fn read(
    stored: &Stored,
    seen_seq: Option<u32>,
    sink: &mut Vec<u8>,
) -> Result<(), Aborted> {
    let file = open(stored, seen_seq).map_err(Aborted::File)?;
    let parts = file
        .trust_parts(stored.records.clone())
        .map_err(Aborted::File)?;
    let mut hasher = FileHasher::new();
    for (span, body) in parts.plan().iter().zip(
        stored
            .bodies
            .iter()
            .map(Some)
            .chain(std::iter::repeat(None)),
    ) {
        let body = body.ok_or(Aborted::Missing(span.number))?;
        let plaintext = parts
            .open_part(&file, span.number, body)
            .map_err(|error| Aborted::Part(span.number, error))?;
        hasher.update(&plaintext);
        sink.extend_from_slice(&plaintext);
    }
    if hasher.finish() == *parts.sha256() {
        Ok(())
    } else {
        Err(Aborted::WholeHash)
    }
}

/// Opens header, key and manifest.
pub(crate) fn open(stored: &Stored, seen_seq: Option<u32>) -> Result<OpenedFile, RefusedFile> {
    let shown = StoredFile {
        file_id: &stored.file_id,
        label: Some(&stored.label),
        folder: None,
        header: &stored.header,
        file_key: &stored.file_key,
        manifest: &stored.manifest,
        seen_seq,
    };
    OpenedFile::open(&account(), &shown)
}

/// The bytes of one part.
pub(crate) fn slice<'a>(content: &'a [u8], span: &ferry_core::plan::PartSpan) -> &'a [u8] {
    let from = usize::try_from(span.offset_bytes).unwrap();
    &content[from..from + usize::try_from(span.len_bytes).unwrap()]
}

/// A length as sizes are counted.
pub(crate) fn len_u64(content: &[u8]) -> u64 {
    u64::try_from(content.len()).unwrap()
}
