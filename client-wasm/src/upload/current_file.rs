//! The file that an upload writes to: its keys, and what is sealed for it beside the parts (start, resize, complete).
//! Made anew or opened from a candidate; which of them is the machine's decision.

use ferry_core::{
    envelope::{
        Iv, checkpoint,
        file_slot::FileKeySlot,
        header::{Header, HeaderCore},
        keys::{AccountKeys, Dek, FileKeys},
        label,
        manifest::{About, Content, Manifest},
        reading::OpenedFile,
    },
    plan::{Plan, PlanParams, Profile},
    transfer::{Checkpoint, upload::SealedContent},
    wire::{B64, Bytes64, CompleteRequest, PartProfile, ResizeRequest, StartRequest},
};
use uuid::Uuid;
use web_sys::CryptoKey;

use super::picked::Picked;
use crate::{
    error::{ClientCode, ClientError, Result},
    interop::SystemEntropy,
    labels::Labels,
    subtle,
    workers::part::PartPlace,
};

/// The upload's file and its keys.
pub(crate) struct CurrentFile {
    pub(crate) file_id: Uuid,
    pub(crate) part_key: CryptoKey,
    header: Header,
    keys: FileKeys,
    about: About,
}

impl CurrentFile {
    /// A new file: random id, key and plan seed, parts that fit the line, and the request that starts it.
    pub(crate) async fn create(
        account: &AccountKeys,
        offered: &PartProfile,
        line_bytes_per_sec: Option<u64>,
        picked: &Picked,
        labels: &Labels,
    ) -> Result<(Self, StartRequest)> {
        let dek = Dek::generate(&mut SystemEntropy);
        let profile = checked(offered)?.for_line(picked.size_bytes, line_bytes_per_sec);
        let core = HeaderCore::generate(profile, picked.compress, &mut SystemEntropy);
        let header = Header::create(core, &dek);
        let slot = FileKeySlot::seal(&dek, &header, account, Iv::generate(&mut SystemEntropy));
        let keys = FileKeys::derive(&dek, header.core());
        let part_key = subtle::import_aes_key(keys.part.expose()).await?;
        let current = CurrentFile {
            file_id: *header.file_id(),
            part_key,
            header,
            keys,
            about: picked.about(),
        };
        let request = StartRequest {
            file_id: current.file_id,
            filename: labels.file.clone(),
            folder: labels.folder.clone(),
            size: picked.size_bytes,
            total_parts: current.plan(picked.size_bytes)?.part_count(),
            header: Bytes64(current.header.to_bytes().to_vec()),
            file_key: Bytes64(slot.to_bytes().to_vec()),
            manifest: current.seal(&Manifest::Started(current.about.clone()))?,
            client: picked.client.clone(),
        };
        Ok((current, request))
    }

    /// A candidate that opened. It keeps its own name until it is renamed: its label stands for that.
    pub(crate) async fn adopt(opened: OpenedFile, picked: &Picked) -> Result<Self> {
        let part_key = subtle::import_aes_key(opened.keys.part.expose()).await?;
        let stored = opened.manifest.about();
        let about = About {
            name: stored.name.clone(),
            path: stored.path.clone(),
            ..picked.about()
        };
        Ok(CurrentFile {
            file_id: *opened.header.file_id(),
            part_key,
            header: opened.header,
            keys: opened.keys,
            about,
        })
    }

    pub(crate) fn plan_params(&self) -> PlanParams {
        self.header.plan()
    }

    /// What a part worker must know of a part.
    pub(crate) fn place(&self, number: u32, offset_bytes: u64, len_bytes: u32) -> PartPlace {
        let mac_key = B64(*self.keys.mac.expose());
        PartPlace {
            file_id: self.file_id,
            number,
            offset_bytes,
            len_bytes,
            mac_key,
        }
    }

    pub(crate) fn compression_allowed(&self) -> bool {
        self.header.core().compression_allowed
    }

    pub(crate) fn resize(&self, size_bytes: u64, total_parts: u32) -> Result<ResizeRequest> {
        let manifest = self.seal(&Manifest::Started(self.about.clone()))?;
        Ok(ResizeRequest {
            size: size_bytes,
            total_parts,
            manifest,
        })
    }

    /// The final manifest and everything that `complete` sends with it.
    pub(crate) fn complete(
        &self,
        account: &AccountKeys,
        seq: u32,
        content: Content,
    ) -> Result<CompleteRequest> {
        let (parts_root, fingerprint) = (
            content.parts_root,
            label::fingerprint(&account.fingerprint, &content.sha256),
        );
        let manifest = Manifest::complete(seq.saturating_sub(1), self.about.clone(), content);
        Ok(CompleteRequest {
            manifest: self.seal(&manifest)?,
            manifest_seq: manifest.seq(),
            parts_root: B64(parts_root),
            fingerprint: B64(fingerprint),
        })
    }

    /// What a manifest of this file says of its content.
    pub(crate) fn open_manifest(&self, sealed: &[u8]) -> Result<SealedContent> {
        let opened = Manifest::open(sealed, &self.keys.manifest, &self.header, None);
        let opened = opened.map_err(|e| ClientCode::Tampered.because(e))?;
        content_of(&opened)
            .ok_or(ClientCode::Tampered.because("a complete file came with an unfinished manifest"))
    }

    pub(crate) fn seal_checkpoint(&self, checkpoint: &Checkpoint) -> Result<Vec<u8>> {
        let cbor = checkpoint
            .to_cbor()
            .map_err(|e| ClientCode::ClientFault.because(e))?;
        Ok(checkpoint::seal(
            &self.keys.state,
            &self.file_id,
            &cbor,
            Iv::generate(&mut SystemEntropy),
        ))
    }

    /// What this browser kept; none where the box or its content is not ours.
    pub(crate) fn open_checkpoint(&self, sealed: &[u8]) -> Option<Checkpoint> {
        let cbor = checkpoint::open(&self.keys.state, &self.file_id, sealed).ok()?;
        Checkpoint::from_cbor(&cbor).ok()
    }

    fn plan(&self, size_bytes: u64) -> Result<Plan> {
        Plan::new(self.header.plan(), size_bytes).map_err(|e| ClientCode::ClientFault.because(e))
    }

    fn seal(&self, manifest: &Manifest) -> Result<Bytes64> {
        let sealed = manifest.seal(
            &self.keys.manifest,
            &self.header,
            Iv::generate(&mut SystemEntropy),
        );
        sealed.map(Bytes64).map_err(too_long)
    }
}

/// What a manifest says of the content, once it does.
pub(crate) fn content_of(manifest: &Manifest) -> Option<SealedContent> {
    let content = manifest.content()?;
    Some(SealedContent {
        size_bytes: content.size_bytes,
        sha256: content.sha256,
    })
}

fn checked(profile: &PartProfile) -> Result<Profile> {
    PlanParams::new(profile.min_bytes, profile.max_bytes, [0; 8])
        .map_err(|e| ClientCode::BadAnswer.because(e))?;
    Ok(Profile {
        name: "server",
        min_bytes: profile.min_bytes,
        max_bytes: profile.max_bytes,
    })
}

fn too_long(error: impl std::fmt::Display) -> ClientError {
    ClientCode::ClientFault.because(error)
}
