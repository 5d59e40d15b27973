//! What the coordinator and a part worker say to each other. Not what is done about it.

use ferry_core::{
    envelope::{
        IV_BYTES, TAG_BYTES,
        keys::MacKey,
        part::{PartHasher, PartRecord},
    },
    plan::PartSpan,
    wire::{B64, Compression},
};
use js_sys::ArrayBuffer;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{error::ClientError, workers::buffers::for_each_segment};

/// Where a part is and what keys its MAC. The sealing key comes as an attached CryptoKey.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PartPlace {
    pub(crate) file_id: Uuid,
    pub(crate) number: u32,
    pub(crate) offset_bytes: u64,
    pub(crate) len_bytes: u32,
    pub(crate) mac_key: B64<32>,
}

/// What the list says of a stored part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ListedPart {
    pub(crate) iv: B64<IV_BYTES>,
    pub(crate) tag: B64<TAG_BYTES>,
    pub(crate) stored_len_bytes: u32,
    pub(crate) compression: Compression,
    pub(crate) part_mac: B64<32>,
}

/// What the coordinator asks for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum PartRequest {
    /// MAC of the attached bytes; with `keep` they stay here under the job's number.
    Mac {
        job: u32,
        place: PartPlace,
        keep: bool,
    },
    /// Seal and send what the job `kept` keeps here, with the attached key.
    Send {
        job: u32,
        kept: u32,
        order: SendOrder,
    },
    /// Fetch and open with the attached key.
    Fetch { job: u32, order: FetchOrder },
    /// Send the attached bytes as they are: the measure that sealing is compared with.
    #[cfg(feature = "bench")]
    Plain { job: u32, url: String },
    /// Drop what a job keeps here.
    Drop { kept: u32 },
    /// End a job; it answers once more.
    Abort { job: u32 },
    /// Drop what broke off of a file's bodies.
    Forget { file_id: Uuid },
}

/// What it gets. Every job ends with exactly one of these that is not `Progress`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub(crate) enum PartReply {
    /// The MAC of the part that came with the request.
    Maced { job: u32, mac: B64<32> },
    /// The server has so many bytes of the body.
    Progress { job: u32, confirmed_bytes: u64 },
    /// The server took the body; its answer, and how the body was sealed.
    Sent {
        job: u32,
        body: String,
        iv: B64<IV_BYTES>,
        tag: B64<TAG_BYTES>,
    },
    /// The plaintext of a fetched part, attached.
    Opened { job: u32 },
    /// It came to none of that; nothing is kept but a body that a later job can continue.
    Failed { job: u32, error: ClientError },
    /// The server took the bytes as they are.
    #[cfg(feature = "bench")]
    PlainSent { job: u32 },
}

/// How a kept part is to be sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SendOrder {
    pub(crate) place: PartPlace,
    /// Of the plaintext, as it was computed when it was kept.
    pub(crate) mac: B64<32>,
    pub(crate) compress: bool,
    pub(crate) url: String,
    /// For whom it is sent.
    pub(crate) user_id: Uuid,
    /// Generation that may be replaced.
    pub(crate) if_match: Option<u32>,
    /// What the line was seen to carry; none where nothing is known of it.
    pub(crate) line_bytes_per_sec: Option<u64>,
}

/// One part to be fetched, and what it must be.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FetchOrder {
    pub(crate) place: PartPlace,
    pub(crate) listed: ListedPart,
    pub(crate) compression_allowed: bool,
    pub(crate) url: String,
    /// For whom it is fetched.
    pub(crate) user_id: Uuid,
}

impl PartReply {
    pub(crate) fn job(&self) -> u32 {
        match self {
            PartReply::Maced { job, .. }
            | PartReply::Progress { job, .. }
            | PartReply::Sent { job, .. }
            | PartReply::Opened { job }
            | PartReply::Failed { job, .. } => *job,
            #[cfg(feature = "bench")]
            PartReply::PlainSent { job } => *job,
        }
    }
}

impl PartPlace {
    pub(super) fn span(&self) -> PartSpan {
        PartSpan {
            number: self.number,
            offset_bytes: self.offset_bytes,
            len_bytes: self.len_bytes,
        }
    }

    pub(super) fn mac_key(&self) -> MacKey {
        MacKey::from_bytes(&self.mac_key.0)
    }

    pub(super) fn mac(&self, bytes: &ArrayBuffer) -> [u8; 32] {
        let mut hasher = PartHasher::new(&self.mac_key(), self.number);
        for_each_segment(bytes, |segment| hasher.update(segment));
        hasher.finish()
    }
}

impl ListedPart {
    pub(super) fn record(&self) -> PartRecord {
        PartRecord {
            iv: self.iv.0,
            tag: self.tag.0,
            stored_len_bytes: self.stored_len_bytes,
            compression: self.compression,
            part_mac: self.part_mac.0,
        }
    }
}
