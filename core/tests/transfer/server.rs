//! A server that does what the API says, in memory, and counts.

use std::collections::BTreeMap;

use ferry_core::plan::PlanParams;
use ferry_core::transfer::SealedRow;
use ferry_core::transfer::upload::SealedContent;
use ferry_core::wire::{
    B64, Bytes64, Candidate, CheckResponse, Compression, ErrorCode, PartEntry, PartState,
    PartsPage, Problem, StoredPart,
};
use uuid::Uuid;

use crate::file::{Content, SimFile, plan_of};

/// A sealed body on its way.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) iv: [u8; 12],
    pub(crate) tag: [u8; 16],
    pub(crate) mac: [u8; 32],
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) body: Body,
    pub(crate) generation: u32,
    pub(crate) state: PartState,
}

impl Stored {
    fn row(&self, number: u32) -> SealedRow {
        SealedRow {
            number,
            iv: self.body.iv,
            tag: self.body.tag,
            stored_len_bytes: self.body.content.len_bytes + 28,
            compression: Compression::None,
            mac: self.body.mac,
            generation: self.generation,
        }
    }
}

/// A manifest, not sealed at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    pub(crate) seq: u32,
    pub(crate) content: SealedContent,
    pub(crate) parts: u32,
    pub(crate) parts_root: [u8; 32],
}

impl Manifest {
    pub(crate) fn to_bytes(&self) -> Bytes64 {
        let mut bytes = self.seq.to_be_bytes().to_vec();
        bytes.extend(self.content.size_bytes.to_be_bytes());
        bytes.extend(self.content.sha256);
        bytes.extend(self.parts.to_be_bytes());
        bytes.extend(self.parts_root);
        Bytes64(bytes)
    }

