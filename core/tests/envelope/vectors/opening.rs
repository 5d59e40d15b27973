//! What this implementation makes of a vector: the step that refuses it, or everything that came out.

use std::{cell::RefCell, collections::HashMap};

use ferry_core::{
    digest::FileHasher,
    envelope::{
        checkpoint,
        header::Header,
        keys::{AccountKey, AccountKeys, Dek, FileKeys, Password, Prk, derive_prk},
        label,
        manifest::{ContentError, OpenError as ManifestError},
        part::{self, PartRecord},
        reading::{OpenedFile, RefusedFile, StoredFile},
        slot::{KeySlot, SlotError, SlotPrefix},
    },
    plan::{Plan, PlanError, PlanParams},
    wire::B64,
};
use uuid::Uuid;

use super::format::*;

/// How this implementation ends, checked against everything the vector says.
pub(crate) fn outcome(vector: &Vector) -> Expect {
    match &vector.case {
        Case::Account(case) => account(case).map_or_else(slot_refusal, |derived| {
            assert_eq!(Some(derived), case.derived);
            Expect::Opens
        }),
        Case::File(case) => file(case).map_or_else(
            |refusal| refusal,
            |derived| {
                assert_eq!(Some(derived), case.derived);
                Expect::Opens
            },
        ),
        Case::Plan(case) => plan(case),
        Case::Checkpoint(case) => open_checkpoint(case),
        Case::Labels(case) => labels(case),
    }
}

thread_local! {
    // Many vectors share a password; stretching it is slow by intent.
    static DERIVED: RefCell<HashMap<(String, [u8; 28]), Prk>> = RefCell::default();
}

fn derive_once(password: &str, prefix: &SlotPrefix) -> Prk {
    let key = (password.to_owned(), *prefix.as_bytes());
    DERIVED.with_borrow_mut(|known| {
        known
            .entry(key)
            .or_insert_with(|| derive_prk(&Password::new(password), prefix).unwrap())
            .clone()
    })
}

/// The stretched key for a slot's own prefix.
pub(crate) fn prk(secret: &Secret, prefix: &SlotPrefix) -> Prk {
    match secret {
        Secret::Password(password) => derive_once(password, prefix),
        Secret::RecoveryKey(key) => Prk::recovery(&key.0, prefix),
    }
}

/// Everything an opened slot leads to.
pub(crate) fn account(case: &AccountCase) -> Result<AccountDerived, SlotError> {
    let user_id = Uuid::from_bytes(case.user_id.0);
    let slot = KeySlot::parse(&case.key_slot.0)?;
    let prk = prk(&case.secret, slot.prefix());
    let key = slot.open(&prk, &user_id)?;
    let auth = prk.derive_auth();
    Ok(AccountDerived {
        auth: B64(*auth.expose()),
        verifier: B64(auth.verifier(&user_id)),
        account_key: B64(*key.expose()),
        account_id: B64(AccountKeys::derive(&key).account_id),
    })
}

fn slot_refusal(error: SlotError) -> Expect {
    match error {
        SlotError::WrongSecret => Expect::WrongSecret,
        SlotError::Tampered => Expect::SlotTampered,
        SlotError::Unsupported(_) => Expect::UnsupportedSlot,
        SlotError::OtherPrefix => panic!("the key was stretched for this very slot"),
    }
}

fn file_refusal(error: RefusedFile) -> Expect {
    match error {
        RefusedFile::Header(_) => Expect::Header,
        RefusedFile::Key(_) => Expect::FileKey,
        RefusedFile::Manifest(ManifestError::Older { .. }) => Expect::ManifestOlder,
        RefusedFile::Manifest(_) => Expect::Manifest,
        RefusedFile::OtherLabel | RefusedFile::OtherFolder => Expect::Label,
        RefusedFile::Unfinished => Expect::Unfinished,
        RefusedFile::Content(ContentError::OtherPlan) => Expect::Plan,
        RefusedFile::Content(ContentError::OtherParts) => Expect::List,
    }
}

