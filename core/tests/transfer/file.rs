//! A file whose blocks of 64 KiB are single numbers, so that gigabytes cost nothing; and randomness from a seed.

use ferry_core::plan::{GRAIN_BYTES, PartSpan, Plan, PlanParams};
use uuid::Uuid;

/// SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.draw() % bound.max(1)
    }

    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.draw().to_le_bytes()[0])
    }
}

/// Content: one number stands for each block of 64 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SimFile {
    pub(crate) size_bytes: u64,
    pub(crate) blocks: Vec<u64>,
}

impl SimFile {
    pub(crate) fn new(size_bytes: u64, seed: u64) -> Self {
        let mut chance = Chance(seed);
        let count = size_bytes.div_ceil(GRAIN_BYTES.into());
        SimFile {
            size_bytes,
            blocks: (0..count).map(|_| chance.draw()).collect(),
        }
    }

    /// The same beginning with another size.
    pub(crate) fn resized(&self, size_bytes: u64) -> Self {
        let mut other = SimFile::new(size_bytes, 0xABCD);
        let shared = self.blocks.len().min(other.blocks.len());
        other.blocks[..shared].copy_from_slice(&self.blocks[..shared]);
        other
    }

    /// Another content in the blocks of one part.
    pub(crate) fn edit(&mut self, span: PartSpan) {
        let first = block(span.offset_bytes);
        if let Some(content) = self.blocks.get_mut(first) {
            *content ^= 1;
        }
    }

    pub(crate) fn read(&self, span: PartSpan) -> Content {
        let blocks = if span.len_bytes == 0 {
            Vec::new()
        } else {
            self.blocks[block(span.offset_bytes)..=block(span.end_bytes() - 1)].to_vec()
        };
        Content {
            len_bytes: span.len_bytes,
            blocks,
        }
    }

    pub(crate) fn sha256(&self) -> [u8; 32] {
        let mut hash = SimHash::default();
        hash.feed(
            &Content {
                len_bytes: 0,
                blocks: self.blocks.clone(),
            },
            self.size_bytes,
        );
        hash.finish()
    }
}

fn block(offset_bytes: u64) -> usize {
    usize::try_from(offset_bytes / u64::from(GRAIN_BYTES)).unwrap()
}

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) len_bytes: u32,
    pub(crate) blocks: Vec<u64>,
}

impl Content {
    pub(crate) fn mac(&self, file_id: Uuid, number: u32) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(file_id.as_bytes())
            .update(&number.to_be_bytes())
            .update(&self.len_bytes.to_be_bytes());
        self.blocks.iter().for_each(|block| {
            hasher.update(&block.to_be_bytes());
        });
        hasher.finalize().into()
    }
}

/// The whole-file hash, fed in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct SimHash {
    pub(crate) fed_bytes: u64,
    hasher: blake3::Hasher,
}

impl SimHash {
    pub(crate) fn feed(&mut self, content: &Content, len_bytes: u64) {
        self.fed_bytes += len_bytes;
        content.blocks.iter().for_each(|block| {
            self.hasher.update(&block.to_be_bytes());
        });
    }

    pub(crate) fn finish(&self) -> [u8; 32] {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.fed_bytes.to_be_bytes());
        hasher.finalize().into()
    }
}

/// Parts of one to three blocks.
pub(crate) fn small_parts(seed: u64) -> PlanParams {
    PlanParams::new(GRAIN_BYTES, 3 * GRAIN_BYTES, seed.to_be_bytes()).unwrap()
}

pub(crate) fn plan_of(params: PlanParams, size_bytes: u64) -> Plan {
    Plan::new(params, size_bytes).unwrap()
}