    pub(crate) fn from_bytes(bytes: &Bytes64) -> Self {
        let bytes = &bytes.0;
        Manifest {
            seq: u32::from_be_bytes(bytes[..4].try_into().unwrap()),
            content: SealedContent {
                size_bytes: u64::from_be_bytes(bytes[4..12].try_into().unwrap()),
                sha256: bytes[12..44].try_into().unwrap(),
            },
            parts: u32::from_be_bytes(bytes[44..48].try_into().unwrap()),
            parts_root: bytes[48..].try_into().unwrap(),
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Upload {
    pub(crate) label: String,
    pub(crate) size_bytes: u64,
    pub(crate) plan: PlanParams,
    pub(crate) parts: BTreeMap<u32, Stored>,
    pub(crate) manifest: Option<Manifest>,
    pub(crate) is_complete: bool,
    pub(crate) is_expired: bool,
    pub(crate) revision: u32,
}

impl Upload {
    pub(crate) fn total_parts(&self) -> u32 {
        plan_of(self.plan, self.size_bytes).part_count()
    }

    fn missing(&self) -> Vec<u32> {
        let is_sound = |number: &u32| {
            self.parts
                .get(number)
                .is_some_and(|part| part.state == PartState::Stored)
        };
        (1..=self.total_parts())
            .filter(|number| !is_sound(number))
            .collect()
    }

    /// The content of all parts, if every part is there.
    pub(crate) fn content(&self) -> Option<SimFile> {
        let mut blocks = Vec::new();
        for number in 1..=self.total_parts() {
            blocks.extend(&self.parts.get(&number)?.body.content.blocks);
        }
        Some(SimFile {
            size_bytes: self.size_bytes,
            blocks,
        })
    }

    pub(crate) fn rows(&self) -> Vec<SealedRow> {
        self.parts
            .iter()
            .map(|(number, part)| part.row(*number))
            .collect()
    }
}

/// Requests that were carried out.
#[derive(Debug, Default, Clone)]
pub(crate) struct Counts {
    /// Bodies that arrived, by file and part.
    pub(crate) bodies: BTreeMap<(Uuid, u32), u32>,
    /// Bodies whose plaintext was stored already.
    pub(crate) needless: u32,
    pub(crate) replaced: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Server {
    pub(crate) files: BTreeMap<Uuid, Upload>,
    pub(crate) counts: Counts,
    /// Rows a page of the part list.
    pub(crate) page_rows: usize,
    /// Answers every part with this.
    pub(crate) refuses_parts: Option<ErrorCode>,
    /// Answers this part with that.
    pub(crate) refuses_part: Option<(u32, ErrorCode)>,
    /// Acknowledges other bytes than it got.
    pub(crate) lies_about_rows: bool,
    /// Begins each page at the first part.
    pub(crate) lists_in_circles: bool,
    /// Lists the parts of a page backwards.
    pub(crate) lists_backwards: bool,
}

type Reply<T> = Result<T, Box<Problem>>;

fn refuse<T>(code: ErrorCode) -> Reply<T> {
    Err(Box::new(Problem::new(code, 0, None)))
}

impl Server {
    pub(crate) fn new() -> Self {
        Server {
            page_rows: 7,
            ..Server::default()
        }
    }

    pub(crate) fn check(&self, label: &str, size_bytes: u64) -> CheckResponse {
        let is_candidate = |upload: &&Upload| {
            upload.label == label || (!upload.is_complete && upload.size_bytes == size_bytes)
        };
        let candidates: Vec<Candidate> = self
            .files
            .iter()
            .filter(|(_, upload)| is_candidate(upload))
            .map(|(file_id, upload)| candidate(*file_id, upload))
            .collect();
        CheckResponse {
            exists: !candidates.is_empty(),
            file_id: candidates.first().map(|candidate| candidate.file_id),
            uploaded_chunks: Vec::new(),
            missing_chunks: Vec::new(),
            total_chunks: 0,
            can_resume: false,
            candidates,
        }
    }

    pub(crate) fn start(
        &mut self,
        file_id: Uuid,
        label: &str,
        size_bytes: u64,
        plan: PlanParams,
    ) -> Reply<()> {
        let upload = self.files.entry(file_id).or_insert_with(|| Upload {
            label: label.to_owned(),
            size_bytes,
            plan,
            parts: BTreeMap::new(),
            manifest: None,
            is_complete: false,
            is_expired: false,
            revision: 1,
        });
        let is_same =
            upload.label == label && upload.size_bytes == size_bytes && upload.plan == plan;
        if is_same {
            Ok(())
        } else {
            refuse(ErrorCode::FileIdTaken)
        }
    }

    fn open(&mut self, file_id: Uuid) -> Reply<&mut Upload> {
        match self.files.get_mut(&file_id) {
            None => refuse(ErrorCode::NotFound),
            Some(upload) if upload.is_expired => refuse(ErrorCode::UploadExpired),
            Some(upload) => Ok(upload),
        }
    }

    pub(crate) fn parts(&mut self, file_id: Uuid, after: u32) -> Reply<PartsPage> {
        let page_rows = self.page_rows;
        let after = if self.lists_in_circles { 0 } else { after };
        let upload = self.open(file_id)?;
        let mut rows = upload
            .parts
            .range(after + 1..)
            .map(|(number, part)| entry(*number, part));
        let mut parts: Vec<PartEntry> = rows.by_ref().take(page_rows).collect();
        let next = rows.next().and(parts.last().map(|entry| entry.number));
        if self.lists_backwards {
            parts.reverse();
        }
        Ok(PartsPage { parts, next })
    }

    pub(crate) fn put(
        &mut self,
        file_id: Uuid,
        number: u32,
        body: Body,
        if_match: Option<u32>,
    ) -> Reply<StoredPart> {
        *self.counts.bodies.entry((file_id, number)).or_default() += 1;
        if let Some(code) = self.refuses_parts {
            return refuse(code);
        }
        if let Some((refused, code)) = self.refuses_part
            && refused == number
        {
            return refuse(code);
        }
        let mut counts = std::mem::take(&mut self.counts);
        let reply = self
            .open(file_id)
            .and_then(|upload| decide(upload, number, body, if_match, &mut counts));
        self.counts = counts;
        reply.map(|mut row| {
            row.iv.0[0] ^= u8::from(self.lies_about_rows);
            row
        })
    }

    pub(crate) fn resize(&mut self, file_id: Uuid, size_bytes: u64, revision: u32) -> Reply<()> {
        let upload = self.open(file_id)?;
        if upload.size_bytes == size_bytes {
            return Ok(());
        }
        if upload.revision != revision {
            return refuse(ErrorCode::GenerationMismatch);
        }
        upload.size_bytes = size_bytes;
        upload.revision += 1;
        let plan = plan_of(upload.plan, size_bytes);
        upload.parts.retain(|number, part| {
            plan.part(*number)
                .is_some_and(|span| span.len_bytes == part.body.content.len_bytes)
        });
        Ok(())
    }

    pub(crate) fn complete(&mut self, file_id: Uuid, manifest: Manifest) -> Reply<()> {
        let upload = self.open(file_id)?;
        if upload.is_complete {
            return match &upload.manifest {
                Some(stored) if *stored == manifest => Ok(()),
                stored => {
                    let mut problem = Problem::new(ErrorCode::ManifestDiffers, 409, None);
                    problem.manifest = stored.as_ref().map(Manifest::to_bytes);
                    Err(Box::new(problem))
                }
            };
        }
        let missing = upload.missing();
        if !missing.is_empty() {
            let mut problem = Problem::new(ErrorCode::PartsMissing, 409, None);
            problem.missing_chunks = Some(missing);
            return Err(Box::new(problem));
        }
        if root(upload) != manifest.parts_root {
            return refuse(ErrorCode::PartsChanged);
        }
        upload.is_complete = true;
        upload.manifest = Some(manifest);
        Ok(())
    }

    pub(crate) fn rename(&mut self, file_id: Uuid, label: &str) -> Reply<()> {
        let upload = self.open(file_id)?;
        label.clone_into(&mut upload.label);
        if let Some(manifest) = &mut upload.manifest {
            manifest.seq += 1;
        }
        Ok(())
    }

    pub(crate) fn discard(&mut self, file_id: Uuid) -> Reply<()> {
        if self.open(file_id)?.is_complete {
            return refuse(ErrorCode::FileComplete);
        }
        self.files.remove(&file_id);
        Ok(())
    }
}

pub(crate) fn root(upload: &Upload) -> [u8; 32] {
    let records: Vec<_> = upload.rows().iter().map(SealedRow::record).collect();
    ferry_core::envelope::parts_root::PartsRoot::of(upload.total_parts(), &records).unwrap()
}

fn decide(
    upload: &mut Upload,
    number: u32,
    body: Body,
    if_match: Option<u32>,
    counts: &mut Counts,
) -> Reply<StoredPart> {
    let span = plan_of(upload.plan, upload.size_bytes).part(number);
    let Some(span) = span else {
        return refuse(ErrorCode::PartNumberInvalid);
    };
    if span.len_bytes != body.content.len_bytes {
        return refuse(ErrorCode::PartLengthWrong);
    }
    let stored = upload.parts.get(&number);
    let generation = match stored {
        Some(part) if part.state == PartState::Stored && part.body.mac == body.mac => {
            counts.needless += 1;
            return Ok(answer(number, part, true));
        }
        _ if upload.is_complete => return refuse(ErrorCode::FileComplete),
        Some(part) if part.state == PartState::Stored => match if_match {
            None => return refuse(ErrorCode::PartDiffers),
            Some(generation) if generation == part.generation => {
                counts.replaced += 1;
                part.generation + 1
            }
            Some(_) => return refuse(ErrorCode::GenerationMismatch),
        },
        Some(part) => part.generation + 1,
        None => 1,
    };
    let part = Stored {
        body,
        generation,
        state: PartState::Stored,
    };
    let reply = answer(number, &part, false);
    upload.parts.insert(number, part);
    Ok(reply)
}

fn answer(number: u32, part: &Stored, duplicate: bool) -> StoredPart {
    StoredPart {
        part_number: number,
        duplicate,
        iv: B64(part.body.iv),
        auth_tag: B64(part.body.tag),
        stored_size: part.body.content.len_bytes + 28,
        compression: Compression::None,
        generation: part.generation,
    }
}

fn entry(number: u32, part: &Stored) -> PartEntry {
    PartEntry {
        number,
        size: part.body.content.len_bytes,
        stored_size: part.body.content.len_bytes + 28,
        iv: B64(part.body.iv),
        auth_tag: B64(part.body.tag),
        compression: Compression::None,
        part_mac: B64(part.body.mac),
        generation: part.generation,
        state: part.state,
    }
}

fn candidate(file_id: Uuid, upload: &Upload) -> Candidate {
    Candidate {
        file_id,
        filename: upload.label.clone(),
        size: upload.size_bytes,
        is_complete: upload.is_complete,
        can_resume: !upload.is_complete && !upload.is_expired,
        stored_parts: upload.total_parts() - u32::try_from(upload.missing().len()).unwrap(),
        total_parts: upload.total_parts(),
        header: Bytes64(upload.plan.seed().to_vec()),
        file_key: Bytes64::default(),
        manifest: upload
            .manifest
            .as_ref()
            .map(Manifest::to_bytes)
            .unwrap_or_default(),
        manifest_seq: upload.manifest.as_ref().map_or(0, |manifest| manifest.seq),
        revision: upload.revision,
        last_activity_at: chrono::DateTime::UNIX_EPOCH,
        expires_at: None,
    }
}
