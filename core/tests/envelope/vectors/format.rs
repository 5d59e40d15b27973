//! The shape of a vector file, as `tests/vectors/README.md` documents it.

use ferry_core::wire::{B64, Bytes64, Compression};
use serde::{Deserialize, Serialize};

/// One file of `tests/vectors`.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    /// What was done, in words.
    pub(crate) about: String,
    /// How an implementation must end.
    pub(crate) expect: Expect,
    /// What it is given.
    pub(crate) case: Case,
}

/// The step that must refuse, or that all must pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Expect {
    Opens,
    UnsupportedSlot,
    WrongSecret,
    SlotTampered,
    Header,
    FileKey,
    Manifest,
    ManifestOlder,
    Label,
    Unfinished,
    Plan,
    List,
    Body,
    Part,
    WholeHash,
    PartSizes,
    TooManyParts,
    Checkpoint,
}

/// What a vector is about.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Case {
    Account(AccountCase),
    File(Box<FileCase>),
    Plan(PlanCase),
    Checkpoint(CheckpointCase),
    Labels(LabelsCase),
}

/// A key slot and what is tried on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountCase {
    pub(crate) user_id: B64<16>,
    pub(crate) key_slot: Bytes64,
    pub(crate) secret: Secret,
    /// What must come out when it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) derived: Option<AccountDerived>,
}

/// What a slot is opened with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Secret {
    Password(String),
    RecoveryKey(B64<32>),
}

/// What an opened slot leads to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountDerived {
    pub(crate) auth: B64<32>,
    pub(crate) verifier: B64<32>,
    pub(crate) account_key: B64<32>,
    pub(crate) account_id: B64<16>,
}

/// A whole file as a server shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileCase {
    pub(crate) account_key: B64<32>,
    /// The id that was asked for.
    pub(crate) file_id: B64<16>,
    /// The label that was asked for.
    pub(crate) label: String,
    pub(crate) header: Bytes64,
    pub(crate) file_key: Bytes64,
    pub(crate) manifest: Bytes64,
    /// Highest manifest number this device saw for the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) seen_seq: Option<u32>,
    pub(crate) parts: Vec<PartCase>,
    /// What must come out when it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) derived: Option<FileDerived>,
}

/// One row of the server's list, and its body where a reader may come to fetch it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartCase {
    pub(crate) iv: B64<12>,
    pub(crate) tag: B64<16>,
    pub(crate) stored_len: u32,
    pub(crate) compression: Compression,
    pub(crate) part_mac: B64<32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Bytes64>,
}

/// What an opened file is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileDerived {
    pub(crate) seq: u32,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) media_type: String,
    pub(crate) modified_ms: i64,
    pub(crate) size: u64,
    pub(crate) sha256: B64<32>,
    pub(crate) fingerprint: B64<32>,
}

/// A plan and a size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanCase {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) seed: B64<8>,
    pub(crate) size: u64,
    /// Lengths of all parts; empty when there is no plan.
    pub(crate) part_lens: Vec<u32>,
}

/// A sealed checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckpointCase {
    pub(crate) dek: B64<32>,
    pub(crate) header: Bytes64,
    pub(crate) sealed: Bytes64,
    /// What must come out when it opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cbor: Option<Bytes64>,
}

/// Names and hashes, and what the server sees of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelsCase {
    pub(crate) account_key: B64<32>,
    pub(crate) labels: Vec<LabelPair>,
    pub(crate) fingerprints: Vec<FingerprintPair>,
}

/// A text and its label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelPair {
    pub(crate) text: String,
    pub(crate) label: String,
}

/// A hash and its fingerprint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FingerprintPair {
    pub(crate) sha256: B64<32>,
    pub(crate) fingerprint: B64<32>,
}