/// Everything that comes out of a file when all of it is read.
pub(crate) fn file(case: &FileCase) -> Result<FileDerived, Expect> {
    let account = AccountKeys::derive(&AccountKey::from_bytes(&case.account_key.0));
    let shown = StoredFile {
        file_id: &Uuid::from_bytes(case.file_id.0),
        label: Some(&case.label),
        folder: None,
        header: &case.header.0,
        file_key: &case.file_key.0,
        manifest: &case.manifest.0,
        seen_seq: case.seen_seq,
    };
    let opened = OpenedFile::open(&account, &shown).map_err(file_refusal)?;
    read_parts(case, &opened)?;
    let (about, content) = (
        opened.manifest.about(),
        opened.content().map_err(file_refusal)?,
    );
    Ok(FileDerived {
        seq: opened.manifest.seq(),
        name: about.name.clone(),
        path: about.path.clone(),
        media_type: about.media_type.clone(),
        modified_ms: about.modified_ms,
        size: content.size_bytes,
        sha256: B64(content.sha256),
        fingerprint: B64(label::fingerprint(&account.fingerprint, &content.sha256)),
    })
}

fn read_parts(case: &FileCase, opened: &OpenedFile) -> Result<(), Expect> {
    let records = case.parts.iter().map(PartCase::record).collect();
    let parts = opened.trust_parts(records).map_err(file_refusal)?;
    let mut hasher = FileHasher::new();
    for (number, row) in (1..).zip(&case.parts) {
        let body = row.body.as_ref().ok_or(Expect::Body)?;
        let plaintext = parts
            .open_part(opened, number, &body.0)
            .map_err(|error| match error {
                part::OpenError::NotAsListed => Expect::Body,
                part::OpenError::Tampered | part::OpenError::Impossible => Expect::Part,
            })?;
        hasher.update(&plaintext);
    }
    if hasher.finish() == *parts.sha256() {
        Ok(())
    } else {
        Err(Expect::WholeHash)
    }
}

impl PartCase {
    /// The row as the envelope knows it.
    pub(crate) fn record(&self) -> PartRecord {
        PartRecord {
            iv: self.iv.0,
            tag: self.tag.0,
            stored_len_bytes: self.stored_len,
            compression: self.compression,
            part_mac: self.part_mac.0,
        }
    }
}

fn plan(case: &PlanCase) -> Expect {
    let plan = PlanParams::new(case.min, case.max, case.seed.0)
        .and_then(|params| Plan::new(params, case.size));
    let lens: Vec<u32> = plan
        .iter()
        .flat_map(Plan::iter)
        .map(|span| span.len_bytes)
        .collect();
    assert_eq!(lens, case.part_lens);
    match plan {
        Ok(_) => Expect::Opens,
        Err(PlanError::BadRange) => Expect::PartSizes,
        Err(PlanError::TooManyParts) => Expect::TooManyParts,
    }
}

fn open_checkpoint(case: &CheckpointCase) -> Expect {
    let header = Header::parse(&case.header.0).unwrap();
    let keys = FileKeys::derive(&Dek::from_bytes(&case.dek.0), header.core());
    assert_eq!(keys.commit.expose(), header.commit());
    match checkpoint::open(&keys.state, header.file_id(), &case.sealed.0) {
        Ok(cbor) => {
            assert_eq!(Some(&cbor), case.cbor.as_ref().map(|cbor| &cbor.0));
            Expect::Opens
        }
        Err(checkpoint::Tampered) => Expect::Checkpoint,
    }
}

fn labels(case: &LabelsCase) -> Expect {
    let keys = AccountKeys::derive(&AccountKey::from_bytes(&case.account_key.0));
    for pair in &case.labels {
        assert_eq!(label::opaque(&keys.name, &pair.text), pair.label);
        assert!(label::stands_for(&pair.label, &keys.name, &pair.text));
    }
    for pair in &case.fingerprints {
        assert_eq!(
            label::fingerprint(&keys.fingerprint, &pair.sha256.0),
            pair.fingerprint.0
        );
    }
    Expect::Opens
}
